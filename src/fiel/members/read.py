"""Reading members: who they are, and how their accounts stand. A page of them costs as many queries as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from django.db.models import Q

from fiel.core.identity import Identity
from fiel.core.lots import Holding
from fiel.core.programme import Unit
from fiel.ledger.read import Balance, balances
from fiel.members.find import find
from fiel.members.models import Card, CardBlock, Identifier, Member
from fiel.members.newcomer import NOTICE

__all__ = [
    "Profile",
    "Standing",
    "changed_since",
    "member_by_id",
    "members_by_id",
    "profiles",
    "standings",
]


@dataclass(frozen=True, slots=True)
class Profile:
    """A member with everything that identifies them. `cards`: whether each is blocked, by number, as they were given.

    `consents`: the latest answer to each question; what was never asked is left out.
    """

    member: Member
    identifiers: Mapping[str, str]
    cards: Mapping[str, bool]
    consents: Mapping[str, bool]

    @property
    def has_card(self) -> bool:
        """Whether there is a card that is not blocked."""
        return not all(self.cards.values())


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands on a day, in steps; `expiring`: what lapses within the unit's time of warning."""

    unit: Unit
    balance: int
    available: int
    pending: int
    carry: Fraction
    expiring: tuple[tuple[date, int], ...]

    @property
    def debt(self) -> int:
        """Steps owed."""
        return max(0, -self.balance)


def members_by_id(business_id: int, member_ids: Iterable[UUID]) -> dict[UUID, Member]:
    """Members as they are, by their ids; one query, none where there are no ids."""
    wanted = set(member_ids)
    rows = Member.objects.filter(business_id=business_id, id__in=wanted) if wanted else ()
    return {member.id: member for member in rows}


def member_by_id(business_id: int, text: str) -> Member | None:
    """The member that an id, as somebody wrote it, leads to; who was merged leads to where they went."""
    try:
        wanted = Identity("id", str(UUID(text)))
    except ValueError:
        return None
    found = find(business_id, [wanted]).get(wanted)
    return Member.objects.get(business_id=business_id, id=found.member_id) if found else None


def changed_since(
    business_id: int, *, since: datetime | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Member]:
    """Members by the time of their last change, the oldest first, a page at a time.

    `since`: that moment and later. `after`: the last change and id of the last one of the page before. Those who were
    merged into somebody are left out.
    """
    rows = Member.objects.filter(business_id=business_id, merged_into=None)
    if since is not None:
        rows = rows.filter(updated_at__gte=since)
    if after is not None:
        at, id_ = after
        rows = rows.filter(updated_at__gte=at).filter(Q(updated_at__gt=at) | Q(id__gt=id_))
    return list(rows.order_by("updated_at", "id")[:limit])


def profiles(business_id: int, members: Sequence[Member]) -> list[Profile]:
    """Who the members are: three queries, however many they are."""
    ours = {"business_id": business_id, "member_id__in": [member.id for member in members]}
    identifiers: dict[UUID, dict[str, str]] = {member.id: {} for member in members}
    for member_id, kind, value in Identifier.objects.filter(**ours).values_list("member_id", "kind", "value"):
        identifiers[member_id][kind] = value
    cards: dict[UUID, dict[str, bool]] = {member.id: {} for member in members}
    owners = dict(Card.objects.filter(**ours).order_by("given_at", "number").values_list("number", "member_id"))
    blocked = CardBlock.objects.filter(business_id=business_id, number__in=list(owners))
    blocks = set(blocked.values_list("number", flat=True))
    for number, member_id in owners.items():
        cards[member_id][number] = number in blocks
    return [Profile(each, identifiers[each.id], cards[each.id], _answers(each)) for each in members]


def _answers(member: Member) -> dict[str, bool]:
    """What the member agreed to or not; that a notice was given is no such thing."""
    return {purpose: granted for purpose, granted in member.consents.items() if purpose != NOTICE}


def standings(
    business_id: int, member_id: UUID, *, shown: Iterable[Unit], units: Mapping[str, Unit], today: date
) -> list[Standing]:
    """A member's accounts: those of the units `shown`, empty ones too, then any others there are. Two queries.

    `units`: all units that the business ever had, by code.
    """
    held = {balance.unit: balance for balance in balances(business_id, [member_id])}
    wanted = {unit.code: unit for unit in shown}
    wanted.update({code: units[code] for code in held if code not in wanted})
    return [_standing(unit, held.get(code), today) for code, unit in wanted.items()]


def _standing(unit: Unit, balance: Balance | None, today: date) -> Standing:
    if balance is None:
        return Standing(unit, 0, 0, 0, Fraction(0), ())
    holding: Holding = balance.holding
    expiring = balance.expiring(today + timedelta(days=unit.warn_days))
    return Standing(
        unit=unit,
        balance=holding.balance,
        available=holding.available(today),
        pending=holding.pending(today),
        carry=balance.carry,
        expiring=tuple((day, steps) for day, steps in expiring if day >= today),
    )
