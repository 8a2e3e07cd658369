"""What a reward can be, who can have it, and what becomes of its stock."""

from __future__ import annotations

import base64

import pytest

from fiel.rewards.codes import new_code
from tests.api.till import PLAIN

POINTS = {"unit": "points", "amount": "10"}
WORTH = {**PLAIN, "units": [{"code": "points", "kind": "points", "value": "0.05"}]}


@pytest.fixture
def ana(shop):
    """Ana holds 100 points."""
    ana = shop.till.enrol(code="ana", name="Ana")
    shop.till.sell(number="R0", member={"code": "ana"}, amount=10000)
    return ana


def put(shop, code="gift", **reward):
    return shop.office.ok("PUT", f"/rewards/{code}", {"kind": "service", "price": POINTS, **reward})


def ask(shop, member, code="gift", **more):
    return shop.till.post("/vouchers", {"member": member["id"], "reward": code, **more})


def why(shop, member, code="gift"):
    items = shop.till.ok("GET", f"/rewards?member={member['id']}")["items"]
    [told] = [each for each in items if each["code"] == code]
    assert told["can_have"] == (told["why_not"] == [])
    return [each["code"] for each in told["why_not"]]


def stock(shop, code="gift"):
    return shop.office.ok("GET", f"/rewards/{code}")["stock"]


def test_everything_that_is_said_of_a_reward_is_told_again(shop):
    said = {
        "kind": "money_off",
        "name": "Desconto",
        "text": "Em tudo",
        "translations": {"es": {"name": "Descuento", "text": "En todo"}},
        "price": POINTS,
        "value": {"amount": None, "percent": "12.5", "floor": 2000, "ceiling": 1500},
        "valid_days": 30,
        "on_expire": "give_back",
        "stock": 5,
        "from": "2026-03-01",
        "to": "2026-03-31",
        "tiers": [],
        "stores": ["S1"],
        "partners": [],
        "limit": 2,
    }
    told = shop.office.ok("PUT", "/rewards/off", said)
    assert {name: told[name] for name in said} == said
    assert shop.till.ok("GET", "/rewards/off") == told


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"kind": "money_off"}, "/value"),
        ({"kind": "money_off", "value": {"amount": 5, "percent": 5}}, "/value"),
        ({"kind": "money_off", "value": {"amount": 0}}, "/value/amount"),
        ({"kind": "money_off", "value": {"percent": "100.001"}}, "/value/percent"),
        ({"kind": "money_off", "value": {"amount": 5, "ceiling": 5}}, "/value/ceiling"),
        ({"kind": "item", "value": {"amount": 5}}, "/value/amount"),
        ({"items": {"products": ["X"]}}, "/items"),
        ({"kind": "cashback"}, "/price/unit"),
        ({"kind": "service", "price": {"unit": "points"}}, "/price/amount"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "/to"),
        ({"tiers": ["gold"]}, "/tiers/0"),
        ({"stores": ["S1", "S9"]}, "/stores/1"),
        ({"partners": ["tyres"]}, "/partners/0"),
        ({"stock": -1}, "/stock"),
        ({"limit": 0}, "/limit"),
    ],
)
def test_what_a_reward_cannot_be(shop, said, pointer):
    answer = shop.office.put("/rewards/gift", {"kind": "service", "price": POINTS, **said})
    assert (answer.code, answer.pointers) == ("invalid", [pointer])
    assert shop.office.get("/rewards/gift").code == "not_found"


@pytest.mark.parametrize("email", ["rui", "rui@pneus", f"{'r' * 250}@pneus.example"])
def test_a_partners_addresses_are_e_mail_addresses(shop, email):
    said = {"name": "Pneus", "email": email, "clerks": [{"email": "ana@pneus.example"}, {"email": email}]}
    answer = shop.office.put("/partners/tyres", said)
    assert (answer.code, answer.pointers) == ("invalid", ["/email", "/clerks/1/email"])
    assert shop.office.get("/partners/tyres").code == "not_found"


