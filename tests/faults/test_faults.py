"""Short forms of `make faults`: nothing acknowledged is lost, nothing is counted twice, whatever is killed or cut."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests import databases
from tests.processes import ROOT

DATABASE = os.environ["FIEL_TEST_DATABASE"]


@pytest.mark.parametrize(
    "words",
    [
        ("kills", "--kills", "3"),
        ("replay", "--sales", "150"),
        pytest.param(
            ("restart", "--kills", "1"),
            marks=pytest.mark.skipif(DATABASE == "sqlite", reason="SQLite is no server that could be stopped"),
        ),
        pytest.param(
            ("failover", "--kills", "1"),
            marks=pytest.mark.skipif(DATABASE == "sqlite", reason="SQLite has no standby"),
        ),
        pytest.param(
            ("full",), marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk that is small")
        ),
    ],
    ids=lambda words: words[0],
)
def test_every_acknowledged_sale_is_there_once(words):
    databases.migrated()
    command = [sys.executable, str(ROOT / "benchmarks" / "faults.py"), *words, "--database", DATABASE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    if "no small disk can be mounted here" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0, doubled 0, balances that differ 0" in done.stdout
    assert "everything holds" in done.stdout
