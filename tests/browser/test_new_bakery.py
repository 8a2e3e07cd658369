"""A new bakery, alone with a phone: from signing up to the first sale."""

from __future__ import annotations

import re
from time import monotonic

import pytest
from django.core import mail

from tests.browser.conftest import PASSWORD, PHONE
from tests.browser.test_office_members import keeps_out

pytestmark = pytest.mark.django_db(transaction=True)

MOST_S = 180
A_TOUCH_S = 2.5
"""How long a person takes to find and touch one thing, or to type one field, on a phone."""


class Fingers:
    """Touches and fields typed, counted."""

    def __init__(self, page):
        self.page = page
        self.touched = 0
        self.typed = 0

    def touch(self, what):
        self.touched += 1
        what.first.click()

    def type(self, field, text):
        self.typed += 1
        self.page.fill(field, text)


def test_from_signing_up_to_the_first_sale(window, site, settings, capsys):
    from fiel.sales.models import Receipt
    from fiel.shops.models import Business

    settings.SIGN_UP = "open"
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}  # the letter
    settings.SECOND_STEP = "optional"  # an app's code costs as long as the person's phone takes
    page = window(PHONE, locale="pt-BR")
    hand = Fingers(page)
    button = page.get_by_role
    began = monotonic()
    page.goto("/sign-up/")
    hand.type("[name=name]", "Padaria da Ana")
    hand.type("[name=email]", "ana@padaria.example")
    hand.touch(page.locator("main form button[type=submit]"))
    page.wait_for_selector("text=ana@padaria.example")
    link = re.search(r"http\S+/sign-up/\S+", mail.outbox[0].body)[0]
    hand.touched += 1  # the link in the letter
    page.goto(link)
    hand.touch(page.locator("main form button[type=submit]"))
    page.wait_for_url("**/password/")
    hand.type("[name=new_password1]", PASSWORD)
    hand.type("[name=new_password2]", PASSWORD)
    hand.touch(page.locator("main form button[type=submit]"))
    page.wait_for_selector("#steps")
    assert keeps_out(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    hand.touch(button("button", name="Salvar"))  # the shop, as it is called
    page.wait_for_selector("[name=give]")
    hand.touch(button("button", name="Salvar"))  # a point for each real
    page.wait_for_selector("#step-reward")
    hand.type("#step-reward", "Café")
    hand.touch(button("button", name="Salvar"))
    hand.touch(button("link", name="Cadastrar o primeiro"))
    hand.type("[name=phone]", "11 98765-4321")
    hand.type("[name=name]", "Bia")
    hand.touch(page.locator("main form button[type=submit]"))
    page.wait_for_selector("[name=amount]")
    hand.type("[name=amount]", "12,50")
    hand.touch(page.locator("main form:has([name=amount]) button[type=submit]"))
    page.wait_for_url("**/receipts/**")  # what it would give was told before it was recorded
    page.wait_for_selector("text=12 pontos")
    seconds = monotonic() - began
    business = Business.objects.get()
    page.wait_for_load_state()
    page.goto(f"/office/{business.slug}/")
    assert page.locator("#steps").count() == 0
    assert Receipt.objects.get().total == 1250
    person = seconds + (hand.touched + hand.typed) * A_TOUCH_S
    with capsys.disabled():
        print(f"\n{hand.touched} touches, {hand.typed} fields: {person:.0f} s, {seconds:.0f} s of them waiting")
    assert person < MOST_S
