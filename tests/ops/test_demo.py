"""The demo: the same each time, true in its books, made once, and never in the way of a real business."""

from __future__ import annotations

import io
import json
import os
import shlex
import sqlite3
import stat
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db.models import Q, Sum
from rich.console import Console
from rich.progress import Progress
from typer.testing import CliRunner

from fiel import clock as fiel_clock
from fiel.core.conditions.birthday import is_birthday
from fiel.core.document import read_programme
from fiel.core.identity import ean13_check
from fiel.ledger.models import Account, Entry, Lot
from fiel.members.models import Consent, Member
from fiel.ops.audit import audit
from fiel.ops.cli import Command, application
from fiel.ops.commands import demo as command
from fiel.ops.demo import bring, fresh
from fiel.ops.demo.bring import groups_of
from fiel.ops.demo.cheats import PLANTED
from fiel.ops.demo.fresh import ASIDE, move_aside
from fiel.ops.demo.kept import FILE, read_kept
from fiel.ops.demo.make import DATA, PROGRAMMES, make
from fiel.ops.demo.neighbourhood import NEIGHBOURHOOD
from fiel.ops.demo.shop import Size, live
from fiel.ops.demo.welcome import facts_of, tell
from fiel.ops.errors import CannotStart
from fiel.programme.files import read_document
from fiel.rewards.models import Reward, Voucher
from fiel.sales.models import Receipt, Return
from fiel.shops.keys import SCOPES, authenticate
from fiel.shops.models import ApiKey, Business, Person
from fiel.shops.opening import open_business

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SMALL = Size(days=60, people=8)
SHOPS = {shop.slug: shop for shop in NEIGHBOURHOOD}
each_shop = pytest.mark.parametrize("shop", NEIGHBOURHOOD, ids=SHOPS)


def year_of(shop, *, seed=7, now=NOON, size=SMALL):
    return live(shop, seed=seed, now=now, card_prefix="29", size=size)


# The rules


@pytest.mark.parametrize("file", sorted(PROGRAMMES.glob("*.toml")), ids=lambda file: file.stem)
def test_each_programme_is_sound_and_meant(file):
    assert read_programme(read_document(file)).warnings == ()


def test_each_business_has_a_programme():
    slugs = {plan.slug for plans in DATA.values() for plan in plans(SMALL)}
    assert slugs == {file.stem for file in PROGRAMMES.glob("*.toml")}


def named(found, key):
    """Every text under a key, wherever it stands in a document."""
    if isinstance(found, list):
        return {text for each in found for text in named(each, key)}
    if not isinstance(found, dict):
        return set()
    here = found.get(key, [])
    return {*(here if isinstance(here, list) else [here])} | {
        text for each in found.values() for text in named(each, key)
    }


@each_shop
def test_the_rules_name_what_the_shop_has(shop):
    document = read_document(PROGRAMMES / f"{shop.slug}.toml")
    rules = [document[key] for key in ("earn", "boosts", "covers") if key in document]
    assert named(rules, "departments") <= {code for code, _, _ in shop.departments}
    assert named(rules, "products") <= {ware.code for ware in shop.wares}
    assert named(rules, "brands") <= {ware.brand for ware in shop.wares}
    assert named(rules, "tags") <= {tag for ware in shop.wares for tag in ware.tags}
    assert named(rules, "stores") <= {branch.code for branch in shop.branches}
    assert {award["reward"] for award in document.get("awards", [])} <= {gift.code for gift in shop.gifts}
    units = {unit["code"] for unit in document["units"]}
    assert {gift.unit for gift in shop.gifts if gift.unit} <= units
    assert (document["currency"], document["timezone"]) == (shop.currency, shop.timezone)


@each_shop
def test_the_assortment_can_be_scanned(shop):
    codes = [ware.code for ware in shop.wares]
    assert len(set(codes)) == len(codes)
    assert all(code[-1] == ean13_check(code[:-1]) for code in codes if len(code) == 13)
    assert {ware.department for ware in shop.wares} <= {code for code, _, _ in shop.departments}
    sold = {code for gift in shop.gifts for code in gift.items.get("products", ())}
    assert sold <= set(codes)


# The year


@each_shop
def test_the_same_seed_and_day_give_the_same_receipts(shop):
    assert year_of(shop) == year_of(shop)
    assert year_of(shop).receipts != year_of(shop, seed=8).receipts


@each_shop
def test_later_the_same_day_there_is_more_and_nothing_else(shop):
    morning, evening = year_of(shop).receipts, year_of(shop, now=NOON + timedelta(hours=9)).receipts
    assert evening[: len(morning)] == morning


