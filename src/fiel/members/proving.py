"""A proof that it is the member who spends: above the business's limit a number alone, which a photograph shows too, is
not enough. The code that turns on the member's phone is the proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from fiel.core.programme import Unit
from fiel.core.refusals import Fault, Refused
from fiel.members.turning import proves
from fiel.shops.models import Business

__all__ = ["check_spending"]


def check_spending(
    business: Business,
    member_id: UUID,
    spent: Mapping[str, int],
    units: Mapping[str, Unit],
    *,
    proof: str,
    now: datetime,
) -> None:
    """Raise `proof_needed` where so many steps of a unit are above the limit, and nothing proves the member.

    `proof`: the code that the member's phone shows; empty: there is none.
    """
    most = business.spend_limit
    if most is None or proves(business, proof, member_id, now=now):
        return
    for code, steps in spent.items():
        if steps > most * units[code].steps:
            detail = f"More than {most} of {code} at once needs a proof that it is the member."
            raise Refused("proof_needed", detail, [Fault("/proof", "send the code that the card on the phone shows")])
