"""What is done every night, by each business's own clock; and what is cleared away when its time is over."""

from __future__ import annotations

import pytest

from fiel.events.models import Delivery, Event
from fiel.jobs.models import Job, JobFile, Nightly
from fiel.jobs.nightly import begin_due
from fiel.ops.nightly import CHORES
from fiel.sales.models import DailyRun
from fiel.shops.models import IdempotencyKey
from tests.api.conftest import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def night(clock, work_off):
    """Lets the worker look what is due, and do it; the jobs that came of it."""

    def work():
        before = set(Job.objects.values_list("id", flat=True))
        begin_due(CHORES, now=clock.now)
        work_off()
        jobs = Job.objects.exclude(id__in=before).order_by("kind")
        return [(job.business.slug, job.kind, job.state) for job in jobs]

    return work


def test_each_business_has_its_own_morning(clock, night, db):
    open_shop("padaria", timezone="America/Sao_Paulo")
    open_shop("lisboa", timezone="Europe/Lisbon")
    night()  # those of the years before
    clock.set("2026-03-05T03:59:00Z")
    assert night() == []
    clock.set("2026-03-05T04:00:00Z")  # four in the morning in Lisbon
    assert night() == [("lisboa", "daily", "done")]
    clock.set("2026-03-05T05:01:00Z")
    assert night() == [("lisboa", "audit", "done"), ("lisboa", "insight", "done")]
    clock.set("2026-03-05T07:00:00Z")  # four in the morning in São Paulo
    assert night() == [("padaria", "daily", "done")]
    assert night() == []
    clock.set("2026-03-05T08:30:00Z")
    assert night() == [("padaria", "audit", "done"), ("padaria", "insight", "done")]


def test_a_missed_day_is_caught_up_once_and_then_comes_the_next_morning(shop, clock, night):
    night()
    clock.set("2026-03-09T15:00:00Z")  # nobody worked for days
    done = [("padaria", "audit", "done"), ("padaria", "daily", "done"), ("padaria", "insight", "done")]
    assert night() == done
    assert night() == []
    assert DailyRun.objects.order_by("-at").first().day.isoformat() == "2026-03-09"
    assert Nightly.objects.get(what="daily").next_at.isoformat() == "2026-03-10T07:00:00+00:00"


def test_what_failed_is_tried_again_a_quarter_of_an_hour_later(shop, clock, night, monkeypatch):
    night()
    clock.set("2026-03-05T07:00:00Z")
    from fiel.ops import nightly

    def falls(*_, **__):
        raise ValueError("no luck")

    with monkeypatch.context() as today:
        today.setattr(nightly, "do_day", falls)
        assert night() == [("padaria", "daily", "failed")]
    assert night() == []
    clock.advance(minutes=15)
    assert night() == [("padaria", "daily", "done")]


def test_two_workers_begin_a_night_once(shop, clock):
    clock.set("2026-03-05T12:00:00Z")
    assert begin_due(CHORES, now=clock.now) == 3
    clock.advance(hours=1)
    assert begin_due(CHORES, now=clock.now) == 0, "the job has not ended yet"
    assert Job.objects.count() == 3


def test_the_nightly_audit_is_kept_and_shown(shop, clock, night, client):
    shop.till.sell()
    clock.set("2026-03-06T12:00:00Z")
    night()
    [job] = Job.objects.filter(kind="audit")
    assert (job.result["ok"], job.result["findings"]) == (True, 0)
    clock.advance(hours=2)
    text = client.get("/metrics").content.decode()
    assert "fiel_audit_findings 0.0" in text
    assert "fiel_audit_age_seconds 7200.0" in text
    assert "fiel_jobs_waiting 0.0" in text
    from fiel.sales.models import Receipt

    Receipt.objects.update(total=1)
    clock.set("2026-03-07T12:00:00Z")
    night()
    job = Job.objects.filter(kind="audit").latest("created_at")
    assert job.result["ok"] is False
    assert job.result["list"][0]["code"]
    assert "fiel_audit_findings 0.0" not in client.get("/metrics").content.decode()


def test_what_is_past_its_time_is_cleared_away(shop, clock, night):
    webhook = shop.office.ok("POST", "/webhooks", {"url": "https://8.8.8.8/"})
    shop.till.sell(number="R1", key="first")
    clock.advance(days=20)
    shop.till.sell(number="R2", key="second", occurred_at=clock.now.isoformat())
    printed = Job.objects.create(business=shop.business, kind="printing", state="done", created_at=clock.now)
    JobFile.objects.create(business=shop.business, job_id=printed.id, name="cards.pdf", content=b"%PDF")
    night()
    assert (IdempotencyKey.objects.count(), Event.objects.count(), JobFile.objects.count()) == (2, 2, 1)
    clock.advance(days=11)
    night()
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["second"]
    assert not JobFile.objects.exists()  # what names members goes before the job that made it
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 1)
    # The receipt's own document still tells that it was there.
    again = shop.till.sale(number="R1")
    assert shop.till.ok("POST", "/sales", again)["duplicate"] is True
    assert shop.office.ok("GET", f"/webhooks/{webhook['id']}/deliveries")["items"][0]["state"] == "waiting"


def test_the_outbox_tells_how_old_it_is(shop, clock, client):
    shop.office.ok("POST", "/webhooks", {"url": "https://8.8.8.8/"})
    shop.till.sell()
    clock.advance(minutes=5)
    text = client.get("/metrics").content.decode()
    assert "fiel_outbox_waiting 1.0" in text
    assert "fiel_outbox_age_seconds 300.0" in text
