"""Many sales at once: each stands alone, and is answered in its place."""

from __future__ import annotations

import pytest


@pytest.fixture
def ana(shop):
    return shop.till.enrol(phone="11 98765-4321", name="Ana")


def test_each_stands_alone_and_is_answered_in_its_place(shop, ana):
    blocked = shop.till.ok("POST", f"/members/{ana['id']}/cards", {"number": "77"})
    shop.till.delete(f"/cards/{blocked['number']}")
    sale = shop.till.sale
    told = shop.till.ok(
        "POST",
        "/sales/batch",
        {
            "sales": [
                sale(member={"phone": "11 98765-4321"}, amount=500, number="R1"),
                sale(member={"phone": "12"}, number="R2"),
                sale(member={"phone": "11 98765-4321"}, amount=500, number="R1"),
                sale(member={"phone": "11 98765-4321"}, amount=501, number="R1"),
                "a sale",
                sale(member={"card": "77"}, number="R3"),
                sale(lines=[{"amount": 5}, {"amount": -5}], number="R4"),
                sale(lines=[{"amount": 5, "discount": 6}], number="R5"),
                sale(number="R6", store="S404"),
                sale(number="R7", occurred_at="2026-01-04T12:00:00Z"),
                sale(number="R\0"),
                sale(member={"id": ana["id"]}, amount=700, number="R8"),
                sale(number="R9", member={"code": "nobody"}),
            ]
        },
    )
    items = told["items"]
    assert [(each["status"], each.get("problem", {}).get("code")) for each in items] == [
        (201, None),
        (422, "invalid"),
        (200, None),
        (409, "conflict"),
        (422, "invalid"),
        (409, "card_blocked"),
        (422, "invalid"),
        (422, "invalid"),
        (403, "forbidden"),
        (409, "too_late"),
        (422, "invalid"),
        (201, None),
        (201, None),
    ]
    assert [[error["pointer"] for error in each["problem"]["errors"]] for each in items if "problem" in each] == [
        ["/member/phone"],
        ["/number"],
        [""],
        ["/member/card"],
        ["/lines/1/amount"],
        ["/lines/0/discount"],
        ["/store"],
        ["/occurred_at"],
        ["/number"],
    ]
    assert items[2]["sale"] == {**items[0]["sale"], "duplicate": True}
    assert items[11]["sale"]["balances"][0]["balance"] == "12"
    assert items[12]["sale"]["member"] is None
    entries = shop.till.ok("GET", f"/members/{ana['id']}/entries")["items"]
    assert sorted(entry["amount"] for entry in entries) == ["5", "7"]


def test_a_batch_sent_again_does_no_harm(shop, ana):
    body = {"sales": [shop.till.sale(number=f"R{n}", member={"id": ana["id"]}, amount=100) for n in range(20)]}
    first = shop.till.ok("POST", "/sales/batch", body)
    again = shop.till.ok("POST", "/sales/batch", body)
    assert {each["status"] for each in again["items"]} == {200}
    assert [each["sale"] for each in again["items"]] == [{**each["sale"], "duplicate": True} for each in first["items"]]


def test_a_thousand_at_once_and_no_more(shop, ana, django_assert_max_num_queries):
    sales = [shop.till.sale(number=f"R{n}", member={"id": ana["id"]}, amount=100) for n in range(1001)]
    answer = shop.till.post("/sales/batch", {"sales": sales})
    assert (answer.code, answer.pointers) == ("invalid", ["/sales"])
    with django_assert_max_num_queries(60):
        told = shop.till.ok("POST", "/sales/batch", {"sales": sales[:1000]})
    assert told["items"][-1]["sale"]["balances"][0]["balance"] == "1000"
    assert shop.till.post("/sales/batch", {"sales": []}).pointers == ["/sales"]


def test_history_is_for_the_office(shop, ana):
    sale = {**shop.till.sale(occurred_at="2021-05-06T12:00:00Z", member={"id": ana["id"]}, amount=900)}
    answer = shop.till.post("/sales/batch", {"sales": [sale], "history": True})
    assert (answer.status, answer.code, answer.pointers) == (403, "forbidden", ["/history"])
    body = {"sales": [{**sale, "store": "S1", "till": "T1"}]}
    [late] = shop.office.ok("POST", "/sales/batch", {**body, "history": False})["items"]
    assert late["problem"]["code"] == "too_late"
    [told] = shop.office.ok("POST", "/sales/batch", {**body, "history": True})["items"]
    assert told["sale"]["movements"][0]["amount"] == "9"
    early = {**body["sales"][0], "occurred_at": "2019-05-06T12:00:00Z"}
    [told] = shop.office.ok("POST", "/sales/batch", {"sales": [early], "history": True})["items"]
    assert told["sale"]["movements"] == []
