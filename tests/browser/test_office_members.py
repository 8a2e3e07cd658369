"""Members in the office as the owner and a second person have them before them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.browser.conftest import DESK, PASSWORD, PHONE

pytestmark = pytest.mark.django_db(transaction=True)

AXE = (Path(__file__).parent / "axe-core-4.14.1" / "axe.min.js").read_text(encoding="utf-8")
ANA, BIA = "+5511987654321", "+5511987650000"


def keeps_out(page):
    """What axe-core finds that keeps somebody out: rule and place."""
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in {"serious", "critical"}]


@pytest.fixture
def people(shop):
    """Ana, who bought, and Bia, who is the same person with another phone."""
    members = shop.enrol(ANA, "Ana Souza"), shop.enrol(BIA, "Ana B. Souza")
    shop.sell(("Pão", "bakery", 1000), to=ANA, ago=timedelta(hours=2))
    shop.sell(("Bolo", "bakery", 700), to=BIA, ago=timedelta(hours=1))
    return members


@pytest.fixture
def open_office(window, shop, sign_in):
    def opening(size=PHONE, email="", **more):
        page = window(size, **more)
        sign_in(page, email or shop.owner.email)
        page.goto(f"{shop.page}members/")
        return page

    return opening


def test_the_list_follows_what_is_typed(open_office, people):
    page = open_office()
    assert page.locator("#found li").count() == 2
    page.keyboard.type("ana b")  # the field has the focus
    page.wait_for_selector("#found ul:has(li:only-child)")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#balances")
    assert page.locator("h1").inner_text() == "Ana B. Souza"
    assert page.heard == []


def test_a_second_person_agrees(open_office, people, shop):
    from fiel.shops.models import Person, Staff

    shop.business.hand_limit = 10
    shop.business.save()
    second = Person.objects.create_user("gerente@padaria.example", PASSWORD, created_at=shop.clock.now)
    Staff.objects.create(business=shop.business, person=second, role="manager", stores=[], since=shop.clock.now)
    page = open_office()
    page.click("text=Ana Souza")
    page.click("summary:has-text('Adjust a balance')")
    page.fill("#amount", "50")
    page.click("button:has-text('Adjust')")
    assert page.locator("#reason-wrong").inner_text() == "Say why: it stays with the movement."
    assert page.input_value("#amount") == "50"
    page.fill("#reason", "A receipt was lost")
    page.click("button:has-text('Adjust')")
    page.click("text=waits for a second person")
    assert page.locator("button:has-text('Agree')").count() == 0
    other = open_office(email=second.email)
    other.click("text=Waiting for a second person")
    other.click("button:has-text('Agree')")
    other.click("text=Members")
    other.click("text=Ana Souza")
    assert "A receipt was lost" in other.locator("main").inner_text()
    assert page.heard == other.heard == []


def test_two_become_one(open_office, people):
    page = open_office()
    page.click("text=Ana Souza")
    page.click("text=Merge with another member")
    page.fill("#q", BIA)
    page.click("text=Show what would come of it")
    assert "Then there is one" in page.locator("main").inner_text()
    page.click("button:has-text('Merge the two')")
    assert "The two are one member now." in page.locator("[role=status]").first.inner_text()
    assert page.heard == []


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESK, True)], ids=["phone", "desk"])
def test_nothing_keeps_anybody_out(open_office, people, shop, size, dark):
    page = open_office(size, dark=dark, locale="pt-BR")
    ana = people[0].id
    for path in ("members/", f"members/{ana}/", f"members/{ana}/merge/?q=%2B5511987650000", "adjustments/"):
        page.goto(f"{shop.page}{path}")
        for each in page.locator("main summary").all():
            each.click()
        assert keeps_out(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
