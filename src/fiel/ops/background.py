"""How the background work gets on, in figures: what waits, since when, and what the last audits found."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from django.db import Error
from django.db.models import Exists, Min, OuterRef
from django_tasks_db.models import DBTaskResult
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from fiel import clock
from fiel.events.models import Delivery, Endpoint
from fiel.jobs.models import Job

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
    now = clock.now()
    listens = Endpoint.objects.filter(business_id=OuterRef("business_id"), id=OuterRef("endpoint_id"), disabled_at=None)
    waiting = Delivery.objects.filter(Exists(listens), sent=False)
    oldest = waiting.aggregate(oldest=Min("event__at"))["oldest"]
    age_s = max(0, int((now - oldest).total_seconds())) if oldest else 0
    yield _gauge("fiel_outbox_waiting", "Events that wait to be taken by a webhook.", waiting.count())
    yield _gauge("fiel_outbox_age_seconds", "How long the oldest of them has waited.", age_s)
    yield _gauge("fiel_jobs_waiting", "Jobs that no worker has begun.", DBTaskResult.objects.ready().count())
    audits = Job.objects.filter(kind="audit", state="done", ended_at__isnull=False).order_by("ended_at")
    last = {business: (at, result) for business, at, result in audits.values_list("business_id", "ended_at", "result")}
    if last:
        first = min(at for at, _ in last.values() if at)
        findings = sum(result["findings"] for _, result in last.values() if result)
        yield _gauge("fiel_audit_findings", "What the last nightly audits found, of all businesses.", findings)
        audit_age_s = max(0, int((now - first).total_seconds()))
        yield _gauge("fiel_audit_age_seconds", "How long ago the audit was that lies back furthest.", audit_age_s)


def _gauge(name: str, about: str, value: int) -> Metric:
    return GaugeMetricFamily(name, about, value=value)
