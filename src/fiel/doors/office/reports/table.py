"""A table of a report: figures as they are, written for whoever reads, drawn, or taken along as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from babel.dates import format_skeleton
from django.utils.translation import gettext_lazy, ngettext
from openpyxl import Workbook

from fiel.core.money import minor_digits
from fiel.core.programme import Unit
from fiel.doors.look import change, figure, money, share
from fiel.wording import locale_now

__all__ = ["Column", "Table", "as_csv", "as_xlsx", "count", "grown", "month", "of", "price", "text", "units"]

Cell = Any

# A spreadsheet takes a cell that begins so as a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, how a value is written for who reads, and how for a file."""

    name: object
    said: Callable[[Cell], str]
    plain: Callable[[Cell], str | int | Decimal | None]
    number: bool = True


@dataclass(slots=True)
class Table:
    """Rows under columns. `title` asks, `said` answers in words. `chart`: "bar", "line" or "stacked", over the columns
    in `drawn` (by their place), of at most `most_drawn` rows. `empty`: what to say where there are no rows.
    `links`: the address that each row leads to, from its column `linked`.
    """

    code: str
    title: object
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    said: object = ""
    chart: str = ""
    drawn: Sequence[int] = ()
    most_drawn: int = 24
    empty: object = gettext_lazy("Nothing in these days.")
    shown: int = 100
    links: Sequence[str] = field(default_factory=list)
    linked: int = 0

    @property
    def cells(self) -> list[tuple[str, list[tuple[str, bool]]]]:
        """The rows that are shown, written for who reads: each with the address it leads to."""
        links = self.links or [""] * len(self.rows)
        return [
            (link, [(column.said(cell), column.number) for column, cell in zip(self.columns, row, strict=True)])
            for link, row in zip(links, self.rows[: self.shown], strict=False)
        ]

    @property
    def more(self) -> str:
        """How many rows only the file has, in words; empty where it has no more."""
        rest = len(self.rows) - self.shown
        said = ngettext("%(n)s more row in the file", "%(n)s more rows in the file", rest) % {"n": figure(rest)}
        return said if rest > 0 else ""

    @property
    def figures(self) -> dict[str, Any]:
        """What the chart is drawn from."""
        rows = self.rows[: self.most_drawn]
        return {
            "kind": self.chart,
            "labels": [self.columns[0].said(row[0]) for row in rows],
            "sets": [
                {"label": str(self.columns[n].name), "data": [_drawn(self.columns[n].plain(row[n])) for row in rows]}
                for n in self.drawn
            ],
        }


def _drawn(value: object) -> str | None:
    return None if value is None else str(value)


# Kinds of columns


def text(name: object, said: Callable[[Cell], str] = str) -> Column:
    """Words."""
    return Column(name, said, lambda cell: _neutral(said(cell)), number=False)


def month(name: object) -> Column:
    """A month, given by its first day."""
    return Column(name, _month, lambda day: f"{day:%Y-%m}", number=False)


def count(name: object) -> Column:
    """A number of things."""
    return Column(name, lambda cell: "–" if cell is None else figure(cell), lambda cell: cell)


def price(name: object, currency: str) -> Column:
    """Money in minor units; None: not known."""
    digits = minor_digits(currency)
    return Column(
        name,
        lambda cell: "–" if cell is None else money(cell, currency),
        lambda cell: None if cell is None else Decimal(cell).scaleb(-digits),
    )


def units(name: object, unit: Unit, currency: str) -> Column:
    """Steps of a unit, as whole units."""
    if unit.kind == "money":
        return price(name, currency)
    return Column(
        name,
        lambda steps: figure(Fraction(steps, unit.steps)),
        lambda steps: Decimal(steps).scaleb(-unit.decimals),
    )


def of(name: object) -> Column:
    """A share, given as part and whole."""
    return Column(
        name,
        lambda cell: share(*cell),
        lambda cell: round(Decimal(100 * cell[0]) / cell[1], 1) if cell[1] else None,
    )


def grown(name: object) -> Column:
    """By how much something grew, given as now and before."""
    return Column(
        name,
        lambda cell: change(*cell) or "–",
        lambda cell: round(Decimal(100 * (cell[0] - cell[1])) / cell[1], 1) if cell[1] else None,
    )


def _month(day: date) -> str:
    return str(format_skeleton("yMMM", day, locale=locale_now()))


# Files


def as_csv(table: Table) -> str:
    """As CSV, with a heading: decimal points, months as 2026-03, shares in per cent."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_neutral(str(column.name)) for column in table.columns])
    for row in table.rows:
        writer.writerow([column.plain(cell) for column, cell in zip(table.columns, row, strict=True)])
    return out.getvalue()


def as_xlsx(table: Table) -> bytes:
    """The same as a spreadsheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Fiel")
    sheet.append([_neutral(str(column.name)) for column in table.columns])
    for row in table.rows:
        sheet.append([column.plain(cell) for column, cell in zip(table.columns, row, strict=True)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _neutral(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
