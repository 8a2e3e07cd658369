"""Sales over the API: recorded, quoted, read again; what is answered, and why."""

from __future__ import annotations

import pytest

from fiel.sales.answer import spoken_language
from tests.api.till import PLAIN


@pytest.fixture
def ana(shop):
    return shop.till.enrol(phone="11 98765-4321", name="Ana Souza", birth_date="1990-03-05")


def test_a_sale_is_answered_with_all_there_is_to_say(shop, ana):
    answer = shop.till.post("/sales", shop.till.sale(member={"phone": "(11) 98765-4321"}, amount=948))
    assert answer.status == 201
    told = answer.body
    assert told == {
        "id": told["id"],
        "duplicate": False,
        "member": {"id": ana["id"], "display_name": "Ana S.", "tier": None},
        "movements": [{"unit": "points", "kind": "earn", "amount": "9", "expires_on": None}],
        "balances": [{"unit": "points", "balance": "9", "available": "9", "pending": "0", "carry": "0"}],
        "reasons": [
            {
                "line": 1,
                "rule": "all",
                "unit": "points",
                "basis": "amount",
                "counted": 948,
                "factors": [],
                "gives": "9.48",
            }
        ],
        "caps": [],
        "units": [{"unit": "points", "exact": "9.48", "given": "9", "carry_before": "0", "carry": "0"}],
        "covered": [],
        "money_off": [],
        "issued": [],
        "alerts": [{"code": "birthday", "text": "Birthday this week"}],
        "message": "Ana, you earned 9 points. Balance: 9.",
    }


def test_a_sale_is_read_again_as_it_was_with_its_receipt(shop, ana):
    sale = {
        "number": "000123",
        "occurred_at": "2026-03-04T08:15:00.5-03:00",
        "member": {"phone": "+5511987654321"},
        "lines": [
            {
                "product": "7891000100103",
                "description": "Pão francês",
                "department": "bakery",
                "brand": "Own",
                "tags": ["fresh", "daily"],
                "quantity": "0.500",
                "amount": 790,
                "discount": 90,
                "tax_rate": "5.5",
            },
            {"amount": 1000},
        ],
        "discount": 100,
        "payments": [{"kind": "card", "amount": 1600}],
        "channel": "counter",
        "cashier": "maria",
    }
    told = shop.till.ok("POST", "/sales", sale)
    read = shop.till.ok("GET", f"/sales/{told['id']}")
    assert {name: read[name] for name in told} == told
    assert {name: value for name, value in read.items() if name not in told} == {
        "store": "S1",
        "till": "T1",
        "number": "000123",
        "day": "2026-03-04",
        "occurred_at": "2026-03-04T11:15:00.500000Z",
        "recorded_at": "2026-03-04T12:00:00Z",
        "channel": "counter",
        "cashier": "maria",
        "discount": 100,
        "total": 1600,
        "programme_version": 1,
        "lines": [
            {
                "line": 1,
                "product": "7891000100103",
                "description": "Pão francês",
                "department": "bakery",
                "brand": "Own",
                "tags": ["daily", "fresh"],
                "quantity": "0.5",
                "amount": 790,
                "discount": 90,
                "tax_rate": "5.5",
                "net": 659,
                "covered": "0",
                "paid_with_rewards": 0,
            },
            {
                "line": 2,
                "product": "",
                "description": "",
                "department": "",
                "brand": "",
                "tags": [],
                "quantity": "1",
                "amount": 1000,
                "discount": 0,
                "tax_rate": "0",
                "net": 941,
                "covered": "0",
                "paid_with_rewards": 0,
            },
        ],
        "payments": [{"kind": "card", "amount": 1600, "unit": None}],
        "returns": [],
    }
    assert shop.till.ok("GET", "/sales?number=000123")["items"] == [read]
    assert shop.office.ok("GET", "/sales?store=S1&till=T1&number=000123&day=2026-03-04")["items"] == [read]
    assert shop.till.ok("GET", "/sales?number=000123&day=2026-03-03")["items"] == []


