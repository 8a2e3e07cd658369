"""What a kind of reward says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fiel.core.refusals import Fault
from fiel.rewards.models import Reward

__all__ = ["Kind", "Terms", "leave_out"]

Terms = Mapping[str, Any]
"""What a voucher promises, kept with it: whatever becomes of the reward, the voucher stays what it was."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of reward.

    `check`: what is wrong with a reward of this kind. `terms`: what its voucher promises, for the amount that was asked
    for. `off`: the money that it takes off a purchase of so much, in minor units; None: the purchase is too small.
    `pays_line`: in a sale its voucher pays for one piece. `any_amount`: the member says how much it shall be worth.
    """

    check: Callable[[Reward], Iterable[Fault]]
    terms: Callable[[Reward, int | None], Terms] = lambda reward, amount: {}
    off: Callable[[Terms, int], int | None] = lambda terms, purchase: 0
    pays_line: bool = False
    any_amount: bool = False


def leave_out(reward: Reward, *fields: str) -> list[Fault]:
    """A fault for each of these that is said of a reward whose kind has no use for it."""
    at = {"value": "/value/amount", "percent": "/value/percent", "floor": "/value/floor", "ceiling": "/value/ceiling"}
    return [
        Fault(at.get(name, f"/{name}"), f"leave this out of a reward of the kind {reward.kind}")
        for name in fields
        if getattr(reward, name) not in (None, {})
    ]
