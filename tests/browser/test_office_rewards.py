"""Rewards in the office: made by hand, had at the counter, handed over, seen again in the office."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_office_members import ANA, keeps_out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office(window, shop, sign_in):
    """Opens the office at the rewards; there is Ana, with points, and coffee is in the catalogue."""
    from fiel.catalogue.models import Product

    Product.objects.create(business=shop.business, code="7891000", name="Café coado")
    shop.enrol(ANA, "Ana Souza")
    shop.sell(("Pão", "bakery", 10_000), to=ANA)

    def opening(size=PHONE, **more):
        page = window(size, **more)
        sign_in(page, shop.owner.email)
        page.goto(f"{shop.page}rewards/")
        return page

    return opening


def make_a_coffee(page):
    page.click("text=Make the first reward")
    page.click("text=Something you sell")
    page.fill("[name=name]", "A coffee")
    page.fill("[name=price_amount]", "many")
    page.click("button:has-text('Make the reward')")
    assert page.locator(".invalid-feedback").inner_text() == "Write a number, like 50 or 2.5."
    assert page.input_value("[name=name]") == "A coffee"
    page.fill("[name=price_amount]", "20")
    page.locator(".picker input[type=search]").nth(1).press_sequentially("café")
    page.check("label:has-text('Café coado') input")
    page.click("button:has-text('Make the reward')")
    page.wait_for_selector("text=The reward is there")


def test_a_reward_is_made_by_hand_then_taken_and_handed_over(office, shop):
    from fiel.rewards.models import Reward

    page = office()
    make_a_coffee(page)
    assert Reward.objects.get().items == {"products": ["7891000"]}
    page.goto(f"/counter/{shop.business.slug}/store/")
    page.click("button:has-text('Centro')")
    page.fill("[name=q]", ANA)
    page.keyboard.press("Enter")
    page.wait_for_url("**/members/**")
    page.click("#rewards summary")
    page.click("#rewards button:has-text('Give')")
    page.goto(f"{shop.page}vouchers/")
    page.click(".people a:has-text('A coffee')")
    code = page.locator(".font-monospace").inner_text()
    page.goto(f"/counter/{shop.business.slug}/")
    page.fill("[name=q]", code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    page.click("text=Record")
    page.wait_for_url("**/receipts/**")
    page.goto(f"{shop.page}deliveries/")
    assert "Centro" in page.locator("main").inner_text()
    assert page.heard == []


@pytest.mark.parametrize(("size", "dark"), [(PHONE, True), (DESK, False)], ids=["phone", "desk"])
def test_nothing_keeps_anybody_out(office, shop, size, dark):
    page = office(size, dark=dark, locale="pt-BR")
    assert keeps_out(page) == []
    for path in (
        "rewards/new/",
        "rewards/new/?kind=item",
        "rewards/new/?kind=money_off",
        "vouchers/",
        "deliveries/",
        "partners/",
        "partners/new/",
        "settlements/",
    ):
        page.goto(f"{shop.page}{path}")
        for each in page.locator("main summary").all():
            each.click()
        assert keeps_out(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
