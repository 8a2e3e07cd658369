"""What may be done with a member: by contract, or only with the member's yes; and who said stop.

`notices` (what the programme owes: a gift that is due, points about to lapse) rests on the contract and needs no yes,
but ends with a no. `marketing` and `profiling` are off until the member says yes, and for who is under age they stay
so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from fiel.members.models import Member
from fiel.shops.ages import grown_up
from fiel.shops.models import Business

__all__ = ["who_may_be_told"]

_BY_CONTRACT = frozenset({"notices"})


def who_may_be_told(business: Business, members: Iterable[Member], purposes: Collection[str], today: date) -> set[UUID]:
    """Those of the members for whom every one of the purposes is allowed today."""
    return {
        member.id
        for member in members
        if member.merged_into is None
        and all(_allowed(purpose, member.consents.get(purpose)) for purpose in purposes)
        and (_BY_CONTRACT.issuperset(purposes) or grown_up(member.birth_date, today, business.minimum_age))
    }


def _allowed(purpose: str, answer: bool | None) -> bool:
    return answer is not False if purpose in _BY_CONTRACT else bool(answer)
