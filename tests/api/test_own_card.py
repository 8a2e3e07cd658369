"""Nobody credits their own card: not at a till, not afterwards."""

from __future__ import annotations

import pytest
from django.test import Client

from fiel.shops.models import Person, Staff

PHONE = "+5511987654321"


@pytest.fixture
def maria(shop, clock):
    """Maria serves, and is a customer; the owner has said which."""
    member = shop.till.enrol(phone=PHONE, name="Maria Lima")
    person = Person.objects.create_user("maria@padaria.example", None, created_at=clock.now, name="Maria")
    Staff.objects.create(business=shop.business, person=person, role="cashier", since=clock.now)
    owner = Client()
    owner.force_login(Person.objects.get(email="owner@example.com"))
    address = f"/office/padaria/staff/{person.pk}/card/"
    assert owner.post(address, {"q": "11 90000-0000"}, follow=True).context["row"].member_id is None
    assert owner.post(address, {"q": "(11) 98765-4321"}).status_code == 302
    return member


@pytest.mark.parametrize("cashier", ["Maria", "MARIA", "maria@padaria.example"])
def test_a_sale_to_oneself_is_kept_and_counts_for_nobody(shop, maria, cashier):
    sale = shop.till.sale(member={"phone": PHONE}, amount=900, cashier=cashier)
    told = shop.till.post("/sales", sale).body
    assert (told["member"], told["movements"]) == (None, [])
    assert [alert["code"] for alert in told["alerts"]] == ["own_account"]
    linked = shop.till.post(f"/sales/{told['id']}/member", {"id": maria["id"]})
    assert (linked.status, linked.code) == (403, "forbidden")


def test_at_a_colleagues_till_it_counts(shop, maria):
    told = shop.till.post("/sales", shop.till.sale(member={"phone": PHONE}, amount=900, cashier="Joana")).body
    assert [movement["amount"] for movement in told["movements"]] == ["9"]
