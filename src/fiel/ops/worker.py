"""Background work: what is done between the sales."""

from __future__ import annotations

import logging
import sys

import django
from django.db import connection

from fiel.ops.durability import require_durable
from fiel.ops.processes import Stop, stop_with_parent

__all__ = ["run", "work"]

log = logging.getLogger("fiel.worker")


def work() -> None:
    """Works until SIGTERM or SIGINT. To be called from the main thread, with Django set up.

    Raises NotDurable.
    """
    stop = Stop()
    require_durable(connection)
    connection.close()
    log.info("there is no background work yet; waiting until stopped")
    stop.wait()
    log.info("stopped")


def run() -> None:
    """The worker as a process of its own beside a server."""
    stop_with_parent()
    django.setup()
    try:
        work()
    except Exception:
        log.exception("background work broke off")  # as a line of the log; whoever keeps this process begins anew
        sys.exit(1)
