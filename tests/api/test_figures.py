"""The figures of the reports over the API: a month of sales, as a system of the business's own reads them."""

from __future__ import annotations

from fiel.insight.keep import keep_up
from tests.api.test_lists import walk


def test_figures_are_what_was_sold_page_by_page(shop, clock):
    shop.office.ok("PUT", "/stores", {"items": [{"code": "S2", "tills": [{"code": "T1"}]}]})
    shop.office.enrol(code="ana", phone="11 98765-4321")
    bread = {"product": "B", "department": "bakery", "quantity": "0.500", "amount": 1000}
    milk = {"product": "M", "department": "dairy", "amount": 700, "discount": 100}
    for day, store, member, lines in (
        ("2026-02-27", "S1", {"code": "ana"}, [bread, milk]),
        ("2026-03-01", "S1", {"code": "ana"}, [bread]),
        ("2026-03-01", "S2", None, [milk, milk]),
        ("2026-03-03", "S2", None, [bread]),
    ):
        sale = shop.till.sale(number=f"{store}{day}", occurred_at=f"{day}T12:00:00Z", lines=lines)
        sale |= {"store": store, "till": "T1"} | ({"member": member} if member else {})
        shop.office.ok("POST", "/sales/batch", {"sales": [sale], "history": True})
    assert shop.reader.ok("GET", "/figures/days") == {"items": [], "next_cursor": None, "as_of": None}
    keep_up(shop.business, now=clock.now)

    days = [
        {"day": "2026-02-27", "sales": 1, "total": 1600, "member_sales": 1, "member_total": 1600},
        {"day": "2026-03-01", "sales": 2, "total": 2200, "member_sales": 1, "member_total": 1000},
        {"day": "2026-03-03", "sales": 1, "total": 1000, "member_sales": 0, "member_total": 0},
    ]
    first = shop.reader.ok("GET", "/figures/days?limit=2")
    assert (first["items"], first["as_of"]) == (days[:2], "2026-03-04T12:00:00Z")
    assert walk(shop.reader, "/figures/days", 1) == days
    assert walk(shop.reader, "/figures/days?from=2026-03-01&to=2026-03-01&store=S1", 50) == [
        {"day": "2026-03-01", "sales": 1, "total": 1000, "member_sales": 1, "member_total": 1000}
    ]
    assert walk(shop.reader, "/figures/departments?from=2026-03-01", 1) == [
        {"code": "bakery", "quantity": "1", "total": 2000, "member_total": 1000},
        {"code": "dairy", "quantity": "2", "total": 1200, "member_total": 0},
    ]
    assert walk(shop.key("read", store="S2"), "/figures/products?from=2026-03-02", 1) == [
        {"code": "B", "quantity": "0.5", "total": 1000, "member_total": 0},  # whole months
        {"code": "M", "quantity": "2", "total": 1200, "member_total": 0},
    ]
    assert walk(shop.reader, "/figures/months?from=2026-02-01", 1) == [
        {"month": "2026-02", "active": 1, "visits": 1, "new": 1, "lapsed": 0},
        {"month": "2026-03", "active": 1, "visits": 1, "new": 0, "lapsed": 0},
    ]
    moved = walk(shop.reader, "/figures/units?from=2026-02-01", 1)
    assert [(each["unit"], each["month"], each["given"], each["spent"]) for each in moved] == [
        ("points", "2026-02", "16", "0"),
        ("points", "2026-03", "10", "0"),
    ]
    assert [(each["unit"], each["amount"]) for each in walk(shop.reader, "/figures/owed", 1)] == [("points", "26")]

    assert shop.reader.get("/figures/days?from=2026-03-02&to=2026-03-01").code == "invalid"
    assert shop.reader.get("/figures/days?from=2020-01-01").code == "invalid"
    assert shop.key("read", store="S2").get("/figures/days?store=S1").code == "forbidden"
    assert walk(shop.reader, "/figures/days?store=nowhere", 50) == []
