"""A Fiel of its own, served for a measurement: set up by its command line, driven over HTTP, audited at the end."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Client", "audited", "database", "environment", "fiel", "key", "served"]

_COMMAND = (sys.executable, "-c", "from fiel.ops.cli import main; main()")


def database(environ: dict[str, str]) -> str:
    """The name of the database that is measured on."""
    return "PostgreSQL" if environ.get("FIEL_DATABASE_URL", "").startswith("postgres") else "SQLite"


def fiel(environ: dict[str, str], *words: str) -> str:
    """What a command says; where it fails, that is the end."""
    done = subprocess.run([*_COMMAND, *words], env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"fiel {' '.join(words)}: {done.stderr}")
    return done.stdout


def key(environ: dict[str, str], business: str, *options: str) -> str:
    """A new key of a business."""
    return str(json.loads(fiel(environ, "key", "create", business, *options, "--json"))["key"])


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait(port: int) -> None:
    """Wait until the server answers that it is ready."""
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("the server did not come up")


@contextmanager
def served(environ: dict[str, str]) -> Iterator[int]:
    """A server on the environment's database, ready; gives its port."""
    port = free_port()
    command = [*_COMMAND, "serve", "--port", str(port), "--no-worker"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait(port)
            yield port
        finally:
            server.terminate()


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """The environment with a data folder of its own, for the time of the measurement."""
    with tempfile.TemporaryDirectory() as folder:
        yield {**os.environ, "FIEL_DATA": folder}


def audited(environ: dict[str, str], business: str, *options: str) -> str:
    """What the audit says."""
    command = [*_COMMAND, "audit", business, *options]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


class Client:
    """One client with a connection of its own. What is not answered is sent again, with the same key."""

    def __init__(self, port: int, secret: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self.requests = 0

    def send(self, method: str, path: str, body: Any = None, *, once: str = "") -> tuple[int, dict[str, Any]]:
        """The status and the answer."""
        headers = {**self.headers, **({"Idempotency-Key": once} if once else {})}
        while True:
            self.connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
            told = json.loads(answer.read() or b"{}")
            self.requests += 1
            if answer.status != 503:
                return answer.status, told
            time.sleep(0.05)
