"""What comes back of a sale, and sales of nobody that find their member."""

from __future__ import annotations

import pytest

from fiel.ops.audit import audit
from tests.api.test_bad_input import GONE, changed
from tests.api.till import PLAIN

NOW = "2026-03-04T12:00:00Z"
BACK = {"number": "D1", "occurred_at": NOW, "lines": [{"line": 1, "quantity": "1"}]}
RETURN_IN_SHORT = ("id", "number", "occurred_at", "lines", "movements")
LINES = [{"amount": 3000, "quantity": "3"}, {"amount": 500}]


@pytest.fixture
def ana(shop):
    return shop.till.enrol(code="ana", name="Ana Souza")


@pytest.fixture
def sold(shop, ana):
    return shop.till.sell(member={"code": "ana"}, lines=LINES)


def balance(shop, code="ana"):
    return shop.till.ok("POST", "/members/lookup", {"q": code})["accounts"][0]["balance"]


def sound(shop):
    assert audit(shop.business, recount=True).findings == []


def test_a_part_and_then_the_rest(shop, sold):
    path = f"/sales/{sold['id']}/returns"
    first = shop.till.post(path, BACK)
    assert first.status == 201
    told = first.body
    assert (told["sale"], told["duplicate"], told["forgiven"]) == (sold["id"], False, [])
    assert told["movements"] == [{"unit": "points", "kind": "take_back", "amount": "-10"}]
    assert told["lines"] == [{"line": 1, "quantity": "1"}]
    assert told["left"] == [{"line": 1, "quantity": "2"}, {"line": 2, "quantity": "1"}]
    assert told["balances"][0]["balance"] == balance(shop) == "25"
    rest = shop.till.ok("POST", path, {"number": "D2", "occurred_at": NOW})
    assert rest["lines"] == [{"line": 1, "quantity": "2"}, {"line": 2, "quantity": "1"}]
    assert (rest["left"], balance(shop)) == ([], "0")
    # What came first is told as it was then.
    again = shop.till.post(path, BACK)
    assert again.status == 200
    assert again.body == {**told, "duplicate": True}
    assert shop.till.post(path, {"number": "D3", "occurred_at": NOW}).pointers == ["/lines"]
    # The sale tells what came back of it.
    in_short = [{key: back[key] for key in RETURN_IN_SHORT} for back in (told, rest)]
    assert shop.till.ok("GET", f"/sales/{sold['id']}")["returns"] == in_short
    sound(shop)


def test_a_rule_that_was_changed_since_takes_back_what_was_given(shop, sold):
    """Other systems count the return by today's rule: 35 points were given, and 245 would be taken."""
    assert balance(shop) == "35"
    shop.office.publish({**PLAIN, "earn": [{**PLAIN["earn"][0], "give": "7"}]}, version=1)
    told = shop.till.ok("POST", f"/sales/{sold['id']}/returns", {"number": "D1", "occurred_at": NOW})
    assert told["movements"] == [{"unit": "points", "kind": "take_back", "amount": "-35"}]
    assert balance(shop) == "0"
    sound(shop)


def test_the_same_number_with_other_content(shop, sold):
    path = f"/sales/{sold['id']}/returns"
    shop.till.ok("POST", path, BACK)
    answer = shop.till.post(path, {**BACK, "lines": [{"line": 2, "quantity": 1}]})
    assert (answer.code, answer.pointers, balance(shop)) == ("conflict", ["/number"], "25")


def test_sent_again_with_its_key(shop, sold):
    path = f"/sales/{sold['id']}/returns"
    first = shop.till.post(path, BACK, Idempotency_Key="k")
    again = shop.till.post(path, BACK, Idempotency_Key="k")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (201, first.body, "true")
    assert shop.till.post(path, {**BACK, "number": "D2"}, Idempotency_Key="k").code == "key_reused"
    assert balance(shop) == "25"


