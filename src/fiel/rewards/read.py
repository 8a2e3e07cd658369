"""Reading what members have: vouchers that can be used, gifts that are due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from fiel.members.find import known_as
from fiel.rewards.codes import open_code
from fiel.rewards.models import Invitation, Reward, Voucher
from fiel.tables.read import matching

__all__ = ["UsableVoucher", "codes_of", "open_invitations", "usable_vouchers", "waiting_gifts"]


@dataclass(frozen=True, slots=True)
class UsableVoucher:
    """A voucher that can be used today; `name`: what its reward is called; `terms`: what its kind promised."""

    reward: str
    name: str
    code: str
    valid_until: date | None
    terms: Mapping[str, Any]

    def like(self, other: UsableVoucher) -> bool:
        """Whether it makes no difference which of the two is used, but for the day on which each ends."""
        return (self.reward, self.terms) == (other.reward, other.terms)


def usable_vouchers(business_id: int, member_id: UUID, today: date) -> list[UsableVoucher]:
    """A member's vouchers that are good today, those that end first before the others."""
    good = Q(valid_until=None) | Q(valid_until__gte=today)
    ours = Voucher.objects.filter(good, business_id=business_id, member_id__in=list(known_as(business_id, [member_id])))
    vouchers = list(ours.filter(state="issued").order_by("issued_at", "id"))
    vouchers.sort(key=lambda voucher: voucher.valid_until or date.max)
    rewards = Reward.objects.filter(business_id=business_id, code__in={voucher.reward for voucher in vouchers})
    names = {reward.code: str(reward) for reward in rewards}
    return [UsableVoucher(v.reward, names[v.reward], open_code(v.sealed), v.valid_until, v.terms) for v in vouchers]


def codes_of(business_id: int, voucher_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The codes of vouchers, as they are shown."""
    wanted = set(voucher_ids)
    rows = Voucher.objects.filter(business_id=business_id, id__in=wanted) if wanted else ()
    return {voucher.id: open_code(voucher.sealed) for voucher in rows}


def open_invitations(business_id: int, member_id: UUID) -> list[str]:
    """The awards of which a member is due the gift, those due longest first."""
    ours = Invitation.objects.filter(business_id=business_id, member_id__in=list(known_as(business_id, [member_id])))
    return list(ours.filter(closed_at=None, why="goal").order_by("opened_at", "id").values_list("award", flat=True))


def waiting_gifts(business_id: int, member_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The gifts for which members were invited for another reason than an award; one query."""
    waiting = "t.closed_at IS NULL AND t.why <> 'goal' AND t.gift <> ''"
    wanted = [(member_id,) for member_id in member_ids]
    rows = matching(Invitation, business_id, ("member_id",), wanted, ("opened_at", "id", "gift"), where=waiting)
    found: dict[UUID, list[str]] = {}
    for member_id, _, _, gift in sorted(rows, key=lambda row: row[1:3]):
        found.setdefault(member_id, []).append(gift)
    return found
