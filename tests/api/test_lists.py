"""Lists: a page at a time, whole and in order whatever the page's size, at a constant number of queries."""

from __future__ import annotations

import pytest


def walk(till, path, limit):
    """All items of a list, page after page."""
    items, cursor, pages = [], "", 0
    mark = "&" if "?" in path else "?"
    while cursor is not None:
        told = till.ok("GET", f"{path}{mark}limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        assert len(told["items"]) <= limit
        items, cursor, pages = items + told["items"], told["next_cursor"], pages + 1
        assert pages < 100
    return items


@pytest.fixture
def busy(shop, clock):
    """A shop with 23 members, all with a card and a consent; the first has 23 sales of two units."""
    units = [{"code": "points", "kind": "points"}, {"code": "stamps", "kind": "stamps"}]
    earn = [
        {"code": "all", "unit": "points", "give": "1", "per": "1.00"},
        {"code": "visit", "unit": "stamps", "give": "1", "basis": "sale"},
    ]
    document = {"name": "Clube", "currency": "BRL", "timezone": "America/Sao_Paulo", "units": units, "earn": earn}
    shop.office.publish(document, version=1)
    members = []
    for n in range(23):
        body = {"code": f"m{n:02}", "name": f"Ana {n}", "card": "new", "consents": {"marketing": True}}
        members.append(shop.till.enrol(**body, phone=f"11 98765-43{n:02}"))
        clock.advance(minutes=n % 2)  # some at the same moment
    shop.first = members[0]["id"]
    for n in range(23):
        number = "Z" if n % 2 else f"R{n}"
        clock.advance(days=n % 2)
        shop.till.sell(number=number, occurred_at=clock.now.isoformat(), member={"code": "m00"}, amount=100 + n)
    shop.office.ok("PUT", "/departments", {"items": [{"code": f"d{n:02}"} for n in range(23)]})
    shop.office.ok("PUT", "/products", {"items": [{"code": f"p{n:02}", "department": "d01"} for n in range(23)]})
    stores = [{"code": f"s{n:02}", "tills": [{"code": "T1"}, {"code": "T2", "name": "Bar"}]} for n in range(21)]
    shop.office.ok("PUT", "/stores", {"items": stores})
    return shop


PATHS = [
    "/members",
    "/members/{}/entries",
    "/members/{}/sales",
    "/sales?number=Z",
    "/departments",
    "/products",
    "/stores",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_list_is_the_same_whatever_its_pages(busy, path):
    path = path.format(busy.first)
    all_at_once = walk(busy.till, path, 200)
    assert len(all_at_once) == (46 if "entries" in path else 11 if "number" in path else 23)
    for limit in (1, 7, len(all_at_once) - 1, len(all_at_once)):
        assert walk(busy.till, path, limit) == all_at_once
    assert busy.till.ok("GET", path)["items"] == all_at_once[:50]


def test_lists_have_their_order(busy):
    first = busy.first
    members = walk(busy.till, "/members", 200)
    assert members == sorted(members, key=lambda each: (each["updated_at"], each["id"]))
    for path in (f"/members/{first}/sales", "/sales?number=Z"):
        sales = walk(busy.till, path, 200)
        assert sales == sorted(sales, key=lambda each: (each["occurred_at"], each["id"]), reverse=True)
    entries = walk(busy.till, f"/members/{first}/entries", 200)
    assert [entry["number"] for entry in entries if entry["unit"] == "points"] == list(range(23, 0, -1))
    for path in ("/departments", "/products", "/stores"):
        codes = [each["code"] for each in walk(busy.till, path, 200)]
        assert codes == sorted(codes)


def test_members_that_changed_since(busy, clock):
    last = walk(busy.till, "/members", 200)[-1]
    since = last["updated_at"]
    assert [each["id"] for each in walk(busy.till, f"/members?updated_since={since}", 200)][-1] == last["id"]
    clock.advance(days=1)
    busy.till.patch(f"/members/{busy.first}", {"name": "Bia"})
    now = clock.now.isoformat().replace("+00:00", "Z")
    assert [each["id"] for each in walk(busy.till, f"/members?updated_since={now}", 1)] == [busy.first]


@pytest.mark.parametrize("path", [*PATHS, "/me", "/programme", "/members/{}"])
def test_a_page_costs_as_many_queries_as_one_item(busy, path, django_assert_num_queries, django_assert_max_num_queries):
    path = path.format(busy.first)
    if path in ("/me", "/programme", f"/members/{busy.first}"):
        with django_assert_max_num_queries(10):
            busy.till.get(path)
        return
    mark = "&" if "?" in path else "?"
    busy.till.get(f"{path}{mark}limit=1")  # rules are compiled once
    with django_assert_max_num_queries(12) as one:
        busy.till.get(f"{path}{mark}limit=1")
    with django_assert_num_queries(len(one)):
        busy.till.get(f"{path}{mark}limit=50")


def test_a_lookup_and_a_sale_cost_few_queries(busy, clock, django_assert_max_num_queries):
    with django_assert_max_num_queries(21):
        busy.till.ok("POST", "/members/lookup", {"q": "11 98765-4300"})
    sale = busy.till.sale(number="N1", occurred_at=clock.now.isoformat(), member={"code": "m00"})
    with django_assert_max_num_queries(45):
        busy.till.ok("POST", "/sales", sale)
