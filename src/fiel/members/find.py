"""Finding members by what identifies them, and locking them: the one place where locks are taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.members.models import Card, CardBlock, Identifier, Member
from fiel.tables.read import locked, matching

__all__ = ["Found", "find", "find_one", "follow", "known_as", "lock", "lock_one"]


@dataclass(frozen=True, slots=True)
class Found:
    """Whom an identity leads to; `blocked`: it is a card that is blocked."""

    member_id: UUID
    blocked: bool = False


def find(business_id: int, identities: Iterable[Identity]) -> dict[Identity, Found]:
    """The members that the identities lead to; those that lead nowhere are left out.

    One query for each kind of identity, however many there are. Members that were merged lead to where they went.
    """
    by_kind: dict[str, list[str]] = {}
    for identity in identities:
        by_kind.setdefault(identity.kind, []).append(identity.value)
    found: dict[Identity, Found] = {}
    for kind, values in by_kind.items():
        found.update(_BY_KIND.get(kind, _identified)(business_id, kind, values))
    return _follow_merges(business_id, found)


def find_one(business_id: int, identities: Iterable[Identity]) -> tuple[Identity, Found] | None:
    """The first of several guesses that leads to a member."""
    guesses = list(identities)
    found = find(business_id, guesses)
    return next(((guess, found[guess]) for guess in guesses if guess in found), None)


def lock(business_id: int, member_ids: Iterable[UUID]) -> dict[UUID, Member]:
    """Lock members, in the order of their ids, until the transaction ends, and read them.

    Whoever moves an account holds this lock first. On SQLite the transaction itself is the lock.
    """
    return {member.id: member for member in locked(Member, business_id, member_ids)}


def follow(business_id: int, member_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Whom each of these ids leads to by now: itself, or the member into whom it was merged."""
    found = find(business_id, [Identity("id", str(member_id)) for member_id in member_ids])
    return {UUID(identity.value): each.member_id for identity, each in found.items()}


def known_as(business_id: int, member_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Every id by which these members' receipts may be found: their own, and those of members merged into them."""
    members = list(member_ids)
    merged = Member.objects.filter(business_id=business_id, merged_into__in=members)
    aliases = {gone: into for gone, into in merged.values_list("id", "merged_into") if into is not None}
    return {**{member_id: member_id for member_id in members}, **aliases}


def lock_one(business_id: int, member_id: UUID) -> Member:
    """Lock one member, or whom that member has become part of. Raises `member_not_found`."""
    found = find(business_id, [Identity("id", str(member_id))])
    if not found:
        raise Refused("member_not_found", "There is no such member.")
    [leads_to] = {each.member_id for each in found.values()}
    return lock(business_id, [leads_to])[leads_to]


def _identified(business_id: int, kind: str, values: list[str]) -> dict[Identity, Found]:
    rows = matching(Identifier, business_id, ("kind", "value"), [(kind, value) for value in values], ("member_id",))
    return {Identity(kind, value): Found(member_id) for _, value, member_id in rows}


def _by_card(business_id: int, kind: str, values: list[str]) -> dict[Identity, Found]:
    wanted = [(value,) for value in values]
    blocked = {number for (number,) in matching(CardBlock, business_id, ("number",), wanted, ())}
    rows = matching(Card, business_id, ("number",), wanted, ("member_id",))
    return {Identity(kind, number): Found(member_id, number in blocked) for number, member_id in rows}


def _by_code(business_id: int, kind: str, values: list[str]) -> dict[Identity, Found]:
    rows = matching(Member, business_id, ("code",), [(value,) for value in values], ("id",))
    return {Identity(kind, code): Found(member_id) for code, member_id in rows}


def _by_id(business_id: int, kind: str, values: list[str]) -> dict[Identity, Found]:
    wanted = []
    for value in values:
        try:
            wanted.append((UUID(value),))
        except ValueError:
            continue
    rows = matching(Member, business_id, ("id",), wanted, ())
    return {Identity(kind, str(member_id)): Found(member_id) for (member_id,) in rows}


_BY_KIND = {"card": _by_card, "code": _by_code, "id": _by_id}


def _follow_merges(business_id: int, found: Mapping[Identity, Found]) -> dict[Identity, Found]:
    """Each merge leads one step on; whoever was merged into somebody merged later takes more than one."""
    result = dict(found)
    while result:
        wanted = [(each.member_id,) for each in result.values()]
        rows = matching(Member, business_id, ("id",), wanted, ("merged_into",))
        gone = {member_id: into for member_id, into in rows if into is not None}
        if not gone:
            return result
        result = {key: Found(gone.get(each.member_id, each.member_id), each.blocked) for key, each in result.items()}
    return result
