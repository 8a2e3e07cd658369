"""Customers bring customers: a code, gifts to both once the sale is past returning, and none for tricks."""

from __future__ import annotations

import pytest

from fiel.ops.audit import audit
from tests.api import conftest
from tests.api.till import PLAIN

shop, _forget = conftest.shop, conftest._forget

RULES = {
    **PLAIN,
    "units": [{"code": "points", "kind": "points", "pending_days": 7}],
    "referral": {
        "unit": "points",
        "referrer": 50,
        "referred": 20,
        "after": "first_sale",
        "min_amount": "20.00",
        "max_per_month": 2,
    },
}


@pytest.fixture
def ana(shop):
    """Ana is a member, and gifts wait 7 days, as long as goods can be returned."""
    shop.office.publish(RULES, version=1)
    yield shop.till.enrol(code="ana", name="Ana Souza", phone="11 98765-4321")
    assert audit(shop.business, recount=True).holds


def referral(shop, member):
    return shop.till.ok("POST", f"/members/{member['id']}/referral")


def join(shop, code, by, **more):
    return shop.till.post("/members", {"code": code, "name": f"{code.title()} Silva", "referred_by": by, **more})


def sell(shop, number, code, amount=3000, **more):
    return shop.till.sell(number=number, member={"code": code}, amount=amount, **more)


def account(shop, code):
    told = shop.till.ok("POST", "/members/lookup", {"q": code})["accounts"]
    return (told[0]["available"], told[0]["pending"]) if told else ("0", "0")


def brought(shop, member, query=""):
    items = shop.till.ok("GET", f"/members/{member['id']}/referrals{query}")["items"]
    return {each["display_name"]: (each["state"], each["gift"] and each["gift"]["amount"]) for each in items}


def test_a_friend_comes_by_the_code(shop, ana, clock):
    told = referral(shop, ana)
    assert referral(shop, ana) == told
    assert told["link"].endswith(f"/c/padaria/join?by={told['code']}")
    joined = join(shop, "rui", told["code"].lower())
    assert (joined.status, joined.body["referred_by"]) == (201, ana["id"])
    assert brought(shop, ana) == {"Rui S.": ("waiting", None)}
    sell(shop, "R1", "rui", 1999)  # too small
    assert brought(shop, ana) == {"Rui S.": ("waiting", None)}
    sell(shop, "R2", "rui")
    # Both gifts are there, and wait until the sale is past returning.
    assert (account(shop, "ana"), brought(shop, ana)) == (("0", "50"), {"Rui S.": ("pending", "50")})
    clock.advance(days=7)
    assert (account(shop, "ana"), brought(shop, ana)) == (("50", "0"), {"Rui S.": ("given", "50")})
    assert account(shop, "rui") == ("69", "0")


def test_the_gifts_go_with_the_sale(shop, ana):
    join(shop, "rui", referral(shop, ana)["code"])
    sale = sell(shop, "R1", "rui")
    shop.till.ok("POST", f"/sales/{sale['id']}/returns", {"number": "D1", "occurred_at": "2026-03-04T12:00:00Z"})
    assert (account(shop, "ana"), account(shop, "rui")) == (("0", "0"), ("0", "0"))
    assert brought(shop, ana) == {"Rui S.": ("taken_back", None)}
    # The next one that qualifies is the first again.
    sell(shop, "R2", "rui")
    assert brought(shop, ana) == {"Rui S.": ("pending", "50")}


def test_two_gifts_a_month(shop, ana):
    code = referral(shop, ana)["code"]
    for number, name in enumerate(("rui", "ines", "zeca")):
        join(shop, name, code)
        sell(shop, f"R{number}", name)
    states = brought(shop, ana)
    assert sorted(states.values(), key=str) == [("capped", None), ("pending", "50"), ("pending", "50")]
    assert account(shop, "ana") == ("0", "100")
    assert account(shop, "zeca") == ("0", "50"), "the friend's own gift is not capped"
    first = shop.till.ok("GET", f"/members/{ana['id']}/referrals?limit=2")
    rest = brought(shop, ana, f"?limit=2&cursor={first['next_cursor']}")
    assert len({each["display_name"] for each in first["items"]} | set(rest)) == 3


def test_nobody_brings_themselves_or_who_is_here(shop, ana):
    code = referral(shop, ana)["code"]
    # The same phone is the same person; so is the same member number.
    for trick in ({"code": "ana2", "phone": "+55 11 98765 4321"}, {"code": "ana"}):
        answer = join(shop, trick.pop("code"), code, **trick)
        assert (answer.status, answer.code) == (409, "member_exists")
    for nobody in ("ZZZZZZZZ", "11 91111-1111", "01a20615-199c-7567-8fa6-ce9b9f2707bd"):
        answer = join(shop, "rui", nobody)
        assert (answer.code, answer.pointers) == ("invalid", ["/referred_by"])
    # Nobody who is here already is brought later.
    rui = shop.till.enrol(code="rui")
    assert shop.till.patch(f"/members/{rui['id']}", {"referred_by": code}).pointers == ["/referred_by"]


def test_two_who_turn_out_to_be_one_bring_nobody(shop, ana):
    """Ana brought "Rui", who brought "Bia"; then Bia is found to be Ana: what is left of it is a circle."""
    rui = join(shop, "rui", referral(shop, ana)["code"]).body
    bia = join(shop, "bia", referral(shop, rui)["code"]).body
    shop.office.ok("POST", f"/members/{bia['id']}/merge", {"gone": ana["id"]})
    sell(shop, "R1", "rui")
    sell(shop, "R2", "bia")
    assert [account(shop, name) for name in ("rui", "bia")] == [("0", "30"), ("0", "30")]
    # Whoever was brought by a code that Ana gave out is brought by Bia now.
    join(shop, "leo", rui["referred_by"])
    sell(shop, "R3", "leo")
    assert account(shop, "bia") == ("0", "80")


def test_another_shops_code_is_nobodys(shop, ana, db):
    other = conftest.open_shop("talho")
    theirs = other.office.enrol(code="theirs")
    code = other.office.ok("POST", f"/members/{theirs['id']}/referral")["code"]
    assert join(shop, "rui", code).pointers == ["/referred_by"]
