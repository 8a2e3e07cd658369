"""Clients post sales at once over HTTP, every request twice; then the books are audited and everything is counted.

    python benchmarks/concurrent_sales.py [--clients 16] [--seconds 30] [--lines 5]

The server is started here, on the database of FIEL_DATABASE_URL, or on SQLite in a new folder.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from serving import audited, database, environment, fiel, key, served

PROGRAMME = """
name = "Load"
currency = "BRL"
timezone = "America/Sao_Paulo"
units = [{ code = "points", kind = "points" }, { code = "carried", kind = "points", rounding = "carry" }]
earn = [
  { code = "all", unit = "points", give = "1", per = "1.00" },
  { code = "thirds", unit = "carried", give = "1", per = "3.00", group = "carried" },
]
"""
MEMBERS = 200


@dataclass
class Posted:
    """What one client sent and was answered."""

    sales: int = 0
    cents: int = 0
    points: int = 0
    duplicates: int = 0
    wrong: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


def main() -> int:
    """Run it, print the figures, say whether everything is exact."""
    options = _options()
    with environment() as environ:
        till = _set_up(environ, environ["FIEL_DATA"])
        with served(environ) as port:
            began = time.perf_counter()
            posted = _post(port, till, options)
            seconds = time.perf_counter() - began
        return _tell(environ, posted, seconds, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--lines", type=int, default=5)
    return parser.parse_args()


def _set_up(environ: dict[str, str], folder: str) -> str:
    fiel(environ, "migrate")
    opening = ("--name", "Load", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    fiel(environ, "business", "create", "load", *opening, "--owner-email", "o@load.example")
    with open(f"{folder}/programme.toml", "w") as file:
        file.write(PROGRAMME)
    with open(f"{folder}/members.csv", "w") as file:
        file.write("card,name\n" + "".join(f"{number},Member {number}\n" for number in range(1, MEMBERS + 1)))
    fiel(environ, "programme", "publish", "load", f"{folder}/programme.toml")
    fiel(environ, "import", "load", f"{folder}/members.csv")
    return key(environ, "load", "--scope", "till", "--store", "S1")


def _post(port: int, key: str, options: argparse.Namespace) -> list[Posted]:
    until = time.monotonic() + options.seconds
    posted = [Posted() for _ in range(options.clients)]
    clients = [
        threading.Thread(target=_client, args=(port, key, number, until, options.lines, each))
        for number, each in enumerate(posted)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return posted


def _client(port: int, key: str, client: int, until: float, lines: int, posted: Posted) -> None:
    """One till: each sale is sent, and sent again."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    dice = random.Random(client)
    while time.monotonic() < until:
        amounts = [dice.randint(100, 5000) for _ in range(lines)]
        sale = {
            "number": f"{posted.sales + 1}",
            "till": f"T{client}",
            "occurred_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "member": {"card": str(dice.randint(1, MEMBERS))},
            "lines": [{"description": "item", "amount": amount} for amount in amounts],
        }
        body = json.dumps(sale)
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{client}-{posted.sales + 1}",
        }
        first = _send(connection, body, headers, posted)
        # Half of the repeats come without the key: the document alone must do.
        if posted.sales % 2:
            del headers["Idempotency-Key"]
        second = _send(connection, body, headers, posted)
        if first is None or second is None or first["id"] != second["id"]:
            posted.wrong.append(f"{sale['till']}/{sale['number']}: {first} {second}"[:300])
        posted.sales += 1
        posted.cents += sum(amounts)
        posted.points += sum(amounts) // 100


def _send(
    connection: http.client.HTTPConnection, body: str, headers: dict[str, str], posted: Posted
) -> dict[str, object] | None:
    began = time.perf_counter()
    connection.request("POST", "/api/v1/sales", body, headers)
    answer = connection.getresponse()
    content = answer.read()
    posted.milliseconds.append((time.perf_counter() - began) * 1000)
    if answer.status not in (200, 201):
        posted.wrong.append(f"{answer.status} {content[:200]!r}")
        return None
    told: dict[str, object] = json.loads(content)
    posted.duplicates += answer.status == 200 or answer.getheader("Idempotency-Replayed") == "true"
    return told


def _tell(environ: dict[str, str], posted: list[Posted], seconds: float, options: argparse.Namespace) -> int:
    sales, cents, points = (sum(getattr(each, name) for each in posted) for name in ("sales", "cents", "points"))
    milliseconds = sorted(each for client in posted for each in client.milliseconds)
    wrong = [each for client in posted for each in client.wrong]
    print(f"{database(environ)}, {options.clients} clients, {options.lines} lines a sale, {os.cpu_count()} cores")
    print(f"{seconds:.1f} s")
    print(f"{sales} sales, each sent twice: {sales / seconds:.0f} sales/s, {2 * sales / seconds:.0f} requests/s")
    middle, slow = milliseconds[len(milliseconds) // 2], milliseconds[int(len(milliseconds) * 0.99)]
    print(f"latency: median {middle:.1f} ms, p99 {slow:.1f} ms")
    done = audited(environ, "load", "--recount")
    print(done)
    books = _books(environ)
    expected = {"receipts": sales, "total": cents, "points": points, "duplicates": sales}
    found = {**books, "duplicates": sum(each.duplicates for each in posted)}
    for name, value in expected.items():
        print(f"{name}: expected {value}, found {found[name]}" + ("" if found[name] == value else "  <-- differs"))
    for each in wrong[:5]:
        print("wrong:", each)
    return 0 if found == expected and not wrong and "everything holds" in done else 1


def _books(environ: dict[str, str]) -> dict[str, int]:
    """Receipts, their totals and the points given, read from the tables."""
    script = (
        "import django; django.setup()\n"
        "from django.db.models import Sum\n"
        "from fiel.sales.models import Receipt\n"
        "from fiel.ledger.models import Entry\n"
        "points = Entry.objects.filter(unit='points').aggregate(s=Sum('steps'))['s'] or 0\n"
        "total = Receipt.objects.aggregate(s=Sum('total'))['s'] or 0\n"
        "import json; print(json.dumps({'receipts': Receipt.objects.count(), 'total': total, 'points': points}))\n"
    )
    environ = {**environ, "DJANGO_SETTINGS_MODULE": "fiel.ops.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    answer: dict[str, int] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    sys.exit(main())
