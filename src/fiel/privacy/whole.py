"""A whole business to take along: a file for each table, in the names that the models have, and a page that reads them.

Everything is of one moment, read a handful of rows at a time. What only this installation can use stays: hashes of
passwords and keys, secrets of webhooks; the codes of vouchers are told, so that they can be honoured elsewhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, Model

from fiel.core.refusals import Refused
from fiel.ledger.digest import digest_of
from fiel.rewards.codes import open_code
from fiel.shops.models import Business, Person
from fiel.tables.businesses import tables_of_businesses
from fiel.tables.spans import snapshot

__all__ = ["LEFT_OUT", "WITHHELD", "export_business"]

LEFT_OUT = {
    "members_logincode": "codes by which members sign in, for some minutes",
    "members_membersession": "where members are signed in",
    "shops_idempotencykey": "answers of the API that are kept for its repeats, made from the rest",
    "shops_leaving": "that the business is being deleted",
}
"""Tables that stay, each with what is in it."""

WITHHELD = {
    ("events_endpoint", "secret"),
    ("events_endpoint", "old_secret"),
    ("intake_hook", "secret"),
    ("members_login", "password"),
    ("rewards_voucher", "hash"),
    ("shops_apikey", "hash"),
    ("shops_device", "code_hash"),
    ("shops_device", "hash"),
    ("shops_staff", "pin"),
    ("shops_staffinvitation", "hash"),
}
"""Columns that stay: of use to nobody but this installation, or to who breaks in."""

_AT_ONCE = 2_000

Progress = Callable[[int, int], None]

_README = """# {name}: everything

All that Fiel keeps of **{name}** (`{slug}`), as it stood at {at}.

Each file has a table: one JSON object a line, UTF-8, with the names of the columns. Units are in steps (the smallest
amount of a unit, see `programme.version`), money in minor units, quantities in thousandths, times in UTC (RFC 3339),
days as 2026-03-04. `business_id` is left out, since all are of one business. A column that ends in `_id` names a row of
another table by its `id`; members are named by `member_id` everywhere. What is bytes is written in Base64.

The books are `ledger.entry` (each movement, in the order of `number`) and `ledger.draw` (which lot a movement took
from): they make `ledger.account` and `ledger.lot`. Each entry's `cause` is the id of what moved it: a row of
`sales.receipt`, `sales.return`, `rewards.voucher`, `hand.handentry` … `sales.receipt` has the reasons of every point.

The digest of the books is `{digest}`: `fiel audit {slug} --digest` said the same at that
moment. `export.json` has the number of rows and the SHA-256 of every file.

Left out: {left_out}; and hashes of passwords and keys, and secrets.

| file | rows | what is in it |
|---|---|---|
{tables}
"""


def export_business(
    business: Business, folder: Path, *, now: datetime, progress: Progress = lambda done, of: None
) -> dict[str, Any]:
    """Write everything of a business into a new or empty folder; gives what `export.json` says.

    Raises `invalid` where the folder has something in it. `progress` is told how many tables of how many are done.
    """
    _require_empty(folder)
    models = [model for model in tables_of_businesses() if model._meta.db_table not in LEFT_OUT]
    files, described = {}, {}
    with snapshot():
        for done, model in enumerate(models):
            progress(done, len(models) + 2)
            name = f"{model._meta.label_lower}.jsonl"
            files[name] = _write(folder / name, _rows(model, business.id))
            described[name] = _first_sentence(model)
        for name, rows, told in (
            ("business.jsonl", _as_told(Business, Business.objects.filter(id=business.id), ()), "The business itself."),
            ("people.jsonl", _people(business), "Who works there, or at its partners, by `person_id`."),
        ):
            files[name], described[name] = _write(folder / name, rows), told
        digest = digest_of(business.id)
    said = {"business": business.slug, "at": now.isoformat(), "digest": digest, "files": files}
    (folder / "export.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    lines = [f"| `{name}` | {files[name]['rows']:,} | {told} |" for name, told in sorted(described.items())]
    text = _README.format(
        name=business.name,
        slug=business.slug,
        at=now.isoformat(timespec="seconds"),
        digest=digest,
        left_out="; ".join(LEFT_OUT.values()),
        tables="\n".join(lines),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    return said


def _require_empty(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        full = any(folder.iterdir())
    except OSError as error:
        raise Refused("invalid", f"{folder} cannot be used: {error.strerror}.") from error
    if full:
        raise Refused("invalid", f"{folder} has something in it already: name a new or an empty folder.")


def _first_sentence(model: type[Model]) -> str:
    return (model.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()


def _rows(model: type[Model], business_id: int) -> Iterator[dict[str, Any]]:
    rows = model._default_manager.filter(business=business_id).order_by("pk")
    table = model._meta.db_table
    held = {column for of, column in WITHHELD if of == table}
    for row in _as_told(model, rows, held):
        if table == "rewards_voucher":
            row["code"] = open_code(row.pop("sealed"))
        yield row


def _people(business: Business) -> Iterator[dict[str, Any]]:
    people = Person.objects.filter(places__business=business) | Person.objects.filter(desks__business=business)
    return _as_told(Person, people.distinct().order_by("id"), ("password", "last_login"))


def _as_told(model: type[Model], rows: Any, held: Collection[str]) -> Iterator[dict[str, Any]]:
    columns: list[Field[Any, Any]] = [
        field for field in model._meta.concrete_fields if field.name != "business" and field.column not in held
    ]
    names = [field.attname for field in columns]
    for values in rows.values_list(*names).iterator(chunk_size=_AT_ONCE):
        yield {name: _plain(value) for name, value in zip(names, values, strict=True)}


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Write rows as they come; how many, and the file's SHA-256."""
    count, digest = 0, hashlib.sha256()
    with path.open("xb") as file:
        for row in rows:
            line = json.dumps(row, cls=_Encoder, ensure_ascii=False).encode() + b"\n"
            file.write(line)
            digest.update(line)
            count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


class _Encoder(DjangoJSONEncoder):
    """Moments to the microsecond: Django's own drops what is below a thousandth."""

    def default(self, o: Any) -> Any:
        return o.isoformat().replace("+00:00", "Z") if isinstance(o, datetime) else super().default(o)
