"""The staff: who is invited, joins, changes and goes; and what nobody may do."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client

from fiel.shops.models import Person, Staff
from fiel.trail.models import Act
from tests.office.conftest import PASSWORD

EMAIL = "bia@padaria.example"


@pytest.fixture
def signed_in(signed_in):
    """The owner, who has just proved again that it is them."""
    return again(signed_in)


def again(browser):
    assert browser.post("/account/again/", {"password": PASSWORD}).status_code == 302
    return browser


def invited(browser, shop, email=EMAIL, role="cashier", stores=()):
    """Invites somebody; the link in the letter."""
    answer = browser.post(f"{shop.page}staff/", {"email": email, "role": role, "stores": list(stores)})
    assert answer.status_code == 302, answer.content.decode()
    return re.findall(r"http://\S+(/join/\S+)", mail.outbox[-1].body)[0]


def joined(link, name="Bia", password=PASSWORD):
    client = Client()
    return client, client.post(link, {"name": name, "password": password})


def row(shop, email=EMAIL):
    return Staff.objects.get(business=shop.business, person__email=email)


def acts(shop):
    return list(Act.objects.filter(business=shop.business).order_by("number").values_list("what", "who"))


def test_who_is_invited_joins_with_a_name_and_a_password(signed_in, bakery):
    link = invited(signed_in, bakery, " Bia@Padaria.example ", stores=["S2"])
    assert mail.outbox[-1].to == [EMAIL]
    for _ in range(2):  # looking uses nothing up
        assert "Join Padaria Sol" in Client().get(link).content.decode()
    client, answer = joined(link)
    assert answer["Location"] == "/office/"
    assert client.get(bakery.page).status_code == 200
    assert (row(bakery).role, row(bakery).stores, str(row(bakery).person)) == ("cashier", ["S2"], "Bia")
    assert Client().post("/sign-in/", {"username": EMAIL, "password": PASSWORD}).status_code == 302
    assert acts(bakery)[-2:] == [("staff.invited", bakery.owner.email), ("staff.joined", EMAIL)]


def test_a_link_works_once_for_a_week_and_until_another_is_sent(signed_in, bakery, clock):
    link = invited(signed_in, bakery)
    clock.advance(days=7)
    assert Client().get(link).status_code == 404
    signed_in = Client()
    signed_in.force_login(bakery.owner)
    again = signed_in.get(f"{bakery.page}staff/").context["asked"][0][0]
    signed_in.post(f"{bakery.page}staff/invitations/{again.id}/")
    new = re.findall(r"http://\S+(/join/\S+)", mail.outbox[-1].body)[0]
    assert Client().get(link).status_code == 404
    assert joined(new)[1].status_code == 302
    assert joined(new)[1].status_code == 404
    assert Person.objects.filter(email=EMAIL).count() == 1


def test_an_invitation_is_taken_back(signed_in, bakery):
    link = invited(signed_in, bakery)
    asked = signed_in.get(f"{bakery.page}staff/").context["asked"][0][0]
    address = f"{bakery.page}staff/invitations/{asked.id}/"
    signed_in.post(address, {"revoke": "1"})
    assert joined(link)[1].status_code == 404
    assert signed_in.post(address).status_code == 404
    assert not Person.objects.filter(email=EMAIL).exists()


def test_who_has_a_password_signs_in_before_joining(signed_in, bakery, open_shop):
    other = open_shop(slug="outra", email=EMAIL)
    link = invited(signed_in, bakery)
    stranger, answer = joined(link, password="another password 9")
    assert answer.status_code == 200
    assert "sign in with it first" in answer.content.decode()
    other.owner.refresh_from_db()
    assert other.owner.check_password(PASSWORD)
    assert "Sign out" in signed_in.get(link).content.decode()
    signed_in.post(link)
    assert not Staff.objects.filter(business=bakery.business, person=other.owner).exists()
    stranger.force_login(other.owner)
    assert stranger.post(link)["Location"] == "/office/"
    assert row(bakery).person == other.owner


@pytest.mark.parametrize("weak", ["curta", "password123", "1234567890123", "bia@padaria"])
def test_weak_passwords_are_refused(signed_in, bakery, weak):
    answer = joined(invited(signed_in, bakery), password=weak)[1]
    assert answer.status_code == 200
    assert "invalid-feedback" in answer.content.decode()
    assert not Person.objects.filter(email=EMAIL).exists()


def test_who_works_here_is_not_invited_again(signed_in, bakery):
    answer = signed_in.post(f"{bakery.page}staff/", {"email": bakery.owner.email, "role": "cashier"})
    assert "works here already" in answer.content.decode()
    assert mail.outbox == []


def test_a_new_role_holds_from_the_next_page_on(client, signed_in, bakery, place_for):
    bia = place_for("auditor", email=EMAIL)
    theirs = Client()
    theirs.force_login(bia)
    assert theirs.get(f"{bakery.page}trail/").status_code == 200
    signed_in.post(f"{bakery.page}staff/{bia.pk}/", {"role": "cashier", "stores": ["S1"]})
    assert theirs.get(f"{bakery.page}trail/").status_code == 403
    signed_in.post(f"{bakery.page}staff/{bia.pk}/remove/")
    assert theirs.get(bakery.page).status_code == 404
    changed, removed = Act.objects.filter(business=bakery.business, what__startswith="staff").order_by("number")
    assert changed.before == {"role": "auditor", "stores": []}
    assert changed.after == {"role": "cashier", "stores": ["S1"]}
    assert (removed.what, removed.before["email"]) == ("staff.removed", EMAIL)


def test_the_last_owner_stays(signed_in, bakery, place_for):
    address = f"{bakery.page}staff/{bakery.owner.pk}/"
    assert "at least one owner" in signed_in.post(address, {"role": "manager"}).content.decode()
    assert "at least one owner" in signed_in.post(f"{address}remove/", follow=True).content.decode()
    assert row(bakery, bakery.owner.email).role == "owner"
    place_for("owner", email=EMAIL)
    assert signed_in.post(f"{address}remove/")["Location"] == f"{bakery.page}staff/"
    assert signed_in.get(bakery.page).status_code == 404


def test_a_manager_makes_and_touches_no_owner(client, bakery, place_for):
    client.force_login(place_for("manager"))
    again(client)
    owner = f"{bakery.page}staff/{bakery.owner.pk}/"
    assert client.post(f"{bakery.page}staff/", {"email": EMAIL, "role": "owner"}).status_code == 200
    assert client.post(owner, {"role": "cashier"}).status_code == 200
    client.post(f"{owner}remove/")
    assert client.post(f"{owner}pin/", {"pin": "7249"}).status_code == 403
    mine = Staff.objects.get(business=bakery.business, role="manager").person_id
    assert client.post(f"{bakery.page}staff/{mine}/", {"role": "owner"}).status_code == 200
    assert (row(bakery, bakery.owner.email).role, row(bakery, bakery.owner.email).pin) == ("owner", "")
    assert Staff.objects.filter(business=bakery.business, role="owner").count() == 1
    assert mail.outbox == []


def test_a_change_of_role_is_kept_until_one_has_proved_again_that_it_is_oneself(client, bakery, place_for):
    bia = place_for("cashier", email=EMAIL)
    client.force_login(bakery.owner)
    address = f"{bakery.page}staff/{bia.pk}/"
    asked = client.post(address, {"role": "manager"})
    assert asked["Location"] == f"/account/again/?next={quote(address, safe='')}"
    assert row(bakery).role == "cashier"
    assert "not right" in client.post(asked["Location"], {"password": "wrong", "next": address}).content.decode()
    assert client.post(asked["Location"], {"password": PASSWORD, "next": address}).status_code == 302
    assert row(bakery).role == "manager"


def test_stores_of_another_business_are_none(signed_in, bakery, open_shop):
    from fiel.shops.opening import put_store

    put_store(open_shop(slug="outra", email="outra@example.com").business, "X1")
    answer = signed_in.post(f"{bakery.page}staff/", {"email": EMAIL, "role": "cashier", "stores": ["X1"]})
    assert answer.status_code == 200
    assert mail.outbox == []


def test_the_trail_is_read_page_by_page_and_searched(signed_in, bakery, monkeypatch):
    from fiel.trail.note import note

    for number in range(60):
        note(bakery.business.id, "reward.set", about=f"toast-{number}", after={"price": number}, now=bakery.clock.now)
    page = signed_in.get(f"{bakery.page}trail/").content.decode()
    assert "Reward changed" in page
    assert "toast-59" in page
    assert "toast-3<" not in page
    (earlier,) = re.findall(r'href="(\?before=[^"]+)"', page)
    assert "toast-3<" in signed_in.get(f"{bakery.page}trail/{earlier.replace('&amp;', '&')}").content.decode()
    found = signed_in.get(f"{bakery.page}trail/?q=toast-17").content.decode()
    assert "toast-17<" in found
    assert "toast-59" not in found

    # Where there are very many, a page looks through some of them, and the next one looks on.
    monkeypatch.setattr("fiel.doors.office.trail._LOOKED_THROUGH", 20)
    pages = [signed_in.get(f"{bakery.page}trail/?q=toast-17").content.decode()]
    while earlier := re.findall(r'href="(\?before=[^"]+)"', pages[-1]):
        pages.append(signed_in.get(f"{bakery.page}trail/{earlier[0].replace('&amp;', '&')}").content.decode())
    assert ["toast-17<" in each for each in pages[:3]] == [False, False, True]
    assert "there is more before that" in pages[0]
    assert "there is more before that" not in pages[-1]
