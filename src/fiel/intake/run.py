"""Bringing files in: rows of every kind go where they belong, sales through `record()`, in groups.

Repeating an import does no harm: what is there already is counted as such. What is refused is kept with its reason,
so that it can be mended and brought in again.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from fiel import clock
from fiel.catalogue.change import put_departments, put_products
from fiel.core.refusals import Refused
from fiel.intake.rows import DepartmentRow, Format, Item, ProductRow, Row, StoreRow, Unreadable
from fiel.members.enrol import Newcomer, enrol
from fiel.sales.incoming import Incoming
from fiel.sales.record import Recorded, record
from fiel.shops.models import Business
from fiel.shops.opening import put_store

__all__ = ["Kept", "Report", "run"]

# Enough that a statement's cost is shared, few enough that nobody waits long for the lock.
_GROUP = 1000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that did not come in: where it stands, the stable code, the reason, and the row itself."""

    file: str
    place: str
    code: str
    reason: str
    text: str


@dataclass(slots=True)
class Report:
    """What became of the rows: how many of each kind are new, were there before, or were kept aside."""

    new: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)
    lines: int = 0

    @property
    def rows(self) -> int:
        """All rows that were read."""
        return self.new.total() + self.known.total() + len(self.kept)


def run(
    business: Business,
    path: Path,
    format_: Format,
    *,
    history: bool = False,
    by_first_version: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda rows: None,
) -> Report:
    """Bring a file in, and tell what became of its rows. `dry_run`: all of it is undone at the end."""
    importing = _Import(business, path, history, by_first_version, Report())
    rows = format_.rows(path, business)
    with _few_collections():
        if not dry_run:
            importing.bring(rows, progress)
            return importing.report
        with transaction.atomic():
            importing.bring(rows, progress)
            transaction.set_rollback(True)
    return importing.report


@contextmanager
def _few_collections() -> Iterator[None]:
    """Collect garbage seldom while rows stream through: nothing of them lives long, and looking costs a third."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@dataclass(slots=True)
class _Import:
    business: Business
    path: Path
    history: bool
    by_first_version: bool
    report: Report

    def bring(self, rows: Iterator[Row], progress: Progress) -> None:
        for kind, same in groupby(rows, key=lambda row: type(row.item)):
            while group := list(islice(same, _GROUP)):
                self._take(kind, group)
                progress(len(group))

    def _take(self, kind: type[Item], group: Sequence[Row]) -> None:
        """Rows of one kind: each ends as new, known, or kept aside."""
        items: list[Any] = [row.item for row in group]
        answers = _TAKERS[kind](self, items)
        for row, answer in zip(group, answers, strict=True):
            if answer is None:
                self.report.known[_NAMES[kind]] += 1
            elif isinstance(answer, Refused):
                said = (answer.code, _sentence(answer), row.text)
                self.report.kept.append(Kept(self.path.name, row.place, *said))
            else:
                self.report.new[_NAMES[kind]] += 1

    def sales(self, sales: list[Incoming]) -> list[Any]:
        answers = record(self.business, sales, history=self.history, by_first_version=self.by_first_version)
        self.report.lines += sum(len(sale.lines) for sale in sales)
        return [None if isinstance(answer, Recorded) and answer.duplicate else answer for answer in answers]

    def members(self, newcomers: list[Newcomer]) -> list[Any]:
        now = clock.now()
        today = now.astimezone(ZoneInfo(self.business.timezone)).date()
        with transaction.atomic():
            made = enrol(self.business, newcomers, now=now, today=today, source="import", by="import")
        # Whoever is known by the same number is the same person: an import that is repeated enrols nobody.
        return [None if isinstance(each, Refused) else each for each in made]

    def stores(self, stores: list[StoreRow]) -> list[Any]:
        known = set(self.business.stores.values_list("code", flat=True))
        # One transaction: on SQLite each of its own waits for the disk.
        with transaction.atomic():
            return [None if row.code in known else put_store(self.business, row.code, name=row.name) for row in stores]

    def departments(self, rows: list[DepartmentRow]) -> list[Any]:
        put = put_departments(self.business, [(row.code, row.name, row.parent or None) for row in rows])
        return list(put)

    def products(self, rows: list[ProductRow]) -> list[Any]:
        put = put_products(self.business, [(r.code, r.name, r.department or None, r.brand, r.tags) for r in rows])
        return list(put)

    def unreadable(self, rows: list[Unreadable]) -> list[Any]:
        return [Refused("malformed", f"{row.column}: {row.reason}" if row.column else row.reason) for row in rows]


def _sentence(refused: Refused) -> str:
    points = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in refused.faults)
    return f"{refused.detail} ({points})" if points else refused.detail


_TAKERS: dict[type, Callable[[_Import, list[Any]], list[Any]]] = {
    Incoming: _Import.sales,
    Newcomer: _Import.members,
    StoreRow: _Import.stores,
    DepartmentRow: _Import.departments,
    ProductRow: _Import.products,
    Unreadable: _Import.unreadable,
}
_NAMES: dict[type, str] = {
    Incoming: "sales",
    Newcomer: "members",
    StoreRow: "stores",
    DepartmentRow: "departments",
    ProductRow: "products",
    Unreadable: "rows",
}
