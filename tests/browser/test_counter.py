"""The counter as whoever serves goes through it, on a phone and at a desk."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.counter.conftest import furnish

pytestmark = pytest.mark.django_db(transaction=True)

ANA = "+5511987650001"
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


@pytest.fixture
def bakery(site, transactional_db):
    """A bakery of one store, with products and rewards, whose clock runs on."""
    from fiel import clock
    from tests.office.conftest import Shop

    class Now:
        @property
        def now(self):
            return clock.now()

    return furnish(Shop(Now()))


@pytest.fixture
def at_counter(window, bakery, sign_in):
    """Opens the counter in a window, signed in as the owner; what the console says ends the test."""
    heard = []

    def opening(size=PHONE, **more):
        page = window(size, has_touch=size is PHONE, is_mobile=size is PHONE, **more)
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        sign_in(page, bakery.owner.email)
        page.wait_for_url("**/office/**")
        page.goto("/counter/")
        page.wait_for_selector("#counter[data-ready]")
        return page

    yield opening
    assert [text for text in heard if "net::ERR" not in text] == []


def receipts():
    from fiel.sales.models import Receipt

    return list(Receipt.objects.order_by("occurred_at", "id"))


def find(page, typed):
    page.fill("#q", typed)
    page.press("#q", "Enter")


@SIZES
def test_a_new_customer_is_enrolled_and_buys(at_counter, size):
    page = at_counter(size)
    find(page, "(11) 98765-0001")
    page.fill("#id-name", "Ana Souza")
    page.press("#id-name", "Enter")
    page.wait_for_url("**/members/**")
    assert page.locator("h1").inner_text() == "Ana Souza"
    page.wait_for_selector("#counter[data-ready]")
    if size is PHONE:
        for key in "45.90":
            page.tap(f'[data-key="{key}"]')
    else:
        page.keyboard.type("45.90")  # the field has the focus
    page.wait_for_selector("#quote .gives")
    assert "+45 points" in page.locator("#quote").inner_text()
    page.click("text=Pix")
    page.click("text=Record")
    page.wait_for_url("**/receipts/**")
    assert page.locator("h1").inner_text().strip() == "+45 points"
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    [receipt] = receipts()
    assert (receipt.total, receipt.channel, receipt.cashier) == (4590, "counter", "dona@padaria.example")
