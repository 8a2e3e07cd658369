"""What stands in JSON documents of other systems, read strictly: figures without floats, texts without NUL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fiel.intake.xml import Wrong, moment

__all__ = ["decimal", "document", "each_object", "minor_of", "moment_of", "text"]

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_MOST_DIGITS = 12


def document(raw: bytes | str) -> Any:
    """A document; numbers with a point are decimals. Raises `Wrong`."""
    try:
        said = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
        return json.loads(said, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Wrong("", "this is no JSON") from None


def each_object(value: Any) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; nothing else counts."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any, most: int = 200) -> str:
    """A text, or a number as one; empty for anything else."""
    said = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return _UNKEEPABLE.sub("", said).strip()[:most]


def decimal(value: Any, name: str) -> Decimal:
    """A number, written as one or as a text; nothing is 0. Raises `Wrong`."""
    if value is None or value is False or value == "":
        return Decimal(0)
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or (number and abs(number.adjusted()) > _MOST_DIGITS):
        raise Wrong(name, f"{str(value)[:40]!r} is no number of a receipt")
    return number


def minor_of(number: Decimal) -> int:
    """Money in minor units (of a currency with two decimals), halves away from zero."""
    cents = abs(number) * 100
    whole = int((cents * 2 + 1) // 2)
    return -whole if number < 0 else whole


def moment_of(value: Any, name: str) -> datetime:
    """A time. Raises `Wrong`."""
    return moment(text(value, 40).replace("Z", "+00:00"), name)
