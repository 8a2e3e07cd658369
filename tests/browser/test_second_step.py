"""Signing in as the owner does it: an app's code, then a passkey, in a browser with a virtual authenticator."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PHONE
from tests.office.test_second_step import code_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def phone(window, settings):
    """A phone whose holder puts a finger on it whenever it is asked for; and what its console says."""
    settings.SECOND_STEP = "required"
    page = window(PHONE)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    finger = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": finger})
    return page


def sign_out(page):
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="Sign out").click()


def test_with_an_app(phone, shop, sign_in):
    sign_in(phone, shop.owner.email)
    phone.click("text=Set up the app")
    phone.locator("summary", has_text="cannot be scanned").click()
    secret = phone.locator("#secret").inner_text()
    phone.fill("#code", code_of(secret, -1))
    phone.click("main button[type=submit]")
    phone.wait_for_selector("#codes")
    assert phone.locator("#codes li").count() == 10
    phone.click("text=I have kept them")
    assert phone.locator("h1").inner_text() == "Padaria Sol"
    sign_out(phone)
    sign_in(phone, shop.owner.email)
    phone.fill("#code", code_of(secret))
    phone.click("main button[type=submit]")
    assert phone.locator("h1").inner_text() == "Padaria Sol"
    assert phone.heard == []


def test_with_a_passkey(phone, shop, sign_in):
    sign_in(phone, shop.owner.email)
    phone.click("a:has-text('Add a passkey')")
    phone.fill("#name", "My phone")
    phone.click("#mfa_webauthn_add")
    phone.wait_for_url("**/recovery-codes/")
    phone.click("text=I have kept them")
    sign_out(phone)
    sign_in(phone, shop.owner.email)
    phone.click("#mfa_webauthn_authenticate")
    phone.wait_for_url(lambda url: "/office/" in url)
    assert phone.locator("h1").inner_text() == "Padaria Sol"
    assert phone.heard == []
