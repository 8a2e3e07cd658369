"""A PostgreSQL of one's own, that can be killed and comes back."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
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

    def follow(self, leader: Postgres) -> None:
        """Become a standby of another, from nothing: it then answers no commit before this one has it."""
        self.kill()
        folder = str(self.data)
        for each in self.data.iterdir():  # the folder itself stays: its user may make none beside it
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        self._run("pg_basebackup", "-D", folder, "-h", leader._folder, "-U", "postgres", "-R", "-c", "fast")
        (self.data / ".s.PGSQL.5432.lock").unlink(missing_ok=True)  # the leader's, whose socket is in its folder
        # Not as it is started otherwise: that waits for one which takes writes.
        self._run("pg_ctl", "-w", "-D", folder, "-l", f"{folder}/log", "-o", f'-h "" -k {folder}', "start")
        leader.administer("ALTER SYSTEM SET synchronous_standby_names = '*'")
        leader.administer("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """Take the place of the one that was followed."""
        self.administer("ALTER SYSTEM SET synchronous_standby_names = ''")  # there is nobody to wait for yet
        self.administer("SELECT pg_reload_conf()")
        self.administer("SELECT pg_promote()")

    def administer(self, statement: str) -> None:
        """Run a statement outside of a transaction."""
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def _run(self, command: str, *words: str) -> None:
        """Run one of PostgreSQL's own commands, as the user to whom the server belongs."""
        words = (str(self.server.bin_path / command), *words)
        # Into a file: what the server would inherit of a pipe keeps it open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                words, user=self.server.system_user, cwd="/", stdout=said, stderr=said, check=False, env={"LC_ALL": "C"}
            )
            said.seek(0)
            if done.returncode:
                raise RuntimeError(f"{' '.join(words)}: {said.read()}")

    def connected(self, database: str) -> psycopg.Connection[Any]:
        """A connection to one of its databases."""
        return psycopg.connect(self._conninfo(database))

    def new_database(self, name: str, *, like: str = "template1") -> str:
        """The URL of a new database, empty or as another one."""
        self.administer(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        return f"postgres://postgres@/{name}?host={self._folder}"

    @property
    def _folder(self) -> str:
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        return lines[4]

    def _conninfo(self, database: str) -> str:
        return f"host={self._folder} user=postgres dbname={database}"
