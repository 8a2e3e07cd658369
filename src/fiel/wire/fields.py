"""What the figures, times and texts of a request may be: exact, bounded, each refused with a sentence of its own."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = [
    "Amount",
    "Answer",
    "Body",
    "Code",
    "Day",
    "Label",
    "LongCode",
    "Minor",
    "Moment",
    "Name",
    "Percent",
    "Quantity",
    "ShortName",
    "said",
]

# A thousand lines of it still fit into the database's 64 bits.
MOST_MINOR = 10**15
_MOST_DIGITS = 9
_PLACES = 3
_MOST_PERCENT = 1000
_THOUSANDTHS = 10**_PLACES

_DECIMAL = re.compile(rf"[0-9]{{1,{_MOST_DIGITS}}}(?:\.[0-9]{{1,{_PLACES}}})?")
_AMOUNT = re.compile(rf"-?[0-9]{{1,{_MOST_DIGITS}}}(?:\.[0-9]{{1,{_PLACES}}})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


class Body(BaseModel):
    """What a request holds: names that nobody knows are refused, and nothing is turned into another kind of value."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """What an answer holds; for the documentation, and for the tests that hold each answer against it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)


def said(sentence: str) -> PydanticCustomError:
    """A fault in a person's words."""
    return PydanticCustomError("said", "{sentence}", {"sentence": sentence})


def _thousandths(value: Any, what: str) -> int:
    """1/1000 of what was written as a decimal with at most 3 places, in text or as a number."""
    if not _is_written_so(value):
        raise said(f'{what} is a decimal with at most {_PLACES} places, as "0.500" or 2')
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    # The exponent first: 1E999999999 must never be written out.
    if not isinstance(exponent, int) or exponent < -_PLACES:
        raise said(f"{what} has at most {_PLACES} decimal places")
    if number < 0:
        raise said(f"{what} is 0 or more")
    if number and number.adjusted() >= _MOST_DIGITS:
        raise said(f"{what} has at most {_MOST_DIGITS} digits before the point")
    return int(number * _THOUSANDTHS)


def _is_written_so(value: Any) -> bool:
    if isinstance(value, str):
        return _DECIMAL.fullmatch(value) is not None
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _amount(value: Any) -> Fraction:
    """Whole units of an account, exact; below zero too."""
    if isinstance(value, str):
        written = _AMOUNT.fullmatch(value) is not None
    else:
        written = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not written:
        raise said(f'an amount is a decimal with at most {_PLACES} places, as "12.50" or -3')
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_PLACES:
        raise said(f"an amount has at most {_PLACES} decimal places")
    if number and number.adjusted() >= _MOST_DIGITS:
        raise said(f"an amount has at most {_MOST_DIGITS} digits before the point")
    return Fraction(number)


def _quantity(value: Any) -> int:
    return _thousandths(value, "a quantity")


def _percent(value: Any) -> int:
    percent = _thousandths(value, "a tax rate")
    if percent > _MOST_PERCENT * _THOUSANDTHS:
        raise said(f"a tax rate is at most {_MOST_PERCENT} per cent")
    return percent


def _moment(value: Any) -> datetime:
    """A moment with its offset, in UTC. A time without offset could be any of 38 moments."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value.upper().replace(" ", "T"))
        except ValueError:
            raise said("there is no such time") from None
        if not _FIRST_YEAR < moment.year < _LAST_YEAR:
            raise said(f"a time lies between the years {_FIRST_YEAR} and {_LAST_YEAR}")
        return moment.astimezone(UTC)
    raise said('write the time with its offset, as "2026-11-22T10:15:00-03:00"')


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise said("there is no such day") from None
    raise said('write a day as "2026-11-22"')


def _decimal_schema(most: int) -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "string", "pattern": rf"^[0-9]{{1,{_MOST_DIGITS}}}(\.[0-9]{{1,{_PLACES}}})?$"},
            {"type": "number", "minimum": 0, "maximum": most},
        ]
    }


Minor = Annotated[int, Field(ge=0, le=MOST_MINOR)]
"""Money in minor units."""

Quantity = Annotated[int, BeforeValidator(_quantity), WithJsonSchema(_decimal_schema(10**_MOST_DIGITS - 1))]
"""Pieces, read as 1/1000."""

Amount = Annotated[
    Fraction,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": rf"^-?[0-9]{{1,{_MOST_DIGITS}}}(\.[0-9]{{1,{_PLACES}}})?$"},
                {"type": "number", "minimum": 1 - 10**_MOST_DIGITS, "maximum": 10**_MOST_DIGITS - 1},
            ]
        }
    ),
]
"""Whole units of an account, maybe below zero, read exactly."""

Percent = Annotated[int, BeforeValidator(_percent), WithJsonSchema(_decimal_schema(_MOST_PERCENT))]
"""A tax rate in per cent, read as 1/1000 of one."""

Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment, read in UTC."""

Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]

Code = Annotated[str, Field(min_length=1, max_length=50, pattern=r"\S")]
"""A code that the business gives: of a store, a till, a department, a unit."""

LongCode = Annotated[str, Field(min_length=1, max_length=64, pattern=r"\S")]
"""The code of a product, the number of a receipt."""

Name = Annotated[str, Field(max_length=200)]
ShortName = Annotated[str, Field(max_length=100)]
Label = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^,]*[^,\s][^,]*$")]
"""A tag or a type: short, and without a comma."""