def test_a_gift_taken_from_somebody_else_is_not_told(shop, ana):
    document = shop.office.ok("GET", "/programme")["document"]
    shop.office.publish({**document, "referral": {"unit": "points", "referrer": "7", "referred": "3"}}, version=1)
    shop.till.enrol(code="bea", referred_by=ana["id"])
    sold = shop.till.sell(number="R9", member={"code": "bea"})
    assert balance(shop) == "7"
    told = shop.till.ok("POST", f"/sales/{sold['id']}/returns", {"number": "D1", "occurred_at": NOW})
    assert {each["amount"] for each in told["movements"]} == {"-13"}
    assert (balance(shop), balance(shop, "bea")) == ("0", "0")
    sound(shop)


RETURNS = [
    ("/number", GONE, "invalid", "/number"),
    ("/number", " ", "invalid", "/number"),
    ("/occurred_at", "2026-03-04", "invalid", "/occurred_at"),
    ("/occurred_at", "2026-03-04T11:59:59Z", "invalid", "/occurred_at"),
    ("/occurred_at", "2026-03-04T12:05:01Z", "too_early", "/occurred_at"),
    ("/lines", [], "invalid", "/lines"),
    ("/lines/0/line", 0, "invalid", "/lines/0/line"),
    ("/lines/0/line", 3, "invalid", "/lines/0/line"),
    ("/lines/0/quantity", "3.001", "invalid", "/lines/0/quantity"),
    ("/lines/0/quantity", "-1", "invalid", "/lines/0/quantity"),
    ("/lines/0/quantity", "0", "invalid", "/lines/0/quantity"),
    ("/lines/0/quantity", GONE, "invalid", "/lines/0/quantity"),
    ("/lines", [{"line": 1, "quantity": 1}] * 2, "invalid", "/lines/1/line"),
    ("/colour", "red", "invalid", "/colour"),
]


@pytest.mark.parametrize(("at", "value", "code", "pointer"), RETURNS)
def test_a_return_that_cannot_be_right(shop, sold, at, value, code, pointer):
    answer = shop.till.post(f"/sales/{sold['id']}/returns", changed(BACK, at, value))
    assert (answer.code, answer.pointers, balance(shop)) == (code, [pointer], "35")


# Linking


def test_a_sale_of_nobody_finds_its_member(shop, ana, clock):
    sold = shop.till.sell(lines=LINES)
    assert sold["member"] is None
    clock.advance(days=3)
    told = shop.till.ok("POST", f"/sales/{sold['id']}/member", {"code": "ana"})
    assert (told["id"], told["member"]["id"]) == (sold["id"], ana["id"])
    assert told["movements"] == [{"unit": "points", "kind": "earn", "amount": "35", "expires_on": None}]
    assert [reason["gives"] for reason in told["reasons"]] == ["30", "5"]
    read = shop.till.ok("GET", f"/sales/{sold['id']}")
    assert {name: read[name] for name in told} == told
    assert (read["total"], balance(shop)) == (3500, "35")
    # The till that never heard an answer sends it again.
    assert shop.till.post("/sales", shop.till.sale(lines=LINES)).body == {**told, "duplicate": True}
    sound(shop)


