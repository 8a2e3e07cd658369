"""A programme's document as a file, in TOML or JSON: read exactly, and written for people."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Item

from fiel.core.refusals import Refused

__all__ = ["as_json", "as_toml", "read_document", "read_text"]

Document = dict[str, Any]

# The order in which people read a programme; databases do not keep the one in which it was written.
_ORDER = (
    "name code kind currency timezone amounts discounted_lines boost_mix late_days unit decimals rounding round_per "
    "pending_days value visible on_debt factor give per basis whole every reward mode budget referrer referred after "
    "min_amount max_per_month take group groups reach keep fall items except when cap expiry warn_days warn_required "
    "measure amount window from to departments products brands tags sale day month days months years rolling "
    "units seasons tiers earn boosts covers awards referral"
)
_PLACE = {key: place for place, key in enumerate(_ORDER.split())}


def read_document(path: Path) -> Document:
    """The document that a file states: JSON where it begins as such, else TOML; decimals as text, as written.

    Raises `malformed`, with the place, for what is neither.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Refused("not_found", f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Refused("malformed", f"{path} is not written in UTF-8.") from error
    return read_text(text, name=str(path), is_json=path.suffix.lower() == ".json")


def read_text(text: str, *, name: str, is_json: bool = False) -> Document:
    """The same for the text of a file that is called `name`."""
    is_json = is_json or text.lstrip().startswith("{")
    try:
        read = _read_json(text) if is_json else tomllib.loads(text, parse_float=Decimal)
    except RecursionError as error:
        raise Refused("malformed", f"{name} is nested too deeply.") from error
    except ValueError as error:
        raise Refused("malformed", f"{name} is no {'JSON' if is_json else 'TOML'}: {error}.") from error
    if not isinstance(read, dict):
        raise Refused("malformed", f"{name} states no programme: write a table of named values.")
    return {key: _storable(value) for key, value in read.items()}


def _read_json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that is written twice would silently count as it stands last."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} stands twice in one table")
        found[key] = value
    return found


def _storable(value: Any) -> Any:
    """Decimals as text, which no database rounds; a date written without quotes means its text."""
    if isinstance(value, dict):
        return {key: _storable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def as_json(document: Mapping[str, Any]) -> str:
    """The document as JSON, in the order in which people read it."""
    return json.dumps(_ordered(document), ensure_ascii=False, indent=2)


def as_toml(document: Mapping[str, Any]) -> str:
    """The document as TOML, in the order in which people read it."""
    written = tomlkit.document()
    for key, value in _ordered(document).items():
        if not _is_tables(value) and not isinstance(value, dict):
            written.add(key, tomlkit.item(value))
    for key, value in _ordered(document).items():
        if _is_tables(value):
            written.add(key, _tables(value))
        elif isinstance(value, dict):
            written.add(key, _table(value))
    return tomlkit.dumps(written).strip() + "\n"


def _tables(found: Iterable[Mapping[str, Any]]) -> AoT:
    tables = tomlkit.aot()
    for each in found:
        tables.append(_table(each))
    return tables


def _table(values: Mapping[str, Any]) -> Item:
    table = tomlkit.table()
    for key, value in values.items():
        table.add(key, _inline(value) if isinstance(value, dict) else tomlkit.item(value))
    table.add(tomlkit.nl())
    return table


def _inline(values: Mapping[str, Any]) -> Item:
    table = tomlkit.inline_table()
    for key, value in values.items():
        table.append(key, _inline(value) if isinstance(value, dict) else value)
    return table


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _ordered(value: Any) -> Any:
    """The same, its keys in their order; what is null is left out, as it counts as such."""
    if isinstance(value, list):
        return [_ordered(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    keys = sorted(value, key=lambda key: (_PLACE.get(key, len(_PLACE)), key))
    return {key: _ordered(value[key]) for key in keys if value[key] is not None}