@each_shop
def test_receipts_come_in_the_order_of_time_up_to_now(shop):
    receipts = year_of(shop).receipts
    moments = [receipt.occurred_at for receipt in receipts]
    first_day = NOON.astimezone(shop.zone).date() - timedelta(days=SMALL.days - 1)
    assert moments == sorted(moments)
    assert moments[0].date() >= first_day
    assert moments[-1] <= NOON
    documents = [(receipt.store, receipt.till, receipt.number) for receipt in receipts]
    assert len(set(documents)) == len(documents)


@each_shop
def test_receipts_add_up(shop):
    for receipt in year_of(shop).receipts:
        due = sum(line.amount - line.discount for line in receipt.lines) - receipt.discount
        assert due > 0
        assert sum(payment.amount for payment in receipt.payments) == due


@each_shop
def test_groups_end_with_a_day(shop, monkeypatch):
    monkeypatch.setattr(bring, "GROUP", 20)
    receipts = year_of(shop).receipts
    groups = list(groups_of(receipts, shop.zone))
    assert [receipt for group in groups for receipt in group] == list(receipts)
    days = [{receipt.occurred_at.date() for receipt in group} for group in groups]
    assert sum(map(len, days)) == len(set().union(*days))


@each_shop
def test_the_first_member_is_easy_to_type_and_has_a_birthday_this_week(shop):
    guest = year_of(shop).customers[0]
    assert guest.known_by.value in ("+5511900001111", "+351910001111")
    assert guest.newcomer.birth_date
    assert is_birthday(NOON.date(), guest.newcomer.birth_date, "week")
    assert sum(receipt.member == guest.known_by for receipt in year_of(shop).receipts) >= 3


def test_customers_have_habits():
    """A third of the supermarket's customers say nothing; people sleep in at the weekend; summer is for ice cream."""
    mercado, padaria = year_of(SHOPS["mercado"], size=Size(120, 40)), year_of(SHOPS["padaria"], size=Size(120, 40))
    anonymous = sum(receipt.member is None for receipt in mercado.receipts) / len(mercado.receipts)
    assert 0.25 < anonymous < 0.42
    assert any(line.discount for receipt in mercado.receipts for line in receipt.lines)
    assert any(line.quantity % 10 for receipt in mercado.receipts for line in receipt.lines)
    assert {p.kind for receipt in mercado.receipts for p in receipt.payments} >= {"cash", "card", "pix", "debit"}
    assert {receipt.store for receipt in mercado.receipts} == {"S1", "S2", "S3"}
    weekend = [receipt for receipt in padaria.receipts if receipt.occurred_at.weekday() >= 5]
    assert len(weekend) / len(padaria.receipts) > 2 / 7
    ice = year_of(SHOPS["gelataria"], size=Size(365, 20)).receipts
    months = Counter(receipt.occurred_at.month for receipt in ice)
    assert months[1] > 2 * months[7]
    assert all(len(receipt.lines) == 1 and not receipt.lines[0].product for receipt in ice)


# Made


@pytest.fixture
def silent():
    with Progress(disable=True) as progress:
        yield progress


@pytest.fixture
def small(db, clock, tmp_path, silent):
    """Makes the small neighbourhood in a folder of its own, as often as it is called."""

    def making(seed=7):
        return make(DATA["neighbourhood"](SMALL), folder=tmp_path, seed=seed, now=fiel_clock.now(), progress=silent)

    return making


def counts():
    models = (Business, Person, ApiKey, Member, Consent, Receipt, Return, Entry, Account, Reward, Voucher)
    return {model.__name__: model.objects.count() for model in models}


def test_the_books_are_true(small):
    small()
    moved = Entry.objects.order_by().values_list("business", "member_id", "unit").annotate(Sum("steps"))
    held = Account.objects.values_list("business", "member_id", "unit", "balance")
    assert set(moved) == {row for row in held if row[3] or row[:3] in {each[:3] for each in moved}}
    lots = Lot.objects.order_by().values_list("business", "member_id", "unit").annotate(Sum("steps"))
    assert {row for row in lots if row[3]} == {row for row in held if row[3] > 0}
    assert {shop.slug: audit(shop).findings for shop in Business.objects.all()} == {slug: [] for slug in SHOPS}


def test_every_receipt_is_there_and_counts_as_its_rules_say(small):
    small()
    for shop in NEIGHBOURHOOD:
        receipts = year_of(shop).receipts
        digests = {receipt.digest() for receipt in receipts}
        # In the supermarket a few cheat, beside the year that was made.
        cheats = Member.objects.filter(business__slug=shop.slug, code__in=PLANTED).values_list("id", flat=True)
        all_ = Receipt.objects.filter(business__slug=shop.slug)
        stored = all_.filter(digest__in=digests)
        assert stored.count() == len(receipts)
        assert {row.digest for row in stored} == digests
        assert set(all_.exclude(digest__in=digests).values_list("member_id", flat=True)) <= set(cheats)
        nobodys = stored.filter(Q(member_id=None) | Q(linked_at__isnull=False)).count()
        assert nobodys == sum(receipt.member is None for receipt in receipts)
    moved = Entry.objects.order_by().values_list("business__slug", "unit", "kind").annotate(Sum("steps"))
    steps = {tuple(key): total for *key, total in moved}
    sessions = sum(receipt.use_packs for receipt in year_of(SHOPS["massagem"]).receipts)
    assert -steps["massagem", "massages", "spend"] == sessions > 0
    assert steps["padaria", "coffees", "earn"] > 0


