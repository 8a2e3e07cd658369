"""Sums are kept up from what changed, each change once, and are what a plain recount makes."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest

from fiel import clock as fiel_clock
from fiel.core.sale import Line, Payment
from fiel.events.models import Change, LotsMoved, UnitsMoved
from fiel.hand.merge import merge
from fiel.insight.days import Days
from fiel.insight.keep import keep_up, recount, take_some_in
from fiel.insight.models import HeldDay, MemberDay, MemberHabit, MemberIndicators, MemberMonth, StoreHour
from fiel.insight.overview import Moved, Sold, active_members, overview
from fiel.insight.owed import owed
from fiel.ledger.models import Lot
from fiel.privacy.erase import erase
from fiel.sales.link import link_member
from tests.insight.plain import indicators, kept, known, recounted
from tests.ledger.shop import open_shop, sell_of_every_sort

pytestmark = pytest.mark.django_db


def agree(shop):
    business = shop.business
    assert kept(business) == recounted(business)
    assert known(business) == indicators(business)
    bought = set(MemberDay.objects.filter(business=business, sales__gt=0).values_list("day", "member_id"))
    for first, last in product(sorted({day for day, _ in bought}), repeat=2):
        came = {member_id for day, member_id in bought if first <= day <= last}
        assert active_members(business.id, Days(first, last)) == len(came)
    assert shop.audit() == {}


def test_what_is_taken_in_as_it_happens_is_what_a_recount_makes(clock):
    shop = open_shop()
    keep_up(shop.business, now=clock.now)

    def later(moment):  # what happened until then is taken in; what follows is taken in together
        keep_up(shop.business, now=fiel_clock.now())
        clock.set(moment)

    sell_of_every_sort(shop, later)
    assert Change.objects.exists()
    assert UnitsMoved.objects.exists()
    assert shop.audit() == {}  # what waits is known to wait
    keep_up(shop.business, now=clock.now)
    assert not Change.objects.exists()
    assert not UnitsMoved.objects.exists()
    agree(shop)
    as_kept = kept(shop.business)

    recount(shop.business, now=clock.now)
    agree(shop)
    assert kept(shop.business) == as_kept


def test_returns_links_merges_and_erasures_move_exactly(clock):
    shop = open_shop()
    keep_up(shop.business, now=clock.now)
    bread = Line(1, 1000, departments=("bakery",), product="BREAD")
    shop.sell("1", "ana", bread, Line(2, 999, 3000, discount=100), discount=7, payments=(Payment("card", 1892),))
    shop.sell("2", "", bread, payments=(Payment("cash", 600), Payment("cash", 400)))
    keep_up(shop.business, now=clock.now)
    clock.advance(days=3)
    shop.sell("3", "bia", bread)
    shop.sell("4", "ana", bread)
    link_member(shop.business, shop.sales["2"], shop.members["bia"].id)  # a sale that is in the sums
    shop.sell("5", "", bread)
    link_member(shop.business, shop.sales["5"], shop.members["ana"].id)  # one that is not yet
    shop.give_back("R1", "1", (2, 1000))
    keep_up(shop.business, now=clock.now)
    agree(shop)
    shop.give_back("R2", "1")  # the first visit is gone
    shop.give_back("R3", "4")
    merge(shop.business, into=shop.members["bia"].id, gone=shop.members["ana"].id, by="owner")
    shop.give_back("R4", "5")  # the only sale of its day that was left of ana's
    keep_up(shop.business, now=clock.now)
    agree(shop)
    [bia] = MemberIndicators.objects.filter(business=shop.business)
    assert (bia.member_id, bia.visits, bia.gap_days, bia.sales) == (shop.members["bia"].id, 2, 3, 2)
    assert (bia.first_visit.day, bia.last_visit.day, bia.next_visit.day) == (4, 7, 10)
    assert (bia.department, bia.hour, bia.payment, bia.store) == ("bakery", "09", "cash", "S1")

    sums, months = kept(shop.business)["StoreHour"], MemberMonth.objects.count()
    erase(shop.business, shop.members["bia"].id, now=clock.now, by="owner")
    keep_up(shop.business, now=clock.now)
    agree(shop)
    assert not MemberIndicators.objects.exists()
    assert not MemberHabit.objects.exists()
    assert (kept(shop.business)["StoreHour"], MemberMonth.objects.count()) == (sums, months)


def test_what_comes_in_the_middle_of_a_recount_is_counted_once(clock, monkeypatch):
    monkeypatch.setattr("fiel.insight.keep.RECOUNTED_AT_ONCE", 2)
    monkeypatch.setattr("fiel.insight.keep.AT_ONCE", 3)
    shop = open_shop()
    bread = Line(1, 1000, departments=("bakery",))
    for number in range(5):
        shop.sell(str(number), "ana" if number % 2 else "", bread)
    number = 5
    while take_some_in(shop.business, now=clock.now):  # nothing was ever counted: it begins with a recount
        shop.sell(str(number), "bia", bread, Line(2, 500))
        shop.give_back(f"R{number}", str(number - 4), (1, 500))
        number += 1
        if number > 12:
            break
    assert number > 9
    keep_up(shop.business, now=clock.now)
    agree(shop)


def test_the_audit_finds_a_sum_that_is_off(clock):
    shop = open_shop()
    keep_up(shop.business, now=clock.now)
    shop.sell("1", "ana", Line(1, 1000))
    keep_up(shop.business, now=clock.now)
    assert shop.audit() == {}
    StoreHour.objects.filter(store="S1").update(total=1001)
    assert shop.audit() == {"kept_sum": 1}
    recount(shop.business, now=clock.now)
    assert shop.audit() == {}
    MemberIndicators.objects.update(visits=2)
    MemberMonth.objects.update(total=3)
    assert shop.audit() == {"kept_month": 1, "kept_indicators": 1}
    MemberIndicators.objects.all().delete()
    assert shop.audit() == {"kept_month": 1, "kept_indicators": 1}
    recount(shop.business, now=clock.now)
    some = HeldDay.objects.exclude(steps=0)[0]
    some.steps += 1
    some.save()
    assert shop.audit() == {"kept_sum": 1}
    recount(shop.business, now=clock.now)
    assert shop.audit() == {}


def test_what_is_owed_is_what_lots_hold_whether_it_was_taken_in_or_not(clock):
    shop, today = open_shop(), date(2026, 4, 10)

    def agrees():
        held = {
            unit: list(Lot.objects.filter(unit=unit, steps__gt=0).values_list("expires_on", "available_on", "steps"))
            for unit in Lot.objects.filter(steps__gt=0).values_list("unit", flat=True)
        }
        seen = owed(shop.business.id, today)
        assert {unit: (each.held, each.pending, each.soon) for unit, each in seen.items()} == {
            unit: (
                sum(steps for *_, steps in lots),
                sum(steps for _, available_on, steps in lots if available_on > today),
                sum(steps for expires_on, _, steps in lots if expires_on <= today + timedelta(days=30)),
            )
            for unit, lots in held.items()
        }
        assert shop.audit() == {}

    sell_of_every_sort(shop, clock.set)  # nothing was ever counted
    assert owed(shop.business.id, today)
    agrees()
    keep_up(shop.business, now=clock.now)
    agrees()
    shop.sell("more", "ana", Line(1, 5000))
    agrees()
    keep_up(shop.business, now=clock.now)
    agrees()
    assert not LotsMoved.objects.exists()
    recount(shop.business, now=clock.now)
    agrees()


def test_the_first_page_sees_today_this_week_and_this_month_against_before(clock):
    shop = open_shop()
    clock.set("2026-03-04T12:00:00+00:00")  # Wednesday, nine o'clock in São Paulo
    keep_up(shop.business, now=clock.now)
    shop.sell("1", "ana", Line(1, 1000))
    shop.sell("2", "", Line(1, 350))
    clock.set("2026-03-04T23:00:00+00:00")
    shop.sell("3", "ana", Line(1, 500))  # a week later it is not eight in the evening yet
    clock.set("2026-03-11T13:00:00+00:00")
    shop.sell("4", "bia", Line(1, 2000), store="S2")
    shop.give_back("R1", "1")
    keep_up(shop.business, now=clock.now)
    seen = overview(shop.business, clock.now)
    assert [span.sold for span in seen.today] == [Sold(1, 2000, 1, 2000), Sold(1, 350)]
    assert [span.sold for span in seen.week] == [Sold(1, 2000, 1, 2000), Sold(1, 350)]
    assert [span.sold for span in seen.month] == [Sold(3, 2850, 2, 2500), Sold()]
    assert [span.active for span in (*seen.today, *seen.month)] == [1, 1, 2, 0]
    assert (seen.month[0].sold.ticket, seen.month[0].sold.others.ticket) == (950, 350)
    # On a Wednesday each 2.00 gives 1.5 stars, half up (8, 4, 15), and each sale half a star, which makes one.
    assert seen.month[0].moved["stars"] == Moved(given=9 + 5 + 16, taken_back=9)
    assert overview(shop.business, clock.now, ["S1"]).today[0].sold == Sold()
    assert seen.kept_at == clock.now
    money = seen.owed["money"]
    assert (money.unit.kind, money.money, money.held) == ("money", money.held, sum(money.by_month.values()))
    assert date(2026, 3, 1) in seen.owed["points"].by_month


def test_a_line_without_a_quantity_comes_back_as_a_whole(clock):
    shop = open_shop()
    keep_up(shop.business, now=clock.now)
    shop.sell("1", "ana", Line(1, 700, 0), Line(2, 300))
    shop.give_back("R1", "1", (1, 0))
    keep_up(shop.business, now=clock.now)
    agree(shop)
    assert StoreHour.objects.get(store="S1", sales=1).total == 300
