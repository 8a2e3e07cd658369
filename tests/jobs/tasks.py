"""Work for the tests of jobs."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from django_tasks import task

from fiel.core.refusals import Refused
from fiel.jobs.work import do


@task
def count(business_id, job_id, to, beside=None):
    """Counts, slowly where a file is named, and tells the file how far it is."""
    do(business_id, job_id, partial(_count, to=to, beside=beside))


def _count(job, *, to, beside):
    for number in range(1, to + 1):
        if beside:
            Path(beside).write_text(str(number))
            time.sleep(0.1)
        job.progress(number, to, f"at {number}")
    job.keep_file("numbers.txt", "text/plain", " ".join(map(str, range(1, to + 1))).encode())
    job.keep_result({"counted": to})


@task
def refuse(business_id, job_id):
    """Refuses."""
    do(business_id, job_id, lambda job: _raise(Refused("invalid", "There is nothing to count.")))


@task
def fall(business_id, job_id):
    """Falls over."""
    do(business_id, job_id, lambda job: _raise(ValueError("Ana Souza, +5511987654321")))


def _raise(error):
    raise error


@task
def stopped(business_id, job_id):
    """Is asked to stop by somebody, half-way."""
    from uuid import UUID

    from fiel.jobs.work import ask_to_stop

    def work(job):
        ask_to_stop(business_id, UUID(job_id))
        job.progress(5, 10)
        raise AssertionError("it went on")

    do(business_id, job_id, work)
