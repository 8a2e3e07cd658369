"""The one-time link: nothing but the button uses it, and it works once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tests.office.conftest import Shop


def link_for(shop):
    from fiel.shops.opening import make_sign_in_link

    return make_sign_in_link(shop.owner, public_url="", now=shop.clock.now) + "/"


def told(response):
    """The page, without what differs each time."""
    return re.sub(r'value="[^"]*"', "", response.content.decode())


def test_the_link_as_it_is_printed_leads_to_the_page(client, shop):
    assert client.get(link_for(shop).rstrip("/"), follow=True).status_code == 200


def test_looking_uses_nothing_up(client, shop):
    link = link_for(shop)
    for _ in range(3):
        page = client.get(link)
        assert page.status_code == 200
        assert "<form" in page.content.decode()
        assert shop.owner.email not in page.content.decode()
    assert "_auth_user_id" not in client.session
    assert client.post(link)["Location"] == "/password/"
    assert client.session["_auth_user_id"] == str(shop.owner.pk)


def test_works_once(client, shop):
    link = link_for(shop)
    client.post(link)
    client.logout()
    for answer in (client.post(link), client.get(link)):
        assert answer.status_code == 404
        assert "does not work any more" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_works_for_a_day(client, shop, clock):
    link = link_for(shop)
    clock.advance(hours=24)
    assert client.get(link).status_code == 404
    assert client.post(link).status_code == 404


def test_an_unknown_link_is_answered_like_a_used_one(client, shop):
    link = link_for(shop)
    client.post(link)
    client.logout()
    used, unknown = client.get(link), client.get("/sign-in/nothing-anybody-was-given/")
    assert (used.status_code, told(used)) == (unknown.status_code, told(unknown))


def test_whoever_left_does_not_come_in(client, shop):
    link = link_for(shop)
    shop.owner.is_active = False
    shop.owner.save()
    assert client.post(link).status_code == 404
    assert "_auth_user_id" not in client.session


def test_only_the_hash_is_kept(shop):
    from fiel.shops.models import SignInLink

    secret = link_for(shop).split("/")[2]
    assert secret not in str(list(SignInLink.objects.values_list()))


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_comes_in(clock):
    from fiel.doors.office.links import use

    shop = Shop(clock)
    secret = link_for(shop).split("/")[2]
    start = Barrier(8)

    def try_it(_):
        start.wait()
        try:
            return use(secret, now=clock.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert [person for person in threads.map(try_it, range(8)) if person] == [shop.owner]


def test_a_password_is_asked_for_and_weak_ones_are_refused(client, shop):
    shop.owner.set_unusable_password()
    shop.owner.save()
    client.post(link_for(shop))
    page = client.get("/password/").content.decode()
    assert "old_password" not in page
    assert "Keep the one I have" not in page
    for weak in ("curta", "password123", "1234567890123", "dona@padaria"):
        answer = client.post("/password/", {"new_password1": weak, "new_password2": weak})
        assert answer.status_code == 200, weak
        assert "invalid-feedback" in answer.content.decode(), weak
    answer = client.post("/password/", {"new_password1": "broa de milho 7", "new_password2": "broa de milho 7"})
    assert answer["Location"] == "/office/"
    assert "Your password is set" in client.get("/office/").content.decode()
    client.logout()
    answer = client.post("/sign-in/", {"username": shop.owner.email, "password": "broa de milho 7"})
    assert answer["Location"] == "/office/"


def test_whoever_has_a_password_may_keep_it(client, shop):
    client.post(link_for(shop))
    assert "Keep the one I have" in client.get("/password/").content.decode()


def test_without_a_link_the_old_password_is_asked_for(signed_in, shop):
    new = {"new_password1": "broa de milho 7", "new_password2": "broa de milho 7"}
    assert "old_password" in signed_in.get("/password/").content.decode()
    assert signed_in.post("/password/", {**new, "old_password": "errada"}).status_code == 200
    shop.owner.refresh_from_db()
    assert not shop.owner.check_password("broa de milho 7")


@pytest.mark.usefixtures("costly_passwords")
def test_a_new_password_signs_other_browsers_out(client, signed_in, shop):
    from django.test import Client

    other = Client()
    other.force_login(shop.owner)
    client.post(link_for(shop))
    client.post("/password/", {"new_password1": "broa de milho 7", "new_password2": "broa de milho 7"})
    assert client.get(shop.page).status_code == 200
    assert other.get(shop.page).status_code == 302
    shop.owner.refresh_from_db()
    assert shop.owner.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")  # 100 MiB, twice
