"""Parts of a table: they leave nothing out, and everything in them is of one moment."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest
from django.db import connection

from fiel.shops.models import Business
from fiel.tables.spans import rows, snapshot, spans

CUTS = [UUID(int=5), UUID(int=2**127), UUID(int=2**128 - 2)]


def test_parts_hold_every_id_once():
    parts = spans(7, CUTS)
    assert [(part.first, part.last) for part in spans(7, [])] == [(UUID(int=0), UUID(int=2**128 - 1))]
    assert (parts[0].first, parts[-1].last) == (UUID(int=0), UUID(int=2**128 - 1))
    assert [part.last for part in parts[:-1]] == CUTS
    assert all(after.first.int == before.last.int + 1 for before, after in pairwise(parts))
    assert {part.business_id for part in parts} == {7}


def open_business(slug):
    Business.objects.create(
        slug=slug,
        name=slug,
        currency="BRL",
        timezone="UTC",
        country="BR",
        language="pt-br",
        created_at=datetime(2026, 3, 4, tzinfo=UTC),
    )


def elsewhere(work, *args):
    """Does something in another connection, and waits until it is done."""

    def do():
        try:
            work(*args)
        finally:
            connection.close()

    thread = threading.Thread(target=do)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "whoever writes must not wait for whoever reads"


def count():
    return next(rows("SELECT count(*) FROM shops_business"))[0]


@pytest.mark.django_db(transaction=True)
def test_what_is_read_is_of_one_moment_and_nobody_waits_for_it():
    open_business("before")
    with snapshot():
        assert count() == 1
        elsewhere(open_business, "meanwhile")
        assert count() == 1
        assert list(Business.objects.values_list("slug", flat=True)) == ["before"]
    assert count() == 2


@pytest.mark.django_db(transaction=True)
def test_after_a_failure_inside_everything_goes_on():
    def fail():
        with snapshot():
            raise ZeroDivisionError(count())

    with pytest.raises(ZeroDivisionError):
        fail()
    open_business("after")
    assert count() == 1


@pytest.mark.django_db
def test_inside_a_transaction_it_reads_what_that_has_written():
    open_business("here")
    with snapshot():
        assert count() == 1
    open_business("there")
    assert count() == 2


@pytest.mark.django_db
def test_rows_come_a_few_at_a_time():
    found = rows(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %(last)s) SELECT i FROM n", last=5000
    )
    assert next(found) == (1,)
    assert sum(i for (i,) in found) == 5000 * 5001 // 2 - 1
