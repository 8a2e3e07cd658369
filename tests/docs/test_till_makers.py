"""The examples for till makers run as they are written, against a server of their own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.processes import fiel, free_port, until_ready

PAGE = Path(__file__).resolve().parents[2] / "docs" / "for-till-makers.md"
EXAMPLE = re.compile(r"<!-- run -->\n```sh\n(.*?)```", re.DOTALL)
PROGRAMME = """
name = "Clube da Padaria"
currency = "BRL"
timezone = "America/Sao_Paulo"
units = [{ code = "points", kind = "points" }]
earn = [{ code = "all", unit = "points", give = "1", per = "1.00" }]
"""


def typed(environ, *words):
    """What a command answers, as JSON."""
    command = [sys.executable, "-c", "from fiel.ops.cli import main; main()", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in words else done.stdout


@pytest.fixture
def shop(environ, tmp_path):
    """The environment of a shell that stands before a running Fiel with a bakery, and its key."""
    typed(environ, "migrate")
    opening = ("--name", "Padaria", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    typed(environ, "business", "create", "padaria", *opening, "--owner-email", "dona@padaria.example", "--json")
    file = tmp_path / "programme.toml"
    file.write_text(PROGRAMME)
    typed(environ, "programme", "publish", "padaria", str(file))
    key = typed(environ, "key", "create", "padaria", "--scope", "till", "--store", "S1", "--json")["key"]
    office = typed(environ, "key", "create", "padaria", "--scope", "office", "--json")["key"]
    port = free_port()
    with fiel(environ, "serve", "--port", str(port), "--no-worker") as running:
        until_ready(running, port)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield {**environ, "FIEL": f"http://127.0.0.1:{port}", "KEY": key, "OFFICE": office, "NOW": now}


def test_every_example_runs_as_written(shop):
    examples = EXAMPLE.findall(PAGE.read_text())
    answers = []
    for example in examples:
        done = subprocess.run(["bash", "-c", example], env=shop, capture_output=True, text=True, timeout=30, check=True)
        answers.append(done.stdout)
    me, joined, found, sale, again, quoted, batch, reward, used = answers
    assert json.loads(me)["business"]["slug"] == "padaria"
    assert json.loads(joined)["display_name"] == "Ana S."
    assert json.loads(found)["display_name"] == "Ana S."
    assert json.loads(sale)["movements"][0]["amount"] == "16"
    head, _, body = again.partition("\n\n")
    assert "idempotency-replayed: true" in head.lower()
    assert json.loads(body) == json.loads(sale)
    assert json.loads(quoted)["movements"][0]["amount"] == "45"
    assert [each["status"] for each in json.loads(batch)["items"]] == [201, 201]
    assert json.loads(reward)["stock"] == 100
    assert (json.loads(used)["state"], json.loads(used)["delivery"]["store"]) == ("redeemed", "S1")
