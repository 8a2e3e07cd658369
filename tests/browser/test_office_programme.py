"""The programme as an owner works on it: a rule explained at its field, what-if with a chart, nobody kept out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_office_members import keeps_out

pytestmark = pytest.mark.django_db(transaction=True)

ANA = "+5511987654321"


@pytest.fixture
def open_programme(window, shop, sign_in):
    def opening(size=PHONE, **more):
        page = window(size, **more)
        sign_in(page, shop.owner.email)
        page.goto(f"{shop.page}programme/")
        return page

    return opening


def count_what_waits(**said):
    """Does what the worker would do."""
    from fiel.jobs.models import Job
    from fiel.sales.what_if import what_if

    job = Job.objects.get()
    what_if.call(job.business_id, str(job.id), **said)


def test_a_wrong_rule_is_explained_at_its_field_then_published(open_programme, shop):
    page = open_programme()
    page.get_by_role("link", name="New: When it gives more or less").click()
    page.get_by_label("Code: a short name in small letters").fill("rain")
    page.get_by_label("Times", exact=True).fill("twice")
    page.click("text=Keep in the draft")
    wrong = page.locator("#factor-wrong").inner_text()
    assert wrong == 'write a decimal that is not below 0, as text: "1.20"'
    page.get_by_label("Times", exact=True).fill("2")
    page.click("summary:has-text('Exceptions, limits')")
    page.get_by_label("Tuesday").check()
    page.click("text=Keep in the draft")
    assert "double, on Tuesday" in page.locator("main").inner_text()
    page.get_by_role("button", name="Publish").click()
    assert "Version 2" in page.locator("main").inner_text()
    assert page.heard == []


def test_what_if_answers_with_a_chart(open_programme, shop):
    from fiel.programme.drafts import draft_of

    shop.enrol(ANA, "Ana Souza")
    shop.sell(("Pão", "bakery", 1000), to=ANA, ago=timedelta(days=40))
    shop.sell(("Bolo", "bakery", 700), to=ANA, ago=timedelta(days=1))
    page = open_programme(DESK)
    page.click("text=Try it on past receipts")
    first, last = page.input_value("#first"), page.input_value("#last")
    page.click("button:has-text('Count the receipts')")
    page.wait_for_selector("h1:has-text('What would the draft have given?')")
    if page.locator("#progress").count():
        count_what_waits(document=draft_of(shop.business).document, first=first, last=last)
    page.wait_for_selector("canvas[data-figures]")
    drawn = page.locator("canvas[data-figures]").bounding_box()
    assert drawn["width"] > 300
    assert drawn["height"] > 200
    assert page.locator("section[aria-labelledby=given] tbody tr").first.locator("td").nth(1).inner_text() != "0"
    assert keeps_out(page) == []
    assert page.heard == []


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESK, True)], ids=["phone", "desk"])
def test_nothing_keeps_anybody_out(open_programme, shop, size, dark):
    from fiel.catalogue.models import Department, UnknownProduct

    department = Department.objects.create(business=shop.business, code="bakery", name="Padaria")
    Department.objects.create(business=shop.business, code="bread", name="Pães", parent=department.code)
    waits = {"code": "7891000", "description": "Pão de queijo", "first_seen_at": shop.clock.now}
    UnknownProduct.objects.create(business=shop.business, **waits)
    page = open_programme(size, dark=dark)
    tried = "basket/?amount=10.00&quantity=&department=bakery&product=&tier=gold"
    for path in ("", "earn/0/", "units/new/", "history/", tried, "what-if/", "../catalogue/"):
        page.goto(f"{shop.page}programme/{path}")
        assert keeps_out(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
