"""Rewards, and the vouchers they are given as."""

from __future__ import annotations

import pytest

from fiel.rewards.codes import new_code
from fiel.shops.models import IdempotencyKey
from tests.api.conftest import open_shop
from tests.api.test_bad_input import GONE, changed

TOAST = {
    "kind": "item",
    "name": "Toast",
    "items": {"products": ["TOAST"]},
    "price": {"unit": "points", "amount": "40"},
    "valid_days": 30,
    "on_expire": "give_back",
}


@pytest.fixture
def ana(shop):
    ana = shop.till.enrol(code="ana")
    shop.office.ok("PUT", "/rewards/toast", TOAST)
    shop.till.sell(number="R0", member={"code": "ana"}, amount=10000)
    return ana


@pytest.fixture
def code(shop, ana):
    return shop.till.ok("POST", "/vouchers", {"member": ana["id"], "reward": "toast"})["code"]


def balance(shop):
    return shop.till.ok("POST", "/members/lookup", {"q": "ana"})["accounts"][0]["balance"]


# Rewards


def test_a_reward_is_told_as_it_was_put(shop):
    put = shop.office.ok("PUT", "/rewards/toast", TOAST)
    everything = {"departments": [], "products": ["TOAST"], "brands": [], "tags": []}
    said = {**TOAST, **dict.fromkeys(("value", "stock", "from", "to", "limit", "picture"))}
    nowhere = {"text": "", "translations": {}, "tiers": [], "stores": [], "partners": []}
    assert put == {**said, **nowhere, "code": "toast", "items": everything}
    assert shop.till.ok("GET", "/rewards/toast") == put
    put = shop.office.ok("PUT", "/rewards/toast", {"kind": "service"})
    assert (put["price"], put["valid_days"], put["on_expire"], put["items"]["products"]) == (None, None, "lapse", [])
    for code in ("a", "b"):
        shop.office.ok("PUT", f"/rewards/{code}", {"kind": "money_off", "value": {"amount": 100}})
    first = shop.till.ok("GET", "/rewards?limit=2")
    assert [each["code"] for each in first["items"]] == ["a", "b"]
    rest = shop.till.ok("GET", f"/rewards?limit=2&cursor={first['next_cursor']}")
    assert ([each["code"] for each in rest["items"]], rest["next_cursor"]) == (["toast"], None)


REWARDS = [
    ("/kind", GONE, "/kind"),
    ("/kind", "car", "/kind"),
    ("/name", 5, "/name"),
    ("/items/colours", ["red"], "/items/colours"),
    ("/kind", "service", "/items"),
    ("/price/unit", "miles", "/price/unit"),
    ("/price/amount", "0", "/price/amount"),
    ("/price/amount", "-1", "/price/amount"),
    ("/price/amount", "0.5", "/price/amount"),
    ("/price/amount", "1,5", "/price/amount"),
    ("/price/amount", 1e99, "/price/amount"),
    ("/price/amount", 10**400, "/price/amount"),
    ("/price/amount", True, "/price/amount"),
    ("/valid_days", 0, "/valid_days"),
    ("/valid_days", 40000, "/valid_days"),
    ("/on_expire", "burn", "/on_expire"),
]


@pytest.mark.parametrize(("at", "value", "pointer"), REWARDS)
def test_a_reward_that_cannot_be_right(shop, at, value, pointer):
    answer = shop.office.put("/rewards/toast", changed(TOAST, at, value))
    assert (answer.code, answer.pointers) == ("invalid", [pointer])
    assert shop.office.get("/rewards/toast").code == "not_found"


@pytest.mark.parametrize("path", ["/rewards/a%00b", "/rewards/%20", f"/rewards/{'x' * 51}"])
def test_a_code_that_cannot_be_kept(shop, path):
    assert shop.office.put(path, TOAST).code == "invalid"


def test_what_a_member_can_have(shop, ana):
    document = shop.office.ok("GET", "/programme")["document"]
    document["awards"] = [{"code": "big", "unit": "points", "every": 150, "reward": "trip", "mode": "invite"}]
    shop.office.publish(document, version=1)
    shop.office.ok("PUT", "/rewards/trip", {"kind": "service"})
    shop.office.ok("PUT", "/rewards/gift", {"kind": "service"})
    shop.office.ok("PUT", "/rewards/car", {"kind": "service", "price": {"unit": "points", "amount": 250}})

    def reach():
        items = shop.till.ok("GET", f"/rewards?member={ana['id']}")["items"]
        return {each["code"]: (each["can_have"], (each["missing"] or {}).get("amount")) for each in items}

    assert reach() == {"car": (False, "150"), "gift": (False, None), "toast": (True, None), "trip": (False, "50")}
    shop.till.sell(number="R1", member={"code": "ana"}, amount=5000)
    assert reach() == {"car": (False, "100"), "gift": (False, None), "toast": (True, None), "trip": (True, None)}
    assert shop.till.ok("POST", "/vouchers", {"member": ana["id"], "reward": "trip"})["price"]["amount"] == "150"
    assert (balance(shop), reach()["toast"]) == ("0", (False, "40"))
    for name in ("car", "gift"):
        assert shop.till.post("/vouchers", {"member": ana["id"], "reward": name}).code == "not_enough"
    assert "can_have" not in shop.till.ok("GET", "/rewards")["items"][0]


# Vouchers


