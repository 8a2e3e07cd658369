"""What the office does by hand."""

from __future__ import annotations

import pytest

from fiel.ops.audit import audit
from tests.api.test_bad_input import GONE, changed

NOBODY = "01a20615-199c-7567-8fa6-ce9b9f2707bd"
TIERS = [
    {"code": "plain", "factor": "1"},
    {
        "code": "gold",
        "factor": "2",
        "reach": {"measure": "spend", "amount": "900.00", "window": "calendar_month"},
        "keep": "next_window",
    },
]


@pytest.fixture
def ana(shop):
    return shop.till.enrol(code="ana")


@pytest.fixture
def adjustment(ana):
    return {"member": ana["id"], "unit": "points", "amount": "30", "reason": "counted twice"}


@pytest.fixture
def opening(ana):
    return {"member": ana["id"], "unit": "points", "amount": "100", "expires_on": "2027-01-31", "reference": "old-1"}


def balance(shop, code="ana"):
    return shop.office.ok("POST", "/members/lookup", {"q": code})["accounts"][0]["balance"]


def test_up_and_down(shop, adjustment):
    answer = shop.office.post("/adjustments", adjustment, Idempotency_Key="k")
    assert (answer.status, answer.body["state"], answer.body["agreed_by"]) == (201, "posted", None)
    assert answer.body["movements"] == [{"unit": "points", "kind": "adjust", "amount": "30", "expires_on": None}]
    assert shop.office.post("/adjustments", adjustment, Idempotency_Key="k").body == answer.body
    assert balance(shop) == "30"
    assert shop.office.post("/adjustments", {**adjustment, "amount": "-31"}).code == "not_enough"
    assert shop.office.ok("POST", "/adjustments", {**adjustment, "amount": -30})["amount"] == "-30"
    assert balance(shop) == "0"
    assert audit(shop.business, recount=True).findings == []


def test_a_second_key_has_to_agree(shop, adjustment):
    shop.business.hand_limit = 29
    shop.business.save()
    waiting = shop.office.post("/adjustments", adjustment)
    assert (waiting.status, waiting.body["state"], waiting.body["movements"]) == (202, "waiting", [])
    assert balance(shop) == "0"
    path = f"/adjustments/{waiting.body['id']}/agree"
    answer = shop.office.post(path)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert shop.till.post(path).code == "forbidden"
    second = shop.key("office", name="Bea")
    told = second.post(path, {}, Idempotency_Key="k")
    assert (told.status, told.body["state"], told.body["agreed_by"][:3]) == (200, "posted", "Bea")
    assert told.body["entered_by"] == waiting.body["entered_by"]
    assert second.post(path, {}, Idempotency_Key="k").body == told.body
    assert second.post(path).code == "conflict"
    assert balance(shop) == "30"


def test_the_list_of_what_waits(shop, adjustment):
    """The newest first; what was agreed to waits no more."""
    shop.business.hand_limit = 29
    shop.business.save()
    waiting = [shop.office.ok("POST", "/adjustments", adjustment) for _ in range(3)]
    posted = shop.office.ok("POST", "/adjustments", {**adjustment, "amount": "5"})
    first = shop.office.ok("GET", "/adjustments?state=waiting&limit=2")
    assert [each["id"] for each in first["items"]] == [waiting[2]["id"], waiting[1]["id"]]
    rest = shop.office.ok("GET", f"/adjustments?state=waiting&limit=2&cursor={first['next_cursor']}")
    assert (rest["items"], rest["next_cursor"]) == ([waiting[0]], None)
    shop.key("office", name="Bea").ok("POST", f"/adjustments/{waiting[0]['id']}/agree")
    ids = {
        state: [each["id"] for each in shop.office.ok("GET", f"/adjustments{query}")["items"]]
        for state, query in (("waiting", "?state=waiting"), ("posted", "?state=posted"), ("all", ""))
    }
    assert ids == {
        "waiting": [waiting[2]["id"], waiting[1]["id"]],
        "posted": [posted["id"], waiting[0]["id"]],
        "all": [posted["id"], waiting[2]["id"], waiting[1]["id"], waiting[0]["id"]],
    }
    assert shop.office.get("/adjustments?state=lost").pointers == ["/state"]
    assert shop.till.get("/adjustments").code == "forbidden"


ADJUSTMENTS = [
    ("/member", GONE, "/member"),
    ("/unit", "miles", "/unit"),
    ("/amount", "0", "/amount"),
    ("/amount", "1.5", "/amount"),
    ("/amount", "1.2345", "/amount"),
    ("/amount", "+1", "/amount"),
    ("/amount", "1e3", "/amount"),
    ("/amount", 10**400, "/amount"),
    ("/amount", None, "/amount"),
    ("/reason", " ", "/reason"),
    ("/reason", "x" * 501, "/reason"),
    ("/reason", GONE, "/reason"),
    ("/expires_on", "2027-01-31", "/expires_on"),
]


@pytest.mark.parametrize(("at", "value", "pointer"), ADJUSTMENTS)
def test_an_adjustment_that_cannot_be_right(shop, adjustment, at, value, pointer):
    answer = shop.office.post("/adjustments", changed(adjustment, at, value))
    assert (answer.code, answer.pointers, balance(shop)) == ("invalid", [pointer], "0")


