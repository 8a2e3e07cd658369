"""The audit of the books: silent while they are right, and each invariant bites when it is broken by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection

from fiel.ledger import audit as books
from fiel.tables.write import for_sqlite
from tests.ledger.shop import broken

pytestmark = pytest.mark.django_db

MEMBER = "business_id = %(business)s AND member_id = "
ANA, BIA, RUI, EVA, LEO = (f"{MEMBER}%({who})s" for who in ("ana", "bia", "rui", "eva", "leo"))


def more(table, *rows):
    """Rows put into a table of lots or draws; the business comes by itself."""
    number = "number, " if table == "ledger_draw" else ""
    told = ", ".join(f"(%(business)s, {row})" for row in rows)
    return f"INSERT INTO {table} (business_id, member_id, unit, {number}expires_on, available_on, steps) VALUES {told}"


def copy(table, where, **changed):
    """Copies of rows, with some columns changed."""
    columns = COLUMNS[table]
    values = ", ".join(str(changed.get(column, column)) for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {where}"


COLUMNS = {
    "ledger_entry": (
        *("business_id", "member_id", "unit", "number", "kind", "steps", "balance", "occurred_at", "recorded_at"),
        *("cause_kind", "cause", "available_on", "expires_on"),
    ),
}

# What is done to which tables, and all that the checks of the books must find then.
BROKEN = {
    "a gap in the numbers": (
        {"entry_number"},
        "ledger_entry",
        f"UPDATE ledger_entry SET number = number + 1 WHERE {LEO} AND unit = 'stars' AND number = 13",
    ),
    "an entry in between is gone": (
        {"entry_number", "entry_balance", "account_balance", "account_entries", "totals", "lot_flow"},
        "ledger_entry",
        f"DELETE FROM ledger_entry WHERE {LEO} AND unit = 'stars' AND number = 5",
    ),
    "the last entry is gone": (
        {"account_balance", "account_entries", "totals", "lot_flow"},
        "ledger_entry",
        f"DELETE FROM ledger_entry WHERE {LEO} AND unit = 'stars' AND number = 13",
    ),
    "the first entry has another number": (
        {"entry_number"},
        "ledger_entry",
        f"UPDATE ledger_entry SET number = 0 WHERE {LEO} AND unit = 'stars' AND number = 1",
    ),
    "a balance in between": (
        {"entry_balance"},
        "ledger_entry",
        f"UPDATE ledger_entry SET balance = balance + 1 WHERE {LEO} AND unit = 'stars' AND number = 5",
    ),
    "the steps of an entry": (
        {"entry_balance", "account_balance", "totals", "lot_flow"},
        "ledger_entry",
        f"UPDATE ledger_entry SET steps = steps + 1 WHERE {LEO} AND unit = 'stars' AND number = 5",
    ),
    "a kind nobody knows": (
        {"entry_kind"},
        "ledger_entry",
        f"UPDATE ledger_entry SET kind = 'gift' WHERE {LEO} AND unit = 'stars' AND number = 5",
    ),
    "an entry of nothing": (
        {"entry_empty", "account_entries"},
        "ledger_entry",
        copy("ledger_entry", f"{LEO} AND unit = 'stars' AND number = 13", number="14", steps=0, kind="'bonus'"),
    ),
    "earned below zero": (
        {"entry_sign"},
        "ledger_entry",
        f"UPDATE ledger_entry SET kind = 'earn' WHERE {LEO} AND unit = 'stars' AND number = 11",
    ),
    "lapsed above zero": (
        {"entry_sign"},
        "ledger_entry",
        f"UPDATE ledger_entry SET kind = 'expire' WHERE {LEO} AND unit = 'stars' AND number = 5",
    ),
    "an end without a beginning": (
        {"entry_dates"},
        "ledger_entry",
        f"UPDATE ledger_entry SET expires_on = '2026-12-31' WHERE {LEO} AND unit = 'stars' AND number = 11",
    ),
    "dates of what went out": (
        {"entry_dates", "draw_sum"},
        "ledger_entry",
        f"UPDATE ledger_entry SET available_on = '2026-12-31' WHERE {LEO} AND unit = 'stars' AND number = 11",
    ),
    "twice of a kind for one cause": (
        {"entry_twice"},
        "ledger_entry",
        f"UPDATE ledger_entry SET cause = %(rui)s WHERE {LEO} AND unit = 'stars' AND number IN (5, 6)",
    ),
    "the account's balance": (
        {"account_balance", "lots_sum", "totals"},
        "ledger_account",
        f"UPDATE ledger_account SET balance = balance + 5 WHERE {LEO} AND unit = 'stars'",
    ),
    "the account's number of entries": (
        {"account_entries"},
        "ledger_account",
        f"UPDATE ledger_account SET entries = entries + 1 WHERE {LEO} AND unit = 'stars'",
    ),
    "what one account lacks, another has": (
        {"account_balance", "lots_sum"},
        "ledger_account",
        f"UPDATE ledger_account SET balance = balance + 5 WHERE {LEO} AND unit = 'stars'",
        f"UPDATE ledger_account SET balance = balance - 5 WHERE {ANA} AND unit = 'stars'",
    ),
    "a carry of a whole step": (
        {"carry_range"},
        "ledger_account",
        f"UPDATE ledger_account SET carry_numerator = 3, carry_denominator = 3 WHERE {LEO} AND unit = 'stars'",
    ),
    "a carry below nothing": (
        {"carry_range"},
        "ledger_account",
        f"UPDATE ledger_account SET carry_numerator = -1 WHERE {LEO} AND unit = 'stars'",
    ),
    "a carry of no fraction": (
        {"carry_range"},
        "ledger_account",
        f"UPDATE ledger_account SET carry_numerator = 0, carry_denominator = 0 WHERE {LEO} AND unit = 'stars'",
    ),
    "an account is gone": (
        {"entry_without_account", "lot_without_account", "totals"},
        "ledger_account",
        f"DELETE FROM ledger_account WHERE {LEO} AND unit = 'stars'",
    ),
    "a lot of nobody": (
        {"lot_without_account", "lots_sum", "lot_flow"},
        "ledger_lot",
        f"UPDATE ledger_lot SET unit = 'gems' WHERE {LEO} AND unit = 'stars'",
    ),
    "a lot holds more": (
        {"lots_sum", "lot_flow"},
        "ledger_lot",
        f"UPDATE ledger_lot SET steps = steps + 1 WHERE {LEO} AND unit = 'stars' AND available_on = '2026-04-12'",
    ),
    "a lot is gone": (
        {"lots_sum", "lot_flow"},
        "ledger_lot",
        f"DELETE FROM ledger_lot WHERE {LEO} AND unit = 'stars' AND available_on = '2026-04-12'",
    ),
    "a lot below zero": (
        {"lot_below_zero", "lot_flow"},
        "ledger_lot",
        more("ledger_lot", "%(leo)s, 'stars', '2030-01-01', '2026-01-01', 4"),
        more("ledger_lot", "%(leo)s, 'stars', '2031-01-01', '2026-01-01', -4"),
    ),
    "a lot beside a debt": (
        {"lots_beside_debt", "lot_flow"},
        "ledger_lot",
        more("ledger_lot", "%(rui)s, 'points', '2030-01-01', '2026-01-01', 4"),
    ),
    "a lot with another end": (
        {"lot_flow"},
        "ledger_lot",
        f"UPDATE ledger_lot SET expires_on = '2031-01-01' WHERE {LEO} AND unit = 'stars'",
    ),
    "what repaid a debt is in the lot too": (
        {"lots_beside_debt", "lot_flow"},
        "ledger_lot",
        f"UPDATE ledger_lot SET steps = 2 WHERE {RUI} AND unit = 'points' AND available_on = '2026-03-09'",
    ),
    "a draw of no entry": (
        {"draw_without_entry", "lot_flow"},
        "ledger_draw",
        more("ledger_draw", "%(leo)s, 'stars', 99, '2030-01-01', '2026-01-01', -1"),
    ),
    "a draw is gone": (
        {"draw_sum", "lot_flow"},
        "ledger_draw",
        f"DELETE FROM ledger_draw WHERE {LEO} AND unit = 'stars' AND number = 12",
    ),
    "a draw is smaller": (
        {"draw_sum", "lot_flow"},
        "ledger_draw",
        f"UPDATE ledger_draw SET steps = steps + 1 WHERE {LEO} AND unit = 'stars' AND number = 11",
    ),
    "a draw from another lot": (
        {"lot_flow"},
        "ledger_draw",
        f"UPDATE ledger_draw SET available_on = '2026-04-12' WHERE {LEO} AND unit = 'stars' AND number = 11",
    ),
    "a draw that puts in where the entry takes": (
        {"draw_sign", "lot_flow"},
        "ledger_draw",
        f"UPDATE ledger_draw SET steps = -4 WHERE {LEO} AND unit = 'stars' AND number = 11",
        more("ledger_draw", "%(leo)s, 'stars', 11, '2030-01-01', '2026-01-01', 1"),
    ),
    "a draw that takes where the entry puts in": (
        {"draw_sign", "lot_flow"},
        "ledger_draw",
        f"UPDATE ledger_draw SET steps = 13 WHERE {LEO} AND unit = 'stars' AND number = 10",
        more("ledger_draw", "%(leo)s, 'stars', 10, '2030-01-01', '2026-01-01', -1"),
    ),
    "draws of an entry that fills a lot by itself": (
        {"draw_sum", "lot_flow"},
        "ledger_draw",
        more("ledger_draw", "%(leo)s, 'stars', 5, '2030-01-01', '2026-01-01', 1"),
    ),
}


def found(shop):
    """What the checks of the books find, by code; those of sales look at other things."""
    business_id = shop.business.id
    told = list(books.totals_agree(business_id, books.totals(business_id)))
    told += [x for span in books.account_spans(business_id) for check in books.CHECKS for x in check(span)]
    assert all(finding.where and finding.detail for finding in told)
    return {finding.code for finding in told}


def values(shop):
    """What statements name: the business, the members by their names."""
    ids = {who: member.id for who, member in shop.members.items()}
    if connection.vendor == "sqlite":
        ids = {who: for_sqlite(id_) for who, id_ in ids.items()}
    return {"business": shop.business.id, **ids}


def test_books_of_every_sort_hold(shop):
    assert shop.audit(recount=True) == {}


def test_the_books_have_something_of_every_sort(shop):
    kinds = {kind for by_kind in books.totals(shop.business.id).values() for kind in by_kind}
    assert kinds == set(books.KINDS) - {"bonus", "forfeit"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(balance), max(carry_denominator), count(*) FROM ledger_account")
        owed, denominator, accounts = cursor.fetchone()
    assert owed < 0, "somebody owes"
    assert denominator > 1, "somebody waits for the rest of a step"
    assert accounts > 10


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_by_hand_is_found(shop, what):
    codes, tables, *statements = BROKEN[what]
    with broken(tables, *statements, **values(shop)):
        assert found(shop) == codes
    assert found(shop) == set()


def test_every_invariant_has_its_break():
    told = re.findall(r'Finding\("([a-z_]+)"', Path(books.__file__).read_text())
    told += re.findall(r"'([a-z]+_without_account)'", Path(books.__file__).read_text())
    elsewhere = {
        "entry_without_cause",
        "entry_cause_kind",
    }  # which causes there are is known in tests/ops/test_audit.py
    assert set(told) - elsewhere == set().union(*(codes for codes, *_ in BROKEN.values()))