def test_what_was_answered_stays_whatever_becomes_of_the_rules(shop, ana):
    told = shop.till.sell(member={"id": ana["id"]}, amount=948)
    shop.office.publish({**PLAIN, "earn": [{**PLAIN["earn"][0], "give": "7"}]}, version=1)
    again = shop.till.post("/sales", shop.till.sale(member={"id": ana["id"]}, amount=948))
    assert again.status == 200
    assert again.body == {**told, "duplicate": True}
    assert shop.till.sell(member={"id": ana["id"]}, amount=100, number="R2")["units"][0]["given"] == "7"


def test_nobodys_sale_is_kept_and_earns_nothing(shop):
    told = shop.till.sell(amount=500)
    assert (told["member"], told["movements"], told["alerts"], told["message"]) == (None, [], [], "")


def test_an_unknown_member_does_not_lose_the_receipt(shop):
    told = shop.till.sell(member={"phone": "11 98765-4321"}, amount=500)
    assert told["member"] is None
    assert [alert["code"] for alert in told["alerts"]] == ["member_not_found"]
    told = shop.till.sell(member={"id": "nobody"}, amount=500, number="R2")
    assert [alert["code"] for alert in told["alerts"]] == ["member_not_found"]


def test_an_unknown_phone_is_enrolled_where_the_till_says_so(shop):
    told = shop.till.sell(member={"phone": "11 98765-4321"}, amount=500, enrol=True)
    assert told["message"] == "You earned 5 points. Balance: 5."
    assert shop.till.ok("POST", "/members/lookup", {"q": "11987654321"})["id"] == told["member"]["id"]


@pytest.mark.parametrize("kind", ["id", "phone", "card", "tax_id", "email", "code"])
def test_a_member_is_named_in_any_way(shop, kind):
    known = {"phone": "11 98765-4321", "card": "A1", "tax_id": "529.982.247-25", "email": "A@b.example", "code": "17"}
    ana = shop.till.enrol(**known)
    assert shop.till.sell(member={kind: {**known, "id": ana["id"]}[kind]})["member"]["id"] == ana["id"]


def test_the_message_is_in_the_members_language_else_the_businesss(shop):
    for number, (language, message) in enumerate(
        {
            "pt-br": "Ana, você ganhou 9 pontos. Saldo: 9.",
            "PT-BR": "Ana, você ganhou 9 pontos. Saldo: 9.",
            "ja": "Ana, you earned 9 points. Balance: 9.",
            None: "Ana, you earned 9 points. Balance: 9.",
        }.items()
    ):
        shop.till.enrol(code=f"a{number}", name="Ana", language=language)
        told = shop.till.sell(member={"code": f"a{number}"}, amount=948, number=f"R{number}")
        assert told["message"] == message
    shop.business.language = "pt-br"
    shop.business.save()
    again = shop.till.post("/sales", shop.till.sale(member={"code": "a3"}, amount=948, number="R3"))
    assert again.body["message"] == "Ana, você ganhou 9 pontos. Saldo: 9."


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [(["pt-br", "es"], "pt-br"), (["", "es"], "es"), (["../../x", "ja"], "en"), (["es-419"], "es"), ([], "en")],
)
def test_a_language_is_one_that_fiel_speaks(wanted, spoken):
    assert spoken_language(*wanted) == spoken


def test_several_units_are_all_told(shop, ana):
    units = [{"code": "points", "kind": "points"}, {"code": "cash-back", "kind": "money"}]
    earn = [*PLAIN["earn"], {"code": "cash", "unit": "cash-back", "give": "0.01", "per": "1.00"}]
    shop.office.publish({**PLAIN, "units": units, "earn": earn}, version=1)
    told = shop.till.sell(member={"id": ana["id"]}, amount=5000)
    assert told["message"] == "Ana, you earned 50 points, 0.50 cash back. Balance: 50 points, 0.50 cash back."
    told = shop.till.sell(member={"id": ana["id"]}, amount=0, number="R2")
    assert told["message"] == "Thank you, Ana. Balance: 50 points, 0.50 cash back."


