"""A real browser before a real server, on either database: `page` opens pages of `site` as a person would."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
PASSWORD = "um bolo de fubá"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests say so, and are left out."""
    if CHROMIUM is None:
        for item in items:
            if "tests/browser/" in item.nodeid:
                item.add_marker(pytest.mark.skip(reason="there is no Chromium on this machine"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests; each test opens windows of its own in it."""
    from playwright.sync_api import sync_playwright

    # Playwright leaves its event loop running in this thread. Django would take the tests for asynchronous code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """The address of a server on the test's own database. Its name is localhost, as passkeys demand."""
    address = str(live_server.url).replace("127.0.0.1", "localhost")
    settings.PUBLIC_URL = address
    settings.CSRF_TRUSTED_ORIGINS = [address]
    return address


def is_expected(text: str) -> bool:
    """Whether a browser says this of a page that is right: what was typed is refused, or was typed very early."""
    return " 422 " in text or text.startswith("Autofocus processing was blocked")


@pytest.fixture
def window(chromium: Any, site: str) -> Iterator[Any]:
    """Opens windows, each with cookies of its own: `window(PHONE)`, `window(DESK, locale="pt-BR", dark=True)`.

    `heard` of such a page is what the browser complained of.
    """
    opened = []

    def opening(size: dict[str, int] = PHONE, *, locale: str = "en-GB", dark: bool = False, **more: Any) -> Any:
        context = chromium.new_context(
            viewport=size, locale=locale, color_scheme="dark" if dark else "light", base_url=site, **more
        )
        context.set_default_timeout(20_000)  # the first page of a process has everything to load
        opened.append(context)
        page = context.new_page()
        page.heard = []
        page.on("console", lambda message: is_expected(message.text) or page.heard.append(message.text))
        page.on("pageerror", lambda error: page.heard.append(str(error)))
        return page

    yield opening
    for context in opened:
        context.close()


@pytest.fixture
def page(window: Any) -> Any:
    """One window, of a phone."""
    return window(PHONE)


@pytest.fixture
def shop(site: str, transactional_db: None) -> Any:
    """A bakery with two stores and a programme, whose owner signs in with `PASSWORD`."""
    from fiel import clock
    from tests.office.conftest import Shop

    class Now:
        """The clock runs on: a browser has its own, and cookies run out by it."""

        @property
        def now(self) -> Any:
            return clock.now()

    return Shop(Now()).furnish()


@pytest.fixture
def sign_in() -> Any:
    """Signs somebody in by the page for it: `sign_in(page, "dona@padaria.example")`."""

    def signing_in(page: Any, email: str, password: str = PASSWORD) -> None:
        page.goto("/sign-in/")
        page.fill("[name=username]", email)
        page.fill("[name=password]", password)
        page.click("main button[type=submit]")

    return signing_in
