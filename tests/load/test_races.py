"""A short form of the races that `benchmarks/races.py` runs: nothing is spent twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "races.py"


def test_many_clients_at_one_balance_and_two_tills_at_one_voucher(environ):
    command = [sys.executable, str(SCRIPT), "--rounds", "3", "--clients", "24", "--races", "40"]
    environ = {**environ, "FIEL_THREADS": "4"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "winners 3 with 10;" in done.stdout
    assert "winners 40 with 1;" in done.stdout
    assert "everything holds" in done.stdout
