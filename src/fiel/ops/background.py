"""How the background work gets on, in figures: what waits, since when, and what the last audits found."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import Error
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fiel import clock
from fiel.ops.standing import standing

__all__ = ["Background"]

log = logging.getLogger("fiel.metrics")


class Background(Collector):
    """Read from the database at each look; where that is away, these figures are left out."""

    def collect(self) -> Iterator[Metric]:
        """The figures, of all businesses together."""
        try:
            yield from list(_figures())
        except Error:
            log.exception("the database does not tell how the background work gets on")


def _figures() -> Iterator[Metric]:
    now = standing(clock.now())
    yield _gauge("fiel_workers", "Workers that are alive.", now.workers)
    about = "How long ago the worker left a sign of life, of those that are alive, which has been silent longest."
    yield _gauge("fiel_worker_silent_seconds", about, now.silent_s)
    yield _gauge("fiel_outbox_waiting", "Events that wait to be taken by a webhook.", now.events.count)
    yield _gauge("fiel_outbox_age_seconds", "How long the oldest of them has waited.", now.events.age_s)
    yield _gauge("fiel_messages_waiting", "Messages to members that are due.", now.messages.count)
    yield _gauge("fiel_messages_age_seconds", "How long the oldest of them has been due.", now.messages.age_s)
    yield _gauge("fiel_jobs_waiting", "Jobs that no worker has begun.", now.jobs.count)
    yield _gauge("fiel_jobs_age_seconds", "How long the oldest of them has waited.", now.jobs.age_s)
    yield _gauge("fiel_disk_free_bytes", "Room that is left where the data folder lies.", now.disk_free)
    yield _gauge("fiel_disk_bytes", "Room that there is.", now.disk_total)
    if now.audit_age_s is not None:
        yield _gauge("fiel_audit_findings", "What the last nightly audits found, of all businesses.", now.findings)
        yield _gauge("fiel_audit_age_seconds", "How long ago the audit was that lies back furthest.", now.audit_age_s)
    if now.daily_age_s is not None:
        yield _gauge("fiel_daily_age_seconds", "How long ago the daily run was, the oldest one.", now.daily_age_s)
    if now.backup_age_s is not None:
        yield _gauge("fiel_backup_age_seconds", "How long ago the last backup on record was made.", now.backup_age_s)


def _gauge(name: str, about: str, value: int) -> Metric:
    return GaugeMetricFamily(name, about, value=value)
