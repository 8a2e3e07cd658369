"""Entries and draws are only ever added: the database itself refuses anything else, whoever asks."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from fiel.ledger.guards import GUARDED, install_guards, missing_guards, remove_guards
from fiel.ledger.models import Account, Draw, Entry, Lot
from fiel.shops.models import Leaving
from fiel.shops.opening import open_business
from tests.ledger.shop import MORNING, broken

pytestmark = pytest.mark.django_db

ALL = [f"{table}_no_{verb}" for table in ("ledger_entry", "ledger_draw") for verb in ("update", "delete")]


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("statement", ["UPDATE {} SET steps = 1", "UPDATE {} SET unit = unit", "DELETE FROM {}"])
def test_what_is_written_stays_as_it_is(shop, table, statement):
    verb = statement.split()[0]
    refused = f"the books are only added to: {verb} of {table} is refused"
    with pytest.raises(DatabaseError, match=refused), transaction.atomic():
        run(statement.format(table))


@pytest.mark.parametrize("model", [Entry, Draw])
def test_it_stays_for_djangos_own_ways_too(shop, model):
    for change in (
        lambda rows: rows.update(steps=1),
        lambda rows: rows.delete(),
        lambda rows: rows.first().delete(),
        lambda rows: model.objects.bulk_update([*rows[:2]], ["steps"]),
    ):
        with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
            change(model.objects.filter(business=shop.business))


def test_a_business_that_leaves_lets_go_of_its_rows_and_of_no_others(shop):
    """Deleting is for who leaves alone; and not even their rows may be changed."""
    other, _ = open_business(
        slug="other", name="O", currency="BRL", timezone="America/Sao_Paulo", owner_email="o@other.example", now=MORNING
    )
    ours = f"DELETE FROM ledger_draw WHERE business_id = {shop.business.pk}"
    for leaves, statement, refused in (
        (other, ours, True),
        (shop.business, "UPDATE ledger_draw SET steps = 1", True),
        (shop.business, ours, False),
    ):
        with transaction.atomic():
            Leaving.objects.create(business=leaves, at=MORNING, by="test", digest="")
            if refused:
                with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
                    run(statement)
            else:
                run(statement)
                assert not Draw.objects.filter(business=shop.business).exists()
            transaction.set_rollback(True)


def test_accounts_and_lots_may_change(shop):
    with broken(""):
        assert Account.objects.filter(business=shop.business).update(entries=1)
        assert Lot.objects.filter(business=shop.business).update(steps=1)


def test_an_account_with_entries_cannot_go(shop):
    with pytest.raises(DatabaseError), transaction.atomic():
        run("DELETE FROM ledger_account")


def test_guards_that_are_not_there_are_named():
    assert missing_guards(connection) == []
    # SQLite's editor wants to be asked without a transaction around it; guards need none of what it does then.
    with broken(""):
        remove_guards(apps, connection.schema_editor(atomic=False))
        assert missing_guards(connection) == ALL
        install_guards(apps, connection.schema_editor(atomic=False))
        assert missing_guards(connection) == []


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL can switch a trigger off")
def test_a_guard_that_is_switched_off_is_missing():
    with broken(""):
        run("ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_no_delete")
        assert missing_guards(connection) == ["ledger_entry_no_delete"]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("ledger_entry", {"steps": "0"}),
        ("ledger_draw", {"steps": "0"}),
        ("ledger_lot", {"steps": "-1"}),
        ("ledger_account", {"carry_numerator": "1", "carry_denominator": "1"}),
        ("ledger_account", {"carry_numerator": "-1"}),
    ],
)
def test_figures_that_cannot_be_are_refused_on_their_way_in(shop, table, change):
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    changed = {"unit": "'gems'", **change}
    values = ", ".join(changed.get(column, column) for column in columns)
    with pytest.raises(DatabaseError), transaction.atomic():
        run(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} LIMIT 1")
