"""An item: its voucher pays for one piece of a line that the selector holds."""

from __future__ import annotations

from fiel.core.refusals import Fault
from fiel.rewards.kinds.kind import Kind, leave_out
from fiel.rewards.models import Reward

__all__ = ["KIND"]


def _check(reward: Reward) -> list[Fault]:
    return leave_out(reward, "value", "percent", "floor", "ceiling")


KIND = Kind(check=_check, pays_line=True)