def test_somebody_elses_members_and_adjustments(shop, other, adjustment, opening):
    theirs = other.office.enrol(code="theirs")
    other.business.hand_limit = 1
    other.business.save()
    waiting = other.office.ok("POST", "/adjustments", {**adjustment, "member": theirs["id"]})
    for id_ in (theirs["id"], NOBODY, "x"):
        for path, body in (("/adjustments", adjustment), ("/openings", opening)):
            answer = shop.office.post(path, {**body, "member": id_})
            assert (answer.status, answer.code, answer.pointers) == (404, "member_not_found", ["/member"])
    assert shop.office.ok("GET", "/adjustments")["items"] == []
    for id_ in (waiting["id"], NOBODY, "x"):
        assert shop.office.post(f"/adjustments/{id_}/agree").code == "not_found"
    assert other.key("office").post(f"/adjustments/{waiting['id']}/agree").status == 200


def test_a_balance_is_brought_over_once(shop, opening):
    first = shop.office.post("/openings", opening)
    assert (first.status, first.body["duplicate"], first.body["amount"]) == (201, False, "100")
    assert [each["expires_on"] for each in first.body["movements"]] == ["2027-01-31"]
    again = shop.office.post("/openings", opening)
    assert (again.status, again.body) == (200, {**first.body, "duplicate": True, "movements": []})
    for other in ({"amount": "99"}, {"expires_on": None}):
        answer = shop.office.post("/openings", {**opening, **other})
        assert (answer.code, answer.pointers) == ("conflict", ["/reference"])
    assert balance(shop) == "100"


def test_a_reference_stands_for_one_member(shop, opening):
    shop.office.ok("POST", "/openings", opening)
    bea = shop.till.enrol(code="bea")
    answer = shop.office.post("/openings", {**opening, "member": bea["id"]})
    assert (answer.code, answer.pointers) == ("conflict", ["/reference"])
    # Merged, they are one: the row that was brought over for the one is a repeat for the other.
    shop.office.ok("POST", f"/members/{bea['id']}/merge", {"gone": opening["member"]})
    assert shop.office.post("/openings", {**opening, "member": bea["id"]}).status == 200
    assert shop.office.post("/openings", opening).status == 200


@pytest.mark.parametrize(
    ("at", "value", "pointer"),
    [
        ("/amount", "-1", "/amount"),
        ("/amount", "0", "/amount"),
        ("/reference", " ", "/reference"),
        ("/reference", "x" * 201, "/reference"),
        ("/expires_on", "31/01/2027", "/expires_on"),
        ("/unit", "miles", "/unit"),
    ],
)
def test_a_balance_that_cannot_be_right(shop, opening, at, value, pointer):
    answer = shop.office.post("/openings", changed(opening, at, value))
    assert (answer.code, answer.pointers, balance(shop)) == ("invalid", [pointer], "0")


def test_a_tier_by_hand(shop, ana):
    document = shop.office.ok("GET", "/programme")["document"]
    shop.office.publish({**document, "tiers": TIERS}, version=1)
    path, gift = f"/members/{ana['id']}/tier", {"tier": "gold", "until": "2026-12-31", "reason": "choir"}
    assert shop.office.ok("POST", path, gift) == {"member": ana["id"], "tier": "gold"}
    assert shop.till.ok("GET", f"/members/{ana['id']}")["tier"] == "gold"
    for at, value in (("/tier", "tin"), ("/until", "2026-03-03"), ("/reason", ""), ("/until", "soon")):
        answer = shop.office.post(path, changed(gift, at, value))
        assert (answer.code, answer.pointers) == ("invalid", [at])


def test_two_become_one(shop, other, ana):
    bea = shop.till.enrol(code="bea", phone="11 98765-4321")
    for number, code in enumerate(("ana", "bea")):
        shop.till.sell(number=f"R{number}", member={"code": code})
    theirs = other.office.enrol(code="theirs")
    path = f"/members/{ana['id']}/merge"
    for gone in (theirs["id"], NOBODY, "x"):
        answer = shop.office.post(path, {"gone": gone})
        assert (answer.status, answer.code, answer.pointers) == (404, "member_not_found", ["/gone"])
    assert shop.office.post(path, {"gone": ana["id"]}).pointers == ["/gone"]
    first = shop.office.post(path, {"gone": bea["id"]}, Idempotency_Key="k")
    assert (first.body["member"], first.body["gone"]) == (ana["id"], bea["id"])
    moved = {(each["member"], each["amount"]) for each in first.body["movements"]}
    assert moved == {(bea["id"], "-10"), (ana["id"], "10")}
    assert shop.office.post(path, {"gone": bea["id"]}, Idempotency_Key="k").body == first.body
    assert shop.office.post(path, {"gone": bea["id"]}).code == "conflict"
    assert shop.office.ok("GET", f"/members/{bea['id']}")["id"] == ana["id"]
    assert balance(shop, "11 98765-4321") == "20"


def test_another_key_refuses_with_a_reason(shop, ana):
    shop.business.hand_limit = 10
    shop.business.save()
    asked = {"member": ana["id"], "unit": "points", "amount": "11", "reason": "counted twice"}
    made = shop.office.ok("POST", "/adjustments", asked, Idempotency_Key="a")
    at = f"/adjustments/{made['id']}"
    told = shop.office.ok("POST", f"{at}/refuse", {"reason": "it was found"}, Idempotency_Key="b")
    assert (told["state"], told["refused_why"], told["movements"]) == ("refused", "it was found", [])
    assert shop.office.post(f"{at}/agree", Idempotency_Key="c").code in ("conflict", "forbidden")
    assert shop.office.post(f"{at}/refuse", {"reason": "again"}, Idempotency_Key="d").code == "conflict"
    assert [each["id"] for each in shop.office.ok("GET", "/adjustments?state=refused")["items"]] == [made["id"]]
    assert shop.office.ok("GET", "/adjustments?state=waiting")["items"] == []