def test_factors_and_caps_are_told(shop, ana):
    boosts = [{"code": "double", "factor": "2"}, {"code": "more", "factor": "1.25"}]
    earn = [{**PLAIN["earn"][0], "cap": {"sale": 20}}]
    shop.office.publish({**PLAIN, "earn": earn, "boosts": boosts}, version=1)
    told = shop.till.sell(member={"id": ana["id"]}, amount=1010)
    assert told["reasons"][0]["factors"] == [{"code": "double", "factor": "2"}, {"code": "more", "factor": "1.25"}]
    assert told["reasons"][0]["gives"] == "25.25"
    assert told["caps"] == [{"rule": "all", "unit": "points", "span": "sale", "cut": "5.25"}]
    assert told["units"][0] == {
        "unit": "points",
        "exact": "20",
        "given": "20",
        "carry_before": "0",
        "carry": "0",
    }


def test_a_quote_is_the_same_and_writes_nothing(shop, ana):
    quoted = shop.till.ok("POST", "/quote", shop.till.sale(member={"id": ana["id"]}, amount=948))
    assert shop.till.ok("GET", "/sales?number=R1")["items"] == []
    told = shop.till.sell(member={"id": ana["id"]}, amount=948)
    assert quoted == {**told, "id": None}
    again = shop.till.ok("POST", "/quote", shop.till.sale(member={"id": ana["id"]}, amount=948))
    assert again == {**told, "duplicate": True}
    assert shop.till.post("/quote", shop.till.sale(member={"id": ana["id"]}, amount=1)).code == "conflict"


def test_a_quote_needs_neither_number_nor_time_and_enrols_nobody(shop):
    body = {"lines": [{"amount": 500}], "member": {"phone": "11 98765-4321"}, "enrol": True}
    told = shop.till.ok("POST", "/quote", body)
    assert [alert["code"] for alert in told["alerts"]] == ["member_not_found"]
    assert shop.till.post("/members/lookup", {"q": "11987654321"}).status == 404


def test_texts_come_back_as_they_were_sent(shop, ana):
    odd = [
        '"quoted"',
        "{braces}",
        "a, b",
        "back\\slash\\",
        "NULL",
        "tab\there",
        "pão ☕ 𝄞",
        "'; --",
        " spaces ",
        "(1,2)",
    ]
    lines = [{"product": text, "description": text, "department": text, "amount": 100} for text in odd]
    sales = [shop.till.sale(number=text, member={"code": ana["code"]}, lines=lines, cashier=text) for text in odd]
    alone = shop.till.ok("POST", "/sales", sales[0])
    together = shop.till.ok("POST", "/sales/batch", {"sales": sales[1:]}, status=207)["items"]
    told = [shop.till.ok("GET", f"/sales/{id_}") for id_ in (alone["id"], *(each["sale"]["id"] for each in together))]
    assert [(each["number"], each["cashier"]) for each in told] == [(text, text) for text in odd]
    for each in told:
        assert [(line["product"], line["description"], line["department"]) for line in each["lines"]] == [
            (text, text, text) for text in odd
        ]
    again = shop.till.ok("POST", "/sales/batch", {"sales": sales}, status=207)["items"]
    assert [each["sale"]["duplicate"] for each in again] == [True] * len(odd)


def test_null_says_the_same_as_leaving_out(shop):
    bare = {"number": "R1", "occurred_at": "2026-03-04T12:00:00Z", "lines": [{"amount": 500}]}
    names = ("store", "till", "member", "discount", "payments", "vouchers", "use_packs", "enrol", "channel", "cashier")
    line_names = ("product", "description", "department", "brand", "tags", "quantity", "discount", "tax_rate")
    shop.till.ok("POST", "/sales", bare)
    line = {"amount": 500, **dict.fromkeys(line_names)}
    again = shop.till.post("/sales", {**bare, **dict.fromkeys(names), "lines": [line]})
    assert (again.status, again.body["duplicate"]) == (200, True)


