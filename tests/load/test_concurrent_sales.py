"""A short form of the load that `benchmarks/concurrent_sales.py` makes: nothing lost, nothing doubled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "concurrent_sales.py"


def test_sixteen_clients_sending_everything_twice(environ):
    command = [sys.executable, str(SCRIPT), "--clients", "16", "--seconds", "3"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything holds" in done.stdout
