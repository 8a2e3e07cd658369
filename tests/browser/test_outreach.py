"""Whom to invite on a phone, and a campaign before it starts, as a baker has them before them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_office_members import keeps_out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bakery(shop):
    """A goal at ten points with a cake; Ana has reached it, Bia has her birthday."""
    from fiel.outreach.invitations.due import open_due
    from fiel.outreach.models import Messaging
    from fiel.programme.versions import publish
    from fiel.rewards.models import Reward
    from tests.office.conftest import PROGRAMME
    from tests.stories.test_invitations import joins

    now = shop.clock.now
    Reward.objects.create(business=shop.business, code="cake", kind="item", name="Fatia de bolo")
    goal = {"code": "treat", "unit": "points", "every": 10, "reward": "cake", "mode": "invite", "budget": "9.50"}
    publish(shop.business, {**PROGRAMME, "awards": [goal]}, by="tests", now=now, in_force_from=now)
    Messaging.objects.create(business=shop.business, channels=["email"])
    joins(shop, "Ana Souza", phone="+5511987654321", email="ana@example.com")
    today = now.date()
    joins(shop, "Bia Lima", phone="+5511911111111", born=today.replace(year=1988), yes=["marketing"])
    shop.sell(("Bolo", "bakery", 3000), to="+5511987654321", ago=timedelta(0))
    open_due(shop.business, day=today, now=now)
    return shop


@pytest.fixture
def opened(window, bakery, sign_in):
    def opening(size=PHONE, **more):
        page = window(size, **more)
        sign_in(page, bakery.owner.email)
        return page

    return opening


def fits(page):
    """Nothing on the page is wider than the window, and nothing keeps anybody out."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide, keeps_out(page)


def test_one_touch_on_a_phone(opened, bakery):
    """WhatsApp opens with the words; the list notes it by itself. At the counter the cake is given in one touch."""
    from fiel.rewards.models import Invitation, Voucher

    page = opened(locale="pt-BR")
    page.goto(f"{bakery.page}invitations/")
    assert page.locator(".inviting .who").all_inner_texts() == ["Bia Lima", "Ana Souza"]
    assert fits(page) == (0, [])
    page.context.route("https://wa.me/**", lambda route: route.fulfill(body="WhatsApp"))
    with page.context.expect_page() as whatsapp:
        page.locator(".inviting li").last.get_by_text("WhatsApp").click()
    assert whatsapp.value.url.startswith("https://wa.me/5511987654321?text=")
    page.wait_for_selector(".noted:not(:empty)")
    assert Invitation.objects.get(why="goal").invited_how == "whatsapp"

    page.goto(f"/counter/{bakery.business.slug}/store/")
    page.locator("main button").first.click()
    page.fill("#q", "11 98765-4321")
    page.keyboard.press("Enter")
    page.locator(".say-invite button").click()
    page.wait_for_url("**voucher=**")
    assert Voucher.objects.get().reward == "cake"
    page.goto(f"/counter/{bakery.business.slug}/invitations/")
    assert page.locator(".inviting .who").all_inner_texts() == ["Bia Lima"]
    assert fits(page) == (0, [])
    assert page.heard == []


def test_a_campaign_counts_as_one_types(opened, bakery):
    """The number beside the conditions follows them; the campaign is kept, started, and tells what came of it."""
    page = opened(DESK, dark=True)
    page.goto(f"{bakery.page}campaigns/")
    page.get_by_role("button", name="New campaign").click()
    page.locator("#size strong").first.wait_for()  # the page is there before its members are counted
    assert page.locator("#size strong").all_inner_texts() == ["2", "1"]
    page.get_by_text("Who they are").click()
    page.locator(f"[name=s-birthday_months][value='{bakery.clock.now.month % 12 + 1}']").check()
    page.locator("#size strong").first.filter(has_text="0").wait_for()
    page.fill("[name=body_en]", "Hello, {name}!")
    assert fits(page) == (0, [])
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Start the campaign").click()
    page.wait_for_selector("#came")
    assert fits(page) == (0, [])
    for path in ("messages/", "messages/words/invite.goal/", "invitations/rules/", "invitations/report/"):
        page.goto(bakery.page + path)
        assert (path, *fits(page)) == (path, 0, [])
    assert page.heard == []
