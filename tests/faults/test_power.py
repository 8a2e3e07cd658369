"""The power fails: what was acknowledged is there when it comes back. A careless setting loses, so the tests bite."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests import databases
from tests.faults.postgres import Postgres
from tests.processes import ROOT, typed

HERE = Path(__file__).parent
ON_POSTGRES = os.environ["FIEL_TEST_DATABASE"] == "postgres"
ACKNOWLEDGED = 60

OPENING = ("--name", "Padaria", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")


def opened(environ):
    typed(environ, "business", "create", "padaria", *OPENING, "--owner-email", "dona@padaria.example")
    return environ | {"DJANGO_SETTINGS_MODULE": "fiel.ops.settings", "PYTHONPATH": str(ROOT)}


def sold_until_the_power_fails(environ, cut, *words):
    """The numbers that were acknowledged when, after so many, `cut` is called with the till's process."""
    command = [sys.executable, str(HERE / "seller.py"), "padaria", *words]
    said = []
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True) as till:
        for line in till.stdout:
            said.append(line.strip())
            if len(said) == ACKNOWLEDGED:
                cut(till)
        till.wait()
    assert len(said) >= ACKNOWLEDGED
    return said


@pytest.mark.skipif(ON_POSTGRES, reason="about SQLite")
@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc, for a disk that forgets")
@pytest.mark.parametrize(("way", "kept"), [("", True), ("careless", False)])
def test_sqlite_keeps_what_was_acknowledged(environ, tmp_path, way, kept):
    """The disk keeps what was synced, and nothing else. With synchronous=NORMAL acknowledged sales are gone."""
    data, disk, shim = Path(environ["FIEL_DATA"]), tmp_path / "disk", tmp_path / "synced.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", shim, HERE / "synced.c", "-ldl"], check=True)
    environ = opened(environ)
    disk.mkdir()
    for file in data.glob("fiel.sqlite3*"):
        shutil.copy(file, disk / file.name)  # what is there is on the disk
    failing = environ | {"LD_PRELOAD": str(shim), "SYNCED_FROM": f"{data}/", "SYNCED_TO": str(disk)}
    said = sold_until_the_power_fails(failing, lambda till: till.kill(), "", way)
    for file in data.glob("fiel.sqlite3*"):
        file.unlink()
    for file in disk.glob("fiel.sqlite3*"):
        if not file.name.endswith((".part", "-shm")):
            shutil.copy(file, data / file.name)
    with closing(sqlite3.connect(data / "fiel.sqlite3")) as database:
        found = {number for (number,) in database.execute("SELECT number FROM sales_receipt")}
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert (set(said) <= found) is kept, f"{len(set(said) - found)} of {len(said)} acknowledged sales are gone"
    assert "everything holds" in typed(environ, "audit")


@pytest.mark.skipif(not ON_POSTGRES, reason="about PostgreSQL")
def test_postgresql_keeps_what_was_acknowledged(environ, tmp_path):
    """Every process of the database dies at once. With synchronous_commit=off acknowledged sales are gone."""
    like = databases.migrated()
    with Postgres(tmp_path / "postgres", "wal_writer_delay = 10s", like=like) as server:
        environ = opened(environ | {"FIEL_DATABASE_URL": server.new_database("power", like=databases.MIGRATED)})
        for setting, kept in (("on", True), ("off", False)):
            with server.connected("power") as connection:
                connection.execute(f"ALTER DATABASE power SET synchronous_commit = {setting}")
            said = sold_until_the_power_fails(environ, server.cut, f"{setting}-")
            server.start()
            with server.connected("power") as connection:
                found = {number for (number,) in connection.execute("SELECT number FROM sales_receipt")}
            assert (set(said) <= found) is kept, f"{len(set(said) - found)} of {len(said)} are gone with {setting}"
        with server.connected("power") as connection:
            connection.execute("ALTER DATABASE power RESET synchronous_commit")
        assert "everything holds" in typed(environ, "audit")
