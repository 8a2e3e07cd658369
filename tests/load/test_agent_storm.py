"""A short form of `make agent-storm`: nothing lost, nothing doubled, whatever is cut and killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "agent_storm.py"


def test_three_shops_whose_network_fails(environ):
    command = [sys.executable, str(SCRIPT), "--receipts", "240", "--kills", "4"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "members whose balance differs: 0" in done.stdout
