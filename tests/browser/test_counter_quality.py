"""That everybody can use the counter, and that it is small."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_counter import ANA, at_counter, bakery, find

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["at_counter", "bakery"]

AXE = (Path(__file__).parent / "axe-core-4.14.1" / "axe.min.js").read_text(encoding="utf-8")
KB = 1000


def serious(page):
    """What axe-core finds that keeps somebody out: rule and place."""
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        (each["id"], [node["target"] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESK, True)], ids=["phone", "desk"])
def test_nobody_is_kept_out_of_a_page(at_counter, bakery, size, dark):
    bakery.enrol(ANA, "Ana Souza")
    bakery.sell(("Bolo", "bakery", 12000), to=ANA)
    page = at_counter(size, dark=dark)
    found = {"home": serious(page)}
    find(page, "11987650009")
    page.click("details.more summary")
    found["enrol"] = serious(page)
    page.goto("/counter/padaria/")
    find(page, "11987650001")
    page.wait_for_url("**/members/**")
    page.wait_for_selector("#counter[data-ready]")
    page.click("#items summary")
    page.fill("#item", "caf")
    page.click("#matches button")
    page.wait_for_selector(".items")
    page.click("#rewards summary")
    found["member"] = serious(page)
    page.fill(".price", "20")
    page.click("text=Record")
    page.wait_for_url("**/receipts/**")
    for summary in page.locator("details.more summary").all():
        summary.click()
    found["receipt"] = serious(page)
    page.goto("/counter/padaria/receipts/")
    found["receipts"] = serious(page)
    page.goto("/counter/padaria/away/")
    found["away"] = serious(page)
    assert found == {name: [] for name in found}


def weight(client, urls):
    """Bytes that these addresses take on their way, as the server sends them to a browser; answers of pages too."""
    total = 0
    for url in urls:
        answer = client.get(urlsplit(url).path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        total += len(body)
    return total


def test_the_counter_is_small(at_counter, bakery, client, sign_in):
    ana = bakery.enrol(ANA, "Ana Souza")
    client.force_login(bakery.owner)
    page = at_counter(DESK)
    asked = []
    fresh = page.context.browser.new_context(base_url=page.url.split("/counter")[0]).new_page()
    fresh.on("request", lambda request: asked.append(request.url) if request.method == "GET" else None)
    sign_in(fresh, bakery.owner.email)
    fresh.wait_for_url("**/office/**")
    fresh.goto("/counter/padaria/")
    fresh.wait_for_selector("#counter[data-ready]")
    fresh.wait_for_timeout(500)
    first = {url for url in asked if "/find/" not in url}
    assert any("htmx" in url for url in first)
    visit = weight(client, first)
    asked.clear()
    later = {}
    for path in ("", f"members/{ana.id}/", "receipts/", "enrol/"):
        fresh.goto(f"/counter/padaria/{path}")
        fresh.wait_for_selector("#counter[data-ready]")
        later[path] = weight(client, set(asked) - first) + weight(client, [f"/counter/padaria/{path}"])
        asked.clear()
    fresh.context.close()
    print(f"first visit {visit} bytes, later {later}")
    assert visit < 250 * KB
    assert {path: size for path, size in later.items() if size >= 30 * KB} == {}


def test_the_page_is_painted_before_its_scripts_have_come(at_counter, bakery):
    page = at_counter()
    page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.map((each) => each.unregister()))")
    for script in ("counter", "outbox", "htmx"):
        page.context.route(f"**/{script}*.js", lambda route: None)  # never answered
    page.goto("/counter/padaria/", wait_until="commit")
    page.wait_for_selector("#q")
    paints = page.evaluate("""() => new Promise((done) => requestAnimationFrame(() => setTimeout(() =>
        done(performance.getEntriesByName("first-contentful-paint").length), 300)))""")
    assert paints == 1
    assert page.locator("#counter[data-ready]").count() == 0
