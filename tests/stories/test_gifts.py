"""Gifts for points: in the own shop, and by themselves; used, returned, expired, asked for by two."""

from __future__ import annotations

import pytest

from fiel.ops.audit import audit
from fiel.sales.daily import run_daily
from tests.api import conftest
from tests.api.till import PLAIN

shop, _forget = conftest.shop, conftest._forget

CAKE = {
    "kind": "item",
    "name": "Bolo de aniversário",
    "items": {"products": ["CAKE"]},
    "price": {"unit": "points", "amount": "300"},
    "valid_days": 30,
}


@pytest.fixture
def ana(shop):
    """Ana has bought for R$ 500.00, and holds 500 points."""
    ana = shop.till.enrol(code="ana", name="Ana Souza", phone="11 98765-4321")
    shop.till.sell(number="R0", member={"code": "ana"}, amount=50000)
    yield ana
    # Whatever the story was, the books hold.
    report = audit(shop.business, recount=True)
    assert report.holds, report.findings


def points(shop):
    return shop.till.ok("POST", "/members/lookup", {"q": "ana"})["accounts"][0]["balance"]


def ask(shop, ana, reward):
    return shop.till.ok("POST", "/vouchers", {"member": ana["id"], "reward": reward})["code"]


def bring_back(shop, sale, when="2026-03-04T12:00:00Z"):
    return shop.till.ok("POST", f"/sales/{sale['id']}/returns", {"number": "D1", "occurred_at": when})


def test_a_birthday_cake_for_points(shop, ana):
    """Ana asks at the counter for a cake; a week of baking later she fetches it, and Maria hands it over."""
    shop.office.ok("PUT", "/rewards/cake", CAKE)
    code = ask(shop, ana, "cake")
    assert points(shop) == "200"
    [seen] = shop.till.ok("POST", "/members/lookup", {"q": "11 98765-4321"})["vouchers"]
    assert (seen["name"], seen["code"], seen["valid_until"]) == ("Bolo de aniversário", code, "2026-04-03")
    # On the receipt it costs nothing; the candles beside it earn as ever.
    lines = [{"product": "CAKE", "amount": 12000}, {"product": "CANDLES", "amount": 1000}]
    told = shop.till.sell(number="R1", member={"code": "ana"}, lines=lines, vouchers=[code], cashier="maria")
    assert told["covered"] == [{"line": 1, "quantity": "1", "voucher": code}]
    assert points(shop) == "210"
    [handed] = shop.reader.ok("GET", f"/deliveries?member={ana['id']}")["items"]
    assert (handed["by"], handed["store"], handed["sale"]) == ("maria at S1/T1", "S1", told["id"])


def test_ten_coffees_a_toast(shop, clock):
    """Nine coffees held, three on the receipt: a toast comes by itself, and two coffees stay."""
    rules = {
        **PLAIN,
        "units": [{"code": "coffees", "kind": "stamps"}],
        "earn": [
            {
                "code": "coffee",
                "unit": "coffees",
                "give": "1",
                "per": "1",
                "basis": "quantity",
                "items": {"products": ["COFFEE"]},
            }
        ],
        "awards": [{"code": "tenth", "unit": "coffees", "every": 10, "reward": "toast", "mode": "voucher"}],
    }
    shop.office.publish(rules, version=1)
    toast = {"kind": "item", "name": "Torrada", "items": {"products": ["TOAST"]}, "valid_days": 60}
    shop.office.ok("PUT", "/rewards/toast", toast)
    shop.till.enrol(code="ana")

    def coffees(number, count):
        line = {"product": "COFFEE", "quantity": count, "amount": 500 * count}
        return shop.till.sell(number=number, member={"code": "ana"}, lines=[line])

    assert coffees("R1", 9)["issued"] == []
    [given] = coffees("R2", 3)["issued"]
    assert given["reward"] == "toast"
    assert points(shop) == "2"
    told = shop.till.sell(
        number="R3", member={"code": "ana"}, lines=[{"product": "TOAST", "amount": 900}], vouchers=[given["code"]]
    )
    assert told["covered"] == [{"line": 1, "quantity": "1", "voucher": given["code"]}]
    assert audit(shop.business, recount=True).holds


def test_the_sale_is_returned_and_the_voucher_is_good_again(shop, ana, clock):
    """Ana brings the cake back the next day: the voucher is hers again, and ends when it always did."""
    shop.office.ok("PUT", "/rewards/cake", CAKE)
    code = ask(shop, ana, "cake")
    cake = {"lines": [{"product": "CAKE", "amount": 12000}], "vouchers": [code]}
    sale = shop.till.sell(number="R1", member={"code": "ana"}, **cake)
    clock.advance(days=1)
    bring_back(shop, sale, "2026-03-05T12:00:00Z")
    [again] = shop.till.ok("POST", "/members/lookup", {"q": "ana"})["vouchers"]
    assert (again["code"], again["valid_until"]) == (code, "2026-04-03")
    [undone] = shop.reader.ok("GET", "/deliveries")["items"]
    assert undone["undone_at"] == "2026-03-05T12:00:00Z"
    # And it can be used once more, once.
    shop.till.sell(number="R2", member={"code": "ana"}, occurred_at="2026-03-05T12:00:00Z", **cake)
    assert shop.till.post(f"/vouchers/{code}/redeem").code == "voucher_not_redeemable"
    assert [each["undone_at"] is None for each in shop.reader.ok("GET", "/deliveries")["items"]] == [True, False]


@pytest.mark.parametrize(("on_expire", "left"), [("give_back", "500"), ("lapse", "200")])
def test_a_voucher_that_nobody_used(shop, ana, clock, on_expire, left):
    """The last day is the thirtieth, by the shop's clock; then the price comes back, or not, as the reward says."""
    shop.office.ok("PUT", "/rewards/cake", {**CAKE, "on_expire": on_expire})
    code = ask(shop, ana, "cake")
    clock.set("2026-04-04T02:59:00Z")  # the last minute of 3 April in São Paulo
    run_daily(shop.business)
    assert shop.till.ok("GET", f"/vouchers/{code}")["state"] == "issued"
    clock.set("2026-04-04T03:00:00Z")
    refused = shop.till.post(f"/vouchers/{code}/redeem")
    assert refused.body["detail"] == "This voucher was good until 2026-04-03."
    run_daily(shop.business)
    assert (shop.till.ok("GET", f"/vouchers/{code}")["state"], points(shop)) == ("expired", left)


def test_the_last_one_asked_for_by_two(shop, ana):
    """One mug is left. Ana gets it; Leo is told that there is none, and keeps his points."""
    shop.office.ok("PUT", "/rewards/mug", {**CAKE, "kind": "service", "items": None, "stock": 1})
    leo = shop.till.enrol(code="leo")
    shop.till.sell(number="R1", member={"code": "leo"}, amount=50000)
    code = ask(shop, ana, "mug")
    refused = shop.till.post("/vouchers", {"member": leo["id"], "reward": "mug"})
    assert (refused.status, refused.code) == (409, "reward_not_available")
    assert shop.till.ok("POST", "/members/lookup", {"q": "leo"})["accounts"][0]["balance"] == "500"
    # Ana thinks better of it: now it is Leo's.
    shop.till.ok("POST", f"/vouchers/{code}/cancel")
    assert shop.till.post("/vouchers", {"member": leo["id"], "reward": "mug"}).status == 201
