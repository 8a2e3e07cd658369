"""Reading a document with care: each value with its path, each fault with a sentence, all faults at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from fiel.core.refusals import Fault, Refused

__all__ = ["MISSING", "Faults", "Field", "Table", "decimal_fraction"]

MISSING = object()
SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")
_LARGEST = Decimal(10) ** 12
_MOST_PLACES = 9


@dataclass(slots=True)
class Faults:
    """What was found wrong so far. Reading goes on after a fault, so that a person sees all of them at once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, path: str, detail: str) -> None:
        """Note that the value at `path` (a JSON pointer) is wrong, and why."""
        self.found.append(Fault(path, detail))

    def within(self, path: str) -> bool:
        """Whether something was found wrong at this place or inside it."""
        return any(fault.pointer == path or fault.pointer.startswith(f"{path}/") for fault in self.found)

    def refuse(self, detail: str) -> None:
        """Raise `invalid` with everything that was found; do nothing where nothing was."""
        if self.found:
            raise Refused("invalid", detail, self.found)


def decimal_fraction(value: object) -> Fraction | None:
    """The exact fraction that a decimal in a document means, or None if it is no decimal.

    Takes whole numbers, decimals as text ("1.2") and Decimal; at most 9 places and below 10^12. A float is refused:
    what was written can no longer be told.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    # Compared, not abs(): that rounds to the context, and raises for an exponent beyond it.
    if not number.is_finite() or not -_LARGEST < number < _LARGEST:
        return None
    exponent = number.as_tuple().exponent
    return Fraction(number) if isinstance(exponent, int) and exponent >= -_MOST_PLACES else None


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a document: what stands there, where, and the list that takes its faults."""

    value: object
    path: str
    faults: Faults

    def wrong(self, detail: str) -> None:
        """Note a fault at this place."""
        self.faults.add(self.path, detail)

    @property
    def sound(self) -> bool:
        """Whether nothing was found wrong in it so far; what would follow from a fault is no fault of its own."""
        return not self.faults.within(self.path)

    def text(self, default: str = "") -> str:
        """A text that is not empty."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value
        self.wrong("write a text here")
        return default

    def slug(self) -> str:
        """A code: lower-case letters, digits, single hyphens or underscores between them."""
        if isinstance(self.value, str) and len(self.value) <= 50 and SLUG.match(self.value):
            return self.value
        self.wrong("a code is written in lower-case letters and digits, with single hyphens between, at most 50")
        return ""

    def choice(self, options: Sequence[str]) -> str:
        """One of the words named."""
        if isinstance(self.value, str) and self.value in options:
            return self.value
        self.wrong(f"choose one of: {', '.join(options)}")
        return options[0]

    def flag(self) -> bool:
        """Yes or no."""
        if isinstance(self.value, bool):
            return self.value
        self.wrong("write true or false")
        return False

    def whole(self, *, least: int = 0, most: int = 10**9) -> int:
        """A whole number within the bounds."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and least <= self.value <= most:
            return self.value
        self.wrong(f"write a whole number from {least} to {most}")
        return least

    def decimal(self, *, above_zero: bool = False) -> Fraction:
        """A decimal that is not negative, exact: as text ("1.2") or as a whole number."""
        number = decimal_fraction(self.value)
        if number is None or number < 0 or (above_zero and number == 0):
            what = "greater than 0" if above_zero else "not below 0"
            self.wrong(f'write a decimal that is {what}, as text: "1.20"')
            return Fraction(1)
        return number

    def table(self) -> Table:
        """A table of named values."""
        if isinstance(self.value, dict):
            return Table(self.value, self.path, self.faults)
        self.wrong("write a table of named values here")
        return Table({}, self.path, Faults())  # all that it then lacks is said with this

    def items(self) -> list[Field]:
        """The values of a list, each with its own path."""
        if isinstance(self.value, list | tuple):
            return [Field(value, f"{self.path}/{index}", self.faults) for index, value in enumerate(self.value)]
        self.wrong("write a list here")
        return []

    def texts(self) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        return tuple(item.text() for item in self.items())


class Table:
    """A table of a document. Keys that nobody asked for are faults: a typing error must not change what counts.

    `key in table` asks for the key too.
    """

    __slots__ = ("_asked", "_faults", "_values", "path")

    def __init__(self, values: dict[str, object], path: str, faults: Faults) -> None:
        self._values = values
        self._asked: set[str] = set()
        self._faults = faults
        self.path = path

    def __contains__(self, key: str) -> bool:
        self._asked.add(key)
        return self._values.get(key) is not None

    def field(self, key: str, default: object = MISSING) -> Field:
        """The value under a key; a fault if it must be there and is not. None counts as left out."""
        self._asked.add(key)
        value = self._values.get(key)
        if value is None and default is MISSING:
            self._faults.add(f"{self.path}/{key}", "this is needed")
            return Field(None, f"{self.path}/{key}", Faults())  # that it is no text, or no table, is said with this
        return Field(default if value is None else value, f"{self.path}/{key}", self._faults)

    def rows(self, key: str) -> list[Table]:
        """The tables of a list; none where the key is left out."""
        return [item.table() for item in self.field(key, ()).items()]

    def wrong(self, key: str, detail: str) -> None:
        """Note a fault at a key of this table."""
        self._faults.add(f"{self.path}/{key}", detail)

    def done(self) -> None:
        """Note a fault for each key that was not asked for, with the nearest that exists."""
        for key in self._values:
            if key not in self._asked:
                near = difflib.get_close_matches(str(key), sorted(self._asked), 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                step = str(key).replace("~", "~0").replace("/", "~1")
                self._faults.add(f"{self.path}/{step}", f"there is no {key!r} here{hint}")
