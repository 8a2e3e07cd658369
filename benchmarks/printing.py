"""Paper for many: statements and letters of thousands of members as one PDF, as the worker makes them.

    python benchmarks/printing.py [--members 10000] [--movements 15]

Runs on the database of FIEL_DATABASE_URL (a new, empty one), or on SQLite in a new folder. Every member has an address
and so many movements in the span, each of a receipt of its own. A paper is made in a process of its own, so that its
memory is told alone, beside what the process had before.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import django

PROGRAMME = {
    "name": "Load",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [{"code": "points", "kind": "points", "expiry": {"kind": "days", "days": 365}}],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
}
AT_ONCE = 500
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def main() -> None:
    """Make the members, then one paper after the other."""
    options = _options()
    if options.paper:
        _prepared()
        _make(options.paper)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("FIEL_DATA", folder)
        _prepared()
        _fill(options.members, options.movements)
        for paper in ("statements", "letters", "cards", "list_csv"):
            command = [sys.executable, __file__, "--paper", paper]
            subprocess.run(command, check=True, env={**os.environ, "FIEL_DATA": os.environ["FIEL_DATA"]})


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=10_000)
    parser.add_argument("--movements", type=int, default=15)
    parser.add_argument("--paper", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _prepared() -> None:
    os.environ.setdefault("FIEL_SECRET_KEY", "a key for this measurement alone")
    os.environ.setdefault("FIEL_LOG_LEVEL", "WARNING")
    os.environ["DJANGO_SETTINGS_MODULE"] = "fiel.ops.settings"
    django.setup()


def _fill(members: int, movements: int) -> None:
    # Django is set up by now, and not before.
    from django.core.management import call_command  # noqa: PLC0415

    from fiel.core.identity import Identity  # noqa: PLC0415
    from fiel.core.sale import Line, Payment  # noqa: PLC0415
    from fiel.members.enrol import Newcomer, enrol  # noqa: PLC0415
    from fiel.programme.versions import publish  # noqa: PLC0415
    from fiel.sales.incoming import Incoming  # noqa: PLC0415
    from fiel.sales.record import record  # noqa: PLC0415
    from fiel.shops.opening import open_business, put_store  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    begun = datetime(2026, 2, 1, 12, tzinfo=UTC)
    said = {"name": "Padaria", "currency": "BRL", "timezone": "America/Sao_Paulo", "language": "pt-br"}
    business, _ = open_business(slug="padaria", owner_email="dona@example.com", now=begun, **said)
    put_store(business, "S1")
    publish(business, PROGRAMME, by="benchmark", now=begun, in_force_from=begun)
    for start in range(0, members, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, members))
        phones = [Identity("phone", f"+55119{number:08d}") for number in numbers]
        where = "Rua das Flores 12\n01310-100 São Paulo"
        people = [Newcomer(identities=(phone,), name="Ana Souza de Oliveira", address=where) for phone in phones]
        enrol(business, people, now=begun, today=begun.date(), source="benchmark", by="benchmark")
        for turn in range(movements):
            at = begun + timedelta(days=turn)
            sales = [
                Incoming(
                    store="S1",
                    till="T1",
                    number=f"{turn}-{number}",
                    occurred_at=at,
                    lines=(Line(1, 1990, 1000),),
                    member=phone,
                    payments=(Payment("pix", 1990),),
                )
                for number, phone in zip(numbers, phones, strict=True)
            ]
            record(business, sales, history=True)


def _make(paper: str) -> None:
    from fiel.jobs.models import Job, JobFile  # noqa: PLC0415
    from fiel.members.choosing import Chosen  # noqa: PLC0415
    from fiel.ops.worker import _job_worker  # noqa: PLC0415
    from fiel.printing.work import Options, start_printing  # noqa: PLC0415
    from fiel.shops.models import Business, Person  # noqa: PLC0415

    business, person = Business.objects.get(), Person.objects.get()
    options = Options(give=True, first=FIRST, last=LAST)
    job = start_printing(business, paper, Chosen(), options, person=person, language="pt-br")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun, worked = time.perf_counter(), time.process_time()
    worker: Any = _job_worker("1.0")
    worker.batch = True
    worker.run()
    seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    job = Job.objects.get(id=job.id)
    size = len(JobFile.objects.get(job_id=job.id).content) / 1024 / 1024 if job.state == "done" else 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = f"{(job.result or {}).get('printed', 0):>7} members, {seconds:6.1f} s ({processor:.1f} s of processor)"
    memory = f"{Decimal(peak) / 1024:.0f} MiB at most, {Decimal(before) / 1024:.0f} before"
    print(f"{paper:<12}{told}, {size:.1f} MiB, {memory}, {job.state} {job.failure}", flush=True)


if __name__ == "__main__":
    main()
