"""Fiel as processes of their own, for tests that start, stop and kill it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

PATIENCE_S = 60
ROOT = Path(__file__).resolve().parents[1]


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Running:
    """A `fiel` command that runs beside the test."""

    def __init__(self, environ, *typed):
        command = [sys.executable, "-c", "from fiel.ops.cli import main; main()", *typed]
        self.process = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def stop(self, number=signal.SIGTERM):
        """Sends a signal; answers the exit status and what was said."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err

    def end(self):
        """Makes sure that nothing of it is left, whatever the test found."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE_S)

    def others(self):
        """The processes it has started, still alive."""
        found = subprocess.run(
            ["ps", "-o", "pid=,stat=", "--sid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        alive = [line.split() for line in found.stdout.splitlines()]
        return [int(pid) for pid, state in alive if not state.startswith("Z") and int(pid) != self.process.pid]


def typed(environ, *words, status=0):
    """What a command says; what it says on stderr where it ends with another status than 0."""
    with fiel(environ, *words) as done:
        out, err = done.process.communicate(timeout=PATIENCE_S)
    assert done.process.returncode == status, out + err
    return out if status == 0 else err


def python(environ, script, *words):
    """What a script says that has Django set up on the database of the environment."""
    environ = environ | {"DJANGO_SETTINGS_MODULE": "fiel.ops.settings", "PYTHONPATH": str(ROOT)}
    script = f"import django, sys; django.setup()\n{script}"
    command = [sys.executable, "-c", script, *map(str, words)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def fiel(environ, *typed):
    running = Running(environ, *typed)
    try:
        yield running
    finally:
        running.end()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def ask(port, path, *, body=None, **headers):
    """Status, headers and body; None while nobody answers. With a body it is sent."""
    request = Request(f"http://127.0.0.1:{port}{path}", data=body.encode() if body else None, headers=headers)
    try:
        with build_opener(Stay).open(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except HTTPError as answer:
        with answer:
            return answer.code, dict(answer.headers), answer.read().decode()
    except (URLError, ConnectionError):
        return None


def until(condition, told):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, told
        time.sleep(0.05)


def ready(port):
    answer = ask(port, "/readyz")
    return answer is not None and answer[0] == 200


def until_ready(running, port):
    """Waits for a server to answer; tells what it said if it has ended."""

    def there():
        assert running.process.poll() is None, running.process.stderr.read()
        return ready(port)

    until(there, "not ready in time")
