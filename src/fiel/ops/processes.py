"""Processes that stop when they are told to, and do not outlive the one that started them."""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import Pipe, get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess

__all__ = ["STOP_WITHIN_S", "Kept", "Stop", "stop_with_parent"]

RESTART_AFTER_S = 1
STOP_WITHIN_S = 30

log = logging.getLogger("fiel.processes")


def stop_with_parent() -> None:
    """Stops this process as soon as the one that started it is gone, even by `kill -9`: gently, and if need be at once.

    Without this a killed server would leave processes behind that keep its port and its database.
    """
    parent = parent_process()
    if parent is None:
        return

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_WITHIN_S)
        os.kill(os.getpid(), signal.SIGKILL)  # told in the moment in which it begins to serve, it may not have heard

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()


class Stop:
    """Set by SIGTERM or SIGINT, and waited for. To be made in the main thread.

    A `threading.Event` will not do: its lock may be held by the very thread that the signal interrupts.
    """

    def __init__(self) -> None:
        self._told, tell = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os.write(tell, b"."))

    def wait(self, timeout_s: int | None = None) -> bool:
        """Whether a signal has come, or comes within so many seconds."""
        readable, _, _ = select.select([self._told], [], [], timeout_s)
        return bool(readable)


class Kept:
    """A process beside this one that is started again when it dies."""

    def __init__(self, target: Callable[[], None], name: str) -> None:
        self.target = target
        self.name = name
        self.told, self.tell = Pipe(duplex=False)
        self.keeper = threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True)

    def start(self) -> None:
        """Starts it; from now on it is kept."""
        self.keeper.start()

    def stop(self) -> None:
        """Tells it to stop, and waits until it has."""
        self.tell.send_bytes(b".")
        self.keeper.join()

    def _keep(self) -> None:
        while True:
            # Spawned, not forked: a fork would share the parent's locks and sockets.
            process = get_context("spawn").Process(target=self.target, name=self.name, daemon=True)
            process.start()
            wait([process.sentinel, self.told])
            if self.told.poll():
                end(process)
                return
            log.error("a process died and is started again", extra={"fields": {"process": self.name}})
            if self.told.poll(RESTART_AFTER_S):
                return


def end(process: SpawnProcess) -> None:
    """Stops a process: gently, and when that takes too long, at once."""
    process.terminate()
    process.join(STOP_WITHIN_S)
    if process.is_alive():
        log.error("a process did not stop in time and was killed", extra={"fields": {"process": process.name}})
        process.kill()
        process.join()
