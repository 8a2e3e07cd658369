"""The camera reads a card's barcode and a voucher's QR code, in a browser that cannot do so itself."""

from __future__ import annotations

import io

import pytest

from tests.browser.conftest import CHROMIUM, PHONE
from tests.browser.test_counter import ANA, bakery

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["bakery"]
CARD = "2900000000018"


def picture(kind, text):
    """What is held before the camera, as a grey picture of 640 by 480."""
    import segno
    from PIL import Image

    if kind == "qr":
        out = io.BytesIO()
        segno.make(text, error="m").save(out, kind="png", scale=10)
        code = Image.open(out).convert("L")
    else:
        import barcode
        from barcode.writer import ImageWriter

        code = barcode.get("ean13", text, writer=ImageWriter()).render({"module_height": 25}).convert("L")
    held = Image.new("L", (640, 480), 255)
    code.thumbnail((520, 400))
    held.paste(code, ((640 - code.width) // 2, (480 - code.height) // 2))
    return held


@pytest.fixture
def camera(chromium, site, tmp_path):
    """Opens a window of a browser before whose camera something is held."""
    opened = []

    def opening(kind, text):
        film = tmp_path / "film.y4m"
        frame = picture(kind, text).tobytes() + b"\x80" * (640 * 480 // 2)
        film.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + (b"FRAME\n" + frame) * 3)
        browser = chromium.browser_type.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        opened.append(browser)
        return browser.new_context(viewport=PHONE, base_url=site, permissions=["camera"]).new_page()

    yield opening
    for browser in opened:
        browser.close()


def at(page, sign_in, bakery):
    sign_in(page, bakery.owner.email)
    page.wait_for_url("**/office/**")
    page.goto("/counter/padaria/")
    page.wait_for_selector("#counter[data-ready]")
    page.click("[data-scan='#q']")
    page.wait_for_url("**/members/**", timeout=30_000)
    assert page.locator("h1").inner_text() == "Ana Souza"


def test_a_cards_barcode(camera, bakery, sign_in):
    from fiel import clock
    from fiel.members.models import Card

    ana = bakery.enrol(ANA, "Ana Souza")
    Card.objects.create(business=bakery.business, number=CARD, member_id=ana.id, given_at=clock.now())
    at(camera("ean", CARD), sign_in, bakery)


def test_a_vouchers_qr_code(camera, bakery, sign_in):
    from fiel.rewards.give import issue

    ana = bakery.enrol(ANA, "Ana Souza")
    bakery.sell(("Bolo", "bakery", 9000), to=ANA)
    page = camera("qr", issue(bakery.business, ana.id, "cake").code)
    at(page, sign_in, bakery)
    assert "Bolo" in page.locator(".items").inner_text()