def test_gifts_are_earned_fetched_and_forgotten(db, clock, tmp_path, silent):
    """Ten coffees are a toast, fetched on a later visit; who joined was sometimes brought by a friend."""
    [padaria, *_] = DATA["neighbourhood"](Size(days=120, people=60))
    make([padaria], folder=tmp_path, seed=7, now=NOON, progress=silent)
    toasts = Voucher.objects.filter(reward="toast")
    spent = Entry.objects.filter(unit="coffees", kind="spend").aggregate(steps=Sum("steps"))
    assert -spent["steps"] == 10 * toasts.count() > 0
    fetched = toasts.filter(state="redeemed")
    assert fetched.exists()
    assert all(voucher.issued_at < voucher.closed_at <= NOON for voucher in fetched)
    assert Member.objects.exclude(referred_by=None).exists()
    assert audit(Business.objects.get(), recount=True).holds


def test_opening_it_again_makes_nothing(small, clock):
    first = small()
    before = counts()
    clock.advance(days=3)
    assert small(seed=99) == first
    assert counts() == before


def test_what_was_interrupted_goes_on(small, clock, monkeypatch):
    """The power fails at the third group of receipts; hours later it is made to its end, as it would have been."""
    monkeypatch.setattr(bring, "GROUP", 40)
    record, calls = bring.record, []

    def failing(*args, **options):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return record(*args, **options)

    monkeypatch.setattr(bring, "record", failing)
    with pytest.raises(KeyboardInterrupt):
        small()
    [padaria] = Business.objects.all()
    assert 0 < Receipt.objects.filter(business=padaria).count() < len(year_of(SHOPS["padaria"]).receipts)
    clock.advance(hours=5)
    first, second = small()[:2]
    assert first.complete
    assert second.complete
    assert (first.made_at, second.made_at) == (NOON, NOON + timedelta(hours=5))
    stored = Receipt.objects.filter(business=padaria)
    assert {row.digest for row in stored} == {receipt.digest() for receipt in year_of(SHOPS["padaria"]).receipts}
    assert Member.objects.filter(business=padaria).count() == len(year_of(SHOPS["padaria"]).customers)


def test_logins_and_keys_are_kept_for_the_owner_of_the_file_alone(small, tmp_path):
    made = small()
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert list(read_kept(tmp_path).values()) == made
    for entry in made:
        assert Person.objects.get(email=entry.owner).check_password(entry.password)
        key = authenticate(entry.key, now=NOON)
        assert (key.business.slug, set(key.scopes)) == (entry.slug, set(SCOPES))
    assert len({entry.password for entry in made}) == 4


def test_a_spoilt_file_is_told(tmp_path):
    (tmp_path / FILE).write_text("{")
    with pytest.raises(CannotStart, match=r"demo\.json.*cannot be read"):
        read_kept(tmp_path)


# Beside a real business


def a_real_business(slug="sol"):
    place = {"currency": "BRL", "timezone": "America/Sao_Paulo"}
    return open_business(slug=slug, name="Padaria Sol", owner_email="ana@sol.example", now=NOON, **place)


def test_nothing_is_made_beside_a_real_business(small):
    a_real_business()
    with pytest.raises(CannotStart, match=r"holds Padaria Sol \(sol\), not made by this demo.*FIEL_DATA="):
        small()
    assert Business.objects.count() == 1


def test_a_real_business_of_the_same_name_is_left_alone(small):
    a_real_business("padaria")
    with pytest.raises(CannotStart, match=r"Padaria Sol \(padaria\)"):
        small()


def test_a_demo_opens_beside_a_business_that_came_later(small):
    made = small()
    a_real_business()
    assert small() == made


@pytest.mark.skipif(os.environ["FIEL_TEST_DATABASE"] != "sqlite", reason="--fresh moves a SQLite file")
def test_fresh_refuses_beside_a_real_business(small, tmp_path):
    small()
    a_real_business()
    with pytest.raises(CannotStart, match="Padaria Sol"):
        move_aside(tmp_path, read_kept(tmp_path))
    assert (tmp_path / FILE).exists()


