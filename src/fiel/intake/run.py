"""Bringing files in: rows of every kind go where they belong, sales through `record()`, in groups.

Repeating an import does no harm: what is there already is counted as such. What is refused is told with its reason;
what time or somebody may make good is kept aside (`intake/aside.py`), and what waited for a sale is taken with it.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from fiel import clock
from fiel.catalogue.change import put_departments, put_products
from fiel.catalogue.groups import Groups, put_groups
from fiel.core.refusals import Refused
from fiel.intake import aside
from fiel.intake.balances import open_balances
from fiel.intake.books import booked, return_goods, void_sale
from fiel.intake.bounds import out_of_bounds
from fiel.intake.files import Placed
from fiel.intake.known import rows_of
from fiel.intake.look_up import Stores, taken_up
from fiel.intake.models import Aside
from fiel.intake.papers import GoodsBack, Original, Paper, Void
from fiel.intake.profiles import Said
from fiel.intake.rows import (
    Brought,
    DepartmentRow,
    Format,
    GroupRow,
    Item,
    LeftOut,
    ProductRow,
    Row,
    StoreRow,
    Unreadable,
)
from fiel.members.enrol import Newcomer, enrol
from fiel.sales.incoming import Incoming
from fiel.sales.record import Recorded, record
from fiel.shops.models import Business
from fiel.shops.opening import put_store

__all__ = ["Kept", "Options", "Outcome", "Report", "bring", "bring_rows", "run", "take", "take_aside", "take_each"]

# Enough that a statement's cost is shared, few enough that nobody waits long for the lock.
_GROUP = 1000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that did not come in: where it stands, the stable code, the reason, and the row itself.

    `aside`: it waits, and can be taken later.
    """

    file: str
    place: str
    code: str
    reason: str
    text: str
    aside: bool = False


@dataclass(slots=True)
class Report:
    """What became of the rows: how many of each kind are new, were there before, are not for us, or were refused.

    `undone`: as all of it or nothing was asked for and a row did not come in, nothing did; the counts tell what would.
    """

    new: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)
    undone: bool = False
    files: int = 0
    lines: int = 0

    @property
    def rows(self) -> int:
        """All rows that were read."""
        return self.new.total() + self.known.total() + self.left_out.total() + len(self.kept)

    @property
    def aside(self) -> int:
        """Rows that were kept aside."""
        return sum(kept.aside for kept in self.kept)


@dataclass(frozen=True, slots=True)
class Options:
    """How files are brought in. `history`: receipts however old; `by_first_version`: see `record()`.

    `anyway`: receipts that do not add up count by their lines; somebody has looked at them. `whole`: all of it or
    nothing: where one row is refused or would wait, none comes in. `dry_run`: all of it is undone at the end.
    """

    history: bool = False
    by_first_version: bool = False
    anyway: bool = False
    whole: bool = False
    dry_run: bool = False


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
    """Bring one file in, and tell what became of its rows."""
    placed = (Placed(path.name, row) for row in format_.rows(path, business))
    options = Options(history=history, by_first_version=by_first_version, dry_run=dry_run)
    return bring_rows(business, placed, options, progress)


def bring(
    business: Business,
    files: Iterable[tuple[Path, str]],
    *,
    format_name: str = "auto",
    said: Said | None = None,
    options: Options = Options(),
    progress: Progress = lambda rows: None,
) -> Report:
    """Bring files in, thousands of small ones as fast as a large one, and tell what became of their rows.

    `said`: what a person says of the columns of the tables among them.
    """
    return bring_rows(business, rows_of(files, business, format_name, said), options, progress)