def test_it_gives_what_it_would_have_given(shop, ana):
    """A linked sale and one that named its member are counted alike: departments above, payments, stamps, tiers."""
    document = {
        **shop.office.ok("GET", "/programme")["document"],
        "units": [{"code": "points", "kind": "points", "rounding": "carry"}, {"code": "cups", "kind": "stamps"}],
        "tiers": [
            {"code": "plain", "factor": "1"},
            {
                "code": "gold",
                "factor": "2",
                "reach": {"measure": "spend", "amount": "9.00", "window": "calendar_month"},
                "keep": "next_window",
            },
        ],
        "earn": [
            {"code": "food", "unit": "points", "give": "1", "per": "0.70", "items": {"departments": ["food"]}},
            {"code": "cup", "unit": "cups", "give": "1", "per": "1", "basis": "quantity"},
        ],
        "awards": [{"code": "third", "unit": "cups", "every": 3, "reward": "toast", "mode": "voucher"}],
    }
    shop.office.publish(document, version=1)
    shop.office.ok("PUT", "/departments", {"items": [{"code": "food"}, {"code": "bread", "parent": "food"}]})
    shop.till.enrol(code="bea")
    told = {}
    for code, named in (("ana", True), ("bea", False)):
        for number in ("1", "2"):
            sale = {
                "number": code + number,
                "lines": [{"amount": 1000, "quantity": "2", "department": "bread"}],
                "payments": [{"kind": "voucher", "amount": 100}, {"kind": "cash", "amount": 900}],
            }
            answer = shop.till.sell(**sale, **({"member": {"code": code}} if named else {}))
            if not named:
                answer = shop.till.ok("POST", f"/sales/{answer['id']}/member", {"code": code})
            told[code, number] = answer
    for number in ("1", "2"):
        ours, theirs = told["ana", number], told["bea", number]
        for name in ("movements", "balances", "reasons", "units", "covered"):
            assert ours[name] == theirs[name]
        assert ours["member"]["tier"] == theirs["member"]["tier"] == "gold"
    assert [each["reward"] for each in told["bea", "2"]["issued"]] == ["toast"]
    assert told["bea", "2"]["reasons"][0]["factors"] == [{"code": "gold", "factor": "2"}]
    # And comes back alike.
    left = [
        shop.till.ok("POST", f"/sales/{told[code, '2']['id']}/returns", {"number": "D", "occurred_at": NOW})
        for code in ("ana", "bea")
    ]
    assert left[0]["movements"] == left[1]["movements"]
    sound(shop)


def test_linked_once(shop, ana):
    shop.till.enrol(code="bea")
    sold = shop.till.sell()
    path = f"/sales/{sold['id']}/member"
    first = shop.till.post(path, {"code": "ana"}, Idempotency_Key="k")
    again = shop.till.post(path, {"code": "ana"}, Idempotency_Key="k")
    assert (first.status, again.body, again.headers["Idempotency-Replayed"]) == (200, first.body, "true")
    for code in ("ana", "bea"):
        assert shop.till.post(path, {"code": code}).code == "conflict"
    assert (balance(shop), balance(shop, "bea")) == ("10", "0")


def test_not_after_a_return_nor_too_late(shop, ana, clock):
    sold, late = shop.till.sell(), shop.till.sell(number="R2")
    shop.till.ok("POST", f"/sales/{sold['id']}/returns", {**BACK, "lines": [{"line": 1, "quantity": "0.5"}]})
    assert shop.till.post(f"/sales/{sold['id']}/member", {"code": "ana"}).code == "conflict"
    clock.advance(days=7)
    path = f"/sales/{late['id']}/member"
    clock.advance(seconds=1)
    answer = shop.till.post(path, {"code": "ana"})
    assert (answer.status, answer.code, balance(shop)) == (409, "too_late", "0")
    clock.advance(seconds=-1)
    assert shop.till.post(path, {"code": "ana"}).status == 200


def test_who_is_nobody(shop, other, ana):
    theirs = other.office.enrol(code="theirs", phone="11 91234-5678")
    path = f"/sales/{shop.till.sell()['id']}/member"
    for member, at in (
        ({"code": "theirs"}, "/code"),
        ({"id": theirs["id"]}, "/id"),
        ({"id": "x"}, "/id"),
        ({"phone": "11 91234-5678"}, "/phone"),
    ):
        answer = shop.till.post(path, member)
        assert (answer.status, answer.code, answer.pointers) == (404, "member_not_found", [at])
    assert shop.till.post(path, {}).pointers == [""]
    assert shop.till.post(path, {"phone": "1"}).pointers == ["/phone"]
    card = shop.till.ok("POST", f"/members/{ana['id']}/cards")["number"]
    assert shop.till.delete(f"/cards/{card}").status == 204
    assert shop.till.post(path, {"card": card}).code == "card_blocked"
