"""Choosing many members at once: all, or those of a tier or type, who joined in some time, a part at a time by key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fiel.core.programme import Programme
from fiel.core.tiers import effective
from fiel.members.models import ERASED, Member
from fiel.members.search import members_beginning, members_named
from fiel.members.tiers import tier_state
from fiel.shops.models import Business

__all__ = ["Chosen", "chosen_members", "how_many"]

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which members; what is empty does not limit them. `typed`: as in the search; `ids`: these and no others."""

    typed: str = ""
    tier: str = ""
    type: str = ""
    joined_from: date | None = None
    joined_to: date | None = None
    ids: tuple[UUID, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The choice as a job keeps it."""
        days = {"joined_from": self.joined_from, "joined_to": self.joined_to}
        said = {name: day.isoformat() if day else None for name, day in days.items()}
        return {
            **said,
            "typed": self.typed,
            "tier": self.tier,
            "type": self.type,
            "ids": [str(id_) for id_ in self.ids],
        }

    @staticmethod
    def of_json(said: dict[str, Any]) -> Chosen:
        """The choice that `as_json` wrote."""
        days = {name: date.fromisoformat(said[name]) if said[name] else None for name in ("joined_from", "joined_to")}
        return Chosen(**{**said, **days, "ids": tuple(UUID(id_) for id_ in said["ids"])})


def how_many(business: Business, chosen: Chosen) -> int:
    """How many members are looked at to find those who are chosen."""
    return len(chosen.ids) or Member.objects.filter(business=business, merged_into=None).count()


def chosen_members(
    business: Business, chosen: Chosen, programme: Programme | None, today: date
) -> Iterator[tuple[int, list[Member]]]:
    """The members that are chosen, by key, a part at a time, each with how many have been looked at by then.

    Who was erased or merged into somebody is left out.
    """
    looked = 0
    for part in _parts(business, chosen):
        looked += len(part)
        yield looked, [each for each in part if _fits(each, chosen, programme, today)]


def _parts(business: Business, chosen: Chosen) -> Iterator[list[Member]]:
    rows = Member.objects.filter(business=business, merged_into=None)
    if chosen.ids:
        yield list(rows.filter(id__in=chosen.ids).order_by("id"))
        return
    if chosen.typed:
        yield from _found(business, chosen.typed)
        return
    last: UUID | None = None
    while part := list((rows if last is None else rows.filter(id__gt=last)).order_by("id")[:_AT_ONCE]):
        yield part
        last = part[-1].id


def _found(business: Business, typed: str) -> Iterator[list[Member]]:
    """Those whom the search finds: by number, or else by name."""
    by_number = members_beginning(business.pk, typed, country=business.country, limit=_AT_ONCE)
    if by_number:
        yield by_number
        return
    after: tuple[str, UUID] | None = None
    while part := members_named(business.pk, typed, after=after, limit=_AT_ONCE):
        yield part
        after = (part[-1].name_key, part[-1].id)


def _fits(member: Member, chosen: Chosen, programme: Programme | None, today: date) -> bool:
    if member.code.startswith(ERASED) or (chosen.type and chosen.type not in member.types):
        return False
    if chosen.joined_from and member.joined < chosen.joined_from:
        return False
    if chosen.joined_to and member.joined > chosen.joined_to:
        return False
    if not chosen.tier:
        return True
    return programme is not None and effective(programme, tier_state(member), today) == chosen.tier
