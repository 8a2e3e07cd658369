"""Bringing a shop's year in: stores, catalogue, gifts, members, then the receipts, a group of whole days at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from rich.progress import Progress

from fiel.catalogue.change import put_departments, put_products
from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.members.enrol import enrol
from fiel.members.find import find
from fiel.ops.demo.afterwards import Afterwards
from fiel.ops.demo.cheats import plant
from fiel.ops.demo.dice import dice_for
from fiel.ops.demo.gifts import put_gifts
from fiel.ops.demo.habits import Customer
from fiel.ops.demo.kept import Kept
from fiel.ops.demo.shop import Shop, Size, live
from fiel.sales.daily import run_daily
from fiel.sales.incoming import Incoming
from fiel.sales.record import Recorded, record
from fiel.shops.models import Business
from fiel.shops.opening import put_store

__all__ = ["bring_shop"]

BY = "demo"
GROUP = 1000


def bring_shop(shop: Shop, size: Size, business: Business, entry: Kept, progress: Progress) -> None:
    """Bring the shop's year in. What is there already stays as it is."""
    task = progress.add_task(shop.name, total=None)
    year = live(shop, seed=entry.seed, now=entry.made_at, card_prefix=settings.CARD_PREFIX, size=size)
    for branch in shop.branches:
        put_store(business, branch.code, name=branch.name)
    _none_refused(put_departments(business, [(code, name, above or None) for code, name, above in shop.departments]))
    _none_refused(put_products(business, [(w.code, w.name, w.department, w.brand, w.tags) for w in shop.wares]))
    put_gifts(business, shop.gifts)
    _enrol(business, entry, [customer for customer in year.customers if not customer.brought_by])
    _enrol(business, entry, [customer for customer in year.customers if customer.brought_by])
    progress.update(task, total=len(year.receipts))
    for group in groups_of(year.receipts, shop.zone):
        _record(shop, business, entry, group)
        progress.advance(task, len(group))
    run_daily(business)
    if shop.cheats:
        plant(shop, business, year.receipts, dice_for(entry.seed, shop.slug, "cheats"), entry.made_at)


def groups_of(receipts: Sequence[Incoming], zone: ZoneInfo) -> Iterator[list[Incoming]]:
    """Whole days together, as many as fit into a group."""
    group: list[Incoming] = []
    for _, of_day in groupby(receipts, key=lambda receipt: receipt.occurred_at.astimezone(zone).date()):
        day = list(of_day)
        if group and len(group) + len(day) > GROUP:
            yield group
            group = []
        group += day
    if group:
        yield group


def _enrol(business: Business, entry: Kept, customers: Sequence[Customer]) -> None:
    """Enrol customers; who brought them is enrolled already."""
    today = entry.made_at.astimezone(ZoneInfo(business.timezone)).date()
    friends = find(business.id, {Identity("code", each.brought_by) for each in customers if each.brought_by})
    ids = {friend.value: found.member_id for friend, found in friends.items()}
    newcomers = [replace(each.newcomer, referred_by=ids.get(each.brought_by)) for each in customers]
    with transaction.atomic():
        made = enrol(business, newcomers, now=entry.made_at, today=today, source=BY, by=BY)
    # Whoever is known by the same number is the same person: making was interrupted after this step.
    _none_refused([each for each in made if not (isinstance(each, Refused) and each.code == "member_exists")])


def _record(shop: Shop, business: Business, entry: Kept, group: Sequence[Incoming]) -> None:
    """Record a group that ends with a day, then what follows from it, then what that day's end brings."""
    answers = record(business, group, history=True)
    _none_refused(answers)
    receipts = [each.receipt for each in answers if isinstance(each, Recorded) and each.receipt and not each.duplicate]
    if not receipts:
        return  # it was there before
    first, last = group[0], group[-1]
    dice = dice_for(entry.seed, shop.slug, "afterwards", first.occurred_at.date())
    Afterwards(business, shop.gifts, shop.returns, dice).follow(receipts)
    run_daily(business, on=last.occurred_at.astimezone(shop.zone).date())


def _none_refused(answers: Sequence[object]) -> None:
    """Nothing that the demo brings may be refused."""
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
