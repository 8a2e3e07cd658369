"""Inviting a cashier, pairing a device, serving there by PIN: as the people do it, in their browsers."""

from __future__ import annotations

import re

import pytest
from django.core import mail

from fiel.sales.models import Receipt
from tests.browser.conftest import DESK, PASSWORD, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_invitation_to_serving_by_pin(window, shop, site, sign_in):
    office = window(DESK)
    sign_in(office, shop.owner.email)
    join(office, window(PHONE), site)
    give_a_pin(office, shop)
    till = window(PHONE)
    pair(till, code_for_a_device(office))
    serve(till)
    till.goto(f"/office/{shop.business.slug}/")
    assert "/sign-in/" in till.url  # a PIN opens the counter alone


def join(office, bia, site):
    office.click("text=Staff")
    office.fill("[name=email]", "bia@padaria.example")
    office.select_option("[name=role]", "cashier")
    office.check("text=Centro")
    office.click("text=Send the invitation")
    assert "bia@padaria.example" in office.locator(".alert").inner_text()

    (letter,) = mail.outbox
    (link,) = re.findall(rf"{site}/join/\S+", letter.body)
    bia.goto(link)
    assert "Join Padaria Sol" in bia.locator("h1").inner_text()
    bia.fill("[name=name]", "Bia Lima")
    bia.fill("[name=password]", "curta")
    bia.click("main button[type=submit]")
    assert bia.locator(".invalid-feedback").is_visible()
    assert bia.input_value("[name=name]") == "Bia Lima"
    bia.fill("[name=password]", PASSWORD)
    bia.click("main button[type=submit]")
    assert "Welcome to Padaria Sol" in bia.locator(".alert").inner_text()


def give_a_pin(office, shop):
    office.goto(f"/office/{shop.business.slug}/staff/")
    office.click("text=Bia Lima")
    office.fill("[name=pin]", "1111")
    office.click("text=Set the PIN")
    assert "Not all the same" in office.locator(".invalid-feedback").inner_text()
    office.fill("[name=pin]", "7249")
    office.click("text=Set the PIN")
    assert "has a PIN" in office.locator("main").inner_text()


def code_for_a_device(office):
    office.click("nav >> text=Set-up")
    office.click("main >> text=Devices")
    office.fill("[name=name]", "Front till")
    office.select_option("[name=store]", "S1")
    office.fill("[name=till]", "K1")
    office.click("text=Show a code")
    code = office.locator(".font-monospace").inner_text()
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", code)
    return code


def pair(till, code):
    till.goto("/pair/")
    till.fill("[name=code]", "AAAA-AAAA")
    till.click("main button[type=submit]")
    assert "not good" in till.locator("[role=alert]").inner_text()
    till.fill("[name=code]", code.lower().replace("-", " "))
    till.click("main button[type=submit]")
    assert "Who serves?" in till.locator("h1").inner_text()


def serve(till):
    till.click("text=Bia Lima")
    till.fill("[name=pin]", "0000")
    till.click("text=Serve >> nth=-1")
    assert "not right" in till.locator("[role=alert]").inner_text()
    till.fill("[name=pin]", "7249")
    till.click("text=Serve >> nth=-1")
    till.wait_for_url(lambda url: "/pin/" not in url)
    till.goto("/pin/change/")
    assert "Bia Lima" in till.locator("main").inner_text()
    till.goto("/counter/")
    till.wait_for_selector("#counter[data-ready]")
    till.fill("#q", "11 98765-0001")
    till.press("#q", "Enter")
    till.fill("#id-name", "Ana Souza")
    till.press("#id-name", "Enter")
    till.wait_for_selector("#counter[data-ready] [name=amount]")
    till.fill("[name=amount]", "7.90")
    till.click("text=Record")
    till.wait_for_url("**/receipts/**")
    receipt = Receipt.objects.get()
    assert (receipt.store, receipt.till, receipt.cashier, receipt.total) == ("S1", "K1", "Bia Lima", 790)
