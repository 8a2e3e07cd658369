"""The page of parts shows what many pages are made of."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import fiel.doors
from tests.counter.conftest import text

TEMPLATES = Path(fiel.doors.__file__).parent / "templates"
MANY = 3
NOT_SHOWN = {
    "counter/signs.html": "draws nothing by itself",
    "office/tabs.html": "the office's head, on every page of it",
}


def taken_up():
    """Templates by how many pages, or places in a page, include them."""
    pages = (path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    return Counter(name for page in pages for name in re.findall(r'{% include "([^"]+)"', page))


def test_every_part_that_is_taken_up_in_many_places_is_shown_by_day_and_in_the_dark(client, db, settings):
    assert client.get("/parts/").status_code == 404
    settings.DEBUG = True
    page = client.get("/parts/")
    assert (page.status_code, "style=" in page.content.decode()) == (200, False)
    shown = Counter(re.findall(r"<code>([\w/]+\.html)</code>", page.content.decode()))
    assert {name for name, times in taken_up().items() if times > MANY} - set(shown) - set(NOT_SHOWN) == set()
    assert all(times % 2 == 0 for times in shown.values())
    assert ["R$12,345.90" in text(page), "ana@" in page.content.decode(), "Ana Souza" in text(page)] == [True] * 3
