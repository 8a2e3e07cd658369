"""Background work: jobs, events on their way out, sums that are kept, and what is due every night.

Threads of one process, each at its own pace: a long import must not hold up a webhook, nor a slow receiver the night's
work. Whatever is in hand stands in the database, so that a worker may die at any moment: the next one takes it up.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from functools import partial
from time import monotonic

import psycopg
from django.db import Error, close_old_connections, connection
from django_tasks_db.compat import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker as JobWorker
from django_tasks_db.models import DBTaskResult

from fiel import clock
from fiel.insight.keep import businesses_waiting, take_some_in
from fiel.jobs.nightly import begin_due
from fiel.jobs.work import STOPPING, Interrupted
from fiel.ops.durability import require_durable
from fiel.ops.nightly import CHORES, clear_away
from fiel.ops.presence import Presence, take_part
from fiel.ops.processes import Stop
from fiel.ops.walls import require_walls
from fiel.outreach.deliver import deliver_some
from fiel.outreach.invitations.came import note_who_came_lately
from fiel.outreach.messages.notices import read_some
from fiel.outreach.messages.sending import send_some

__all__ = ["work"]

JOB_THREADS = 2
SENDING_THREADS = 4
LOOK_EVERY_S = 1
CLEAR_EVERY_S = 3600
FOLLOW_EVERY_S = 30
AGAIN_AFTER_S = 5
AWAY = (Error, psycopg.Error, OSError)

log = logging.getLogger("fiel.worker")


def work() -> None:
    """Works until SIGTERM or SIGINT. To be called from the main thread, with Django set up.

    Raises NotDurable.
    """
    stop = Stop()
    require_durable(connection)
    require_walls()
    while True:
        STOPPING.clear()
        try:
            _work(stop)
            break
        except AWAY:
            # Whoever serves tries again with the next request; so do we.
            log.exception("background work broke off and begins anew")
            if stop.wait(AGAIN_AFTER_S):
                break
    log.info("stopped")


def _work(stop: Stop) -> None:
    presence = take_part(stop.wait)
    if presence is None:
        return
    jobs = [_job_worker(f"{presence.name}.{n}") for n in range(JOB_THREADS)]
    senders = [f"{presence.name}.{n}" for n in range(SENDING_THREADS)]
    threads = [
        *(_thread(f"jobs-{each.worker_id}", partial(_keep_on, each.run)) for each in jobs),
        _thread("insight", partial(_keep_on, _keep_sums)),
        *(_thread(f"send-{name}", partial(_keep_on, partial(_send, name, presence))) for name in senders),
    ]
    try:
        log.info("at work", extra={"fields": {"worker": presence.name}})
        _watch(stop, presence)
    finally:
        STOPPING.set()
        for each in jobs:
            each.running = False
        for thread in threads:
            thread.join()
        _lay_down()
        presence.leave()
        connection.close()


def _thread(name: str, do: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=do, name=name, daemon=True)
    thread.start()
    return thread


def _keep_on(do: Callable[[], None]) -> None:
    """Do it until all stop, whatever happens; what fails is told to the log and begun again."""
    while not STOPPING.is_set():
        try:
            do()
        except Exception:
            log.exception("a part of the background work broke off and begins anew")
            STOPPING.wait(AGAIN_AFTER_S)
        finally:
            connection.close()


def _job_worker(name: str) -> JobWorker:
    """The queue's own worker, which takes one job after the other, until `running` is False."""
    return JobWorker(
        queue_names=["*"],
        excluded_queue_names=[],
        backend_name="default",
        worker_id=name,
        interval=LOOK_EVERY_S,
        startup_delay=False,
        batch=False,
        max_tasks=None,
    )


def _send(name: str, presence: Presence) -> None:
    while not STOPPING.is_set():
        # Each has its turn: a slow receiver holds up one of these threads, not one kind of work.
        done = [each(name, presence.alive, STOPPING.is_set) for each in (deliver_some, read_some, send_some)]
        if not any(done):
            close_old_connections()
            STOPPING.wait(LOOK_EVERY_S)


def _keep_sums() -> None:
    """Take into the sums what was recorded since; every business in its turn, so that none waits for another."""
    while not STOPPING.is_set():
        waiting = businesses_waiting()
        while waiting and not STOPPING.is_set():
            waiting = [business for business in waiting if take_some_in(business, now=clock.now())]
        close_old_connections()
        STOPPING.wait(LOOK_EVERY_S)


def _watch(stop: Stop, presence: Presence) -> None:
    """Begin what is due, and take over what the dead had in hand, until told to stop."""
    clear_at = follow_at = monotonic()
    while True:
        _take_over(presence.alive())
        begin_due(CHORES, now=clock.now())
        if monotonic() >= clear_at:
            clear_away(clock.now())
            clear_at = monotonic() + CLEAR_EVERY_S
        if monotonic() >= follow_at:
            note_who_came_lately(clock.now())
            follow_at = monotonic() + FOLLOW_EVERY_S
        close_old_connections()
        if stop.wait(LOOK_EVERY_S):
            return


def _take_over(alive: Collection[str]) -> None:
    """Put back into the queue what workers had begun that are dead."""
    running = DBTaskResult.objects.running().order_by().values_list("id", "worker_ids", "started_at")
    for task_id, workers, started_at in running:
        if workers[-1].partition(".")[0] not in alive:
            orphan = DBTaskResult.objects.running().filter(id=task_id, started_at=started_at)
            if orphan.update(status=TaskResultStatus.READY):
                log.warning("a job of a worker that died is done anew", extra={"fields": {"task": str(task_id)}})
    _lay_down()


def _lay_down() -> None:
    """Put back what was interrupted because a worker was told to stop; the queue takes it for failed."""
    interrupted = f"{Interrupted.__module__}.{Interrupted.__qualname__}"
    DBTaskResult.objects.failed().filter(exception_class_path=interrupted).update(
        status=TaskResultStatus.READY, finished_at=None, exception_class_path="", traceback=""
    )
