"""A PostgreSQL of one's own, that can be killed and comes back."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from tests import databases

PATIENCE_S = 60


class Postgres:
    """A server on a folder of its own. `settings`: lines for its postgresql.conf. `like`: a folder to begin with."""

    def __init__(self, data: Path, *settings: str, like: Path | None = None) -> None:
        self.data, self.settings = data, settings
        if like:
            subprocess.run(["cp", "--archive", str(like), str(data)], check=True)  # it belongs to the server's user

    def __enter__(self) -> Self:
        self.server: Any = databases.start(self.data, cleanup_mode="stop")
        if self.settings:
            with (self.data / "postgresql.conf").open("a") as file:
                file.writelines(f"{line}\n" for line in self.settings)
            self.kill()
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.start()
        self.server.cleanup()

    @property
    def processes(self) -> list[psutil.Process]:
        """The postmaster, then all it has started."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        with suppress(psutil.NoSuchProcess):
            postmaster = psutil.Process(pid)
            return [postmaster, *postmaster.children(recursive=True)]
        return []

    def kill(self) -> None:
        """All of it at once, as when the power fails."""
        dying = self.processes
        for process in dying:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(dying, timeout=PATIENCE_S)

    def stop(self) -> None:
        """As its administrator does: who is connected is thrown out, and all is written."""
        [postmaster, *_] = self.processes
        postmaster.send_signal(signal.SIGINT)
        psutil.wait_procs([postmaster], timeout=PATIENCE_S)

    def cut(self, till: Any) -> None:
        """The power fails for it and for who sells."""
        for process in self.processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)  # nobody writes a last word
        till.kill()
        self.kill()

    def start(self) -> None:
        """Bring it back, unless it runs."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.server.ensure_postgres_running()
                with self.connected("postgres"):
                    return
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def connected(self, database: str) -> psycopg.Connection[Any]:
        """A connection to one of its databases."""
        return psycopg.connect(self._conninfo(database))

    def new_database(self, name: str, *, like: str = "template1") -> str:
        """The URL of a new database, empty or as another one."""
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')  # type: ignore[call-overload]
        return f"postgres://postgres@/{name}?host={self._folder}"

    @property
    def _folder(self) -> str:
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        return lines[4]

    def _conninfo(self, database: str) -> str:
        return f"host={self._folder} user=postgres dbname={database}"
