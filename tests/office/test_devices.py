"""Paired devices: one code, one browser; names and PINs; five minutes; and taken back."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from fiel.doors.people import with_counter
from fiel.ops.urls import urlpatterns as doors
from fiel.shops.models import Device, Staff
from fiel.shops.pins import set_pin
from tests.counter.conftest import text
from tests.office.conftest import PASSWORD

PIN = "7249"


@with_counter
def served(request, place):
    """What the counter is told."""
    return HttpResponse(f"{place.cashier} {place.role} {place.store} {place.till} {bool(place.device)}")


urlpatterns = [path("served/<slug:business>/", served), *doors]
pytestmark = pytest.mark.urls("tests.office.test_devices")


@pytest.fixture
def staff(bakery, place_for):
    """Somebody who sells in S1, with a PIN."""
    person = place_for("cashier", email="bia@padaria.example", stores=["S1"])
    person.name = "Bia"
    person.save()
    row = Staff.objects.get(business=bakery.business, person=person)
    set_pin(row, PIN, now=bakery.clock.now)
    row.refresh_from_db()
    return row


@pytest.fixture
def office(bakery):
    client = Client()
    client.force_login(bakery.owner)
    client.post("/account/again/", {"password": PASSWORD})
    return client


def code_for(office, bakery, till="K1", store="S1"):
    page = office.post(f"{bakery.page}devices/", {"name": "Front", "store": store, "till": till}).content.decode()
    return re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}", page)[0]


@pytest.fixture
def till(office, bakery):
    """A browser that is paired with till K1 of store S1."""
    client = Client()
    assert client.post("/pair/", {"code": code_for(office, bakery)})["Location"] == "/pin/"
    return client


def sign_in(till, staff, pin=PIN, **more):
    return till.post("/pin/", {"person": staff.person_id, "pin": pin, **more})


def at_counter(till, **headers):
    return till.get("/served/padaria/", headers=headers)


def test_by_pin_one_serves_at_the_devices_till_under_ones_name(till, staff, bakery):
    asked = at_counter(till)
    assert asked["Location"] == "/pin/?next=/served/padaria/"
    assert sign_in(till, staff, next="/served/padaria/")["Location"] == "/served/padaria/"
    assert at_counter(till).content.decode() == "Bia cashier S1 K1 True"
    assert till.get(bakery.page).status_code == 302
    till.post("/pin/leave/")
    assert at_counter(till).status_code == 302


def test_a_script_is_told_where_to_go(till, client, staff):
    for headers in ({"HX-Request": "true"}, {"Accept": "application/json"}):
        answer = at_counter(till, **headers)
        assert (answer.status_code, answer["HX-Redirect"]) == (401, "/pin/")
        answer = at_counter(client, **headers)
        assert (answer.status_code, answer["HX-Redirect"]) == (401, "/sign-in/")


def test_in_an_ordinary_session_one_serves_too(client, bakery, staff):
    client.force_login(staff.person)
    assert at_counter(client).content.decode() == "Bia cashier S1 counter False"
    client.force_login(bakery.owner)
    assert at_counter(client).content.decode() == "dona@padaria.example owner  counter False"


def test_the_pin_is_asked_for_after_five_minutes_without_use(till, staff, clock):
    sign_in(till, staff)
    for _ in range(3):
        clock.advance(minutes=4)
        assert at_counter(till).status_code == 200
    clock.advance(minutes=5)
    assert at_counter(till).status_code == 302


def test_nothing_is_wrong_with_a_form_that_nobody_has_filled_in(office):
    assert "required" not in text(office.get("/office/padaria/devices/"))
    assert "This field is required" in text(office.post("/office/padaria/devices/", {"name": ""}))


def test_a_code_works_once_and_for_a_quarter_of_an_hour(office, bakery, clock):
    code = code_for(office, bakery)
    assert Client().post("/pair/", {"code": code})["Location"] == "/pin/"
    assert "not good" in Client().post("/pair/", {"code": code}).content.decode()
    code = code_for(office, bakery, till="K2")
    clock.advance(minutes=15)
    assert "not good" in Client().post("/pair/", {"code": code}).content.decode()


def test_codes_are_not_guessed(db, bakery):
    client = Client()
    for _ in range(5):
        assert client.post("/pair/", {"code": "AAAA-AAAA"}).status_code == 200
    assert client.post("/pair/", {"code": "AAAA-AAAA"}).status_code == 429


def test_the_cookie_is_out_of_scripts_reach_and_only_its_hash_is_kept(till):
    cookie = till.cookies["fiel-device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie.value not in str(list(Device.objects.values_list()))


def test_a_device_taken_back_serves_nobody(till, office, bakery, staff):
    sign_in(till, staff)
    device = Device.objects.get(business=bakery.business)
    office.post(f"{bakery.page}devices/{device.id}/revoke/")
    assert at_counter(till)["Location"] == "/sign-in/?next=/served/padaria/"
    assert till.get("/pin/")["Location"] == "/pair/"
    assert office.post(f"{bakery.page}devices/{device.id}/revoke/").status_code == 404


def test_another_businesss_counter_does_not_know_the_device(till, staff, open_shop):
    open_shop(slug="outra", email="outra@example.com")
    sign_in(till, staff)
    assert till.get("/served/outra/")["Location"] == "/sign-in/?next=/served/outra/"


def test_five_wrong_pins_wait_and_ten_lock_until_a_new_one_is_set(till, staff, office, bakery, monkeypatch):
    for _ in range(5):
        assert sign_in(till, staff, "0000").status_code == 200
    assert sign_in(till, staff).status_code == 429
    monkeypatch.setattr("fiel.doors.tries.PLACES", 100)
    for _ in range(5):
        assert sign_in(till, staff, "0000").status_code == 200
    locked = sign_in(till, staff)
    assert (locked.status_code, "locked" in locked.content.decode()) == (429, True)
    office.post(f"{bakery.page}staff/{staff.person_id}/pin/", {"pin": "8351"})
    assert sign_in(till, staff, "8351").status_code == 302


def test_a_new_pin_a_new_role_and_a_new_store_end_it(till, staff, bakery, office):
    changes = ({"role": "marketing"}, {"role": "cashier", "stores": ["S2"]})
    for change in changes:
        sign_in(till, staff)
        assert at_counter(till).status_code == 200
        office.post(f"{bakery.page}staff/{staff.person_id}/", change)
        assert at_counter(till).status_code == 302
        office.post(f"{bakery.page}staff/{staff.person_id}/", {"role": "cashier", "stores": ["S1"]})
    sign_in(till, staff)
    office.post(f"{bakery.page}staff/{staff.person_id}/pin/", {"pin": "8351"})
    assert at_counter(till).status_code == 302


def test_one_changes_ones_own_pin_with_the_old_one(till, staff):
    sign_in(till, staff)
    assert "not right" in till.post("/pin/change/", {"old": "0000", "pin": "8351"}).content.decode()
    assert "not all the same" in till.post("/pin/change/", {"old": PIN, "pin": "5555"}).content.decode()
    assert till.post("/pin/change/", {"old": PIN, "pin": "8351"}).status_code == 302
    assert at_counter(till).status_code == 200
    till.post("/pin/leave/")
    assert sign_in(till, staff).status_code == 200
    assert sign_in(till, staff, "8351").status_code == 302


@pytest.mark.usefixtures("costly_passwords")
def test_only_argon2_of_the_pin_is_kept(staff):
    assert staff.pin.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert PIN not in staff.pin.split("$")[-1][:4]


def test_two_devices_do_not_share_a_till(till, office, bakery):
    answer = office.post(f"{bakery.page}devices/", {"name": "Other", "store": "S1", "till": "K1"})
    assert "Another device has this till" in answer.content.decode()


def test_a_manager_of_one_store_pairs_there_alone(client, till, bakery, place_for):
    client.force_login(place_for("manager", stores=["S2"]))
    assert client.post(f"{bakery.page}devices/", {"name": "X", "store": "S1", "till": "K9"}).context["made"] is None
    assert client.get(f"{bakery.page}devices/").context["rows"] == []
    device = Device.objects.get(business=bakery.business)
    assert client.post(f"{bakery.page}devices/{device.id}/revoke/").status_code == 404