def test_a_reward_has_its_time(shop, ana, clock):
    put(shop, **{"from": "2026-03-05", "to": "2026-03-06"})
    assert why(shop, ana) == ["too_early"]
    assert (ask(shop, ana).code, ask(shop, ana).pointers) == ("reward_not_available", ["/reward"])
    clock.set("2026-03-05T03:00:00Z")  # midnight in São Paulo
    assert why(shop, ana) == []
    assert ask(shop, ana).status == 201
    clock.set("2026-03-07T03:00:00Z")
    assert why(shop, ana) == ["over"]
    assert ask(shop, ana).code == "reward_not_available"


def test_a_reward_for_gold_alone(shop, ana):
    document = shop.office.ok("GET", "/programme")["document"]
    tiers = [
        {"code": "silver"},
        {"code": "gold", "reach": {"measure": "spend", "amount": "500.00", "window": "calendar_year"}},
    ]
    shop.office.publish({**document, "tiers": tiers}, version=1)
    put(shop, tiers=["gold"])
    assert why(shop, ana) == ["tier"]
    assert ask(shop, ana).code == "reward_not_available"
    shop.till.sell(number="R1", member={"code": "ana"}, amount=50000)
    assert why(shop, ana) == []
    assert ask(shop, ana).status == 201


def test_as_often_as_a_member_can(shop, ana):
    put(shop, limit=1)
    code = ask(shop, ana).body["code"]
    assert why(shop, ana) == ["limit"]
    assert ask(shop, ana).code == "reward_not_available"
    # What was cancelled was not had.
    shop.till.ok("POST", f"/vouchers/{code}/cancel")
    assert why(shop, ana) == []
    code = ask(shop, ana).body["code"]
    shop.till.ok("POST", f"/vouchers/{code}/redeem")
    assert ask(shop, ana).code == "reward_not_available"


def test_a_stock_is_taken_and_given_back(shop, ana, clock):
    put(shop, stock=2, valid_days=1)
    codes = [ask(shop, ana).body["code"] for _ in range(2)]
    assert (stock(shop), why(shop, ana)) == (0, ["out_of_stock"])
    refused = ask(shop, ana)
    assert (refused.code, refused.body["errors"][0]["detail"]) == ("reward_not_available", "There is none left.")
    assert shop.till.ok("POST", "/members/lookup", {"q": "ana"})["accounts"][0]["balance"] == "80"
    shop.till.ok("POST", f"/vouchers/{codes[0]}/cancel")
    assert stock(shop) == 1
    clock.advance(days=3)
    run_daily(shop)
    assert stock(shop) == 2
    # Used ones stay gone; what is put is what is left.
    shop.till.ok("POST", f"/vouchers/{ask(shop, ana).body['code']}/redeem")
    assert put(shop, stock=7)["stock"] == 7


def run_daily(shop):
    from fiel.sales.daily import run_daily

    run_daily(shop.business)


def test_an_award_is_a_promise_whatever_the_stock(shop):
    rules = {
        **PLAIN,
        "awards": [{"code": "big", "unit": "points", "every": 50, "reward": "mug", "mode": "voucher"}],
    }
    shop.office.publish(rules, version=1)
    put(shop, "mug", price=None, stock=1)
    shop.till.enrol(code="leo")
    told = shop.till.sell(number="R1", member={"code": "leo"}, amount=10000)
    assert [each["reward"] for each in told["issued"]] == ["mug", "mug"]
    assert stock(shop, "mug") == 0


# Money


def test_percent_off_with_floor_and_ceiling(shop, ana):
    put(shop, kind="money_off", value={"percent": "10", "floor": 2000, "ceiling": 500})

    def redeem(amount):
        code = ask(shop, ana).body["code"]
        return shop.till.post(f"/vouchers/{code}/redeem", {"amount": amount})

    assert (redeem(1999).code, redeem(1999).pointers) == ("voucher_not_redeemable", ["/amount"])
    assert redeem(2005).body["delivery"]["amount"] == 201
    assert redeem(9000).body["delivery"]["amount"] == 500
    code = ask(shop, ana).body["code"]
    answer = shop.till.post(f"/vouchers/{code}/redeem")
    assert (answer.code, answer.pointers) == ("invalid", ["/amount"])


