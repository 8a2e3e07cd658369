"""Enrolling customers: one at the counter or thousands from another system, each standing alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime

from django.conf import settings

from fiel.core.identity import Identity, make_card
from fiel.core.refusals import Fault, Refused
from fiel.events.tell import Happened, listen, tell
from fiel.members.consenting import answer_consents
from fiel.members.find import find
from fiel.members.models import Card, Identifier, Member
from fiel.members.newcomer import CONSENTS, Newcomer
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.read import matching
from fiel.tables.write import insert

__all__ = ["CONSENTS", "Newcomer", "enrol", "free_card_numbers"]

_IDENTIFIERS = ("phone", "email", "tax_id")


def enrol(
    business: Business, newcomers: Sequence[Newcomer], *, now: datetime, today: date, source: str, by: str
) -> list[Member | Refused]:
    """Enrol customers, in the caller's transaction; for each a member, or why not.

    `member_exists` or `card_taken`: somebody is known by one of the identities already, or by the same one earlier in
    the list. A statement for each table, however many there are.
    """
    taken = _taken(business.id, newcomers)
    codes = _free_codes(business.id, sum(not newcomer.code for newcomer in newcomers))
    cards = free_card_numbers(business.id, sum(newcomer.new_card for newcomer in newcomers))
    result: list[Member | Refused] = []
    made: list[tuple[Member, Newcomer, tuple[Identity, ...]]] = []
    for newcomer in newcomers:
        code = newcomer.code or next(codes)
        ours = (Identity("code", code), *newcomer.identities)
        refused = _refuse_taken(ours, taken)
        if refused is not None:
            result.append(refused)
            continue
        taken.update(ours)
        member = _member(business, newcomer, code, now, today)
        if newcomer.new_card:
            ours = (*ours, Identity("card", next(cards)))
        made.append((member, newcomer, ours))
        result.append(member)
    _write(business.id, made, now, source, by)
    return result


def _taken(business_id: int, newcomers: Iterable[Newcomer]) -> set[Identity]:
    wanted = [identity for newcomer in newcomers for identity in newcomer.identities]
    wanted += [Identity("code", newcomer.code) for newcomer in newcomers if newcomer.code]
    return set(find(business_id, wanted))


def _refuse_taken(ours: Iterable[Identity], taken: set[Identity]) -> Refused | None:
    for identity in ours:
        if identity in taken:
            at = Fault(f"/{identity.kind}", "already known here")
            if identity.kind == "card":
                return Refused("card_taken", "This card belongs to another member.", [at])
            return Refused("member_exists", f"A member with this {identity.kind} is already enrolled.", [at])
    return None


def _member(business: Business, newcomer: Newcomer, code: str, now: datetime, today: date) -> Member:
    return Member(
        business=business,
        id=new_id(),
        code=code,
        name=newcomer.name,
        birth_date=newcomer.birth_date,
        joined=newcomer.joined or today,
        language=newcomer.language,
        address=newcomer.address,
        types=list(newcomer.types),
        referred_by=newcomer.referred_by,
        created_at=now,
        updated_at=now,
    )


def _write(
    business_id: int,
    made: Sequence[tuple[Member, Newcomer, tuple[Identity, ...]]],
    now: datetime,
    source: str,
    by: str,
) -> None:
    Member.objects.bulk_create([member for member, _, _ in made])
    of_kind = [(kind, value, member.id) for member, _, ours in made for kind, value in ours]
    insert(
        Identifier,
        ("business", "kind", "value", "member_id"),
        [(business_id, kind, value, member_id) for kind, value, member_id in of_kind if kind in _IDENTIFIERS],
    )
    insert(
        Card,
        ("business", "number", "member_id", "given_at"),
        [(business_id, value, member_id, now) for kind, value, member_id in of_kind if kind == "card"],
    )
    answers = [(member, newcomer.consents, newcomer.notice) for member, newcomer, _ in made]
    answer_consents(answers, now=now, source=source, by=by)
    if made:
        tell(listen(business_id), "member.created", [Happened(member.id, {}) for member, _, _ in made], at=now)


def _free_codes(business_id: int, count: int) -> Iterator[str]:
    """Member numbers of nine digits that nobody has; they tell nothing about how many there are."""
    return _free(Member, "code", business_id, count, lambda: f"{secrets.randbelow(10**9):09d}")


def free_card_numbers(business_id: int, count: int) -> Iterator[str]:
    """Card numbers (EAN-13 of our own range) that nobody has; the next cannot be guessed from one."""
    prefix = settings.CARD_PREFIX
    serials = 10 ** (12 - len(prefix))
    return _free(Card, "number", business_id, count, lambda: make_card(secrets.randbelow(serials), prefix=prefix))


def _free(
    model: type[Member | Card], column: str, business_id: int, count: int, make: Callable[[], str]
) -> Iterator[str]:
    free: set[str] = set()
    while len(free) < count:
        more = {make() for _ in range(count - len(free))}
        used = matching(model, business_id, (column,), [(value,) for value in more], ())
        free |= more - {value for (value,) in used}
    return iter(sorted(free))
