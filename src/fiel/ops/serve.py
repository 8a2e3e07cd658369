"""All doors, open: brings the tables up to date, makes sure that sales will be kept, then answers until stopped."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.urls import get_resolver
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from fiel.ops.databases import WRITERS
from fiel.ops.durability import require_durable
from fiel.ops.environment import Environment
from fiel.ops.errors import CannotStart
from fiel.ops.loading import loading
from fiel.ops.logs import server_level
from fiel.ops.migrate import migrate
from fiel.ops.processes import STOP_WITHIN_S, Kept, stop_with_parent
from fiel.ops.walls import require_walls

__all__ = ["processes_for", "serve"]

POSTGRES_PROCESSES = 2

log = logging.getLogger("fiel.serve")


def serve(
    *, host: str, port: int, workers: int | None, worker: bool, when_open: Callable[[], None] = lambda: None
) -> None:
    """Serves until SIGTERM or SIGINT. `when_open` is called once requests are taken.

    Raises CannotStart where the database does not answer, or may lose sales.
    """
    migrate()
    require_durable(connection)
    require_walls()
    processes = processes_for(connection.vendor, workers)
    _require_free(host, port)
    _let_go(connection)
    with tempfile.TemporaryDirectory(prefix="fiel-metrics-") as figures:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures  # where the processes lay their figures together
        server = _granian(host=host, port=port, processes=processes)
        if worker:
            _keep_worker_beside(server)
        server.on_startup(when_open)
        server.serve(target_loader=load_application, wrap_loader=False)


def processes_for(vendor: str, asked: int | None) -> int:
    """How many processes serve: as many as asked for on PostgreSQL, one on SQLite."""
    if vendor == "sqlite":
        if asked is not None and asked > 1:
            log.warning("SQLite is written by one process, so one serves. PostgreSQL takes as many as you ask for")
        return 1
    return asked or POSTGRES_PROCESSES


def _require_free(host: str, port: int) -> None:
    """Refuse an address at which somebody listens: Granian would share it, and the two would answer in turn."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((host, port))
        except OSError as error:
            raise CannotStart(f"Nothing can listen at {host}, port {port}: {error.strerror}. Try --port.") from error


def load_application() -> Any:
    """The WSGI application, in the process that will answer."""
    stop_with_parent()
    with loading():
        from fiel.ops.wsgi import application  # noqa: PLC0415 - it sets Django up, which each process does for itself
        from fiel.sales.queue import have_writers  # noqa: PLC0415 - it needs models, which need Django to be set up
        from fiel.shops.keys import remember_keys  # noqa: PLC0415 - as above

        get_resolver().url_patterns  # noqa: B018 - all doors, for which the first who comes would wait else
    have_writers(WRITERS)
    remember_keys()
    # What is loaded stays: to look through it for garbage, again and again, would make tills wait.
    gc.collect()
    gc.freeze()
    return application


def run_worker() -> None:
    """Background work, in a process of its own beside the ones that answer."""
    stop_with_parent()
    django.setup()
    from fiel.ops.worker import work  # noqa: PLC0415 - it needs models, which need Django to be set up

    try:
        work()
    except Exception:
        log.exception("background work broke off")  # as a line of the log; whoever keeps this process begins anew
        sys.exit(1)


def _granian(*, host: str, port: int, processes: int) -> Any:
    environment: Environment = settings.ENVIRONMENT
    # Granian takes over the process's way of starting others. A forked one would share open sockets with its parent.
    multiprocessing.set_start_method("spawn", force=True)
    return Granian(
        "fiel.ops.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=environment.threads,
        blocking_threads_idle_timeout=600,  # a thread that goes takes its database connection with it
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN_S,
        log_level=LogLevels(server_level(environment.log_level).lower()),  # it sets its own anew
        log_dictconfig=settings.LOGGING,
    )


def _keep_worker_beside(server: Any) -> None:
    background = Kept(run_worker, "worker")
    server.on_startup(background.start)
    server.on_shutdown(background.stop)


def _let_go(connection: BaseDatabaseWrapper) -> None:
    """Closes what this process holds open at the database: from here on only its children need it."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]
