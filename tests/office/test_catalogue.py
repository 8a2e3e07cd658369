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