@pytest.mark.skipif(os.environ["FIEL_TEST_DATABASE"] != "postgres", reason="on PostgreSQL")
def test_fresh_refuses_on_postgres(db, tmp_path):
    with pytest.raises(CannotStart, match="createdb"):
        move_aside(tmp_path, {})


@pytest.fixture
def file_database(tmp_path, monkeypatch):
    """A SQLite file with a write-ahead log, in place of the tests' database."""
    path = tmp_path / "fiel.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (a)")
    database.close()
    tables = SimpleNamespace(table_names=list)
    stand_in = SimpleNamespace(
        vendor="sqlite", settings_dict={"NAME": str(path)}, introspection=tables, close=lambda: None
    )
    monkeypatch.setattr(fresh, "connection", stand_in)
    return path


def test_fresh_moves_the_old_demo_aside(file_database, tmp_path):
    (tmp_path / FILE).write_text("[]")
    aside = move_aside(tmp_path, {})
    assert aside == tmp_path / f"fiel.sqlite3{ASIDE}"
    assert sorted(path.name for path in tmp_path.iterdir()) == [aside.name]
    with sqlite3.connect(aside) as database:
        assert database.execute("SELECT count(*) FROM t").fetchone() == (0,)
    database.close()
    assert move_aside(tmp_path, {}) is None


def test_fresh_waits_for_whoever_has_the_file_open(file_database, tmp_path):
    other = sqlite3.connect(file_database)
    other.execute("INSERT INTO t VALUES (1)")
    other.commit()
    with pytest.raises(CannotStart, match="Another process has"):
        move_aside(tmp_path, {})
    other.close()
    assert file_database.exists()


# What is said at the end


def commands_in(said):
    """The pasteable lines: for each the path, the headers, the body."""
    for line in said.splitlines():
        words = shlex.split(line) if line.startswith("curl ") else []
        if words:
            headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
            yield words[2].removeprefix("http://127.0.0.1:8000"), headers, json.loads(words[words.index("-d") + 1])


@pytest.mark.parametrize("slug", ["padaria", "massagem"])
def test_what_it_says_can_be_pasted(small, client, slug):
    said = io.StringIO()
    facts = facts_of(DATA["neighbourhood"](SMALL), small())
    first = [each for each in facts if each.plan.slug == slug]
    tell(Console(file=said, width=40), first, address="http://127.0.0.1:8000", now=NOON)
    assert first[0].kept.password in said.getvalue()
    (lookup, *lookup_said), (sale, *sale_said) = commands_in(said.getvalue())

    def send(path, headers, body):
        return client.post(path, body, content_type="application/json", headers=headers)

    found = send(lookup, *lookup_said)
    assert found.status_code == 200, found.content
    sold = send(sale, *sale_said)
    assert sold.status_code == 201, sold.content
    assert sold.json()["member"]["id"] == found.json()["id"]
    assert send(sale, *sale_said).json() == sold.json()
    assert Receipt.objects.filter(number__startswith="demo-").count() == 1


@pytest.fixture
def fiel(db, clock, settings, tmp_path, monkeypatch):
    """Runs `fiel demo`, small, in a folder of its own."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, data=tmp_path)
    monkeypatch.setattr(command, "WHOLE", SMALL)
    monkeypatch.setattr(command, "migrate", lambda: None)
    monkeypatch.delenv("FIEL_PUBLIC_URL", raising=False)
    monkeypatch.setitem(os.environ, "FIEL_PUBLIC_URL", "")
    return lambda *typed: CliRunner().invoke(application([Command("demo", command.demo)]), ["demo", *typed])


def test_the_command_makes_it_and_tells_how_to_get_in(fiel, clock):
    first = fiel("--no-serve", "--port", "8123")
    assert first.exit_code == 0, first.output
    assert "The demo is at http://127.0.0.1:8123/" in first.output
    for shop in NEIGHBOURHOOD:
        assert f"owner@{shop.slug}.example" in first.output
    clock.advance(days=2)
    again = fiel("--no-serve")
    assert "Made 2 days ago" in again.output
    assert [line for line in again.output.splitlines() if "fiel_" in line and "curl" not in line] == [
        line for line in first.output.splitlines() if "fiel_" in line and "curl" not in line
    ]


def test_the_command_serves_what_it_made(fiel, monkeypatch):
    served = []

    def serve(*, when_open, **options):
        served.append(options)
        when_open()

    monkeypatch.setattr(command, "serve", serve)
    said = fiel("--host", "0.0.0.0", "--port", "8124").output
    assert served == [{"host": "0.0.0.0", "port": 8124, "workers": None, "worker": True}]
    assert "The demo is at http://127.0.0.1:8000/" in said


def test_a_demo_that_does_not_exist(fiel):
    assert isinstance(fiel("--data", "moon").exception, CannotStart)
