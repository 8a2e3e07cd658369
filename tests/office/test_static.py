"""Files that do not change: small, kept for ever, served without a step before; and pages that run nothing else."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "src" / "fiel" / "doors" / "static"
MOST_BYTES = 250_000


def files_of(page):
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', page)


def fetch(client, address, **headers):
    """Status, headers and bytes of a file."""
    answer = client.get(address, headers=headers)
    return answer.status_code, answer.headers, answer.getvalue()  # which closes the file


def test_a_file_is_named_by_its_content_and_kept_for_ever(client, db):
    for file in files_of(client.get("/").content.decode()):
        assert re.search(r"\.[0-9a-f]{12}\.(css|js|svg)$", file)
        status, headers, _ = fetch(client, file)
        assert status == 200
        assert "immutable" in headers["Cache-Control"]
        assert fetch(client, re.sub(r"\.[0-9a-f]{12}\.", f".{'0' * 12}.", file))[0] == 404
        assert "immutable" not in fetch(client, re.sub(r"\.[0-9a-f]{12}\.", ".", file))[1]["Cache-Control"]


def test_a_file_that_changes_gets_another_name(tmp_path, settings):
    from fiel.doors.static_files import name_by_content

    settings.STATICFILES_DIRS = [tmp_path]
    from django.contrib.staticfiles import finders

    finders.get_finder.cache_clear()
    file = tmp_path / "a.min.css"
    file.write_text("a{}")
    before = name_by_content("a.min.css")
    file.write_text("b {}")
    assert name_by_content("a.min.css") != before
    assert finders.find(name_by_content("a.min.css")) == str(file)
    assert finders.find(before) is None
    with pytest.raises(ValueError, match="no static file"):
        name_by_content("none.css")
    finders.get_finder.cache_clear()


def test_a_first_visit_is_small(signed_in, bakery):
    for _ in range(12):
        receipt = bakery.sell(*[("Pão francês", "bakery", 790)] * 12)
    for address in ("/", "/sign-in/", bakery.page, f"{bakery.page}receipts/{receipt}/"):
        page = signed_in.get(address, follow=True)
        sizes = {
            file: len(fetch(signed_in, file, **{"Accept-Encoding": "gzip"})[2])
            for file in files_of(page.content.decode())
        }
        assert any("tabler.min" in file for file in sizes)
        assert len(page.content) + sum(sizes.values()) < MOST_BYTES, sizes


def test_what_is_compressed_is_the_file_beside_it():
    compressed = list(STATIC.rglob("*.gz"))
    assert compressed
    for path in compressed:
        assert gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes(), path.name
    large = [path for path in STATIC.rglob("*.*") if path.suffix in (".css", ".js") and path.stat().st_size > 50_000]
    assert {path for path in large if not path.with_name(f"{path.name}.gz").exists()} == set()


def test_what_is_of_others_is_listed_with_its_licence():
    listed = (STATIC / "vendor" / "VENDORED.md").read_text(encoding="utf-8")
    for folder in (path for path in (STATIC / "vendor").iterdir() if path.is_dir()):
        assert f"`{folder.name}`" in listed
        assert list(folder.glob("LICENSE*"))


def test_pages_run_and_look_like_nothing_but_our_files(signed_in, bakery):
    receipt = bakery.sell(("Pão francês", "bakery", 790))
    addresses = ("/", "/password/", "/office/", bakery.page, f"{bakery.page}receipts/{receipt}/", "/nowhere")
    pages = {address: signed_in.get(address) for address in addresses}
    signed_in.logout()
    pages |= {address: signed_in.get(address) for address in ("/sign-in/", "/sign-in/unknown/")}
    for address, answer in pages.items():
        page = answer.content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:|<script(?! src=\"/static/)", page), address
        assert not re.search(r'(?:href|src|action)="(?:https?:)?//', page), address
        assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_every_page_can_be_skipped_into_and_has_one_heading(signed_in, bakery):
    receipt = bakery.sell(("Pão francês", "bakery", 790))
    for address in ("/", "/password/", bakery.page, f"{bakery.page}receipts/{receipt}/", "/nowhere"):
        page = signed_in.get(address).content.decode()
        assert page.index('href="#content"') < page.index("<header" if "<header" in page else "<main")
        assert 'id="content"' in page
        assert len(re.findall("<h1", page)) == 1, address
        assert 'name="viewport" content="width=device-width, initial-scale=1"' in page
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids))


def test_the_page_for_a_failure_needs_nothing(client):
    from django.template.loader import render_to_string

    page = render_to_string("500.html")
    assert "Something went wrong on our side" in page
    assert "/static/vendor/" in page


def test_the_settings_serve_files_without_a_step_before(empty_environ):
    """In a process of its own, as `fiel serve` would have it: no folder to collect into, none written."""
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "from django.templatetags.static import static\n"
        "print(Client().get(static('fiel/theme.js')).status_code)"
    )
    empty_environ |= {"DJANGO_SETTINGS_MODULE": "fiel.ops.settings", "FIEL_SECRET_KEY": "k" * 40}
    run = subprocess.run([sys.executable, "-c", code], env=empty_environ, capture_output=True, text=True, check=True)
    assert run.stdout == "200\n"
    assert list(Path(empty_environ["FIEL_DATA"]).iterdir()) == []
