"""How the installation stands: for the owner on a page, for Prometheus in figures; and no person in logs or figures."""

from __future__ import annotations

import json
import logging
import shutil

import pytest
from django.db import connection
from django.test import Client

from fiel.jobs.models import Job
from fiel.jobs.nightly import begin_due
from fiel.members.models import Card
from fiel.ops import standing as standings
from fiel.ops.logs import JsonLines
from fiel.ops.nightly import CHORES
from fiel.ops.presence import take_part
from fiel.sales.models import Receipt
from tests.portal import conftest as portals
from tests.portal.conftest import ANA, Portal, text

nothing_compiled, open_shop, place_for, shop = (
    portals.nothing_compiled,
    portals.open_shop,
    portals.place_for,
    portals.shop,
)
bakery, ana, letters_at_once = portals.bakery, portals.ana, portals.letters_at_once
CARD = "7891000055120"


@pytest.fixture
def look(bakery, settings, tmp_path):
    """The page's lights by what they are about: state, and what is said."""
    settings.DATA_FOLDER = tmp_path
    object.__setattr__(settings.ENVIRONMENT, "data", tmp_path)

    def looking():
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        client.force_login(bakery.owner)
        page = client.get(f"{bakery.page}status/")
        for each in page.context["lights"]:
            assert each.word in text(page)
        return {each.what: (each.state, each.said) for each in page.context["lights"]}

    return looking


def test_the_page_says_what_is_wrong_and_what_to_do(look, bakery, clock, tmp_path, monkeypatch):
    first = look()
    assert first["Background work"] == ("wrong", "Nobody is at work.")
    assert first["Backup"] == ("look", "None is on record here.")
    assert first["Daily run"] == ("look", "It has not been done yet.")
    assert first["Messages to members"] == ("good", "Nothing waits.")
    presence = take_part(lambda seconds: True)
    assert presence
    clock.advance(days=1)
    bakery.sell(("Pão", "bakery", 1000), to=None)
    begin_due(CHORES, now=clock.now)
    standings.note_backup(tmp_path, tmp_path / "fiel.zip", now=clock.now)
    presence.alive()  # as a worker says of itself every second, unless it hangs
    clock.advance(minutes=2)
    assert look()["Background work"] == ("good", "1 worker is at work.")
    clock.advance(hours=2, minutes=58)
    silent, figures = look(), Client().get("/metrics").content.decode()
    presence.alive()
    fine = look()
    presence.leave()
    assert silent["Background work"] == ("wrong", "A worker has not been heard of for 3\xa0hours.")
    assert "fiel_worker_silent_seconds 10800.0" in figures
    assert fine["Background work"] == ("good", "1 worker is at work.")
    assert fine["Daily run"] == ("good", "Done 3\xa0hours ago, nothing to complain about.")
    assert fine["Audit of the books"] == ("good", "Done 3\xa0hours ago, nothing to complain about.")
    apart = ("good", "Fiel does it, and PostgreSQL once more.")  # tests run as a role for which the wall stands
    assert fine.get("Businesses kept apart") == (apart if connection.vendor == "postgresql" else None)
    assert fine["Backup"] == ("good", "The last one was made 3\xa0hours ago.")
    clock.advance(days=3)
    late = look()
    assert [late[what][0] for what in ("Daily run", "Audit of the books", "Backup")] == ["wrong"] * 3
    Receipt.objects.update(total=1)
    begin_due(CHORES, now=clock.now)
    assert look()["Audit of the books"][0] == "wrong"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1000, 990, 10))
    assert look()["Room on the disk"][0] == "wrong"


def test_prometheus_reads_the_same(look, client, clock, tmp_path, bakery):
    standings.note_backup(tmp_path, tmp_path / "fiel.zip", now=clock.now)
    clock.advance(minutes=5)
    figures = client.get("/metrics").content.decode()
    assert "fiel_workers 0.0" in figures
    assert "fiel_backup_age_seconds 300.0" in figures
    for name in ("fiel_disk_free_bytes", "fiel_jobs_age_seconds", "fiel_messages_waiting", "fiel_outbox_age_seconds"):
        assert f"\n{name} " in figures
    assert bakery.business.slug not in figures


def test_no_person_stands_in_logs_and_figures(bakery, ana, look, client, caplog):
    """A day at all doors, with what goes wrong there; the log's lines, as they are written, hold nothing of anybody."""
    lines = []
    Card.objects.create(business=bakery.business, number=CARD, member_id=ana.id, given_at=bakery.clock.now)

    class Keeps(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Keeps(level=logging.DEBUG)
    handler.setFormatter(JsonLines())
    loggers = [logging.getLogger(name) for name in ("django", "fiel")]
    for each in loggers:
        each.addHandler(handler)
        caplog.set_level(logging.INFO, logger=each.name)
    try:
        portal = Portal(bakery)
        portal.enter("ana@example.com")
        portal.post("me/contact/", who="ana.nova@example.com")
        portal.post("sign-in/", who="ana@example.com", password="segredo errado")
        counter = Client()
        counter.force_login(bakery.owner)
        slug = bakery.business.slug
        for known_by in (ANA, CARD, "Souza"):
            counter.get(f"/counter/{slug}/find/", {"q": known_by})
        counter.post(f"/counter/{slug}/enrol/", {"phone": ANA, "name": "Ana Souza"})
        counter.post(f"/counter/{slug}/enrol/", {"phone": "11987650044", "name": "Joaquina Prado"})
        counter.get(f"{bakery.page}members/", {"q": "Souza"})
        counter.get(f"{bakery.page}members/Ana Souza/")
        counter.post("/sign-in/", {"login": "joaquina@example.com", "password": "errado"})
        begin_due(CHORES, now=bakery.clock.now)
        figures = client.get("/metrics").content.decode()
    finally:
        for each in loggers:
            each.removeHandler(handler)
    assert sum('"view": "portal-' in line for line in lines) > 3
    told = "\n".join(lines) + figures
    for secret in ("Souza", "Joaquina", "Prado", "987650001", "987650044", "@example.com", "segredo", CARD):
        assert secret not in told, secret
    assert all(json.loads(line) for line in lines)
    assert not Job.objects.filter(state="failed").exists()
