"""Processes that stop when they are told to, and do not outlive the one that started them."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import get_context, parent_process
from multiprocessing.context import SpawnProcess

__all__ = ["Kept", "stop_with_parent", "stopped_by_signal"]

RESTART_AFTER_S = 1

log = logging.getLogger("fiel.processes")


def stop_with_parent() -> None:
    """Stops this process gently as soon as the one that started it is gone, even by `kill -9`.

    Without this a killed server would leave processes behind that keep its port and its database.
    """
    parent = parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()


def stopped_by_signal() -> threading.Event:
    """An event that SIGTERM or SIGINT sets. To be called from the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


class Kept:
    """A process beside this one that is started again when it dies."""

    def __init__(self, target: Callable[[], None], name: str) -> None:
        self.target = target
        self.name = name
        self.stopping = threading.Event()
        self.keeper = threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True)
        self.process: SpawnProcess | None = None

    def start(self) -> None:
        """Starts it; from now on it is kept."""
        self.keeper.start()

    def stop(self) -> None:
        """Tells it to stop, and waits until it has."""
        self.stopping.set()
        if self.process is not None:
            self.process.terminate()
        self.keeper.join()

    def _keep(self) -> None:
        while not self.stopping.is_set():
            # Spawned, not forked: a fork would share the parent's locks and sockets.
            self.process = get_context("spawn").Process(target=self.target, name=self.name, daemon=True)
            self.process.start()
            if self.stopping.is_set():  # told to stop while it was being started
                self.process.terminate()
            self.process.join()
            if not self.stopping.wait(RESTART_AFTER_S):
                log.error("a process died and is started again", extra={"fields": {"process": self.name}})
