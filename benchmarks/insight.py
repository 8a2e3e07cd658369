"""What the receipts tell, when there are many: pages' times, the worker's rate, a recount's, and what the sums weigh.

    python tests/databases.py python benchmarks/insight.py [--lines 10000000]

Receipts of two years are written past the program, by the database itself, as only their number matters here: 40
stores, 50,000 members, 20,000 products in 40 departments, six lines on a receipt, six of ten receipts a member's.
Then everything is counted (`fiel insight rebuild`), more receipts come with their changes and are taken in, and each
report is opened, of all stores and of every second one, and the extract is written and read. On the database of
FIEL_DATABASE_URL, which must be PostgreSQL and empty, and on this machine for its share of the processor to be seen:
beside other work that tells more than the clock. Reference, in the same run: the plain query that a page would need
without kept sums.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import duckdb

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fiel.ops.settings")
os.environ.setdefault("FIEL_SECOND_STEP", "optional")
os.environ.setdefault("FIEL_LOG_LEVEL", "WARNING")
os.environ.setdefault("FIEL_SECRET_KEY", "a key for measuring alone, which signs nothing of worth")

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from fiel.doors.office.reports.pages import REPORTS  # noqa: E402
from fiel.insight.extract import extract  # noqa: E402
from fiel.insight.keep import keep_up, recount  # noqa: E402
from fiel.insight.models import MemberIndicators  # noqa: E402
from fiel.insight.nightly import keep_by_night  # noqa: E402
from fiel.insight.overview import overview  # noqa: E402
from fiel.programme.versions import publish  # noqa: E402
from fiel.shops.keys import create_key  # noqa: E402
from fiel.shops.opening import open_business, put_store  # noqa: E402

LINES_A_RECEIPT = 6
STORES, MEMBERS, PRODUCTS, DEPARTMENTS, DAYS = 40, 50_000, 20_000, 40, 730
CHANGES = 20_000
_TIMES = 5
PROGRAMME = {
    "name": "Many",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [{"code": "points", "kind": "points", "value": "0.02"}],
    "earn": [{"code": "all", "unit": "points", "give": 1, "per": "1.00"}],
}

_ID = "('00000000-0000-{kind}000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"
_RECEIPT, _MEMBER = _ID.format(kind=7, n="n"), _ID.format(kind=4, n="m")

MEMBERS_MADE = f"""
    INSERT INTO members_member (business_id, id, code, name, name_key, joined, language, types, consents, tier,
        tier_floor, created_at, updated_at)
    SELECT %(business)s, {_MEMBER}, m::text, 'M ' || m, 'm ' || m, '2024-01-01', '', '[]', '{{}}', '', '', now(), now()
    FROM generate_series(1, %(members)s) m
"""
ACCOUNTS_MADE = f"""
    INSERT INTO ledger_account (business_id, member_id, unit, balance, carry_numerator, carry_denominator, entries)
    SELECT %(business)s, {_MEMBER}, 'points', 1200, 0, 1, 0 FROM generate_series(1, %(members)s) m;
    INSERT INTO ledger_lot (business_id, member_id, unit, expires_on, available_on, steps)
    SELECT %(business)s, {_MEMBER}, 'points', ('2026-12-31'::date + (k * interval '1 month'))::date, '2026-01-01', 100
    FROM generate_series(1, %(members)s) m, generate_series(0, 11) k
"""
RECEIPTS_MADE = f"""
    INSERT INTO sales_receipt (business_id, id, store, till, number, day, occurred_at, recorded_at, member_id, channel,
        cashier, discount, total, spend, digest, facts, outcome, gone, linked_by)
    SELECT %(business)s, {_RECEIPT}, 'S' || n %% %(stores)s, '1', n::text, (at AT TIME ZONE 'America/Sao_Paulo')::date,
        at, at, CASE WHEN n %% 10 < 6 THEN {_ID.format(kind=4, n="1 + (n::bigint * 7919) %% %(members)s")} END, 'till',
        'C' || n %% 7, 0, 6000, 6000, '', '{{}}', '{{}}', false, ''
    FROM (
        SELECT n, %(begin)s::timestamptz + (n::float8 / %(receipts)s * %(days)s) * interval '1 day' AS at
        FROM generate_series(%(first)s, %(last)s) n
    ) x
