"""Files in: CSV and JSON lines, sales and members; repeating does no harm, what is refused says where and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from fiel.catalogue.models import Product
from fiel.core.refusals import Refused
from fiel.intake.known import format_of
from fiel.intake.run import run
from fiel.ledger.models import Entry
from fiel.members.models import Member
from fiel.programme.versions import publish, rules_of
from fiel.sales.models import Receipt, ReceiptLine
from fiel.shops.opening import open_business, put_store

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
RULES = {
    "name": "Clube",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [{"code": "points", "kind": "points"}],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
}
MEMBERS = "phone;name;birth_date;types;marketing\n(11) 98765-4321;Ana Souza;1990-11-24;staff|neighbour;sim\n"
SALES = """store,till,number,occurred_at,phone,product,quantity,amount,discount
S1,T1,1,2026-03-04T08:00:00-03:00,11987654321,BREAD,"0,500","7,90",
S1,T1,1,2026-03-04T08:00:00-03:00,11987654321,COFFEE,2,10.00,1.00
S1,T1,2,2026-03-04T08:30:00-03:00,,BREAD,1,5.00,
"""


@pytest.fixture
def bakery(db, clock):
    rules_of.cache_clear()
    opening = {"currency": "BRL", "timezone": "America/Sao_Paulo", "owner_email": "o@p.example", "now": NOW}
    business, _ = open_business(slug="padaria", name="Padaria", **opening)
    put_store(business, "S1")
    publish(business, RULES, by="test", now=NOW, in_force_from=datetime(2026, 1, 1, tzinfo=UTC))
    return business


def bring(business, folder, name, text, **options):
    path = folder / name
    path.write_text(text, encoding=options.pop("encoding", "utf-8"))
    return run(business, path, format_of(path), **options)


def points(business):
    return sum(Entry.objects.filter(business=business).values_list("steps", flat=True))


def test_members_and_sales_as_csv(bakery, tmp_path):
    assert bring(bakery, tmp_path, "members.csv", MEMBERS).new == {"members": 1}
    report = bring(bakery, tmp_path, "sales.csv", SALES)
    assert (report.new, report.kept, report.lines) == ({"sales": 2}, [], 3)
    assert points(bakery) == 16  # 7.90 + 9.00, of Ana; the other sale is nobody's
    assert Member.objects.get(business=bakery).types == ["staff", "neighbour"]
    assert Receipt.objects.filter(business=bakery, channel="import").count() == 2


def test_a_second_import_changes_nothing(bakery, tmp_path):
    for _ in range(2):
        members = bring(bakery, tmp_path, "members.csv", MEMBERS)
        sales = bring(bakery, tmp_path, "sales.csv", SALES)
    assert (members.known, sales.known, sales.new.total()) == ({"members": 1}, {"sales": 2}, 0)
    assert (points(bakery), Receipt.objects.count(), ReceiptLine.objects.count()) == (16, 2, 3)


def test_a_dry_run_tells_and_changes_nothing(bakery, tmp_path):
    report = bring(bakery, tmp_path, "sales.csv", SALES, dry_run=True)
    assert report.new == {"sales": 2}
    assert Receipt.objects.count() == 0


def test_products_as_csv_in_an_older_encoding(bakery, tmp_path):
    text = "code;name;brand;department;tags\nPAO;Pão francês;Casa;;fresh|daily\n"
    assert bring(bakery, tmp_path, "products.csv", text, encoding="windows-1252").new == {"products": 1}
    product = Product.objects.get(business=bakery)
    assert (product.name, product.tags) == ("Pão francês", ["fresh", "daily"])


def test_sales_and_members_as_json_lines(bakery, tmp_path):
    lines = [
        {"phone": "11987654321", "name": "Ana"},
        {
            "store": "S1",
            "till": "T1",
            "number": "7",
            "occurred_at": "2026-03-04T08:00:00-03:00",
            "member": {"phone": "11987654321"},
            "lines": [{"product": "BREAD", "quantity": "0.500", "amount": 790}],
        },
    ]
    text = "\n".join(map(json.dumps, lines)) + "\n\n"
    report = bring(bakery, tmp_path, "all.jsonl", text)
    assert (report.new, report.kept) == ({"members": 1, "sales": 1}, [])
    assert points(bakery) == 7
    assert bring(bakery, tmp_path, "all.jsonl", text).known == {"members": 1, "sales": 1}


@pytest.mark.parametrize(
    ("name", "text", "place", "said"),
    [
        ("s.csv", SALES.replace('"7,90"', "many"), "rows 2-3", "amount"),
        ("s.csv", SALES.replace("10.00", "10.001"), "rows 2-3", "2 decimals"),
        ("s.csv", SALES.replace("T08:30:00-03:00", ""), None, None),
        ("s.csv", SALES.replace("S1,T1,2", "S9,T1,2"), "row 4", "S9"),
        ("s.csv", SALES.replace("2026-03-04T08:30", "2026-01-04T08:30"), "row 4", "older than 7 days"),
        ("m.csv", MEMBERS.replace("(11) 98765-4321", "12"), "row 2", "phone"),
        ("m.csv", MEMBERS.replace("1990-11-24", "24/13/1990"), "row 2", "birth_date"),
        ("a.jsonl", '{"store": "S1", "number": "1", "lines": [{"amount": -1}]}\n', "line 1", "/lines/0/amount"),
        ("a.jsonl", '{"phone": "11987654321", "nmae": "Ana"}\n', "line 1", "/nmae"),
        ("a.jsonl", "{\n", "line 1", "no JSON"),
        ("a.jsonl", '{"name": "\\u0000", "phone": "11987654321"}\n', "line 1", "NUL"),
    ],
)
def test_what_is_refused_says_where_and_why(bakery, tmp_path, name, text, place, said):
    report = bring(bakery, tmp_path, name, text)
    if place is None:
        assert report.kept == []
        return
    [kept] = report.kept
    assert kept.place == place
    assert said in kept.reason
    assert kept.text


def test_a_file_that_nobody_can_read_is_refused_with_a_sentence(bakery, tmp_path):
    (tmp_path / "a.bin").write_bytes(b"\x00\x01")
    with pytest.raises(Refused, match="--format"):
        format_of(tmp_path / "a.bin")
    [kept] = bring(bakery, tmp_path, "a.csv", "one,two\n1,2\n").kept
    assert (kept.place, "one, two" in kept.reason, "--column" in kept.reason) == ("row 1", True, True)
    with pytest.raises(Refused, match="no file"):
        format_of(tmp_path / "nothing.csv")


def test_history_of_any_age(bakery, tmp_path):
    old = SALES.replace("2026-03-04", "2026-01-10")
    assert len(bring(bakery, tmp_path, "s.csv", old).kept) == 2
    assert bring(bakery, tmp_path, "s.csv", old, history=True).new == {"sales": 2}