def test_figures_are_read_exactly(shop, ana):
    line = '{"amount": 1000000000000000, "quantity": 0.001, "tax_rate": 23.125}'
    raw = f'{{"number": "R1", "occurred_at": "2026-03-04T12:00:00Z", "lines": [{line}]}}'.encode()
    told = shop.till.ok("POST", "/sales", raw=raw)
    [line] = shop.till.ok("GET", f"/sales/{told['id']}")["lines"]
    assert (line["amount"], line["quantity"], line["tax_rate"]) == (10**15, "0.001", "23.125")


@pytest.mark.parametrize("quantity", ["2", 2, 2.0, "2.000", 2.5])
def test_a_quantity_is_text_or_a_number(shop, quantity):
    told = shop.till.sell(lines=[{"amount": 100, "quantity": quantity}])
    [line] = shop.till.ok("GET", f"/sales/{told['id']}")["lines"]
    assert line["quantity"] == ("2.5" if quantity == 2.5 else "2")


def test_the_stores_clock_says_the_day(shop):
    till = shop.key("till")
    shop.office.ok("PUT", "/stores", {"items": [{"code": "S3", "timezone": "Pacific/Auckland"}]})
    told = till.sell(store="S3", till="T1", occurred_at="2026-03-04T11:30:00Z")
    assert till.ok("GET", f"/sales/{told['id']}")["day"] == "2026-03-05"


def test_a_voucher_that_is_none_is_refused(shop, ana):
    answer = shop.till.post("/sales", shop.till.sale(member={"id": ana["id"]}, vouchers=["K7QM-2XWA-9DB"]))
    assert (answer.status, answer.code) == (409, "voucher_not_redeemable")
    answer = shop.till.post("/sales", shop.till.sale(vouchers=["K7QM-2XWA-9DB"]))
    assert (answer.status, answer.code) == (409, "voucher_not_redeemable")


def test_an_award_brings_its_voucher(shop, ana):
    awards = [{"code": "tenth", "unit": "points", "every": 10, "reward": "toast"}]
    shop.office.publish({**PLAIN, "awards": awards}, version=1)
    quoted = shop.till.ok("POST", "/quote", shop.till.sale(member={"id": ana["id"]}, amount=1200))
    assert quoted["issued"] == [{"reward": "toast", "code": None}]
    told = shop.till.sell(member={"id": ana["id"]}, amount=1200)
    [issued] = told["issued"]
    assert [move["amount"] for move in told["movements"]] == ["12", "-10"]
    looked = shop.till.ok("POST", "/members/lookup", {"q": "11987654321"})
    assert looked["vouchers"] == [{"reward": "toast", "name": "toast", "code": issued["code"], "valid_until": None}]
    again = shop.till.post("/sales", shop.till.sale(member={"id": ana["id"]}, amount=1200))
    assert again.body == {**told, "duplicate": True}
    listed = shop.till.ok("GET", f"/members/{ana['id']}/entries")["items"]
    assert {(entry["kind"], entry["amount"], entry["cause"]["kind"]) for entry in listed} == {
        ("earn", "12", "sale"),
        ("spend", "-10", "voucher"),
    }


def test_an_invitation_is_an_alert(shop, ana):
    awards = [{"code": "treat", "unit": "points", "every": 10, "reward": "ice-cream", "mode": "invite"}]
    shop.office.publish({**PLAIN, "awards": awards}, version=1)
    told = shop.till.sell(member={"id": ana["id"]}, amount=1200)
    assert {"code": "invite", "text": "A gift is due: treat"} in told["alerts"]
    assert shop.till.ok("POST", "/members/lookup", {"q": "11987654321"})["invitations"] == ["treat"]


def test_who_brought_the_member_is_not_the_tills_business(shop, ana):
    bia = shop.till.enrol(code="2", name="Bia", referred_by=ana["id"])
    referral = {"unit": "points", "referrer": 50, "referred": 20}
    shop.office.publish({**PLAIN, "referral": referral}, version=1)
    told = shop.till.sell(member={"id": bia["id"]}, amount=1000)
    assert [(move["kind"], move["amount"]) for move in told["movements"]] == [("earn", "10"), ("refer", "20")]
    assert told["message"] == "Bia, you earned 30 points. Balance: 30."
    assert told["balances"][0]["balance"] == "30"
