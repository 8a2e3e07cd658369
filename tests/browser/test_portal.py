"""The portal and the partner's desk on a phone, as a customer and a clerk go through them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail

from tests.browser.conftest import PASSWORD, PHONE
from tests.browser.test_counter import ANA, at_counter, bakery, find
from tests.browser.test_counter_quality import KB, serious, weight
from tests.counter.conftest import FULL
from tests.portal.conftest import Portal

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["at_counter", "bakery"]

SPENT = "Padaria Sol: something was spent from your account"
KEPT = """async () => {
    while (!(await caches.match(location.pathname))) await new Promise((done) => setTimeout(done, 50));
    return true;
}"""


@pytest.fixture(autouse=True)
def letters_at_once(settings):
    """What a worker would do is done at once."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def ana(bakery):
    """Ana, whom the shop enrolled, has 60 points and some stamps."""
    from fiel.members.models import Identifier

    member = bakery.enrol(ANA, "Ana Souza")
    Identifier.objects.create(business=bakery.business, kind="email", value="ana@example.com", member_id=member.id)
    bakery.sell(("Pão francês", "bakery", 6000), to=ANA)
    return member


def claim(page, bakery):
    """Signs Ana in by the code that comes to her address."""
    page.goto("/c/padaria/")
    page.fill("#who", "ana@example.com")
    page.click("[name=by_code]")
    page.wait_for_selector("#code")
    page.fill("#code", Portal(bakery).code())
    page.click("main button[type=submit]")
    page.wait_for_selector(".holds")


def test_the_cake_is_chosen_by_phone_and_shown_without_network(window, at_counter, bakery, ana):
    """Ana claims her account, takes the voucher, opens it with the network away; the counter finds her by it."""
    page = window(PHONE)
    claim(page, bakery)
    assert "60 points" in page.locator("main").inner_text()
    page.click(".ways >> text=Rewards")
    page.click("text=Get the voucher")
    page.wait_for_selector(".bright .code")
    code = page.locator(".bright .code").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(KEPT)
    page.context.set_offline(True)
    page.reload()
    assert page.locator(".bright .code").inner_text() == code
    counter = at_counter()
    find(counter, code)
    counter.wait_for_url("**/members/**")
    counter.wait_for_selector("#counter[data-ready]")
    assert "Bolo" in counter.locator(".items").inner_text()
    counter.click("text=Record")
    counter.wait_for_url("**/receipts/**")
    page.context.set_offline(False)
    page.goto("/c/padaria/rewards/")
    assert "Your vouchers" not in page.locator("main").inner_text()
    assert [each.subject for each in mail.outbox[1:]] == [SPENT, SPENT]  # taken, and used


def test_a_friend_sees_whose_invitation_it_is_and_joins(window, bakery, ana):
    """Ana looks at the link as her friend will see it; the friend's phone shows a preview, and the join is hers."""
    from fiel.programme.versions import publish

    now = bakery.clock.now
    thanks = {**FULL, "referral": {"unit": "points", "referrer": 10, "referred": 5}}
    publish(bakery.business, thanks, by="tests", now=now, in_force_from=now)
    page = window(PHONE)
    claim(page, bakery)
    page.goto("/c/padaria/bring/")
    assert "Ana S. invites you" in page.locator(".card").inner_text()
    link = page.input_value("#link")
    friend = window(PHONE)
    friend.goto(link)
    preview = friend.get_attribute('[property="og:description"]', "content")
    assert preview == "Ana S. invites you. Join, and both of you are thanked."
    friend.fill("[name=name]", "Rui Silva")
    friend.fill("[name=who]", "rui@example.com")
    friend.check("[name=adult]")
    friend.click("text=Join now")
    friend.wait_for_selector("#code")
    friend.fill("#code", Portal(bakery).code())
    friend.click("main button[type=submit]")
    friend.wait_for_selector("h1:has-text('Rui')")
    page.reload()
    assert "Rui S." in page.locator(".offers").inner_text()


