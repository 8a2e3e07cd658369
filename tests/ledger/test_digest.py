"""The digest: one for the same books, on either database and in whatever order they come; another for any others."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from fiel.ledger import audit
from fiel.ledger.digest import digest_of
from fiel.ledger.models import Account, Draw, Entry
from fiel.shops.models import Business
from fiel.tables.write import insert
from tests.ledger.shop import broken

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ANA, BIA = UUID(int=0xA), UUID(int=0xB << 120)
SALE, VOUCHER = UUID(int=1), UUID(int=2)
LAST = date(2027, 3, 31)

ACCOUNTS = [(ANA, "points", 6, 1, 3, 2), (ANA, "Ação", 1, 0, 1, 1), (BIA, "points", 4, 0, 1, 1)]
ENTRIES = [
    (ANA, "points", 1, "earn", 9, 9, NOON, NOON, "sale", SALE, NOON.date(), LAST),
    (ANA, "points", 2, "spend", -3, 6, NOON, NOON + timedelta(microseconds=1500), "voucher", VOUCHER, None, None),
    (ANA, "Ação", 1, "earn", 1, 1, NOON, NOON, "sale", SALE, NOON.date(), None),
    (BIA, "points", 1, "earn", 4, 4, NOON, NOON, "sale", UUID(int=3), NOON.date(), LAST),
]
DRAWS = [(ANA, "points", 2, LAST, NOON.date(), -3)]

# What is hashed, as a stranger would write it from the page that explains it.
TOLD = """\
fiel books 1
0000000000000000000000000000000a|Ação|1|earn|1|1|2026-03-04T12:00:00.000000Z|2026-03-04T12:00:00.000000Z|sale|\
00000000000000000000000000000001|2026-03-04|
0000000000000000000000000000000a|points|1|earn|9|9|2026-03-04T12:00:00.000000Z|2026-03-04T12:00:00.000000Z|sale|\
00000000000000000000000000000001|2026-03-04|2027-03-31
0000000000000000000000000000000a|points|2|spend|-3|6|2026-03-04T12:00:00.000000Z|2026-03-04T12:00:00.001500Z|voucher|\
00000000000000000000000000000002||
0b000000000000000000000000000000|points|1|earn|4|4|2026-03-04T12:00:00.000000Z|2026-03-04T12:00:00.000000Z|sale|\
00000000000000000000000000000003|2026-03-04|2027-03-31
0000000000000000000000000000000a|points|2|2027-03-31|2026-03-04|-3
0000000000000000000000000000000a|Ação|0|1
0000000000000000000000000000000a|points|1|3
0b000000000000000000000000000000|points|0|1
"""
DIGEST = hashlib.sha256(TOLD.replace("|", "\t").encode()).hexdigest()


def business(slug="padaria"):
    return Business.objects.create(
        slug=slug, name=slug, currency="BRL", timezone="UTC", country="BR", language="pt-br", created_at=NOON
    )


def write(owner, accounts=ACCOUNTS, entries=ENTRIES, draws=DRAWS):
    account = ("business", "member_id", "unit")
    columns = (*account, "balance", "carry_numerator", "carry_denominator", "entries")
    insert(Account, columns, [(owner.id, *row) for row in accounts])
    said = ("kind", "steps", "balance", "occurred_at", "recorded_at", "cause_kind", "cause")
    columns = (*account, "number", *said, "available_on", "expires_on")
    insert(Entry, columns, [(owner.id, *row) for row in entries])
    insert(Draw, (*account, "number", "expires_on", "available_on", "steps"), [(owner.id, *row) for row in draws])
    return owner


def test_it_is_what_a_stranger_would_compute():
    assert digest_of(write(business()).id) == DIGEST


def test_a_business_without_books_has_one_too():
    assert digest_of(business().id) == hashlib.sha256(b"fiel books 1\n").hexdigest()


def test_it_knows_no_order_and_no_business(monkeypatch):
    other = business("bar")
    write(other, ACCOUNTS[:1], [ENTRIES[0]], [])
    ours = write(business(), ACCOUNTS[::-1], ENTRIES[::-1])
    assert digest_of(ours.id) == DIGEST != digest_of(other.id)
    monkeypatch.setattr(audit, "_ENTRIES_A_SPAN", 1)
    assert digest_of(ours.id) == DIGEST


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        *(
            ("ledger_entry", column, value)
            for column, value in {
                "unit": "'coins'",
                "number": 7,
                "kind": "'bonus'",
                "steps": 8,
                "balance": 8,
                "occurred_at": "'2026-03-04 12:00:00.000001'",
                "recorded_at": "'2026-03-04 12:00:01'",
                "cause_kind": "'return'",
                "cause": "'0000000000000000000000000000000f'",
                "available_on": "'2026-03-05'",
                "expires_on": "'2027-03-30'",
                "member_id": "'0000000000000000000000000000000f'",
            }.items()
        ),
        *(
            ("ledger_draw", column, value)
            for column, value in {
                "steps": -2,
                "expires_on": "'2027-03-30'",
                "available_on": "'2026-03-05'",
                "number": 1,
            }.items()
        ),
        ("ledger_account", "carry_numerator", 2),
        ("ledger_account", "carry_denominator", 4),
    ],
)
def test_any_change_gives_another(table, column, value):
    ours = write(business())
    # One row of each table is changed; a moment is in UTC on either database.
    only = {"ledger_entry": "number = 1 AND unit = 'points' AND steps = 9", "ledger_account": "balance = 6"}
    with broken(table, f"UPDATE {table} SET {column} = {value} WHERE {only.get(table, 'steps = -3')}"):
        assert digest_of(ours.id) != DIGEST
    assert digest_of(ours.id) == DIGEST


def test_a_row_that_is_gone_gives_another():
    ours = write(business())
    for table in ("ledger_entry", "ledger_draw", "ledger_account"):
        with broken(table, f"DELETE FROM {table} WHERE unit = 'points'"):
            assert digest_of(ours.id) != DIGEST


def test_books_brought_to_another_place_keep_it(shop):
    """As a restored backup, or a database that was moved: the rows are the same, the business's own number is not."""
    before = digest_of(shop.business.id)
    with broken(""):
        moved = business("moved")
        with connection.cursor() as cursor:
            for table in ("ledger_account", "ledger_entry", "ledger_draw"):
                columns = [each.name for each in connection.introspection.get_table_description(cursor, table)]
                values = ", ".join("%s" if column == "business_id" else column for column in columns)
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE business_id = %s",
                    [moved.id, shop.business.id],
                )
        assert digest_of(moved.id) == before
