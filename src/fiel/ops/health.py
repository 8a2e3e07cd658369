"""Probes for whoever keeps Fiel running: is the process alive, may it be sent requests, how is it doing.

`/livez` asks nothing of the database: a process must not be killed because its database is away, since it recovers by
itself. `/readyz` does, so that a balancer sends no sale here that could not be kept.
"""

from __future__ import annotations

import logging
import threading

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fiel.ops.durability import check_durability
from fiel.ops.metrics import exposition

__all__ = ["livez", "metrics", "readyz", "unready"]

RETRY_AFTER_S = "2"

log = logging.getLogger("fiel.health")

# Migrations are never taken back under a running server, so once seen to be complete they need no second look.
_migrated = threading.Event()


@require_safe
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """200 as long as the process can answer at all."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 where a sale would be recorded and kept; else 503 with the reasons."""
    reasons = unready()
    if not reasons:
        return JsonResponse({"ready": True})
    log.warning("not ready", extra={"fields": {"reasons": reasons}})
    return JsonResponse({"ready": False, "reasons": reasons}, status=503, headers={"Retry-After": RETRY_AFTER_S})


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' figures."""
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def unready() -> list[str]:
    """A sentence for each reason not to send requests here; none when all is well."""
    try:
        problems = check_durability(connection)
        if not _all_migrations_applied():
            problems.append("The database lacks migrations. Run fiel migrate, or start fiel serve anew.")
    except Error:
        # The database's own words name hosts and users, which the world has no business to know.
        log.exception("the database does not answer")
        return ["The database does not answer."]
    return problems


def _all_migrations_applied() -> bool:
    if not _migrated.is_set():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.set()
    return True