def test_ana_takes_back_a_yes_then_her_data_and_leaves(window, bakery, ana):
    """Two clicks, and the offer that waits is not sent; the books hold when she is gone."""
    from fiel.members.models import Member
    from fiel.ops.audit import audit
    from fiel.outreach.messages.queue import Draft, put
    from fiel.outreach.messages.sending import send_some
    from fiel.outreach.models import Message, Messaging

    business, now = bakery.business, bakery.clock.now
    Messaging.objects.create(business=business, channels=["email"], quiet_from=0, quiet_until=0)
    page = window(PHONE)
    claim(page, bakery)
    page.click('.ways >> text="Me"')
    page.click("[aria-label='Agree: Offers and news']")
    put(business.pk, [Draft(ana.id, "campaign", "offer", ("marketing",))], now=now)
    page.goto("/c/padaria/")
    page.click('.ways >> text="Me"')  # one
    page.click("[aria-label='Withdraw: Offers and news']")  # two
    page.wait_for_selector("[aria-label='Agree: Offers and news']")
    sent = len(mail.outbox)
    send_some("1.0", set, lambda: False)
    assert (Message.objects.get().state, len(mail.outbox)) == ("dropped", sent)

    page.click("text=My data")
    with page.expect_download() as taken:
        page.click("text=JSON")
    told = json.loads(Path(taken.value.path()).read_text(encoding="utf-8"))
    assert (told["member"]["name"], told["balances"][0]["agrees"]) == ("Ana Souza", True)
    page.click("text=Leave, and have my data erased")
    assert "You lose: 60 points" in page.locator("main").inner_text()
    page.check("[name=sure]")
    page.click("text=Leave, and erase me")
    page.wait_for_selector("text=You have left")
    assert Member.objects.get(id=ana.id).name == ""
    report = audit(business, recount=True)
    assert report.holds, report.findings


def test_nobody_is_kept_out_of_the_portal(window, bakery, ana):
    page = window(PHONE)
    page.goto("/c/padaria/")
    found = {"welcome": serious(page)}
    page.goto("/c/padaria/join")
    found["join"] = serious(page)
    claim(page, bakery)
    for path in ("", "rewards/", "movements/", "receipts/", "card/", "me/", "me/leave/"):
        page.goto(f"/c/padaria/{path}")
        found[path] = serious(page)
    assert found == {name: [] for name in found}


def test_the_portal_is_small(window, bakery, ana, client):
    page, asked = window(PHONE), []
    page.on("request", lambda request: asked.append(request.url) if request.method == "GET" else None)
    claim(page, bakery)
    page.wait_for_timeout(500)
    first = set(asked)
    client.cookies.load({each["name"]: each["value"] for each in page.context.cookies()})
    visit = weight(client, first)
    asked.clear()
    page.goto("/c/padaria/")
    later = weight(client, set(asked) - first) + weight(client, ["/c/padaria/"])
    print(f"first visit {visit} bytes, later {later}")
    assert visit < 200 * KB
    assert later < 20 * KB


def test_a_partner_redeems_by_phone(window, bakery, ana, sign_in):
    """The tyre shop's clerk types the code, sees the reward and redeems it."""
    from fiel.rewards.give import issue
    from fiel.rewards.models import Reward
    from fiel.rewards.partners import PartnerRow, put_partner
    from fiel.shops.models import Person

    business, now = bakery.business, bakery.clock.now
    Reward.objects.create(
        business=business, code="balance", kind="service", name="Balanceamento", price_unit="points", price_steps=10,
        partners=["tyres"],
    )  # fmt: skip
    today = now.date()
    prices = [("balance", today, 4000)]
    row = PartnerRow("Pneus Silva", clerks={"rui@pneus.example": ""}, prices=prices)
    put_partner(business, "tyres", row, now=now - timedelta(days=1), today=today)
    rui = Person.objects.get(email="rui@pneus.example")
    rui.set_password(PASSWORD)
    rui.save()
    code = issue(business, ana.id, "balance").code
    page = window(PHONE)
    sign_in(page, "rui@pneus.example")
    page.wait_for_url("**/office/**")
    page.goto("/partner/")
    page.wait_for_url("**/partner/padaria/")
    found = {"home": serious(page)}
    page.fill("#code", code.lower())
    page.press("#code", "Enter")
    page.wait_for_selector("text=Redeem it now")
    assert "Ana" not in page.content()
    found["voucher"] = serious(page)
    page.click("text=Redeem it now")
    page.wait_for_selector("text=You are paid")
    found["redeemed"] = serious(page)
    assert found == {name: [] for name in found}
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [each.to for each in mail.outbox] == [["ana@example.com"]] * 2
    agree_on(page, business, now)


def agree_on(page, business, now):
    """The bakery sends the month's settlement; the clerk finds it right."""
    from fiel.programme.versions import zone_now
    from fiel.rewards import settlement

    month = now.astimezone(zone_now(business, now)).date().replace(day=1)
    [made] = settlement.draft_settlements(business, month, by="dona", now=now)
    settlement.move(business, made.id, "sent", side="business", by="dona", now=now + timedelta(days=32))
    page.click(".ways >> text=Settlements")
    page.click("text=To be looked at")
    assert "R$40.00" in page.locator(".given").inner_text().replace("\xa0", "")
    page.click("text=It is right: accept it")
    page.wait_for_selector("text=Your answer was sent")
