"""Segments of a million members: how long it takes to count each condition, and whom it names.

    python benchmarks/segments.py [--members 1000000] [--sales 3]

Runs on the database of FIEL_DATABASE_URL (a new, empty one), or on SQLite in a new folder. Members, their kept
indicators, habits and months, and receipts of two lines each are written in bulk, as the worker would keep them; each
figure is one count beside the form, as a person waits for it: how many fit, and how many of them said yes.
"""

# ruff: noqa: PLC0415 - Django is set up before its rooms can be imported
from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import django

AT_ONCE = 20_000
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DEPARTMENTS = ("bakery", "dairy", "drinks", "butcher", "garden")
RULES: dict[str, dict[str, Any]] = {
    "everybody": {},
    "away_days 45": {"away_days": 45},
    "seen_days 7": {"seen_days": 7},
    "visits_min 10": {"visits_min": 10},
    "every_days 14": {"every_days": 14},
    "spent_min 500.00": {"spent_min": 50_000},
    "ticket_min 60.00": {"ticket_min": 6_000},
    "departments": {"departments": ["garden"]},
    "products (common)": {"products": ["P1"]},
    "products (rare)": {"products": ["P999"]},
    "months december": {"months": [12]},
    "stores": {"stores": ["S7"]},
    "tiers": {"tiers": ["gold"]},
    "types": {"types": ["company"]},
    "birthday_months": {"birthday_months": [11]},
    "joined_within 90": {"joined_within": 90},
    "lapsing_days 30": {"lapsing_days": 30},
    "five together": {"away_days": 45, "visits_min": 3, "departments": ["drinks"], "months": [12], "stores": ["S1"]},
}


