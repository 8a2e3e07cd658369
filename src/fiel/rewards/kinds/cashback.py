"""Cashback: any amount of money, for what it takes of a unit that has a value."""

from __future__ import annotations

from collections.abc import Iterator

from fiel.core.refusals import Fault
from fiel.rewards.kinds.kind import Kind, Terms, leave_out
from fiel.rewards.models import Reward

__all__ = ["KIND"]


def _check(reward: Reward) -> Iterator[Fault]:
    yield from leave_out(reward, "items", "value", "percent")
    if not reward.price_unit:
        yield Fault("/price", "name the unit that is turned into money")
    if reward.price_steps:
        yield Fault("/price/amount", "leave this out: the unit's value in the programme decides")
    if reward.floor is not None and reward.ceiling is not None and reward.floor > reward.ceiling:
        yield Fault("/value/floor", "at most the ceiling")


def _terms(reward: Reward, amount: int | None) -> Terms:
    return {"value": amount or 0}


def _off(terms: Terms, purchase: int) -> int | None:
    return int(min(terms["value"], purchase))


KIND = Kind(check=_check, terms=_terms, off=_off, any_amount=True)
