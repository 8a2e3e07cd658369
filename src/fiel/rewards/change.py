"""Changing what rewards there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from fiel import clock
from fiel.core.programme import Programme
from fiel.core.refusals import Fault, Refused
from fiel.programme.versions import rules_now
from fiel.rewards.kinds import KINDS
from fiel.rewards.models import Partner, Reward, Voucher
from fiel.rewards.stock import HOLDS_STOCK
from fiel.shops.models import Business, Store
from fiel.trail.note import note

__all__ = ["RewardRow", "correct_stock", "put_reward"]


@dataclass(frozen=True, slots=True)
class RewardRow:
    """A reward as it shall be; money in minor units, `percent` in 1/1000 of a per cent.

    `price`: a unit of the rules in force, and how many whole ones (None where the kind leaves it to the member); None:
    by award only. `stock`: how many are left to be had; None: any number. `stores`, `partners`: where it is given, by
    code; none: in every store. `translations`: {language: {"name", "text"}}.
    """

    kind: str
    name: str = ""
    text: str = ""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    items: Mapping[str, Sequence[str]] = field(default_factory=dict)
    price: tuple[str, Fraction | None] | None = None
    value: int | None = None
    percent: int | None = None
    floor: int | None = None
    ceiling: int | None = None
    valid_days: int | None = None
    on_expire: str = "lapse"
    stock: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    tiers: Sequence[str] = ()
    stores: Sequence[str] = ()
    partners: Sequence[str] = ()
    per_member: int | None = None


def put_reward(business: Business, code: str, row: RewardRow, *, keep_stock: bool = False) -> Reward:
    """Make a reward, or set it to what is said here; vouchers that were issued keep their price, terms and date.

    `keep_stock`: leave the stock of one that is there as it is, whatever `row` says. Raises `invalid`, with a pointer
    to each thing that cannot be right.
    """
    compiled = rules_now(business.id, clock.now())
    programme = compiled.programme if compiled else None
    unit, steps = _price(programme, row) if row.price else ("", 0)
    values = {
        "kind": row.kind,
        "name": row.name,
        "text": row.text,
        "translations": {language: dict(said) for language, said in row.translations.items()},
        "items": {what: list(codes) for what, codes in row.items.items() if codes},
        "price_unit": unit,
        "price_steps": steps,
        "value": row.value,
        "percent": row.percent,
        "floor": row.floor,
        "ceiling": row.ceiling,
        "valid_days": row.valid_days,
        "on_expire": row.on_expire,
        "stock": row.stock,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "tiers": list(row.tiers),
        "stores": list(row.stores),
        "partners": list(row.partners),
        "per_member": row.per_member,
    }
    faults = list(_faults(business, programme, Reward(business=business, code=code, **values)))
    if faults:
        raise Refused("invalid", "The reward cannot be right.", faults)
    with transaction.atomic():
        before = Reward.objects.filter(business=business, code=code).values(*values).first()
        # Made first, so that there is a row to lock: nobody takes of its stock while it is counted.
        Reward.objects.get_or_create(business=business, code=code, defaults=values)
        locked = Reward.objects.select_for_update(no_key=True).get(business=business, code=code)
        stock = locked.stock if keep_stock else row.stock
        values["stock"] = stock
        Reward.objects.filter(business=business, code=code).update(**values, stocked=_stocked(business, code, stock))
        was, now_is = (None if said is None else _as_json(said) for said in (before, values))
        note(business.id, "reward.set", about=code, before=was, after=now_is, now=clock.now())
        return Reward.objects.get(business=business, code=code)


def correct_stock(business: Business, code: str, *, seen: int | None, left: int | None, reason: str) -> Reward:
    """Say how many are left; None: any number. `seen`: how many were left when somebody counted.

    What was taken or given back since is taken into account: who saw 10 and counts 12 adds two. Raises `not_found`,
    `invalid`.
    """
    if left is not None and left < 0:
        raise Refused("invalid", "Nothing can be left below zero.", [Fault("/left", "0 or more")])
    with transaction.atomic():
        reward = Reward.objects.select_for_update(no_key=True).filter(business=business, code=code).first()
        if reward is None:
            raise Refused("not_found", "No reward has this code.")
        before = reward.stock
        since = 0 if before is None or seen is None else before - seen
        reward.stock = None if left is None else max(0, left + since)
        reward.stocked = _stocked(business, code, reward.stock)
        reward.save(update_fields=["stock", "stocked"])
        after = {"stock": reward.stock, "reason": reason.strip()}
        if before != reward.stock:
            note(business.id, "reward.stock_set", about=code, before={"stock": before}, after=after, now=clock.now())
    return reward


def _as_json(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.isoformat() if isinstance(each, date) else each for name, each in said.items()}


def _stocked(business: Business, code: str, stock: int | None) -> int | None:
    """Those that are left, and the ones that vouchers hold or have used."""
    if stock is None:
        return None
    ours = Voucher.objects.filter(business=business, reward=code, from_stock=True, state__in=HOLDS_STOCK)
    return stock + ours.count()


def _faults(business: Business, programme: Programme | None, reward: Reward) -> Iterator[Fault]:
    yield from KINDS[reward.kind].check(reward)
    if reward.starts_on and reward.ends_on and reward.starts_on > reward.ends_on:
        yield Fault("/to", "not before the first day")
    tiers = programme.tiers if programme else {}
    yield from _unknown("tiers", reward.tiers, tiers, "name a tier of the programme")
    stores = _codes(Store.objects.filter(business=business, code__in=reward.stores), reward.stores)
    yield from _unknown("stores", reward.stores, stores, "name one of your stores")
    partners = _codes(Partner.objects.filter(business=business, code__in=reward.partners), reward.partners)
    yield from _unknown("partners", reward.partners, partners, "name one of your partners")


def _codes(rows: QuerySet[Store] | QuerySet[Partner], named: Sequence[str]) -> set[str]:
    return set(rows.values_list("code", flat=True)) if named else set()


def _unknown(what: str, named: Sequence[str], known: Collection[str], advice: str) -> Iterator[Fault]:
    return (Fault(f"/{what}/{index}", advice) for index, code in enumerate(named) if code not in known)


def _price(programme: Programme | None, row: RewardRow) -> tuple[str, int]:
    """The unit and the steps of a price."""
    code, amount = row.price or ("", None)
    unit = programme.units.get(code) if programme else None
    if unit is None:
        raise Refused("invalid", f"There is no unit {code!r} in the programme.", [Fault("/price/unit", "name a unit")])
    if KINDS[row.kind].any_amount:
        if unit.value is None:
            fault = Fault("/price/unit", "name a unit that has a value, or give it one in the programme")
            raise Refused("invalid", f"{code} have no value in the programme.", [fault])
        if amount is None:
            return code, 0
    if amount is None or amount <= 0:
        fault = Fault("/price/amount", "more than 0; without a price it comes by award only")
        raise Refused("invalid", "A price is above zero.", [fault])
    steps = amount * unit.steps
    if steps.denominator != 1:
        fault = Fault("/price/amount", f"at most {unit.decimals} decimals")
        raise Refused("invalid", f"{unit.code} are counted with {unit.decimals} decimals.", [fault])
    return unit.code, steps.numerator
