"""Stores, departments and products over the API: in bulk, all or none."""

from __future__ import annotations

import pytest


def put(shop, path, *items):
    return shop.office.put(path, {"items": list(items)})


def counts(new=0, changed=0, unchanged=0):
    return {"new": new, "changed": changed, "unchanged": unchanged}


def test_stores_with_their_tills(shop):
    first = {"code": "S3", "name": "Centro", "timezone": "America/Manaus", "tax_id": "12", "tills": [{"code": "T1"}]}
    assert put(shop, "/stores", first, {"code": "S1"}).body == counts(new=1, unchanged=1)
    assert put(shop, "/stores", first).body == counts(unchanged=1)
    changed = {**first, "name": None, "tills": [{"code": "T2", "name": "Bar"}]}
    assert put(shop, "/stores", changed).body == counts(changed=1)
    assert shop.till.ok("GET", "/stores")["items"][-1] == {
        "code": "S3",
        "name": "",
        "timezone": "America/Manaus",
        "tax_id": "12",
        "tills": [{"code": "T1", "name": ""}, {"code": "T2", "name": "Bar"}],
    }


def test_tills_make_themselves_known(shop):
    shop.till.sell()
    assert shop.till.ok("GET", "/stores")["items"][0]["tills"] == [{"code": "T1", "name": ""}]


@pytest.mark.parametrize(
    ("items", "pointers"),
    [
        ([{"code": "A"}, {"code": "B", "timezone": "Mars/Olympus"}], ["/items/1/timezone"]),
        ([{"code": "A"}, {"code": "A"}], ["/items/0/code", "/items/1/code"]),
        ([{"code": "A", "tills": [{"code": "T"}, {"code": "T"}]}], ["/items/0/tills"]),
        ([{"code": ""}], ["/items/0/code"]),
        ([{"code": "A", "colour": "red"}], ["/items/0/colour"]),
        ([], ["/items"]),
    ],
)
def test_stores_that_cannot_be_right(shop, items, pointers):
    answer = put(shop, "/stores", *items)
    assert (answer.code, answer.pointers) == ("invalid", pointers)
    assert [each["code"] for each in shop.till.ok("GET", "/stores")["items"]] == ["S1", "S2"]


def test_the_names_of_time_zones_are_read_once_for_many_stores(shop, monkeypatch):
    """The system's folder of them, which took 3 s for 1,000 stores."""
    read = []
    monkeypatch.setattr("fiel.shops.change.available_timezones", lambda: read.append(1) or {"America/Manaus"})
    stores = [{"code": str(number), "timezone": "America/Manaus"} for number in range(20)]
    assert put(shop, "/stores", *stores).body == counts(new=20)
    assert read == [1]


def test_departments_form_a_tree(shop):
    bread = {"code": "bread", "parent": "bakery"}
    answer = put(shop, "/departments", bread, {"code": "bakery", "name": "Padaria", "parent": "food"}, {"code": "food"})
    assert answer.body == counts(new=3)
    assert put(shop, "/departments", bread, {"code": "bakery", "parent": "food"}).body == counts(changed=1, unchanged=1)
    assert shop.till.ok("GET", "/departments")["items"] == [
        {"code": "bakery", "name": "", "parent": "food"},
        {"code": "bread", "name": "", "parent": "bakery"},
        {"code": "food", "name": "", "parent": None},
    ]
    # Turned over at once: what was below is now above.
    turned = put(shop, "/departments", {"code": "food", "parent": "bread"}, {"code": "bread"}, {"code": "bakery"})
    assert turned.body == counts(changed=3)


def chain(levels):
    return [{"code": "d0"}, *({"code": f"d{n}", "parent": f"d{n - 1}"} for n in range(1, levels))]


@pytest.mark.parametrize(
    ("items", "pointers"),
    [
        ([{"code": "a", "parent": "nowhere"}], ["/items/0/parent"]),
        ([{"code": "a", "parent": "a"}], ["/items/0/parent"]),
        ([{"code": "b", "parent": "a"}, {"code": "a", "parent": "b"}], ["/items/0/parent", "/items/1/parent"]),
        ([{"code": "top", "parent": "below"}], ["/items/0/parent"]),
        ([{"code": "x"}, {"code": "x", "name": "X"}], ["/items/1/code"]),
        ([{"code": "x", "parent": "y"}, {"code": "y", "parent": "z"}], ["/items/0/parent", "/items/1/parent"]),
        (chain(21), ["/items/20/parent"]),
    ],
)
def test_departments_that_cannot_be_right(shop, items, pointers):
    put(shop, "/departments", {"code": "top"}, {"code": "below", "parent": "top"})
    answer = put(shop, "/departments", {"code": "fine"}, *items)
    pointers = [f"/items/{int(pointer.split('/')[2]) + 1}/{pointer.split('/')[3]}" for pointer in pointers]
    assert (answer.code, answer.pointers) == ("invalid", pointers)
    assert [each["code"] for each in shop.till.ok("GET", "/departments")["items"]] == ["below", "top"]


