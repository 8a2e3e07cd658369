"""Fiel as processes: starts, answers, stops when told, and leaves nothing behind when killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from fiel.ops.serve import processes_for
from tests.processes import PATIENCE_S, ask, fiel, free_port, ready, typed, until, until_ready

ON_POSTGRES = os.environ["FIEL_TEST_DATABASE"] == "postgres"


@pytest.fixture
def port():
    return free_port()


def test_serves_until_told_to_stop(environ, port):
    with fiel(environ, "serve", "--port", str(port)) as server:
        until(lambda: ready(port), "not ready in time")
        assert ask(port, "/livez")[2] == "ok"
        assert 'view="livez"' in ask(port, "/metrics")[2]
        status, out, err = server.stop()
    assert status == 0, err
    assert out.startswith(f"Fiel listens at http://127.0.0.1:{port}")
    assert [json.loads(line)["level"] for line in err.splitlines() if '"error"' in line] == []
    assert server.others() == []


def test_a_killed_server_leaves_nothing_behind_and_starts_again(environ, port):
    for _ in range(2):
        with fiel(environ, "serve", "--port", str(port)) as server:
            until(lambda: ready(port), "not ready in time")
            assert server.others() != []
            server.process.kill()
            until(lambda: server.others() == [], "processes outlived the server that started them")


DEAF = """
import signal, time
from multiprocessing import get_context
from fiel.ops import processes

