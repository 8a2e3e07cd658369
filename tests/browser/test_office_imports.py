"""Files brought in by an owner with a phone: the columns said, the figures before and after, nobody kept out."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_office_members import keeps_out
from tests.office.test_imports import SALES

pytestmark = pytest.mark.django_db(transaction=True)


def bring_in_what_waits():
    """Does what the worker would do."""
    from fiel.intake.background import bring_in
    from fiel.intake.models import Import
    from fiel.jobs.models import Job

    job = Job.objects.get()
    bring_in.call(job.business_id, str(job.id), import_id=str(Import.objects.get().id))


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESK, True)], ids=["phone", "desk"])
def test_receipts_from_a_table(window, shop, sign_in, size, dark):
    def looks_well():
        assert keeps_out(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    page = window(size, dark=dark)
    sign_in(page, shop.owner.email)
    page.goto(f"{shop.page}imports/")
    looks_well()
    table = {
        "name": "bons.csv",
        "mimeType": "text/csv",
        "buffer": SALES.replace("04/03/2026 08:15", "04/03/2024 08:15").encode(),
    }
    page.set_input_files("#files", [table])
    page.click("text=Look at it")
    page.wait_for_selector("text=Say what the table holds.")
    page.select_option("#kind-1", "sales")
    page.select_option("#store-1", "S1")
    for at, name in enumerate(("phone", "number", "occurred_at", "amount"), 1):
        page.select_option(f"#ours-1-{at}", name)
    looks_well()
    page.click("text=Keep the columns")
    page.wait_for_selector("h2:has-text('The first rows, as they will be recorded')")
    looks_well()
    page.get_by_role("button", name="Bring it in").click()
    page.wait_for_selector("#progress")
    bring_in_what_waits()
    page.wait_for_selector("h2:has-text('Kept aside')")
    looks_well()
    page.click("text=To what is kept aside")
    expect(page.locator("[name=ids]")).to_have_count(2)
    looks_well()