def test_twenty_levels_and_the_same_row_twice_are_no_fault(shop):
    assert put(shop, "/departments", *chain(20), {"code": "d0"}).body == counts(new=20, unchanged=1)


def test_products(shop):
    put(shop, "/departments", {"code": "bakery"})
    bread = {"code": "789", "name": "Pão", "department": "bakery", "brand": "Own", "tags": ["fresh", "daily"]}
    assert put(shop, "/products", bread, {"code": "X"}).body == counts(new=2)
    assert put(shop, "/products", bread, {"code": "X", "brand": "Y"}).body == counts(changed=1, unchanged=1)
    assert shop.till.ok("GET", "/products")["items"] == [
        bread,
        {"code": "X", "name": "", "department": None, "brand": "Y", "tags": []},
    ]


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({"code": "P", "department": "nowhere"}, "/items/1/department"),
        ({"code": "P", "tags": ["a,b"]}, "/items/1/tags/0"),
        ({"code": "P", "tags": ["x" * 41]}, "/items/1/tags/0"),
        ({"code": "P" * 65}, "/items/1/code"),
        ({"code": "fine", "name": "other"}, "/items/1/code"),
    ],
)
def test_products_that_cannot_be_right(shop, item, pointer):
    answer = put(shop, "/products", {"code": "fine"}, item)
    assert (answer.code, answer.pointers) == ("invalid", [pointer])
    assert shop.till.ok("GET", "/products")["items"] == []


def test_the_catalogue_says_what_a_line_is(shop):
    from fiel.catalogue.models import UnknownProduct

    till = shop.till
    sold = till.sell(lines=[{"amount": 100, "product": "789", "department": "misc", "brand": "Z"}])
    assert till.ok("GET", f"/sales/{sold['id']}")["lines"][0]["department"] == "misc"
    assert UnknownProduct.objects.filter(code="789").exists()
    put(shop, "/departments", {"code": "bakery"})
    put(shop, "/products", {"code": "789", "department": "bakery", "tags": ["fresh"]})
    assert not UnknownProduct.objects.exists()
    sold = till.sell(number="R2", lines=[{"amount": 100, "product": "789", "department": "misc", "brand": "Z"}])
    [line] = till.ok("GET", f"/sales/{sold['id']}")["lines"]
    assert (line["department"], line["brand"], line["tags"]) == ("bakery", "Z", ["fresh"])


def test_a_large_catalogue_costs_few_queries(shop, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        departments = [{"code": f"d{n}", "parent": f"d{n // 10}" if n > 9 else None} for n in range(2000)]
        assert put(shop, "/departments", *departments).body == counts(new=2000)
    with django_assert_max_num_queries(15):
        products = [{"code": f"p{n}", "department": f"d{n % 2000}", "tags": ["a"]} for n in range(10_000)]
        assert put(shop, "/products", *products).body == counts(new=10_000)
    assert put(shop, "/products", *products, {"code": "one more"}).pointers == ["/items"]


# Groups of goods, as fiscal files name them


def test_groups_of_goods(shop):
    put(shop, "/departments", {"code": "bakery"})
    rows = [{"scheme": "ncm", "code": "1905", "department": "bakery"}, {"scheme": "group", "code": "Padaria"}]
    assert put(shop, "/groups", *rows).body == counts(new=2)
    assert put(shop, "/groups", {**rows[1], "department": "bakery"}, rows[0]).body == counts(changed=1, unchanged=1)
    first = shop.till.ok("GET", "/groups?limit=1")
    second = shop.till.ok("GET", f"/groups?limit=1&cursor={first['next_cursor']}")
    assert [*first["items"], *second["items"]] == [
        {"scheme": "group", "code": "Padaria", "department": "bakery", "description": ""},
        {"scheme": "ncm", "code": "1905", "department": "bakery", "description": ""},
    ]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({"scheme": "ncm", "code": "22", "department": "nowhere"}, "/items/1/department"),
        ({"scheme": "colour", "code": "22"}, "/items/1/scheme"),
        ({"scheme": "ncm", "code": "x" * 51}, "/items/1/code"),
    ],
)
def test_groups_that_cannot_be_right(shop, item, pointer):
    answer = put(shop, "/groups", {"scheme": "ncm", "code": "19"}, item)
    assert (answer.code, answer.pointers) == ("invalid", [pointer])
    assert shop.till.ok("GET", "/groups")["items"] == []
