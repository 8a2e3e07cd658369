"""A service, of the shop or of a partner: whoever does it redeems the voucher."""

from __future__ import annotations

from fiel.core.refusals import Fault
from fiel.rewards.kinds.kind import Kind, leave_out
from fiel.rewards.models import Reward

__all__ = ["KIND"]


def _check(reward: Reward) -> list[Fault]:
    return leave_out(reward, "items", "value", "percent", "floor", "ceiling")


KIND = Kind(check=_check)