def test_issued_read_redeemed(shop, ana):
    answer = shop.till.post("/vouchers", {"member": ana["id"], "reward": "toast"}, Idempotency_Key="k")
    told = answer.body
    assert (answer.status, told["state"], told["valid_until"], told["qr"]) == (
        201,
        "issued",
        "2026-04-03",
        told["code"],
    )
    assert told["movements"] == [{"unit": "points", "kind": "spend", "amount": "-40", "expires_on": None}]
    assert (told["member"], balance(shop)) == (ana["id"], "60")
    again = shop.till.post("/vouchers", {"member": ana["id"], "reward": "toast"}, Idempotency_Key="k")
    assert (again.body, again.headers["Idempotency-Replayed"], balance(shop)) == (told, "true", "60")
    # The code is kept encrypted only.
    assert told["code"] not in str(IdempotencyKey.objects.get(key="k").answer)
    path = f"/vouchers/{told['code']}"
    read = shop.reader.ok("GET", path.lower().replace("-", "%20"))
    assert {**read, "movements": told["movements"]} == told
    used = shop.till.ok("POST", f"{path}/redeem", {})
    assert (used["state"], used["closed_at"]) == ("redeemed", "2026-03-04T12:00:00Z")


def test_two_who_redeem_and_one_who_wins(shop, code):
    path = f"/vouchers/{code}/redeem"
    first, second = shop.till, shop.key("till")
    assert first.post(path, {}, Idempotency_Key="mine").status == 200
    answer = second.post(path)
    assert (answer.status, answer.code) == (409, "voucher_not_redeemable")
    assert answer.body["detail"].startswith("This voucher was redeemed by fiel_")
    # The winner, asked again with its key, has still won.
    assert first.post(path, {}, Idempotency_Key="mine").status == 200
    assert first.post(f"/vouchers/{code}/cancel").code == "voucher_not_redeemable"


def test_cancelled_its_price_comes_back(shop, code):
    told = shop.till.ok("POST", f"/vouchers/{code}/cancel")
    assert (told["state"], balance(shop)) == ("cancelled", "100")
    assert told["movements"] == [{"unit": "points", "kind": "give_back", "amount": "40", "expires_on": None}]
    assert shop.till.post(f"/vouchers/{code}/redeem").code == "voucher_not_redeemable"


def test_used_in_a_sale_and_free_again_with_it(shop, code):
    sale = {"number": "R1", "member": {"code": "ana"}, "lines": [{"product": "TOAST", "amount": 400}, {"amount": 100}]}
    told = shop.till.sell(**sale, vouchers=[code])
    assert told["covered"] == [{"line": 1, "quantity": "1", "voucher": code}]
    assert [each["amount"] for each in told["movements"]] == ["1"]
    assert shop.till.ok("GET", f"/vouchers/{code}")["state"] == "redeemed"
    answer = shop.till.post("/sales", shop.till.sale(**{**sale, "number": "R2"}, vouchers=[code]))
    assert answer.code == "voucher_not_redeemable"
    shop.till.ok("POST", f"/sales/{told['id']}/returns", {"number": "D1", "occurred_at": "2026-03-04T12:00:00Z"})
    assert shop.till.ok("GET", f"/vouchers/{code}")["state"] == "issued"


def test_a_voucher_that_cannot_be(shop, other, ana):
    theirs = other.office.enrol(code="theirs")
    for member in (theirs["id"], "01a20615-199c-7567-8fa6-ce9b9f2707bd", "x"):
        answer = shop.till.post("/vouchers", {"member": member, "reward": "toast"})
        assert (answer.status, answer.code, answer.pointers) == (404, "member_not_found", ["/member"])
    other.office.ok("PUT", "/rewards/cake", {"kind": "service"})
    answer = shop.till.post("/vouchers", {"member": ana["id"], "reward": "cake"})
    assert (answer.status, answer.code, answer.pointers) == (404, "not_found", ["/reward"])
    for body, at in (({"member": ana["id"]}, "/reward"), ({"reward": "toast"}, "/member")):
        assert shop.till.post("/vouchers", body).pointers == [at]
    assert shop.till.post("/vouchers", {"member": ana["id"], "reward": "toast", "free": True}).pointers == ["/free"]
    for _ in range(2):
        shop.till.ok("POST", "/vouchers", {"member": ana["id"], "reward": "toast"})
    assert shop.till.post("/vouchers", {"member": ana["id"], "reward": "toast"}).code == "not_enough"
    assert balance(shop) == "20"


def test_codes_cannot_be_tried_out(shop, code, clock):
    wrong = [new_code(), "x", "a%00b", "K7QM-2XWA-9DB", "0" * 64]
    answers = [shop.till.call(*call(each)) for each in wrong for call in (reading, redeeming)]
    for answer in answers:
        assert (answer.status, answer.code, answer.pointers) == (409, "voucher_not_redeemable", ["/code"])
    for each in (code, wrong[0]):
        assert shop.till.post(f"/vouchers/{each}/redeem").code == "rate_limited"
    # Another key is let in, and this one in the next minute.
    assert shop.key("till").get(f"/vouchers/{code}").status == 200
    clock.advance(minutes=1)
    assert shop.till.post(f"/vouchers/{code}/redeem").status == 200


def reading(code):
    return "GET", f"/vouchers/{code}"


def redeeming(code):
    return "POST", f"/vouchers/{code}/redeem"


def test_rewards_of_two_shops_do_not_meet(shop, ana):
    other = open_shop("talho")
    assert other.office.ok("GET", "/rewards")["items"] == []
    other.office.ok("PUT", "/rewards/toast", {"kind": "service"})
    assert shop.office.ok("GET", "/rewards/toast")["kind"] == "item"