def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    processes.STOP_WITHIN_S = 1
    processes.stop_with_parent()
    print(processes.os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    get_context("spawn").Process(target=deaf).start()
    time.sleep(600)
"""


def test_a_process_that_does_not_hear_is_stopped_all_the_same(tmp_path):
    (tmp_path / "deaf.py").write_text(DEAF)
    with subprocess.Popen([sys.executable, str(tmp_path / "deaf.py")], stdout=subprocess.PIPE, text=True) as parent:
        deaf = int(parent.stdout.readline())
        parent.kill()
        until(lambda: command_line(deaf) == b"", "it outlived the one that started it")


def test_killed_processes_are_replaced(environ, port):
    with fiel(environ, "serve", "--port", str(port)) as server:
        until(lambda: ready(port), "not ready in time")
        before = at_work(server)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        until(lambda: ready(port) and len(at_work(server)) == len(before), "nobody took the place of the dead")
        assert not set(before) & set(at_work(server))
        assert server.stop()[0] == 0


def test_a_server_with_one_thread_records_a_sale(environ, port):
    opening = ("--name", "Padaria", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    typed(environ, "business", "create", "padaria", *opening, "--owner-email", "ana@padaria.example")
    key = json.loads(typed(environ, "key", "create", "padaria", "--scope", "till", "--store", "S1", "--json"))["key"]
    with fiel(environ | {"FIEL_THREADS": "1"}, "serve", "--port", str(port), "--no-worker") as server:
        until_ready(server, port)
        sale = {"number": "1", "till": "T1", "occurred_at": datetime.now(UTC).isoformat(), "lines": [{"amount": 100}]}
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        status, _, told = ask(port, "/api/v1/sales", body=json.dumps(sale), **headers)
    assert status == 201, told  # by a writer, which has a connection besides the thread's own


def at_work(server):
    return [pid for pid in server.others() if b"spawn_main" in command_line(pid)]


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def test_behind_a_proxy_that_speaks_tls(environ, port):
    environ |= {"FIEL_PUBLIC_URL": "https://points.example.com"}
    with fiel(environ, "serve", "--port", str(port), "--no-worker"):
        until(lambda: ready(port), "not ready in time")
        status, headers, _ = ask(port, "/c/padaria/")
        assert (status, headers["location"]) == (301, f"https://127.0.0.1:{port}/c/padaria/")
        believed = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        status, headers, _ = ask(port, "/c/padaria/", **believed)
        assert status == 404
        assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"


@pytest.mark.skipif("not ON_POSTGRES", reason="about PostgreSQL")
def test_servers_that_start_together_migrate_one_after_the_other(empty_environ):
    first, second = free_port(), free_port()
    with (
        fiel(empty_environ, "serve", "--port", str(first), "--no-worker") as one,
        fiel(empty_environ, "serve", "--port", str(second), "--no-worker") as other,
    ):
        until(lambda: ready(first) and ready(second), "not ready in time")
        assert one.stop()[0] == 0
        assert other.stop()[0] == 0


def test_two_that_migrate_together_do_not_disturb_each_other(empty_environ):
    with fiel(empty_environ, "migrate") as one, fiel(empty_environ, "migrate") as other:
        for migrating in (one, other):
            out, err = migrating.process.communicate(timeout=PATIENCE_S)
            assert migrating.process.returncode == 0, err
    assert "Applying" in out or "No migrations to apply" in out


@pytest.mark.skipif("not ON_POSTGRES", reason="about PostgreSQL")
def test_does_not_serve_where_a_sale_could_be_forgotten(environ, port):
    import psycopg

    with psycopg.connect(environ["FIEL_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{connection.info.dbname}" SET synchronous_commit = off')
    for words in (("serve", "--port", str(port)), ("worker",)):
        with fiel(environ, *words) as refused:
            _, err = refused.process.communicate(timeout=PATIENCE_S)
        assert refused.process.returncode == 1
        assert err.startswith("fiel: PostgreSQL's synchronous_commit is off")
        assert "Traceback" not in err


def test_a_database_that_is_away_is_told_in_a_sentence(environ, port, tmp_path):
    environ |= {"FIEL_DATABASE_URL": f"postgres:///fiel?host={tmp_path}"}
    with fiel(environ, "serve", "--port", str(port)) as refused:
        _, err = refused.process.communicate(timeout=PATIENCE_S)
    assert refused.process.returncode == 1
    assert err.startswith("fiel: The database of FIEL_DATABASE_URL does not take part: connection ")
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_works_until_it_is_stopped(environ, number):
    done(environ, "migrate")
    with fiel(environ, "worker") as worker:
        assert worker.process.stdout.readline().startswith("Doing jobs, sending events")
        until(lambda: "at work" in worker.process.stderr.readline(), "it did not say that it works")
        assert worker.stop(number)[0] == 0


def done(environ, *typed):
    with fiel(environ, *typed) as running:
        _, err = running.process.communicate(timeout=PATIENCE_S)
    assert running.process.returncode == 0, err


def test_settings_are_listed_without_secrets_and_before_anything_exists(empty_environ):
    empty_environ |= {"FIEL_SECRET_KEY": "k" * 40, "FIEL_CARD_PREFIX": "21"}
    with fiel(empty_environ, "settings") as listed:
        out, err = listed.process.communicate(timeout=PATIENCE_S)
    assert (listed.process.returncode, err) == (0, "")
    assert "FIEL_CARD_PREFIX=21  (environment)" in out
    assert "FIEL_LOG_LEVEL=INFO  (default)" in out
    assert "kkkk" not in out
    assert os.listdir(empty_environ["FIEL_DATA"]) == []


def test_settings_are_listed_even_when_one_is_bad(environ):
    with fiel(environ | {"FIEL_THREADS": "many"}, "settings") as listed:
        out, err = listed.process.communicate(timeout=PATIENCE_S)
    assert listed.process.returncode == 1
    assert "FIEL_THREADS=many  (environment)" in out
    assert err == "fiel: FIEL_THREADS must be a whole number from 1 to 999.\n"


def test_a_bad_setting_stops_the_start_with_a_sentence(environ):
    with fiel(environ | {"FIEL_PUBLIC_URL": "points"}, "serve") as refused:
        out, err = refused.process.communicate(timeout=PATIENCE_S)
    assert (refused.process.returncode, out) == (1, "")
    assert err.startswith("fiel: FIEL_PUBLIC_URL must be an address")


def test_sqlite_is_served_by_one_process_and_postgres_by_as_many_as_asked_for():
    assert [processes_for("sqlite", asked) for asked in (None, 1, 4)] == [1, 1, 1]
    assert [processes_for("postgresql", asked) for asked in (None, 1, 4)] == [2, 1, 4]


def test_two_servers_never_share_a_port(environ, port):
    with fiel(environ, "serve", "--port", str(port), "--no-worker") as first:
        until(lambda: ready(port), "not ready in time")
        with fiel(environ, "serve", "--port", str(port), "--no-worker") as second:
            _, err = second.process.communicate(timeout=PATIENCE_S)
            assert second.process.returncode != 0
            assert f"port {port}" in err
        assert first.process.poll() is None
