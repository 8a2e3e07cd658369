"""Cheats are found, honest regulars are not; who looked at something says why it is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from rich.progress import Progress

from fiel.core.refusals import Refused
from fiel.core.sale import Line
from fiel.insight.models import Suspicion
from fiel.insight.watch import dismiss, look
from fiel.members.models import Member
from fiel.ops.demo.cheats import PLANTED
from fiel.ops.demo.make import make
from fiel.ops.demo.neighbourhood import plans
from fiel.ops.demo.shop import Size
from fiel.shops.models import Business
from tests.ledger.shop import open_shop

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def test_the_demos_cheats_are_found_and_nobody_else(clock, tmp_path, capsys):
    clock.set(NOON)
    [mercado] = [plan for plan in plans(Size(days=62, people=40)) if plan.slug == "mercado"]
    with Progress(disable=True) as progress:
        make([mercado], folder=tmp_path, seed=7, now=NOON, progress=progress)
    business = Business.objects.get(slug="mercado")
    codes = dict(Member.objects.filter(business=business).values_list("id", "code"))
    found: dict[str, set[str]] = {}
    for each in Suspicion.objects.filter(business=business):
        found.setdefault(codes[each.member_id], set()).add(each.why)
    right = len(set(found) & set(PLANTED))
    with capsys.disabled():
        print(f"\nwatch: {len(codes)} members, {len(PLANTED)} cheats, {len(found)} found, {right} rightly: "
              f"precision {right / len(found):.2f}, recall {right / len(PLANTED):.2f}")  # fmt: skip
    assert {code: PLANTED[code][1] for code in found} == {code: frozenset(whys) for code, whys in found.items()}
    assert set(found) == set(PLANTED)


def test_a_regular_of_one_cashier_is_left_alone_and_a_dismissed_one_comes_back_only_by_what_is_new(clock):
    shop = open_shop()
    number = 0

    def sell(who, times, cashier):
        nonlocal number
        for _ in range(times):
            number += 1
            clock.advance(minutes=7)
            shop.sell(str(number), who, Line(1, 900), cashier=cashier)

    for _ in range(20):  # ana comes every day to the same cashier, twice; bia's card is shown five times a day
        clock.advance(days=1)
        sell("ana", 2, "jo")
        sell("", 3, "rui")
    for _ in range(2):
        clock.advance(days=1)
        sell("bia", 5, "jo")
    assert look(shop.business, now=clock.now) == 1
    [found] = Suspicion.objects.all()
    assert (found.member_id, found.why, len(found.receipts)) == (shop.members["bia"].id, "many_a_day", 10)
    with pytest.raises(Refused):
        dismiss(shop.business, found.id, reason="  ")
    dismiss(shop.business, found.id, reason="Buys for the office, asked her.")
    with pytest.raises(Refused):
        dismiss(shop.business, found.id, reason="Again")
    clock.advance(days=1)
    sell("bia", 4, "jo")
    assert look(shop.business, now=clock.now) == 0
    clock.advance(days=1)
    sell("bia", 4, "jo")
    assert look(shop.business, now=clock.now) == 1
    [again] = Suspicion.objects.filter(dismissed_at=None)
    assert len(again.receipts) == 8