"""
LINES_MADE = f"""
    INSERT INTO sales_receiptline (business_id, receipt_id, number, product, description, department, brand, tags,
        quantity, amount, discount, tax_rate, net, covered, paid)
    SELECT %(business)s, {_RECEIPT}, k, 'P' || p, '', 'D' || p %% %(departments)s, '', '', 1000, 1000 + p %% 700,
        CASE WHEN p %% 9 = 0 THEN 100 ELSE 0 END, 0, 1000 + p %% 700 - CASE WHEN p %% 9 = 0 THEN 100 ELSE 0 END, 0, 0
    FROM (
        SELECT n, k, ((n * 31 + k * 7907) %% %(products)s) * ((n * 17 + k * 131) %% %(products)s) / %(products)s AS p
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) n, generate_series(1, %(lines)s) k
    ) x
"""
CHANGES_MADE = f"""
    INSERT INTO events_change (business_id, id, receipt_id, member_id, sign)
    SELECT %(business)s, {_ID.format(kind=9, n="n")}, {_RECEIPT},
        CASE WHEN n %% 10 < 6 THEN {_ID.format(kind=4, n="1 + (n::bigint * 7919) %% %(members)s")} END, 1
    FROM generate_series(%(first)s, %(last)s) n
"""
PLAIN = """
    SELECT l.department, sum(l.net) FROM sales_receipt r
    JOIN sales_receiptline l ON l.business_id = r.business_id AND l.receipt_id = r.id
    WHERE r.business_id = %(business)s AND r.day >= %(since)s GROUP BY 1
"""
SUMS_OF_LINES = """
    SELECT department COLLATE "C", count(*), sum(net)::bigint FROM sales_receiptline WHERE business_id = %(business)s
    GROUP BY 1 ORDER BY 1
"""


def main() -> None:
    """Measures, and prints a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    lines = parser.parse_args().lines

    call_command("migrate", verbosity=0)
    receipts = lines // LINES_A_RECEIPT
    now = datetime.now(UTC)
    business, owner = _fill(receipts, now)
    _recount(business, receipts, lines, now)
    _take_in(business, receipts, now)
    _by_night(business, now)
    _pages(business, owner)
    _called(business, now)
    _plain(business, now)
    _extracted(business, now)
    _sizes()


def _fill(receipts, now):

    business, owner = open_business(
        slug="many", name="Many", currency="BRL", timezone="America/Sao_Paulo", owner_email="o@many.example", now=now
    )
    for number in range(STORES):
        put_store(business, f"S{number}")
    publish(business, PROGRAMME, by="bench", now=now, in_force_from=now - timedelta(days=DAYS + 1))
    keep_up(business, now=now)
    begun = time.monotonic()
    begin = now - timedelta(days=DAYS)
    _run(MEMBERS_MADE, business, members=MEMBERS)
    _run(ACCOUNTS_MADE, business, members=MEMBERS)
    _write(business, 1, receipts, receipts, begin)
    print(f"written: {receipts:,} receipts, {receipts * LINES_A_RECEIPT:,} lines in {time.monotonic() - begun:.0f} s")
    return business, owner


def _write(business, first, last, receipts, begin):
    said = {"first": first, "last": last, "members": MEMBERS, "stores": STORES}
    _run(RECEIPTS_MADE, business, **said, receipts=receipts, days=DAYS, begin=begin)
    _run(LINES_MADE, business, **said, departments=DEPARTMENTS, products=PRODUCTS, lines=LINES_A_RECEIPT)


def _run(statement, business, **values):

    with connection.cursor() as cursor:
        for each in statement.split(";"):
            cursor.execute(each, {"business": business.id, **values})
        if "INSERT" in statement:
            cursor.execute("ANALYZE")


def _recount(business, receipts, lines, now):

    begun, busy = time.monotonic(), _processor_s()
    recount(business, now=now)
    took, busy = time.monotonic() - begun, _processor_s() - busy
    print(f"recount: {took:.0f} s, {receipts / took:,.0f} receipts a second, {lines / took:,.0f} lines a second")
    print(f"    of processor {busy:.0f} s, {receipts / busy:,.0f} receipts a second of it")


def _take_in(business, receipts, now):

    first, last = receipts + 1, receipts + CHANGES
    _write(business, first, last, receipts, now - timedelta(days=DAYS) - timedelta(days=1))
    _run(CHANGES_MADE, business, first=first, last=last, members=MEMBERS)
    begun, busy = time.monotonic(), _processor_s()
    keep_up(business, now=now)
    took, busy = time.monotonic() - begun, _processor_s() - busy
    print(f"taken in: {CHANGES:,} sales in {took:.1f} s, {CHANGES / took:,.0f} a second (1,000 are asked for)")
    print(f"    of processor {busy:.1f} s, {CHANGES / busy:,.0f} sales a second of it")


