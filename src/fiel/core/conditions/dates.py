"""`when.dates`: between two days, both inclusive, by the store's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

from fiel.core.conditions.moment import Condition, Moment
from fiel.core.reading import Field
from fiel.core.seasons import read_date


@dataclass(frozen=True, slots=True)
class Dates(Condition):
    """From one day to another, both inclusive; either may be left open."""

    first: date | None
    last: date | None

    @classmethod
    def read(cls, field: Field) -> Self:
        """A table { from = "2026-12-01", to = "2026-12-24" }."""
        table = field.table()
        first = read_date(table.field("from")) if "from" in table else None
        last = read_date(table.field("to")) if "to" in table else None
        table.done()
        if first is None and last is None and field.sound:
            field.wrong("say from, to, or both")
        if first and last and last < first:
            field.wrong("it ends before it begins")
        return cls(first, last)

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return (self.first is None or self.first <= moment.day) and (self.last is None or moment.day <= self.last)

    def because(self) -> str:
        """ "2026-12-01 – 2026-12-24"."""
        return f"{self.first or ''} – {self.last or ''}".strip()