def main() -> None:
    """Make the members, count each segment, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--sales", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("FIEL_DATA", folder)
        os.environ.setdefault("FIEL_SECRET_KEY", "a key for this measurement alone")
        os.environ.setdefault("FIEL_LOG_LEVEL", "WARNING")
        os.environ["DJANGO_SETTINGS_MODULE"] = "fiel.ops.settings"
        django.setup()
        _measure(options)


def _measure(options: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.db import connection

    from fiel.outreach.segments.find import size_of
    from fiel.shops.opening import open_business

    call_command("migrate", verbosity=0)
    said = {"slug": "load", "name": "Load", "currency": "BRL", "timezone": "America/Sao_Paulo", "now": NOW}
    business, _ = open_business(owner_email="owner@example.com", language="en", **said)
    begun = time.perf_counter()
    _fill(business, options)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{connection.vendor}: {options.members:,} members made in {time.perf_counter() - begun:.0f} s")
    slowest = 0.0
    for name, rules in RULES.items():
        begun = time.perf_counter()
        size = size_of(business, rules, today=TODAY)
        took = time.perf_counter() - begun
        slowest = max(slowest, took)
        print(f"{name:22} {size.members:>9,} fit, {size.reachable:>9,} said yes   {took * 1000:>7,.0f} ms", flush=True)
    print(f"slowest: {slowest * 1000:,.0f} ms (to be below 2,000)")


def _fill(business: Any, options: argparse.Namespace) -> None:
    from django.db import transaction

    from fiel.insight.models import MemberHabit, MemberIndicators, MemberMonth
    from fiel.ledger.models import Account, Lot
    from fiel.members.models import Consent, Member
    from fiel.sales.models import Receipt, ReceiptLine
    from fiel.tables.write import insert

    dice = random.Random(1)
    tables: dict[Any, tuple[str, ...]] = {
        Member: (
            "business", "id", "code", "name", "name_key", "birth_date", "joined", "language", "types", "consents",
            "tier", "tier_floor", "created_at", "updated_at",
        ),
        Consent: (
            "business", "member_id", "id", "purpose", "granted", "channel", "notice_version", "notice_hash",
            "language", "source", "recorded_by", "recorded_at",
        ),
        Account: ("business", "member_id", "unit", "balance", "carry_numerator", "carry_denominator", "entries"),
        Lot: ("business", "member_id", "unit", "expires_on", "available_on", "steps"),
        MemberIndicators: (
            "business", "member_id", "first_visit", "last_visit", "visits", "gap_days", "next_visit", "sales", "total",
            "discounted", "department", "hour", "payment", "store",
        ),
        MemberHabit: ("business", "member_id", "what", "value", "times", "total"),
        MemberMonth: (
            "business", "member_id", "month", "visits", "first_visit", "last_visit", "sales", "total", "discounted",
        ),
        Receipt: (
            "business", "id", "store", "till", "number", "day", "occurred_at", "recorded_at", "member_id", "channel",
            "cashier", "discount", "total", "spend", "digest", "facts", "outcome",
        ),
        ReceiptLine: (
            "business", "receipt_id", "number", "product", "description", "department", "brand", "tags", "quantity",
            "amount", "discount", "tax_rate", "net", "covered", "paid",
        ),
    }  # fmt: skip
    waiting: dict[Any, list[tuple[Any, ...]]] = {model: [] for model in tables}
    for number in range(options.members):
        for model, row in _member(business.id, number, options.sales, dice):
            waiting[model].append(row)
        if number % AT_ONCE == AT_ONCE - 1 or number == options.members - 1:
            with transaction.atomic():
                for model, columns in tables.items():
                    insert(model, columns, waiting[model])
                    waiting[model].clear()


def _member(business: int, number: int, sales: int, dice: random.Random) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    from fiel.insight.models import MemberHabit, MemberIndicators, MemberMonth
    from fiel.ledger.models import Account, Lot
    from fiel.members.models import Consent, Member
    from fiel.sales.models import Receipt, ReceiptLine
    from fiel.tables.ids import new_id

    who, joined = new_id(), TODAY - timedelta(dice.randrange(1000))
    types = ["company"] if number % 20 == 0 else []
    tier = "gold" if number % 10 == 0 else ""
    born = date(1950 + number % 55, number % 12 + 1, number % 28 + 1)
    agreed = [purpose for purpose in ("marketing", "profiling") if dice.random() < 0.6]
    yield (
        Member,
        (
            business,
            who,
            f"M{number}",
            f"Member {number}",
            f"member {number}",
            born,
            joined,
            "",
            types,
            dict.fromkeys(agreed, True),
            tier,
            "",
            NOW,
            NOW,
        ),
    )
    for purpose in agreed:
        yield Consent, (business, who, new_id(), purpose, True, "", "", "", "", "load", "load", NOW)
    yield Account, (business, who, "points", 100, 0, 1, 0)
    yield Lot, (business, who, "points", TODAY + timedelta(dice.randrange(700)), TODAY, 100)
    last = TODAY - timedelta(min(int(dice.expovariate(1 / 60)), 700))
    visits = 1 + int(dice.expovariate(1 / 8))
    store, department = f"S{number % 12}", dice.choice(DEPARTMENTS)
    total = visits * dice.randrange(1_000, 12_000)
    gap = 3 + number % 60 if visits > 1 else None
    first = last - timedelta((gap or 0) * (visits - 1))
    yield MemberIndicators, (
        business, who, first, last, visits, gap, last + timedelta(gap) if gap else None, visits, total, 0, department,
        "10", "pix", store,
    )  # fmt: skip
    for what, value in (("department", department), ("department", "bakery"), ("store", store)):
        if (what, value) != ("department", "bakery") or department != "bakery":
            yield MemberHabit, (business, who, what, value, 1, total)
    months = {last.replace(day=1), (last - timedelta(60)).replace(day=1), date(2025, 12 - number % 6, 1)}
    for month in months:
        yield MemberMonth, (business, who, month, 1, month, month, 1, total, 0)
    for sale in range(sales):
        receipt, at = new_id(), NOW - timedelta(days=sale * 30 + number % 30, hours=1)
        yield Receipt, (
            business, receipt, store, "T1", f"{number}-{sale}", at.date(), at, at, who, "till", "", 0, 3000, 3000, "x",
            {}, {},
        )  # fmt: skip
        for line in (1, 2):
            product = f"P{min(999, int(dice.expovariate(1 / 100)))}"
            yield ReceiptLine, (
                business, receipt, line, product, "", department, "", "", 1000, 1500, 0, 0, 1500, 0, 0,
            )  # fmt: skip


if __name__ == "__main__":
    main()