def _processor_s():
    """What this process and the database's for it have had of a processor, in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    of_database = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return time.process_time() + (int(of_database[11]) + int(of_database[12])) / os.sysconf("SC_CLK_TCK")


def _by_night(business, now):

    begun = time.monotonic()
    keep_by_night(business, now=now)
    print(f"by night: segments, what is bought together, watch in {time.monotonic() - begun:.0f} s")


def _pages(business, owner):

    browser = Client(SERVER_NAME="localhost")
    browser.force_login(owner)
    member = MemberIndicators.objects.filter(business=business).first().member_id
    _run("SET max_parallel_workers_per_gather = 0", business)  # the processor time of helpers is not seen
    half = "&".join(f"store=S{number}" for number in range(0, STORES, 2))
    pages = [f"reports/{subject}/{chosen}" for chosen in ("", f"?{half}") for subject in REPORTS]
    pages += ["watch/", f"members/{member}/"]
    for page in pages:
        called = page.replace(str(member), "…").replace(half, "half of the stores")
        _tell(called, lambda page=page: browser.get(f"/office/many/{page}"))
    now = datetime.now(UTC)
    _tell("overview()", lambda: overview(business, now))


def _called(business, now):
    """The figures of products over the API, a page at a time, from wherever the page before ended."""
    _, secret = create_key(business, scopes=("read",), now=now)
    till = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {secret}"})
    for asked in ("", "&store=S1"):
        address = f"/api/v1/figures/products?limit=200{asked}"
        ended = till.get(address).json()["next_cursor"]
        _tell(f"figures/products{asked}", lambda address=address: till.get(address))
        _tell(f"figures/products{asked}, next", lambda address=address: till.get(f"{address}&cursor={ended}"))  # noqa: B023


def _tell(name, do):
    times = []
    busy = _processor_s()
    for _ in range(_TIMES):
        begun = time.monotonic()
        answer = do()
        times.append(1000 * (time.monotonic() - begun))
        assert getattr(answer, "status_code", 200) == 200, name
    busy = 1000 * (_processor_s() - busy) / _TIMES
    median, worst = statistics.median(times), max(times)
    print(f"page {name}: median {median:.0f} ms, worst {worst:.0f} ms, {busy:.0f} of processor (500 are asked for)")


def _plain(business, now):
    begun = time.monotonic()
    _run(PLAIN, business, since=(now - timedelta(days=364)).date())
    print(f"reference: a year's departments from the lines themselves: {1000 * (time.monotonic() - begun):.0f} ms")


def _extracted(business, now):
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        files = extract(business, Path(folder), now=now)
        took = time.monotonic() - begun
        size = sum(file.stat().st_size for file in files) / 1_048_576
        begun = time.monotonic()
        lake = f"read_parquet('{folder}/lines/*/*/lines.parquet', hive_partitioning = true)"
        asked = f"SELECT department, count(*)::bigint, sum(total_minor)::bigint FROM {lake} GROUP BY 1 ORDER BY 1"
        found = duckdb.sql(asked).fetchall()
        read = 1000 * (time.monotonic() - begun)
    with connection.cursor() as cursor:
        cursor.execute(SUMS_OF_LINES, {"business": business.id})
        same = "the same sums" if found == cursor.fetchall() else "OTHER SUMS"
    lines = sum(n for _, n, _ in found)
    print(
        f"extract: {len(files)} files, {lines:,} lines, {size:,.0f} MiB in {took:.0f} s, {lines / took:,.0f} a second"
    )
    print(f"    read by DuckDB in {read:.0f} ms: {same} of {len(found)} departments as the lines themselves")


def _sizes():

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT CASE WHEN relname LIKE 'insight%%' THEN 'sums' ELSE 'receipts' END AS what,
                sum(pg_total_relation_size(oid)) / 1048576 FROM pg_class
            WHERE relkind = 'r' AND (relname LIKE 'insight%%' OR relname LIKE 'sales%%') GROUP BY 1 ORDER BY 1
            """
        )
        print("weigh: " + ", ".join(f"{what} {int(size):,} MiB" for what, size in cursor.fetchall()))


if __name__ == "__main__":
    main()
