"""The second step of signing in, a forgotten password, where one is signed in, and opening a business oneself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time

import pytest
from django.core import mail
from django.test import Client

from fiel.shops.models import Business, Person
from tests.office.conftest import PASSWORD


def code_of(secret, steps=0):
    """What an authenticator app shows (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def sign_in(client, email, password=PASSWORD):
    return client.post("/sign-in/", {"username": email, "password": password})


@pytest.fixture
def at_once(settings):
    """What a worker would do is done at once."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def app(client, shop):
    """The owner's app: its secret. The owner is then signed out."""
    sign_in(client, shop.owner.email)
    page = client.get("/account/app/").content.decode()
    (secret,) = re.findall(r'id="secret">([A-Z2-7]+)<', page)
    assert "not right" in client.post("/account/app/", {"code": "000000"}).content.decode()
    answer = client.post("/account/app/", {"code": code_of(secret, -1)})
    assert answer["Location"] == "/account/recovery-codes/"
    client.logout()
    return secret


def test_whoever_has_none_is_led_to_set_one_up_and_nowhere_else(client, shop, settings):
    settings.SECOND_STEP = "required"
    sign_in(client, shop.owner.email)
    for address in ("/office/", shop.page, f"{shop.page}staff/", "/counter/"):
        assert client.get(address)["Location"] == "/account/", address
    page = client.get("/account/app/").content.decode()
    (secret,) = re.findall(r'id="secret">([A-Z2-7]+)<', page)
    client.post("/account/app/", {"code": code_of(secret)})
    assert client.get(shop.page).status_code == 200


def test_password_then_code(client, shop, app):
    assert sign_in(client, shop.owner.email)["Location"] == "/account/code/"
    assert client.get(shop.page).status_code == 302
    assert "not right" in client.post("/account/code/", {"code": "000000"}).content.decode()
    assert client.post("/account/code/", {"code": code_of(app)})["Location"] == "/office/"
    assert client.get(shop.page).status_code == 200


def test_a_code_works_once(client, shop, app):
    from django.core.cache import cache

    code = code_of(app)
    sign_in(client, shop.owner.email)
    assert client.post("/account/code/", {"code": code}).status_code == 302
    cache.clear()  # as another process would see it
    other = Client()
    sign_in(other, shop.owner.email)
    assert "used already" in other.post("/account/code/", {"code": code}).content.decode()


def test_five_wrong_codes_and_then_one_waits(client, shop, app):
    sign_in(client, shop.owner.email)
    for _ in range(5):
        assert "not right" in client.post("/account/code/", {"code": "000000"}).content.decode()
    assert "Too many wrong tries" in client.post("/account/code/", {"code": code_of(app)}).content.decode()
    assert client.get(shop.page).status_code == 302


def test_a_recovery_code_opens_once(client, shop, app):
    sign_in(client, shop.owner.email)
    client.post("/account/code/", {"code": code_of(app)})
    page = client.get("/account/recovery-codes/").content.decode()
    code, *others = re.findall(r"<li>(\d{8})</li>", page)
    assert len(others) == 9
    client.logout()
    sign_in(client, shop.owner.email)
    assert client.post("/account/code/", {"code": code}).status_code == 302
    client.logout()
    sign_in(client, shop.owner.email)
    assert client.post("/account/code/", {"code": code}).status_code == 200


def test_a_one_time_link_does_not_go_round_the_second_step(client, shop, app):
    from fiel.shops.opening import make_sign_in_link

    link = make_sign_in_link(shop.owner, public_url="", now=shop.clock.now) + "/"
    assert client.post(link)["Location"] == "/account/code/"
    assert client.get("/password/").status_code == 302
    assert client.post("/account/code/", {"code": code_of(app)})["Location"] == "/password/"
    assert "old_password" not in client.get("/password/").content.decode()


def test_the_apps_secret_is_not_kept_in_clear(app):
    from allauth.mfa.models import Authenticator

    assert app not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_signs_out_everywhere_else(client, shop):
    other = Client(HTTP_USER_AGENT="Firefox on a stolen phone")
    sign_in(client, shop.owner.email)
    sign_in(other, shop.owner.email)
    assert "stolen phone" in client.get("/account/sessions/").content.decode()
    client.post("/account/sessions/")
    assert other.get(shop.page).status_code == 302
    assert client.get(shop.page).status_code == 200
    assert "Nowhere but here" in client.get("/account/sessions/").content.decode()


# A forgotten password


def test_a_link_comes_by_letter_and_strangers_are_answered_alike(client, shop, at_once):
    known = client.post("/sign-in/forgotten/", {"email": shop.owner.email}).content.decode()
    (letter,) = mail.outbox
    unknown = client.post("/sign-in/forgotten/", {"email": "nobody@example.com"}).content.decode()
    assert len(mail.outbox) == 1
    assert re.sub(r'value="[^"]*"|nobody@example.com|dona@padaria.example', "", known) == re.sub(
        r'value="[^"]*"|nobody@example.com|dona@padaria.example', "", unknown
    )
    (link,) = re.findall(r"http://[^/]+(/sign-in/\S+)", letter.body)
    assert client.post(link)["Location"] == "/password/"
    new = {"new_password1": "broa de milho 7", "new_password2": "broa de milho 7"}
    assert client.post("/password/", new).status_code == 302
    assert sign_in(Client(), shop.owner.email, "broa de milho 7").status_code == 302


def test_five_letters_in_a_quarter_of_an_hour_are_enough(client, shop, at_once):
    for _ in range(7):
        assert client.post("/sign-in/forgotten/", {"email": shop.owner.email}).status_code == 200
    assert len(mail.outbox) == 5


def test_links_never_lead_to_the_host_that_was_asked(client, shop, at_once, settings):
    settings.ALLOWED_HOSTS = ["*"]
    client.post("/sign-in/forgotten/", {"email": shop.owner.email}, headers={"Host": "evil.example"})
    assert "evil.example" not in mail.outbox[0].body
    assert settings.PUBLIC_URL in mail.outbox[0].body


# Opening a business oneself

WANTED = {"name": "Pão & Cia", "country": "BR", "language": "pt-br", "currency": "BRL", "email": "ze@example.com"}


def test_a_business_opens_itself_where_that_is_allowed(client, db, clock, at_once, settings):
    assert "Open a business" not in client.get("/").content.decode()
    settings.SIGN_UP = "open"
    assert "Open a business" in client.get("/").content.decode()
    client.post("/sign-up/", WANTED)
    assert Business.objects.count() == 0
    (letter,) = mail.outbox
    assert letter.to == ["ze@example.com"]
    (link,) = re.findall(r"http://[^/]+(/sign-up/\S+)", letter.body)
    assert client.get(link).status_code == 200
    assert Business.objects.count() == 0
    assert client.post(link)["Location"] == "/password/"
    business = Business.objects.get()
    assert (business.slug, business.timezone, business.language) == ("pao-cia", "America/Sao_Paulo", "pt-br")
    assert client.get("/office/pao-cia/").status_code == 200
    assert Client().post(link).status_code == 404
    settings.SIGN_UP = "closed"
    assert client.get("/sign-up/").status_code == 404


def test_an_account_that_has_a_password_is_not_opened_by_the_letter(client, shop, at_once, settings):
    settings.SIGN_UP = "open"
    client.post("/sign-up/", {**WANTED, "email": shop.owner.email, "name": "Padaria"})
    (link,) = re.findall(r"http://[^/]+(/sign-up/\S+)", mail.outbox[0].body)
    client.post(link)
    assert client.get("/office/").status_code == 302
    assert Person.objects.count() == 1
    assert Business.objects.filter(slug="padaria-2").exists()