def test_money_off_in_a_sale_earns_nothing(shop, ana):
    put(shop, kind="money_off", value={"amount": 1500})
    code = ask(shop, ana).body["code"]
    sale = {"member": {"code": "ana"}, "amount": 4000, "vouchers": [code]}
    quoted = shop.till.ok("POST", "/quote", shop.till.sale(number="R1", **sale))
    assert quoted["money_off"] == [{"voucher": code, "amount": 1500}]
    payments = [{"kind": "voucher", "amount": 1500}, {"kind": "cash", "amount": 2500}]
    told = shop.till.sell(number="R1", payments=payments, **sale)
    assert [each["amount"] for each in told["movements"]] == ["25"]
    assert told["money_off"] == [{"voucher": code, "amount": 1500}]
    delivery = shop.till.ok("GET", f"/vouchers/{code}")["delivery"]
    assert (delivery["sale"], delivery["amount"], delivery["store"]) == (told["id"], 1500, "S1")
    # As the sale's discount it comes to the same.
    code = ask(shop, ana).body["code"]
    told = shop.till.sell(number="R2", member={"code": "ana"}, amount=4000, discount=1500, vouchers=[code])
    assert [each["amount"] for each in told["movements"]] == ["25"]


def test_the_terms_are_those_of_the_day_it_was_issued(shop, ana):
    put(shop, kind="money_off", value={"amount": 1500})
    code = ask(shop, ana).body["code"]
    put(shop, kind="money_off", value={"amount": 100})
    told = shop.till.ok("POST", f"/vouchers/{code}/redeem")
    assert (told["value"]["amount"], told["delivery"]["amount"]) == (1500, 1500)


def test_cashback_is_any_amount_for_what_it_takes(shop, ana):
    shop.office.publish(WORTH, version=1)
    put(shop, kind="cashback", price={"unit": "points"}, value={"floor": 100, "ceiling": 400})
    for amount in (None, 99, 401):
        answer = ask(shop, ana, amount=amount)
        assert (answer.code, answer.pointers) == ("invalid", ["/amount"])
    # A point is worth 5 cents: 2.02 takes 41 of them.
    told = ask(shop, ana, amount=202).body
    assert (told["price"]["amount"], told["value"]["amount"]) == ("41", 202)
    assert shop.till.ok("POST", f"/vouchers/{told['code']}/redeem")["delivery"]["amount"] == 202
    assert ask(shop, ana, amount=400).code == "not_enough"
    put(shop, "cake")
    assert ask(shop, ana, "cake", amount=5).pointers == ["/amount"]


# Where


def test_a_reward_of_one_store(shop, ana):
    put(shop, stores=["S2"])
    code = ask(shop, ana).body["code"]
    answer = shop.till.post(f"/vouchers/{code}/redeem")  # the key is bound to S1
    assert (answer.code, answer.pointers) == ("voucher_not_redeemable", ["/store"])
    anywhere = shop.key("till")
    assert anywhere.post(f"/vouchers/{code}/redeem").pointers == ["/store"]
    told = anywhere.ok("POST", f"/vouchers/{code}/redeem", {"store": "S2", "till": "T9", "cashier": "maria"})
    handed = told["delivery"]
    assert (handed["store"], handed["till"], handed["by"].split(",")[0]) == ("S2", "T9", "maria")
    answer = shop.till.post(f"/vouchers/{code}/redeem")
    assert answer.code == "voucher_not_redeemable"


def test_who_handed_over_what_can_be_read(shop, ana):
    put(shop)
    codes = [ask(shop, ana).body["code"] for _ in range(3)]
    for code in codes:
        shop.till.ok("POST", f"/vouchers/{code}/redeem", {"cashier": "maria"})
    first = shop.reader.ok("GET", f"/deliveries?member={ana['id']}&reward=gift&limit=2")
    rest = shop.reader.ok("GET", f"/deliveries?member={ana['id']}&limit=2&cursor={first['next_cursor']}")
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]
    assert len({each["id"] for each in (*first["items"], *rest["items"])}) == 3
    assert shop.reader.ok("GET", "/deliveries?reward=other")["items"] == []


