"""Many sales from a file, beside COPY of the very rows that came of them, in the same run on the same server.

    python tests/databases.py python benchmarks/bulk.py [--sales 20000]

The file is brought in by `fiel import`, as a till's export of a day is. What it wrote is then copied out, and back into
tables with the same columns, keys and indexes, in one transaction: the least that keeping these rows can take.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql
from sales_at_the_door import MEMBERS, set_up
from serving import audited, environment, fiel

LINES = 9.5
FIRST = 2000
TABLES = (
    "sales_receipt",
    "sales_receiptline",
    "sales_receiptpayment",
    "ledger_account",
    "ledger_entry",
    "ledger_lot",
    "events_change",
    "events_unitsmoved",
    "events_lotsmoved",
)


def main() -> int:
    """Run both, print both, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sales", type=int, default=20_000)
    options = parser.parse_args()
    url = os.environ.get("FIEL_DATABASE_URL", "")
    if not url.startswith("postgres"):
        sys.exit("COPY is PostgreSQL's: set FIEL_DATABASE_URL, or run it by tests/databases.py.")
    with environment() as environ:
        set_up(environ, Path(environ["FIEL_DATA"]))
        _import(environ, FIRST, "first")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")  # as autovacuum does within a minute
        ours, processor = _import(environ, options.sales, "sale")
        said = audited(environ, "door")
        with psycopg.connect(url) as connection:
            rows, reference = _copied(connection)
    # What came in before it was copied too.
    share = options.sales / (options.sales + FIRST)
    reference *= share
    print(f"PostgreSQL, {options.sales:,} sales of {LINES} lines, {os.cpu_count()} cores")
    print(f"ours:      {ours:6.1f} s, {options.sales / ours:,.0f} sales a second; processor {processor:.1f} s")
    print(f"reference: {reference:6.1f} s (COPY of their {rows * share:,.0f} rows)")
    print(f"ratio:     {ours / reference:6.2f}")
    print(said)
    return 0 if "everything holds" in said else 1


def _import(environ: dict[str, str], count: int, name: str) -> tuple[float, float]:
    """Seconds by the clock, and of the import's processor."""
    file = Path(environ["FIEL_DATA"]) / f"{name}.jsonl"
    with file.open("w") as lines:
        lines.writelines(f"{json.dumps(sale)}\n" for sale in _sales(count, name))
    before, began = _processor(), perf_counter()
    fiel(environ, "import", "door", str(file))
    return perf_counter() - began, _processor() - before


def _sales(count: int, name: str) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC).isoformat()
    for number in range(count):
        lines = range(3 + number % 14)
        yield {
            "number": f"{name}-{number}",
            "store": "S1",
            "till": f"T{number % 40}",
            "occurred_at": now,
            "member": {"card": str(1 + number * 7919 % MEMBERS)},
            "lines": [
                {"product": f"P{(number * 13 + line) % 500}", "amount": 100 + (number * 31 + line * 17) % 4900}
                for line in lines
            ],
        }


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _copied(connection: psycopg.Connection[Any]) -> tuple[int, float]:
    """How many rows there are, and how long it takes to copy them into tables like theirs."""
    found = {}
    for table in TABLES:
        name = sql.Identifier(table)
        with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(name)) as out:
            found[table] = b"".join(bytes(piece) for piece in out)
        connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(_other(table), name))
    connection.commit()
    began = perf_counter()
    for table, rows in found.items():
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(_other(table))) as into:
            into.write(rows)
    connection.commit()
    return sum(rows.count(b"\n") for rows in found.values()), perf_counter() - began


def _other(table: str) -> sql.Identifier:
    return sql.Identifier(f"copy_{table}")


if __name__ == "__main__":
    sys.exit(main())
