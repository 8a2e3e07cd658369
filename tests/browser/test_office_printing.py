"""Paper for a thousand from the office: asked for by hand, a bar that says how far it is, a file at the end."""

from __future__ import annotations

from datetime import date

import pypdfium2
import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_office_members import keeps_out
from tests.jobs.conftest import work_off

pytestmark = pytest.mark.django_db(transaction=True)

work = work_off


@pytest.fixture
def thousand(shop):
    """A thousand members, the first of whom bought."""
    from fiel.core.identity import Identity
    from fiel.members.enrol import Newcomer, enrol

    phones = [Identity("phone", f"+551198{number:07d}") for number in range(1000)]
    people = [Newcomer(identities=(phone,), name=f"Ana {number:04d}") for number, phone in enumerate(phones)]
    today: date = shop.clock.now.date()
    enrol(shop.business, people, now=shop.clock.now, today=today, source="tests", by="tests")
    shop.sell(("Pão", "bakery", 1000), to=phones[0].value)


@pytest.fixture
def office(window, shop, sign_in):
    def opening(size=PHONE, **more):
        page = window(size, **more)
        sign_in(page, shop.owner.email)
        page.goto(f"{shop.page}members/")
        return page

    return opening


def test_a_thousand_statements_come_as_one_pdf(office, shop, thousand, work, monkeypatch):
    """The bar moves while the worker prints; whoever asked may go on meanwhile, and finds the file."""
    from fiel.jobs import work as jobs
    from fiel.jobs.models import Job

    monkeypatch.setattr(jobs, "_NOTE_EVERY_S", 0)
    page = office()
    page.click("text=Cards, letters and lists")
    page.check("text=Statements (PDF)")
    page.click("button:has-text('Print')")
    page.wait_for_selector("#progress progress")
    assert "Waits for its turn" in page.locator("#progress").inner_text()
    seen = []
    noted = jobs.Working.progress

    def looked(job, done, total=0, sentence=""):
        noted(job, done, total, sentence)
        if done in (500, 700):  # somebody looks
            page.goto(f"{shop.page}printing/{job.job.id}/")
            bar = page.locator("#progress progress")
            seen.append((bar.get_attribute("value"), bar.get_attribute("max")))

    monkeypatch.setattr(jobs.Working, "progress", looked)
    work()
    assert seen == [("500", "1000"), ("700", "1000")]
    job = Job.objects.get()
    page.goto(f"{shop.page}printing/")
    page.click(f"a[href$='{job.id}/']")
    assert "1,000 members are printed." in page.locator("[role=status]").inner_text()
    with page.expect_download() as taken:
        page.click("text=Take the file")
    document = pypdfium2.PdfDocument(taken.value.path())
    assert len(document) == 1000
    pages = [document[0].get_textpage().get_text_range(), document[999].get_textpage().get_text_range()]
    assert ["Your statement" in each for each in pages] == [True, True]
    document.close()
    assert page.heard == []


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESK, True)], ids=["phone", "desk"])
def test_nothing_keeps_anybody_out(office, shop, size, dark):
    ana = shop.enrol("+5511987654321", "Ana Souza").id
    page = office(size, dark=dark, locale="pt-BR")
    for path in ("printing/", f"members/{ana}/change/", f"members/{ana}/erase/", "programme/earn/1/", "adjustments/"):
        page.goto(f"{shop.page}{path}")
        for each in page.locator("main summary").all():
            each.click()
        assert keeps_out(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
