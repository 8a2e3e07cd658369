"""The network goes away and comes back: nothing is lost, nothing is doubled."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.sync_api import Error

from tests.browser.test_counter import ANA, at_counter, bakery, find, receipts

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["at_counter", "bakery"]

AMOUNTS = ["1.50", "2", "3,25", "4", "5.99"]
MINOR = [150, 200, 325, 400, 599]


@pytest.fixture
def installed(at_counter):
    """The counter, once the browser has kept what it needs without a network."""

    def opening():
        page = at_counter()
        until(page, "() => navigator.serviceWorker.controller !== null")
        until(
            page,
            """async () => {
            const names = await caches.keys();
            const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
            return kept.flat().some(({ url }) => url.endsWith("/away/"));
        }""",
        )
        return page

    return opening


def until(page, script):
    """Waits for something to be so in the page; its policy allows no `wait_for_function`."""
    for _ in range(200):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(script)


def keep(page, who, amount):
    page.fill("#who", who)
    page.fill("#amount", amount)
    page.click("text=Keep the sale")
    until(page, "() => document.querySelector('#amount').value === ''")


def five_sales(page):
    page.context.set_offline(True)
    page.goto("/counter/padaria/")
    page.wait_for_selector("#counter[data-ready]")
    assert page.locator("h1").inner_text() == "The network is away"
    for amount in AMOUNTS:
        keep(page, "11987650001", amount)
    page.wait_for_selector("#network:has-text('5 sales wait for the network')")


def until_recorded(page, count):
    left = None
    for _ in range(200):
        with suppress(Error):  # the page that said the network was away makes room for the counter's own
            left = waiting(page)
        if len(receipts()) >= count and left == 0:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(receipts())} are recorded, {left} wait")


def waiting(page):
    return page.evaluate("""() => new Promise((done) => {
        const asked = indexedDB.open("fiel-counter-padaria", 1);
        asked.onsuccess = () => {
            const all = asked.result.transaction("sales").objectStore("sales").getAll();
            all.onsuccess = () => { asked.result.close(); done(all.result.length); };
        };
    })""")


def test_five_sales_without_network_are_five_when_it_is_back(installed, bakery):
    bakery.enrol(ANA, "Ana Souza")
    page = installed()
    five_sales(page)
    page.reload()
    page.wait_for_selector("#counter[data-ready]")
    assert page.locator("#kept li").count() == 5
    assert page.locator("#network").inner_text() == "5 sales wait for the network"
    page.context.set_offline(False)
    until_recorded(page, 5)
    page.wait_for_timeout(1500)  # had it sent anything twice, it would have by now
    found = receipts()
    assert sorted(each.total for each in found) == sorted(MINOR)
    assert {each.member_id is not None for each in found} == {True}
    assert waiting(page) == 0


def test_an_answer_that_is_lost_on_its_way_records_nothing_twice(installed, bakery):
    bakery.enrol(ANA, "Ana Souza")
    page = installed()
    five_sales(page)
    lost = []

    def lose(route):
        """The server has recorded it, and dies before the browser hears of it."""
        if len(lost) < 3:
            route.fetch()
            lost.append(route.request.post_data)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.context.route("**/sales/", lose)
    page.context.set_offline(False)
    for _ in range(40):
        if len(lost) == 3:
            break
        with suppress(Error):
            page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_timeout(300)
    page.goto("/counter/padaria/")
    until_recorded(page, 5)
    assert len(lost) == 3
    assert sorted(each.total for each in receipts()) == sorted(MINOR)


def test_a_sale_whose_answer_is_lost_at_the_member_is_recorded_once(installed, bakery):
    bakery.enrol(ANA, "Ana Souza")
    page = installed()
    find(page, "11987650001")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    lost = []

    def lose(route):
        if lost:
            route.continue_()
        else:
            route.fetch()
            lost.append(1)
            route.abort("connectionreset")

    page.context.route("**/sales/", lose)
    page.fill("#amount", "45")
    page.click("text=Record")
    page.wait_for_url("**/counter/padaria/")
    page.wait_for_selector("#kept li")
    until_recorded(page, 1)
    assert [each.total for each in receipts()] == [4500]
    assert "recorded: +45 points" in page.locator("#kept").inner_text()


def test_what_is_refused_stays_until_somebody_has_dealt_with_it(installed, bakery):
    page = installed()
    page.context.set_offline(True)
    page.goto("/counter/padaria/")
    page.wait_for_selector("#counter[data-ready]")
    keep(page, "11987650009", "10")
    keep(page, "11987650008", "20")
    keep(page, "11987650007", "30")
    page.context.set_offline(False)
    page.goto("/counter/padaria/")
    page.wait_for_selector("#network:has-text('3 sales need your attention')")
    rows = page.locator("#kept li")
    assert "Nobody here is known by 11987650009." in rows.nth(0).inner_text()
    rows.nth(0).locator("text=Enrol and record").click()
    page.wait_for_selector("#network:has-text('2 sales need your attention')")
    page.locator("#kept li[data-state=refused]").nth(0).locator("text=Record without customer").click()
    page.wait_for_selector("#network:has-text('1 sale needs your attention')")
    page.reload()
    page.wait_for_selector("#kept li")
    page.locator("[data-deal=drop]").click()
    page.locator("[data-deal=drop]").click()
    page.wait_for_selector("#network", state="hidden")
    assert waiting(page) == 0
    found = receipts()
    assert [(each.total, each.member_id is None) for each in found] == [(1000, False), (2000, True)]
