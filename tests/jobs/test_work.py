"""Long work: asked for in a transaction, done by a worker, looked at meanwhile, stopped."""

from __future__ import annotations

import pytest
from django.db import transaction

from fiel.jobs.models import Job
from fiel.jobs.work import MOST_STARTS, STOPPING, ask_to_stop, file_of, start
from fiel.ops.worker import _lay_down
from tests.jobs import tasks

pytestmark = pytest.mark.django_db


def test_a_job_is_done_and_tells_how_far_it_is(shop, work_off):
    job = start(shop.business, tasks.count, kind="count", to=3)
    assert (job.state, job.language) == ("waiting", "en")
    work_off()
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.sentence) == ("done", 3, 3, "at 3")
    assert (job.result, job.failure, job.starts) == ({"counted": 3}, "", 1)
    file = file_of(shop.business.id, job.id)
    assert (file.name, file.content_type, bytes(file.content)) == ("numbers.txt", "text/plain", b"1 2 3")


def test_a_job_of_a_transaction_that_came_to_nothing_is_never_done(shop, work_off):
    with transaction.atomic():
        start(shop.business, tasks.count, kind="count", to=3)
        transaction.set_rollback(True)
    work_off()
    assert Job.objects.count() == 0


def test_a_failure_is_a_sentence_and_says_nothing_of_anybody(shop, work_off):
    refused = start(shop.business, tasks.refuse, kind="refuse")
    fallen = start(shop.business, tasks.fall, kind="fall", language="pt-br")
    work_off()
    refused.refresh_from_db()
    fallen.refresh_from_db()
    assert (refused.state, refused.failure) == ("failed", "There is nothing to count.")
    assert fallen.state == "failed"
    assert fallen.failure == "Algo deu errado do nosso lado. O log do servidor diz o quê."


def test_a_job_is_stopped_before_it_begins_or_on_its_way(shop, work_off):
    waiting = start(shop.business, tasks.count, kind="count", to=3)
    ask_to_stop(shop.business.id, waiting.id)
    on_its_way = start(shop.business, tasks.stopped, kind="stopped")
    work_off()
    waiting.refresh_from_db()
    on_its_way.refresh_from_db()
    assert [waiting.state, on_its_way.state] == ["cancelled", "cancelled"]
    assert waiting.starts == 0


def test_nobody_stops_a_job_of_another_business(shop, work_off, other):
    job = start(shop.business, tasks.count, kind="count", to=3)
    ask_to_stop(other.business.id, job.id)
    work_off()
    job.refresh_from_db()
    assert job.state == "done"
    assert file_of(other.business.id, job.id) is None


def test_a_worker_that_stops_lays_its_job_down_and_the_next_takes_it_up(shop, work_off):
    job = start(shop.business, tasks.count, kind="count", to=3)
    STOPPING.set()
    try:
        work_off()
    finally:
        STOPPING.clear()
    job.refresh_from_db()
    assert (job.state, job.starts) == ("waiting", 0)
    _lay_down()
    work_off()
    job.refresh_from_db()
    assert (job.state, job.starts) == ("done", 1)


def test_what_kills_its_worker_each_time_is_given_up(shop, work_off):
    job = start(shop.business, tasks.count, kind="count", to=3)
    Job.objects.update(starts=MOST_STARTS, state="running")
    work_off()
    job.refresh_from_db()
    assert (job.state, job.failure) == ("failed", "The work broke off three times. Tell whoever runs the server.")
