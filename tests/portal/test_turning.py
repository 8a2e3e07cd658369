"""A code that turns: what the phone shows is taken at the counter, and a photograph of it is not."""

from __future__ import annotations

import re

import pytest

from fiel.members.turning import turning_code
from tests.counter.conftest import Counter
from tests.portal.conftest import text


def read(svg):
    """What a scanner reads from the picture in the page."""
    import zxingcpp
    from PIL import Image

    path = re.search(r'<path[^>]*class="qrline"[^>]*d="([^"]+)"', svg)[1]
    scale, side = 4, int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    picture, x, y = Image.new("L", (side, side), 255), 0, 0
    for step, *figures in re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", path):
        if step == "h":
            length = int(figures[0])
            top = int((y - 0.5) * scale)
            picture.paste(0, (int(x * scale), top, int((x + length) * scale), top + scale))
            x += length
        else:
            dx, dy = (float(each) for each in figures)
            x, y = (dx, dy) if step == "M" else (x + dx, y + dy)
    [found] = zxingcpp.read_barcodes(picture)
    return found.text


@pytest.fixture
def office(client, bakery):
    client.force_login(bakery.owner)
    return client


@pytest.fixture
def shown(ana_at, office):
    """The code that Ana's phone shows at this moment."""
    office.post("/office/padaria/brand/", {"card": "turning"})
    return lambda: read(ana_at.get("card/code/").content.decode())


def test_what_the_phone_shows_is_taken_and_a_photograph_is_not(shown, ana_at, ana, office, bakery, clock, open_shop):
    counter = Counter(office, bakery)
    assert "changes every half minute" in text(ana_at.get("card/"))
    code = shown()
    assert re.fullmatch("FQ[A-Z2-7]{48}", code)
    assert "The card was shown on the phone just now" in text(counter.member(code))
    clock.advance(seconds=30)
    assert shown() != code
    assert counter.find(code.lower()).status_code == 302  # scanning takes its time
    clock.advance(seconds=30)
    over = counter.find(code)
    assert (over.status_code, "This code is over" in text(over)) == (422, True)
    made_up = f"{shown()[:-1]}{'A' if shown()[-1] != 'A' else 'B'}"
    assert text(counter.find(made_up)) == text(over).replace(code, made_up)
    other = open_shop(slug="outra", email="outra@example.com", name="Outra")
    assert counter.find(turning_code(other.business, ana.id, now=clock.now)).status_code == 422
    assert counter.find("11987650001")["Location"].endswith(f"/members/{ana.id}/")


def test_a_till_takes_it_too_and_the_business_goes_back(shown, ana_at, ana, office, bakery, clock):
    from fiel.shops.keys import create_key
    from tests.api.till import Till

    till = Till(create_key(bakery.business, scopes=["till"], store="S1", till="T9", now=clock.now)[1])
    assert till.ok("POST", "/members/lookup", {"q": shown()})["id"] == str(ana.id)
    assert till.post("/members/lookup", {"q": f"FQ{'A' * 48}"}).status == 422
    office.post("/office/padaria/brand/", {"card": "lasting"})
    assert ana_at.get("card/code/").status_code == 404
    assert "changes every half minute" not in text(ana_at.get("card/"))
