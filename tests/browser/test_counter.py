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
    pages = []

    def opening(size=PHONE, **more):
        page = window(size, has_touch=size is PHONE, is_mobile=size is PHONE, **more)
        pages.append(page)
        sign_in(page, bakery.owner.email)
        page.wait_for_url("**/office/**")
        page.goto("/counter/")
        page.wait_for_selector("#counter[data-ready]")
        return page

    yield opening
    # What is refused, and a network that is away, the browser notes by itself.
    heard = [text for page in pages for text in page.heard]
    assert [text for text in heard if not text.startswith("Failed to load resource")] == []


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
    page.wait_for_selector("#quote .gives:has-text('+45 points')")  # a quote comes with each key
    page.click("text=Pix")
    page.click("text=Record")
    page.wait_for_url("**/receipts/**")
    assert page.locator("h1").inner_text().strip() == "+45 points"
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    [receipt] = receipts()
    assert (receipt.total, receipt.channel, receipt.cashier) == (4590, "counter", "dona@padaria.example")


# What the scanner and the swipe reader type: figures as if on a US keyboard, then Enter


@pytest.mark.parametrize(
    "typed",
    [
        "2900000000018",
        "529.982.247-25",
        ";2900000000018?",
        "ñ2900000000018_",
        "ç2900000000018_",
        "ç2900000000018:",
    ],
    ids=["EAN-13", "CPF", "swipe US", "swipe Spanish", "swipe Portuguese", "swipe Brazilian"],
)
def test_the_field_takes_what_readers_type(at_counter, bakery, typed):
    from fiel import clock
    from fiel.members.models import Card, Identifier

    ana = bakery.enrol(ANA, "Ana Souza")
    Card.objects.create(business=bakery.business, number="2900000000018", member_id=ana.id, given_at=clock.now())
    Identifier.objects.create(business=bakery.business, kind="tax_id", value="52998224725", member_id=ana.id)
    page = at_counter(DESK)
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    page.wait_for_url("**/members/**")
    assert page.locator("h1").inner_text() == "Ana Souza"


def test_a_vouchers_qr_code_leads_to_its_member_with_the_item_on_the_counter(at_counter, bakery):
    from fiel.rewards.give import issue
    from fiel.rewards.models import Voucher

    ana = bakery.enrol(ANA, "Ana Souza")
    bakery.sell(("Bolo", "bakery", 9000), to=ANA)
    issued = issue(bakery.business, ana.id, "cake")
    page = at_counter()
    page.keyboard.type(issued.code)  # what the QR code says
    page.keyboard.press("Enter")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    assert "Bolo" in page.locator(".items").inner_text()
    page.click("text=Record")
    page.wait_for_url("**/receipts/**")
    assert Voucher.objects.get().state == "redeemed"
    page.click("#undo")
    page.wait_for_selector("h1:has-text('Returned')")
    assert Voucher.objects.get().state == "issued"


@SIZES
def test_the_cashier_is_told_of_birthday_treat_and_voucher(at_counter, bakery, size):
    from fiel import clock
    from fiel.members.models import Member
    from fiel.rewards.models import Voucher

    ana = bakery.enrol(ANA, "Ana Souza")
    born = clock.now().date().replace(year=1988, day=1)
    Member.objects.filter(id=ana.id).update(birth_date=born.replace(day=clock.now().date().day))
    bakery.sell(("Bolo", "bakery", 12000), to=ANA)
    page = at_counter(size)
    find(page, "11987650001")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    said = page.locator(".alerts li span")
    assert said.all_inner_texts() == ["Birthday today!", "A treat is due: Bolo"]
    page.click("text=Give it")
    page.wait_for_selector(".items")
    assert "Bolo" in page.locator(".items").inner_text()
    assert "Has a voucher: Bolo" in page.locator(".alerts").inner_text()
    assert Voucher.objects.get().state == "issued"


@SIZES
def test_a_pack_is_bought_and_a_session_of_it_used(at_counter, bakery, size):
    bakery.enrol(ANA, "Ana Souza")
    page = at_counter(size)
    find(page, "11987650001")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    page.click("#items summary")
    page.fill("#item", "pacote")
    page.click("#matches button")
    page.fill(".price", "240")
    page.wait_for_selector("#quote:has-text('+5 massages')")
    page.click("text=Record")
    page.wait_for_url("**/receipts/**")
    page.click("text=Next customer")
    page.wait_for_selector("#counter[data-ready]")
    find(page, "11987650001")
    page.wait_for_selector("text=5 massages")
    page.wait_for_selector("#counter[data-ready]")
    page.click("text=Use a session")
    page.wait_for_selector("#quote:has-text('−1 massage')")
    page.click("text=Record")
    page.wait_for_url("**/receipts/**")
    assert "New balance: 4 massages" in page.locator("main").inner_text()
    assert [each.total for each in receipts()] == [24000, 0]


@SIZES
def test_an_item_is_scanned_twice_and_one_of_two_comes_back(at_counter, bakery, size):
    bakery.enrol(ANA, "Ana Souza")
    page = at_counter(size)
    find(page, "11987650001")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    page.click("#items summary")
    for pieces in ("1", "2"):
        page.click("#item")
        page.keyboard.type("7891000100103")
        page.keyboard.press("Enter")
        page.wait_for_selector(f".quantity[value='{pieces}']")
    page.fill(".price", "20")
    page.wait_for_selector("#quote:has-text('+20 points')")
    page.click("text=Record")
    page.wait_for_url("**/receipts/**")
    page.click("#return summary")
    page.click("#return .form-check")
    page.fill("#return .quantity", "1")
    page.click("text=Return what is ticked")
    page.wait_for_selector("text=Some of it was returned.")
    assert page.locator("h1").inner_text().strip() == "+10 points"
    page.click("#return summary")
    page.click("text=Return everything")
    page.wait_for_selector("h1:has-text('Returned')")


def test_from_a_phone_number_to_a_recorded_sale_by_keyboard_in_five_seconds(at_counter, bakery):
    from time import perf_counter

    bakery.enrol(ANA, "Ana Souza")
    page = at_counter(DESK)
    began = perf_counter()
    page.keyboard.type("11987650001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    page.keyboard.type("45")
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipts/**")
    assert perf_counter() - began < 5
    page.wait_for_selector("#counter[data-ready]")
    page.keyboard.press("Enter")  # the next customer
    page.wait_for_url("**/counter/padaria/")


def test_from_a_phone_number_to_a_recorded_sale_in_two_touches_beside_the_figures(at_counter, bakery):
    bakery.enrol(ANA, "Ana Souza")
    page = at_counter(PHONE)
    page.fill("#q", "11987650001")
    page.tap("text=Find")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    for key in "45":
        page.tap(f'[data-key="{key}"]')
    page.tap("text=Record")
    page.wait_for_url("**/receipts/**")
    assert [each.total for each in receipts()] == [4500]
