"""The browser, the server and their database meet."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DESK, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_owner_signs_in_and_sees_the_business(window, shop, sign_in, size):
    shop.enrol("+5511987654321", "Ana Souza")
    shop.sell(("Pão", "bakery", 790), to="+5511987654321")
    page = window(size)
    sign_in(page, shop.owner.email)
    assert page.locator("h1").inner_text() == "Padaria Sol"
    assert "Ana S." in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.heard == []  # the page's policy let everything through
