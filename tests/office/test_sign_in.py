"""Signing in with a password, staying signed in, signing out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import caches
from django.db import connection

from tests.office.conftest import PASSWORD


def sign_in(client, email, password=PASSWORD, address="203.0.113.7", **more):
    return client.post("/sign-in/", {"username": email, "password": password, **more}, REMOTE_ADDR=address)


def signed_in_as(client):
    return client.session.get("_auth_user_id")


def told(response):
    """The page, without what differs each time."""
    return re.sub(r'value="[^"]*"|/static/\S+', "", response.content.decode())


def test_signs_in_and_goes_to_the_office(client, shop):
    answer = sign_in(client, "Dona@Padaria.example ")
    assert (answer.status_code, answer["Location"]) == (302, "/office/")
    assert signed_in_as(client) == str(shop.owner.pk)


def test_goes_back_to_the_page_that_was_asked_for(client, shop):
    asked = client.get(shop.page)
    assert (asked.status_code, asked["Location"]) == (302, f"/sign-in/?next={shop.page}")
    assert sign_in(client, shop.owner.email, next=shop.page)["Location"] == shop.page


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_goes_nowhere_else(client, shop, elsewhere):
    assert sign_in(client, shop.owner.email, next=elsewhere)["Location"] == "/office/"


def test_an_unknown_account_is_answered_like_a_wrong_password(client, shop, place_for):
    place_for("cashier", email="nova@padaria.example").set_unusable_password()
    gone = place_for("cashier", email="foi@padaria.example")
    gone.is_active = False
    gone.save()
    wrong = sign_in(client, shop.owner.email, "errada errada")
    assert wrong.status_code == 200
    assert "do not go together" in wrong.content.decode()
    for other in ("ninguem@example.com", "nova@padaria.example", gone.email):
        assert told(sign_in(client, other, "errada errada")) == told(wrong)
    assert told(sign_in(client, gone.email, PASSWORD)) == told(wrong)


@pytest.mark.parametrize("account", ["dona@padaria.example", "ninguem@example.com", "link@padaria.example"])
def test_an_unknown_account_costs_as_much_time(client, shop, place_for, monkeypatch, account):
    newcomer = place_for("cashier", email="link@padaria.example")
    newcomer.set_unusable_password()
    newcomer.save()
    hashed = []
    for name in ("encode", "verify"):
        kept = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(
            Argon2PasswordHasher, name, lambda self, *said, kept=kept: hashed.append(1) or kept(self, *said)
        )
    sign_in(client, account, "errada errada")
    assert len(hashed) == 1


def test_five_wrong_tries_and_then_one_waits(client, shop):
    for _ in range(5):
        assert sign_in(client, shop.owner.email, "errada errada").status_code == 200
    refused = sign_in(client, shop.owner.email, PASSWORD)
    assert refused.status_code == 429
    assert "Wait 15 minutes" in refused.content.decode()
    assert signed_in_as(client) is None


def test_an_unknown_account_waits_too(client, shop):
    for _ in range(5):
        sign_in(client, "ninguem@example.com", "errada errada")
    assert sign_in(client, "ninguem@example.com").status_code == 429


def test_others_need_not_wait(client, shop, place_for):
    other = place_for("manager")
    for _ in range(5):
        sign_in(client, shop.owner.email, "errada errada", address="2001:db8:1:2::1")
    # Whoever holds an IPv6 address holds the 2^64 beside it.
    assert sign_in(client, shop.owner.email, address="2001:db8:1:2:ffff::9").status_code == 429
    assert sign_in(client, other.email, address="2001:db8:1:2::1").status_code == 302
    client.logout()
    assert sign_in(client, shop.owner.email, address="2001:db8:1:3::1").status_code == 302


def test_the_right_password_gives_the_tries_back(client, shop):
    for _ in range(3):
        for _ in range(4):
            sign_in(client, shop.owner.email, "errada errada")
        assert sign_in(client, shop.owner.email).status_code == 302
        client.logout()


def test_after_a_quarter_of_an_hour_one_may_try_again(client, shop, monkeypatch):
    monkeypatch.setattr("fiel.doors.tries.FOR", timedelta(seconds=-1))  # as if it had passed
    for _ in range(9):
        assert sign_in(client, shop.owner.email, "errada errada").status_code == 200


def test_tries_are_counted_in_the_database_and_name_nobody(client, shop):
    caches["sign-in"].clear()  # what is undone after a test that commits leaves tables without a model as they are
    sign_in(client, shop.owner.email, "errada errada")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM office_sign_in_tries")
        rows = cursor.fetchall()
    assert len(rows) == 1
    assert shop.owner.email not in str(rows)
    assert "203.0.113" not in str(rows)


def test_a_form_keeps_what_was_typed_but_the_password(client, shop):
    page = sign_in(client, shop.owner.email, "errada errada").content.decode()
    assert shop.owner.email in page
    assert "errada" not in page


def test_signs_out_by_a_button_alone(signed_in):
    assert signed_in.get("/sign-out/").status_code == 405
    assert signed_in_as(signed_in)
    answer = signed_in.post("/sign-out/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in_as(signed_in) is None


def test_half_an_idle_hour_signs_out(signed_in, shop, clock):
    assert signed_in.get(shop.page).status_code == 200
    clock.advance(minutes=29)
    assert signed_in.get(shop.page).status_code == 200
    clock.advance(minutes=30)
    assert signed_in.get(shop.page).status_code == 302


def test_twelve_hours_sign_out_whoever_is_busy(signed_in, shop, clock):
    for _ in range(36):
        assert signed_in.get(shop.page).status_code == 200
        clock.advance(minutes=20)
    assert signed_in.get(shop.page).status_code == 302


def test_a_form_from_elsewhere_does_nothing(shop, client):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(shop.owner)
    answer = strict.post("/sign-out/")
    assert answer.status_code == 403
    assert "open too long" in answer.content.decode()
    assert signed_in_as(strict)


def test_pages_are_kept_by_no_cache(client, signed_in, shop):
    for address in ("/", "/sign-in/", "/password/", "/office/", shop.page):
        assert "no-store" in signed_in.get(address).get("Cache-Control", ""), address
