"""The whole OpenAPI document against a running server: Schemathesis makes up calls, right ones and wrong ones.

Every operation, every check: no answer of 500 or above, none that the document does not describe, nothing wrong that
is taken. `make schemathesis` tries for long, on both databases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from fiel.doors.api.access import ACCESS
from tests.processes import fiel, free_port, until_ready

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "")

PROGRAMME = """
name = "Clube"
currency = "BRL"
timezone = "America/Sao_Paulo"
units = [{ code = "points", kind = "points" }]
earn = [{ code = "all", unit = "points", give = "1", per = "1.00" }]
"""


def done(environ, *typed):
    with fiel(environ, *typed) as running:
        out, err = running.process.communicate(timeout=120)
        assert running.process.returncode == 0, err
        return out


def test_every_operation_is_as_its_description_says(environ, tmp_path):
    environ |= {"FIEL_EMAIL_URL": f"file://{tmp_path}", "FIEL_LOG_LEVEL": "ERROR"}
    place = ("--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    done(environ, "business", "create", "padaria", "--name", "Padaria", *place, "--owner-email", "ana@example.com")
    (tmp_path / "programme.toml").write_text(PROGRAMME)
    done(environ, "programme", "publish", "padaria", str(tmp_path / "programme.toml"))
    key = json.loads(done(environ, "key", "create", "padaria", "--scope", "office", "--json"))["key"]
    port = free_port()
    with fiel(environ, "serve", "--port", str(port), "--no-worker") as running:
        until_ready(running, port)
        status, told = tried(port, key, tmp_path)
        assert status == 0, told
        assert f"Selected: {len(ACCESS)}/{len(ACCESS)}" in told
        _, _, log = running.stop()
    assert '"level": "error"' not in log


def tried(port, key, folder):
    """Schemathesis' exit status and report. Short: a call or two of each kind, the same every time."""
    short = ["--phases", "examples,fuzzing", "--max-examples", "2", "--seed", "1", "--generation-deterministic"]
    long = ["--phases", "examples,coverage,fuzzing,stateful", "--max-examples", EXAMPLES]
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run"]
    command += [f"http://127.0.0.1:{port}/api/v1/openapi.json", "--header", f"Authorization: Bearer {key}"]
    command += ["--mode", "all", "--no-color", *(long if EXAMPLES else short)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if EXAMPLES:
        sys.stdout.write(run.stdout[-2000:])
    return run.returncode, run.stdout + run.stderr
