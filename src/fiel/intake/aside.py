"""Keeping aside what cannot be taken yet, and finding what waits.

Receipts that came too late, that do not add up, or whose store nobody knows; cancellations and returns before their
sale. What is kept names nobody: of the buyer stays the member's id, where it is a member.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from pydantic import TypeAdapter

from fiel import clock
from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.intake.look_up import members_of
from fiel.intake.models import Aside
from fiel.intake.papers import GoodsBack, Original, Paper, Void
from fiel.intake.rows import Row
from fiel.members.find import find
from fiel.sales.incoming import Incoming
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.read import matching
from fiel.tables.write import upsert
from fiel.trail.note import note

__all__ = ["ASIDE", "SaleMissing", "Waits", "drop", "forget", "keep", "listed", "row_of", "waiting_for"]

Waits = Incoming | Paper | Void | GoodsBack

ASIDE = frozenset({"too_late", "too_early", "does_not_add_up", "sale_missing", "store_unknown"})
"""The refusals after which a row is kept: time, or somebody, may make it good."""


class SaleMissing(Refused):
    """What is about a paper that is not here yet: it waits for it."""

    def __init__(self, original: Original) -> None:
        place = original.place.till
        super().__init__("sale_missing", f"Receipt {original.number} of {place} is not here yet; this waits for it.")
        self.original = original


_KINDS: dict[type[Waits], str] = {Incoming: "sale", Paper: "paper", Void: "void", GoodsBack: "return"}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind: TypeAdapter(type_) for type_, kind in _KINDS.items()}
_LONGEST = 200
_LONGEST_REASON = 500
_LONGEST_PLACE = 100


def keep(business: Business, kept: Sequence[tuple[Waits, Refused, str, str]]) -> None:
    """Keep items aside, each with its refusal, file and place; what is there already gets the new reason."""
    if not kept:
        return
    nameless = _nameless(business, [item for item, *_ in kept])
    now = clock.now()
    rows: dict[tuple[str, str], tuple[Any, ...]] = {}
    for item, (before, refused, file, place) in zip(nameless, kept, strict=True):
        kind, name = _KINDS[type(item)], name_of(before)
        content = _ADAPTERS[kind].dump_python(item, mode="json")
        reason = refused.detail[:_LONGEST_REASON]
        said = (_awaits(before, refused), refused.code, reason, file[-_LONGEST:], place[:_LONGEST_PLACE], content)
        rows[kind, name] = (business.id, kind, name, new_id(), *said, now)
    columns = ("id", "awaits", "code", "reason", "file", "place", "item", "kept_at")
    known = {(kind, name): id_ for kind, name, id_ in matching(Aside, business.id, ("kind", "name"), rows, ("id",))}
    written = [(*row[:3], known.get(key, row[3]), *row[4:]) for key, row in sorted(rows.items())]
    upsert(Aside, ("business", "kind", "name"), columns, written)


def forget(business: Business, items: Iterable[Waits]) -> None:
    """What was taken waits no more."""
    names = {(_KINDS[type(item)], name_of(item)) for item in items}
    ids = [id_ for _, _, id_ in matching(Aside, business.id, ("kind", "name"), names, ("id",))]
    if ids:
        Aside.objects.filter(business=business, id__in=ids).delete()


def waiting_for(business: Business, names: Iterable[str]) -> list[tuple[str, Row]]:
    """What waits for papers of these names, with the files that it came in."""
    found = [id_ for _, id_ in matching(Aside, business.id, ("awaits",), {(name,) for name in names}, ("id",))]
    rows = Aside.objects.filter(business=business, id__in=found).order_by("kept_at", "id") if found else []
    return [(aside.file, row_of(aside)) for aside in rows]


def listed(business: Business, ids: Iterable[UUID] | None = None) -> QuerySet[Aside]:
    """What is kept aside, the oldest first; `ids`: of these."""
    rows = Aside.objects.filter(business=business)
    return (rows if ids is None else rows.filter(id__in=list(ids))).order_by("kept_at", "id")


def drop(business: Business, ids: Iterable[UUID], *, now: datetime) -> int:
    """Drop what was kept aside, for good; how many that were."""
    with transaction.atomic():
        rows = list(listed(business, ids))
        Aside.objects.filter(business=business, id__in=[row.id for row in rows]).delete()
        if rows:
            before = {"dropped": [f"{row.kind} {row.name}" for row in rows]}
            note(business.id, "aside.dropped", before=before, now=now)
    return len(rows)


def row_of(aside: Aside) -> Row:
    """What was kept, as it came."""
    return Row(aside.place, cast("Waits", _ADAPTERS[aside.kind].validate_python(aside.item)), "")


def name_of(item: Waits) -> str:
    """What tells an item from any other of its kind, wherever it was read."""
    match item:
        case Incoming():
            name = f"{item.store} {item.till} {item.number} {item.occurred_at.date()}"
        case Paper():
            name = f"{item.original.name} {item.at.date()}"
        case Void():
            name = f"{item.original.name} {item.original.day or ''}"
        case GoodsBack():
            name = f"{item.place.issuer} {item.number}"
    return name[:_LONGEST]


def _awaits(item: Waits, refused: Refused) -> str:
    """The name of the paper that an item waits for, or is about; of several, the one that was missed first."""
    original = None
    if isinstance(refused, SaleMissing):
        original = refused.original
    elif isinstance(item, Void):
        original = item.original
    elif isinstance(item, GoodsBack) and item.lines:
        original = item.lines[0].original
    return original.name[:_LONGEST] if original else ""


def _nameless(business: Business, items: Sequence[Waits]) -> Iterator[Waits]:
    """The items without anybody's identity: a member by the id, everybody else not at all."""
    papers = [paper for item in items if (paper := _paper_of(item))]
    sales = [item.member for item in items if isinstance(item, Incoming) and item.member]
    members = members_of(business, (paper.buyer for paper in papers))
    found = find(business.id, [*members.values(), *sales])
    ids = {identity: Identity("id", str(each.member_id)) for identity, each in found.items()}
    for item in items:
        if isinstance(item, Incoming):
            # What told its content must stay, so that the same file read again is known again.
            member = ids.get(item.member) if item.member else None
            yield replace(item, paper=item.digest(), member=member, key=None)
        elif isinstance(item, Paper):
            yield _paper_without_buyer(item, members, ids)
        elif isinstance(item, Void) and item.paper:
            yield replace(item, paper=_paper_without_buyer(item.paper, members, ids))
        else:
            yield item


def _paper_of(item: Waits) -> Paper | None:
    return item if isinstance(item, Paper) else item.paper if isinstance(item, Void) else None


def _paper_without_buyer(paper: Paper, members: dict[str, Identity], ids: dict[Identity, Identity]) -> Paper:
    member = members.get(paper.buyer)
    return replace(paper, buyer=f"id:{ids[member].value}" if member else "")
