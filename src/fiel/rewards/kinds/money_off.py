"""Money off a purchase: so much, or so many per cent, from a floor on and up to a ceiling."""

from __future__ import annotations

from collections.abc import Iterator

from fiel.core.refusals import Fault
from fiel.core.sale import half_up
from fiel.rewards.kinds.kind import Kind, Terms, leave_out
from fiel.rewards.models import Reward

__all__ = ["KIND", "WHOLE"]

WHOLE = 100_000
"""A hundred per cent, in 1/1000 of one."""


def _check(reward: Reward) -> Iterator[Fault]:
    yield from leave_out(reward, "items")
    if (reward.value is None) == (reward.percent is None):
        yield Fault("/value", "say how much it takes off: an amount, or a percent")
    if reward.value == 0:
        yield Fault("/value/amount", "more than 0")
    if reward.percent is not None and not 0 < reward.percent <= WHOLE:
        yield Fault("/value/percent", "more than 0, at most 100")
    if reward.value is not None and reward.ceiling is not None:
        yield Fault("/value/ceiling", "leave this out: a fixed amount is its own ceiling")
    if reward.ceiling == 0:
        yield Fault("/value/ceiling", "more than 0")


def _terms(reward: Reward, amount: int | None) -> Terms:
    said = {"value": reward.value, "percent": reward.percent, "floor": reward.floor, "ceiling": reward.ceiling}
    return {name: figure for name, figure in said.items() if figure is not None}


def _off(terms: Terms, purchase: int) -> int | None:
    if purchase < terms.get("floor", 0):
        return None
    off = terms["value"] if "value" in terms else half_up(purchase * terms.get("percent", 0), WHOLE)
    return int(min(off, purchase, terms.get("ceiling", purchase)))


KIND = Kind(check=_check, terms=_terms, off=_off)
