"""Changing what rewards there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.programme.versions import rules_now
from fiel.rewards.models import Reward
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["put_reward"]


def put_reward(
    business: Business,
    code: str,
    *,
    kind: str,
    name: str = "",
    items: Mapping[str, Sequence[str]] | None = None,
    price: tuple[str, Fraction] | None = None,
    valid_days: int | None = None,
    on_expire: str = "lapse",
) -> Reward:
    """Make a reward, or set it to what is said here; vouchers that were issued keep their price and their date.

    `price`: a unit of the rules in force, and how many whole ones; None: by award only. Raises `invalid`.
    """
    if items and kind != "item":
        fault = Fault("/items", "leave this out, or make it a reward of the kind item")
        raise Refused("invalid", "Only a reward that is an item says which items.", [fault])
    unit, steps = _price(business, price) if price else ("", 0)
    after = {
        "kind": kind,
        "name": name,
        "items": {what: list(codes) for what, codes in (items or {}).items() if codes},
        "price_unit": unit,
        "price_steps": steps,
        "valid_days": valid_days,
        "on_expire": on_expire,
    }
    with transaction.atomic():
        before = Reward.objects.filter(business=business, code=code).values(*after).first()
        reward, _ = Reward.objects.update_or_create(business=business, code=code, defaults=after)
        note(business.id, "reward.set", about=code, before=before, after=after, now=clock.now())
    return reward


def _price(business: Business, price: tuple[str, Fraction]) -> tuple[str, int]:
    """The unit and the steps of a price."""
    code, amount = price
    compiled = rules_now(business.id, clock.now())
    unit = compiled.programme.units.get(code) if compiled else None
    if unit is None:
        raise Refused("invalid", f"There is no unit {code!r} in the programme.", [Fault("/price/unit", "name a unit")])
    if amount <= 0:
        fault = Fault("/price/amount", "more than 0; without a price it comes by award only")
        raise Refused("invalid", "A price is above zero.", [fault])
    steps = amount * unit.steps
    if steps.denominator != 1:
        fault = Fault("/price/amount", f"at most {unit.decimals} decimals")
        raise Refused("invalid", f"{unit.code} are counted with {unit.decimals} decimals.", [fault])
    return unit.code, steps.numerator
