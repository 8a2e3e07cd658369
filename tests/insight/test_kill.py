"""A worker that is killed while it takes sales in: each still counts exactly once."""

from __future__ import annotations

import json
import time

from tests.processes import Running, typed

SALES = 3_000


def test_a_worker_that_is_killed_counts_each_sale_once(environ, tmp_path):
    typed(environ, "migrate")
    opening = ("--name", "Padaria", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    typed(environ, "business", "create", "padaria", *opening, "--owner-email", "dona@padaria.example", "--json")
    typed(environ, "insight", "rebuild", "padaria")  # what comes from now on is taken in as it comes
    file = tmp_path / "sales.jsonl"
    sales = (
        {
            "store": "S1",
            "till": "1",
            "number": str(number),
            "occurred_at": f"2026-03-{1 + number % 28:02}T12:00:00Z",
            "lines": [{"amount": 100 + number, "department": f"d{number % 7}"}] * 2,
        }
        for number in range(SALES)
    )
    file.write_text("\n".join(map(json.dumps, sales)))
    typed(environ, "import", "padaria", str(file), "--history")
    for after_s in (2.0, 2.5, 3.0, 3.5):
        worker = Running(environ, "worker")
        time.sleep(after_s)
        worker.process.kill()
        worker.end()
    assert json.loads(typed(environ, "audit", "padaria", "--json"))["ok"]
    typed(environ, "insight", "night", "padaria")
    told = json.loads(typed(environ, "audit", "padaria", "--json"))
    assert told["ok"], told
