"""The worked examples of "how points are counted", as tills send them: one per way of working."""

from __future__ import annotations

import pytest

from tests.api.conftest import LONG_AGO, open_shop
from tests.api.till import Till

NOVEMBER = "2026-11-30T12:00:00Z"


@pytest.fixture
def counted(db, clock):
    """Opens a shop with these rules, enrols Ana, and gives what her receipts earn, with their answers."""

    def count(rules, *sales, departments=(), member=None, timezone="America/Sao_Paulo", currency="BRL"):
        shop = open_shop("loja", currency=currency, timezone=timezone)
        clock.set(LONG_AGO)
        shop.office.publish({"name": "Clube", "currency": currency, "timezone": timezone, **rules})
        shop.office.ok("PUT", "/stores", {"items": [{"code": "S1"}]})
        if departments:
            shop.office.ok("PUT", "/departments", {"items": [{"code": code} for code in departments]})
        clock.set(NOVEMBER)
        till: Till = shop.key("till", store="S1", till="T1")
        till.enrol(code="ana", name="Ana", joined="2026-01-02", **(member or {}))
        answers = []
        for number, sale in enumerate(sales, 1):
            clock.set(sale.get("occurred_at", NOVEMBER))
            body = {"number": f"R{number}", "occurred_at": NOVEMBER, "member": {"code": "ana"}, **sale}
            answers.append(till.ok("POST", "/sales", body))
        return answers

    return count


def given(answer):
    return [unit["given"] for unit in answer["units"]]


@pytest.mark.parametrize(("round_per", "points"), [("sale", "33"), ("line", "31")])
def test_1_supermarket_points_by_department(counted, round_per, points):
    earn = [
        {"code": "bakery", "unit": "points", "give": "1", "per": "1.00", "items": {"departments": ["bakery"]}},
        {"code": "butcher", "unit": "points", "give": "1", "per": "2.00", "items": {"departments": ["butcher"]}},
        {"code": "rest", "unit": "points", "give": "1", "per": "5.00"},
        {"code": "tobacco", "unit": "points", "give": "0", "items": {"departments": ["tobacco"]}},
    ]
    lines = [
        {"department": "bakery", "amount": 790},
        {"department": "butcher", "amount": 4100},
        {"department": "drinks", "amount": 2350},
        {"department": "tobacco", "amount": 1500},
    ]
    rules = {"units": [{"code": "points", "kind": "points", "round_per": round_per}], "earn": earn}
    [answer] = counted(rules, {"lines": lines}, departments=["bakery", "butcher", "drinks", "tobacco"])
    assert given(answer) == [points]
    assert [reason["gives"] for reason in answer["reasons"]] == ["7.9", "20.5", "4.7", "0"]
    assert answer["units"][0]["exact"] == "33.1"


def test_2_travel_agency_services_seasons_customer_types(counted):
    rules = {
        "units": [{"code": "points", "kind": "points"}],
        "seasons": [{"code": "low", "from": "10-15", "to": "03-31"}],
        "earn": [{"code": "all", "unit": "points", "give": "1", "per": "10.00"}],
        "boosts": [
            {"code": "low-season", "factor": "2", "when": {"seasons": ["low"]}},
            {"code": "companies", "factor": "0.5", "when": {"types": ["company"]}},
        ],
    }
    sale = {"lines": [{"amount": 86000}], "occurred_at": "2026-11-03T10:00:00Z"}
    [answer] = counted(rules, sale, member={"types": ["company"]}, timezone="Europe/Lisbon", currency="EUR")
    assert given(answer) == ["86"]
    assert answer["reasons"][0]["factors"] == [
        {"code": "low-season", "factor": "2"},
        {"code": "companies", "factor": "0.5"},
    ]


@pytest.mark.parametrize(("rounding", "points", "carry"), [("carry", "012", "000"), ("floor", "001", "000")])
def test_6_ice_cream_shop_recognition(counted, rounding, points, carry):
    rules = {
        "units": [{"code": "points", "kind": "points", "rounding": rounding, "visible": False}],
        "earn": [{"code": "all", "unit": "points", "give": "1", "per": "20.00"}],
    }
    answers = counted(rules, *({"lines": [{"amount": amount}]} for amount in (1900, 1900, 2200)))
    assert [given(answer)[0] for answer in answers] == list(points)
    carried = ["0.95", "0.9", "0"] if rounding == "carry" else ["0", "0", "0"]
    assert [answer["units"][0]["carry"] for answer in answers] == carried
    assert answers[-1]["balances"][0]["balance"] == str(sum(map(int, points)))
    assert answers[-1]["message"] == "Thank you, Ana."


@pytest.mark.parametrize(("discounted", "points"), [("skip", []), ("count", ["9"])])
def test_7_retail_with_vat(counted, discounted, points):
    rules = {
        "amounts": "tax_excluded",
        "discounted_lines": discounted,
        "units": [{"code": "points", "kind": "points"}],
        "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
    }
    sale = {"lines": [{"amount": 1230, "discount": 123, "tax_rate": "23"}]}
    [answer] = counted(rules, sale, timezone="Europe/Lisbon", currency="EUR")
    assert given(answer) == points


def test_8_quantity_multiples(counted):
    rules = {
        "units": [{"code": "points", "kind": "points"}],
        "earn": [{"code": "threes", "unit": "points", "give": "5", "per": "3", "basis": "quantity", "whole": True}],
    }
    [answer] = counted(rules, {"lines": [{"amount": 5000, "quantity": 5}, {"amount": 3000, "quantity": "3"}]})
    assert given(answer) == ["10"]
    assert [reason["counted"] for reason in answer["reasons"]] == ["5", "3"]
    assert [reason["gives"] for reason in answer["reasons"]] == ["6.25", "3.75"]