def test_beside_a_sale_that_is_in_the_books(shop, ana):
    put(shop)
    sale = shop.till.sell(number="R1", member={"code": "ana"}, amount=100)
    nobodys = shop.till.sell(number="R2", amount=100)
    code = ask(shop, ana).body["code"]
    for wrong in (nobodys["id"], "x"):
        assert shop.till.post(f"/vouchers/{code}/redeem", {"sale": wrong}).pointers == ["/sale"]
    assert shop.till.ok("POST", f"/vouchers/{code}/redeem", {"sale": sale["id"]})["delivery"]["sale"] == sale["id"]
    shop.till.ok("POST", f"/sales/{sale['id']}/returns", {"number": "D1", "occurred_at": "2026-03-04T12:00:00Z"})
    assert shop.till.ok("GET", f"/vouchers/{code}")["state"] == "issued"
    [undone] = shop.reader.ok("GET", "/deliveries")["items"]
    assert undone["undone_at"] == "2026-03-04T12:00:00Z"


# Pictures

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_a_picture(shop, ana):
    put(shop)
    data = base64.b64encode(PNG).decode()
    told = shop.office.ok("PUT", "/rewards/gift/picture", {"data": data})
    assert (told["type"], told["data"]) == ("image/png", data)
    assert shop.till.ok("GET", "/rewards/gift/picture") == told
    assert shop.till.ok("GET", "/rewards/gift")["picture"] == told["digest"]
    put(shop, name="Gift")
    assert shop.till.ok("GET", "/rewards/gift")["picture"] == told["digest"]
    shop.office.call("DELETE", "/rewards/gift/picture")
    assert shop.till.get("/rewards/gift/picture").code == "not_found"


@pytest.mark.parametrize("data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", PNG[:40], b"\xff\xd8\xff"])
def test_what_is_no_picture(shop, data):
    put(shop)
    answer = shop.office.put("/rewards/gift/picture", {"data": base64.b64encode(data).decode()})
    assert (answer.code, answer.pointers) == ("invalid", ["/data"])


def test_a_picture_that_is_too_large(shop):
    put(shop)
    data = base64.b64encode(PNG[:-12] + bytes(512 * 1024) + PNG[-12:]).decode()
    assert shop.office.put("/rewards/gift/picture", {"data": data}).code == "too_large"
    for data in ("no base64", "põe", "\u1234"):
        assert shop.office.put("/rewards/gift/picture", {"data": data}).pointers == ["/data"]


# Codes


def test_codes_cannot_be_tried_out_in_sales_either(shop, ana, clock):
    put(shop)
    good = ask(shop, ana).body["code"]
    sale = {"member": {"code": "ana"}, "amount": 100}
    for _ in range(4):
        answer = shop.till.post("/quote", shop.till.sale(number="R1", vouchers=[new_code(), new_code()], **sale))
        assert answer.code == "voucher_not_redeemable"
    batch = [shop.till.sale(number=f"B{n}", vouchers=[new_code()], **sale) for n in range(4)]
    batch.append(shop.till.sale(number="B9", **sale))
    answers = shop.till.ok("POST", "/sales/batch", {"sales": batch})["items"]
    assert [each["status"] for each in answers] == [409, 409, 429, 429, 201]
    for path in ("/sales", "/quote"):
        assert shop.till.post(path, shop.till.sale(number="R1", vouchers=[good], **sale)).code == "rate_limited"
    clock.advance(minutes=1)
    assert shop.till.post("/sales", shop.till.sale(number="R1", vouchers=[good], **sale)).status == 201


def test_somebody_elses_voucher_is_told_as_one_that_there_is_not(shop, ana):
    put(shop)
    theirs = ask(shop, ana).body["code"]
    shop.till.ok("POST", f"/vouchers/{theirs}/redeem")
    shop.till.enrol(code="leo")
    sale = {"number": "R1", "member": {"code": "leo"}, "amount": 100}
    answers = [shop.till.post("/sales", shop.till.sale(vouchers=[code], **sale)) for code in (theirs, new_code())]
    assert answers[0].body["detail"] == answers[1].body["detail"] == "There is no voucher with this code."


def test_the_qr_code_reads_as_the_code(shop, ana):
    put(shop)
    told = ask(shop, ana).body
    assert told["qr"] == told["code"]
    assert told["qr_svg"].startswith("<svg")
    assert "width=" not in told["qr_svg"].partition(">")[0]