def take(business: Business, item: Item, *, called: str) -> Report:
    """Take one thing that another system sent; `called`: what it is known by in reports."""
    importing = _Import(business, Options(), Report())
    importing.bring(iter([Placed(called, Row("", item))]), lambda rows: None)
    return importing.report


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one thing: "new", "known", "waits", or "refused"; of the last two the reason."""

    state: str
    refused: Refused | None = None


def take_each(business: Business, rows: Sequence[Placed], *, store: str = "") -> list[Outcome]:
    """Take what was read elsewhere, and tell what became of each, in their order.

    `store`: the only one that they may be of; where several share a tax id, it is the one that is meant.
    """
    importing = _Import(business, Options(), Report(), known_stores=Stores(business, only=store))
    return [
        outcome
        for kind, same in groupby(rows, key=lambda placed: type(placed.row.item))
        for outcome in importing.take(kind, list(same))
    ]


def take_aside(
    business: Business,
    rows: Iterable[Aside],
    *,
    options: Options = Options(),
    progress: Progress = lambda rows: None,
) -> Report:
    """Try again what was kept aside; what is taken waits no more."""
    return bring_rows(business, (Placed(kept.file, aside.row_of(kept)) for kept in rows), options, progress)


def bring_rows(
    business: Business,
    rows: Iterator[Placed],
    options: Options = Options(),
    progress: Progress = lambda rows: None,
) -> Report:
    """Bring in what was read, and tell what became of it."""
    report = Report()
    importing = _Import(business, options, report)
    with _few_collections():
        if not options.dry_run and not options.whole:
            importing.bring(rows, progress)
            return report
        with transaction.atomic():
            importing.bring(rows, progress)
            report.undone = options.whole and bool(report.kept)
            transaction.set_rollback(options.dry_run or report.undone)
    return report


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
    options: Options
    report: Report
    files: set[str] = field(default_factory=set)
    known_stores: Stores | None = None
    known_groups: Groups | None = None

    @property
    def stores(self) -> Stores:
        """The stores as papers name them; looked up once, when the first paper comes."""
        self.known_stores = self.known_stores or Stores(self.business)
        return self.known_stores

    @property
    def groups(self) -> Groups:
        """The departments of kinds of goods; looked up once."""
        self.known_groups = self.known_groups or Groups(self.business.id)
        return self.known_groups

    def bring(self, rows: Iterator[Placed], progress: Progress) -> None:
        for kind, same in groupby(rows, key=lambda placed: type(placed.row.item)):
            while group := list(islice(same, _GROUP)):
                self.take(kind, group)
                progress(len(group))
        self.report.files = len(self.files)

    def take(self, kind: type[Item], group: Sequence[Placed]) -> list[Outcome]:
        """Rows of one kind: each ends as new, known, left out, or refused; of these some are kept aside."""
        items: list[Any] = [placed.row.item for placed in group]
        self.files.update(placed.file for placed in group)
        if kind is LeftOut:
            self.report.left_out.update(item.reason for item in items)
            return []
        answers = _TAKERS[kind](self, items)
        refused: list[tuple[Any, Refused, str, str]] = []
        for placed, answer in zip(group, answers, strict=True):
            if answer is None:
                self.report.known[_NAMES[kind]] += 1
            elif isinstance(answer, Refused):
                waits = kind in _WAITING and answer.code in aside.ASIDE
                said = (answer.code, _sentence(answer), placed.row.text, waits)
                self.report.kept.append(Kept(placed.file, placed.row.place, *said))
                if waits:
                    refused.append((placed.row.item, answer, placed.file, placed.row.place))
            else:
                self.report.new[_NAMES[kind]] += 1
        if kind in _WAITING:
            aside.keep(self.business, refused)
            taken = [item for item, answer in zip(items, answers, strict=True) if not isinstance(answer, Refused)]
            aside.forget(self.business, taken)
            self._take_what_waited(taken)
            self._take_what_came_meanwhile(refused)
        return [_outcome(answer, kind) for answer in answers]

    def _take_what_waited(self, taken: Sequence[Any]) -> None:
        """Cancellations and returns that came before their sale."""
        names = [item.original.name for item in taken if isinstance(item, Paper)]
        waiting = aside.waiting_for(self.business, names) if names else []
        for kind, same in groupby(waiting, key=lambda found: type(found[1].item)):
            self.take(kind, [Placed(file, row) for file, row in same])

    def _take_what_came_meanwhile(self, kept: Sequence[tuple[Any, Refused, str, str]]) -> None:
        """Cancellations and returns whose sale was recorded by somebody else just before they were kept aside."""
        missing = [
            (_originals(item), Placed(file, Row(place, item)))
            for item, why, file, place in kept
            if isinstance(why, aside.SaleMissing)
        ]
        here = booked(self.business, {each for originals, _ in missing for each in originals}, self.stores)
        there = [placed for originals, placed in missing if all(each in here for each in originals)]
        for kind, same in groupby(there, key=lambda placed: type(placed.row.item)):
            self.take(kind, list(same))

    def sales(self, sales: list[Incoming]) -> list[Any]:
        how = self.options
        refused = [out_of_bounds(sale) for sale in sales]
        fit = [sale for sale, why in zip(sales, refused, strict=True) if why is None]
        recorded = iter(record(self.business, fit, history=how.history, by_first_version=how.by_first_version))
        self.report.lines += sum(len(sale.lines) for sale in fit)
        answers = [why or next(recorded) for why in refused]
        return [None if isinstance(answer, Recorded) and answer.duplicate else answer for answer in answers]

    def papers(self, papers: list[Paper]) -> list[Any]:
        if self.options.anyway:
            papers = [replace(paper, wrong="") for paper in papers]
        looked_up = taken_up(self.business, papers, self.stores, self.groups)
        answers = iter(self.sales([each for each in looked_up if isinstance(each, Incoming)]))
        result = [each if isinstance(each, Refused) else next(answers) for each in looked_up]
        for paper, answer in zip(papers, result, strict=True):
            if paper.voids and not isinstance(answer, Refused):
                self._replace(paper)
        return result

    def _replace(self, paper: Paper) -> None:
        """What a paper stands for instead of others: these count no more."""
        voids = [Void(original, f"for {paper.number}"[:64], paper.at) for original in paper.voids]
        self.take(Void, [Placed("", Row(paper.number, void)) for void in voids])

    def voids(self, voids: list[Void]) -> list[Any]:
        return [_answer(partial(self._void, void)) for void in voids]

    def _void(self, void: Void) -> Any:
        found = booked(self.business, [void.original], self.stores).get(void.original)
        if found is None and void.paper:
            [answer] = self.papers([void.paper])
            if isinstance(answer, Refused):
                return answer
            found = booked(self.business, [void.original], self.stores).get(void.original)
        if found is None:
            return aside.SaleMissing(void.original)
        store = self.stores.store_of(void.original.place)
        at = self.stores.moment(store, void.at)
        return "new" if void_sale(self.business, found, void.number, at) else None

    def returns(self, returns: list[GoodsBack]) -> list[Any]:
        return [_answer(partial(self._return, back)) for back in returns]

    def _return(self, back: GoodsBack) -> Any:
        if back.wrong:
            return Refused("does_not_add_up", f"The return cannot be taken: {back.wrong}.")
        originals = dict.fromkeys(line.original for line in back.lines)
        found = booked(self.business, originals, self.stores)
        missing = [original for original in originals if original not in found]
        if missing:
            return aside.SaleMissing(missing[0])
        at = self.stores.moment(self.stores.store_of(next(iter(originals)).place), back.at)
        return "new" if return_goods(self.business, back, found, at) else None

    def members(self, newcomers: list[Newcomer]) -> list[Any]:
        now = clock.now()
        today = now.astimezone(ZoneInfo(self.business.timezone)).date()
        with transaction.atomic():
            made = enrol(self.business, newcomers, now=now, today=today, source="import", by="import")
        # Whoever is known by the same number is the same person: an import that is repeated enrols nobody.
        return [None if isinstance(each, Refused) else each for each in made]

    def brought(self, rows: list[Brought]) -> list[Any]:
        """Customers of another system, with their balances; the members first."""
        self.members([row.newcomer for row in rows])
        return open_balances(self.business, rows)

    def put_stores(self, stores: list[StoreRow]) -> list[Any]:
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

    def put_groups(self, rows: list[GroupRow]) -> list[Any]:
        return list(put_groups(self.business, [(row.scheme, row.code, row.department or None) for row in rows]))

    def unreadable(self, rows: list[Unreadable]) -> list[Any]:
        return [Refused(row.code, f"{row.column}: {row.reason}" if row.column else row.reason) for row in rows]


def _outcome(answer: Any, kind: type[Item]) -> Outcome:
    if isinstance(answer, Refused):
        return Outcome("waits" if kind in _WAITING and answer.code in aside.ASIDE else "refused", answer)
    return Outcome("known" if answer is None else "new")


def _answer(do: Callable[[], Any]) -> Any:
    """What came of it, or why not: one that is refused touches no other."""
    try:
        with transaction.atomic():
            return do()
    except Refused as refused:
        return refused


def _originals(item: Void | GoodsBack) -> list[Original]:
    return [item.original] if isinstance(item, Void) else [line.original for line in item.lines]


def _sentence(refused: Refused) -> str:
    points = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in refused.faults)
    return f"{refused.detail} ({points})" if points else refused.detail


_TAKERS: dict[type, Callable[[_Import, list[Any]], list[Any]]] = {
    Incoming: _Import.sales,
    Paper: _Import.papers,
    Void: _Import.voids,
    GoodsBack: _Import.returns,
    Newcomer: _Import.members,
    Brought: _Import.brought,
    StoreRow: _Import.put_stores,
    DepartmentRow: _Import.departments,
    ProductRow: _Import.products,
    GroupRow: _Import.put_groups,
    Unreadable: _Import.unreadable,
}
_NAMES: dict[type, str] = {
    Incoming: "sales",
    Paper: "sales",
    Void: "cancellations",
    GoodsBack: "returns",
    Newcomer: "members",
    Brought: "members with balances",
    StoreRow: "stores",
    DepartmentRow: "departments",
    ProductRow: "products",
    GroupRow: "groups of goods",
    Unreadable: "rows",
}
_WAITING = (Incoming, Paper, Void, GoodsBack)
