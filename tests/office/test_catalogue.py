"""The catalogue in the office: what receipts named gets its department."""

from __future__ import annotations

from fiel.catalogue.models import Department, Product, UnknownProduct


def test_products_that_wait_get_their_department(signed_in, bakery):
    page = f"{bakery.page}catalogue/"
    UnknownProduct.objects.bulk_create(
        UnknownProduct(business=bakery.business, code=code, description=name, first_seen_at=bakery.clock.now)
        for code, name in (("789", "Pão de queijo"), ("790", "Sonho"))
    )
    for code, name, parent in (("food", "Comida", ""), ("sweets", "Doces", "food"), ("food", "Comida", "sweets")):
        signed_in.post(page, {"code": code, "name": name, "parent": parent})  # the last would make a circle
    told = [(dash, each.code) for dash, each in signed_in.get(page).context["departments"]]
    assert told == [("", "food"), ("– ", "sweets")]
    signed_in.post(page, {"codes": ["790"], "department": ""})
    signed_in.post(page, {"codes": ["790", "unheard-of"], "department": "sweets"})
    assert [(each.code, each.name, each.department) for each in Product.objects.all()] == [("790", "Sonho", "sweets")]
    assert [each.code for each in signed_in.get(page).context["unknown"]] == ["789"]
    assert Department.objects.get(code="food").parent is None


def test_the_steps_of_a_new_bakery_lead_to_the_programme(signed_in, shop):
    assert f'href="{shop.page}programme/"' in signed_in.get(shop.page).content.decode()


def test_products_are_found_and_changed_many_at_a_time(signed_in, bakery):
    from fiel.catalogue.change import put_departments, put_products
    from fiel.catalogue.models import Product

    put_departments(bakery.business, [("bread", "Pães", None)])
    put_products(bakery.business, [(f"78{n:02}", f"Pão {n}", None, "", ["old"]) for n in range(60)])
    page = f"{bakery.page}catalogue/products/"
    first = signed_in.get(page)
    assert (len(first.context["rows"]), first.context["next"]) == (50, "7849")
    assert [row.code for row in signed_in.get(f"{page}?q=pão 5&after=7849").context["rows"]][:2] == ["7850", "7851"]
    changes = {"codes": ["7801", "7802"], "department": "bread", "brand": "Sol", "tag": "new", "without_tag": "old"}
    signed_in.post(page, changes)
    assert [(row.name, row.brand, row.tags) for row in Product.objects.filter(department="bread")] == [
        ("Pão 1", "Sol", ["new"]),
        ("Pão 2", "Sol", ["new"]),
    ]
    assert len(signed_in.get(f"{page}?department=-&q=780").context["rows"]) == 8
    assert "Tick products" in signed_in.post(page, {"codes": ["7801"]}, follow=True).content.decode()


def test_groups_of_goods_get_their_department(signed_in, bakery):
    from fiel.catalogue.change import put_departments
    from fiel.catalogue.groups import Groups
    from fiel.catalogue.models import GoodsGroup
    from fiel.trail.models import Act

    put_departments(bakery.business, [("bread", "Pães", None)])
    known = Groups(bakery.business.id)
    known.department("ncm", "19059090", "Pão francês")
    known.note_new()
    page = f"{bakery.page}catalogue/groups/"
    [(key, row)] = signed_in.get(page).context["rows"]
    assert row.description == "Pão francês"
    signed_in.post(page, {"groups": [key], "department": "bread"})
    signed_in.post(page, {"code": "2202", "department": "bread"})
    assert signed_in.get(page).context["rows"] == []
    assert sorted(GoodsGroup.objects.values_list("code", "department")) == [("19059090", "bread"), ("2202", "bread")]
    assert Groups(bakery.business.id).department("ncm", "22021000") == "bread"
    assert Act.objects.filter(what="groups.set").count() == 2
