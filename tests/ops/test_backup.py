"""Saving everything, bringing it back, taking a business along, deleting it: by the command line, on a house in use."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from pathlib import Path

import pytest

from fiel.ops import dumps
from fiel.ops.errors import CannotStart
from fiel.privacy.whole import WITHHELD
from tests import databases
from tests.processes import fiel, free_port, python, typed, until_ready

WALLED = os.environ["FIEL_TEST_DATABASE"] == "postgres"
"""Whether the database is owned by one role and served by another, for which row-level security holds."""

KEY = "the key of this house, which signs nothing of worth"

# A shop that sold of every sort, and another business beside it, with rules of its own.
FILL = """
import os
from pathlib import Path
from tests.ledger.shop import open_shop, sell_of_every_sort
file = Path(os.environ["FIEL_CLOCK_FILE"])
for slug in ("padaria", "ao-lado"):
    file.write_text("2026-03-04T12:00:00+00:00")
    sell_of_every_sort(open_shop(slug), file.write_text)
"""

ERASE = """
from pathlib import Path
from fiel import clock
from fiel.core.sale import Line
from fiel.members.models import Member
from fiel.privacy.erase import erase
from fiel.shops.models import Business
from tests.ledger.shop import Shop
business = Business.objects.get(slug="padaria")
members = {each.code: each for each in Member.objects.filter(business=business)}
Shop(business, members).sell("later", "rui", Line(1, 5000))
erase(business, members["ana"].id, now=clock.now(), by="test", record=Path(sys.argv[1]))
"""

NAMED = """
from fiel.members.models import Member
print(sorted(Member.objects.filter(business__slug="padaria").exclude(name="").values_list("name", flat=True)))
"""

TOGETHER = """
import json
from typer.testing import CliRunner
from fiel.ops.cli import WITH_DJANGO, application, commands
told = []
for typed in json.loads(sys.argv[1]):
    run = CliRunner().invoke(application(commands(WITH_DJANGO)), typed)
    told.append((run.exit_code, run.output + str(run.exception or "")))
print(json.dumps(told))
"""

ROWS = """
import json
from fiel.shops.models import Person
from fiel.tables.businesses import tables_of_businesses
models = {model._meta.db_table: model for model in tables_of_businesses()}
counts = {name: model.objects.filter(business__slug=sys.argv[1]).count() for name, model in models.items()}
print(json.dumps({**counts, "people": Person.objects.count()}))
"""

# What the app's role reads of one business where nothing but the second wall asks whose row it is.
SEEN = """
from fiel.sales.models import Receipt
from fiel.shops.models import Business
from fiel.tables.walls import within
businesses = {each.id: each.slug for each in Business.objects.order_by("slug")}
for id_ in businesses:
    with within(id_):
        print(*sorted({businesses[row.business_id] for row in Receipt.objects.all()}))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The environment of a Fiel in which two businesses have sold; the last test deletes one of them."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "now").write_text("2026-03-04T12:00:00+00:00")
    environ = databases.own_environ(folder / "data")
    if WALLED:
        environ |= databases.two_roles("house")
    environ |= {"FIEL_CLOCK_FILE": str(folder / "now"), "FIEL_SECRET_KEY": KEY}
    python(environ, FILL)
    wallet = Path(environ["FIEL_DATA"], "wallet", "padaria")
    wallet.mkdir(parents=True)
    (wallet / "pass.pem").write_text("a certificate")
    return environ


def typed_together(environ, *commands):
    """Status and what was said, of one command after the other, by one process."""
    return json.loads(python(environ, TOGETHER, json.dumps(commands)))


def test_what_is_not_fit_to_be_brought_back_is_refused_and_nothing_changes(house, tmp_path):
    """Cut off, changed, from a newer Fiel, of the other database, made with another key: each has its sentence."""
    file, cut, letter = tmp_path / "fiel.backup", tmp_path / "cut", tmp_path / "letter"
    [(status, told)] = typed_together(house, ("backup", str(file)))
    assert (status, "The secret key is not in it" in told) == (0, True), told
    assert file.stat().st_mode & 0o777 == 0o600
    cut.write_bytes(file.read_bytes()[:-2000])
    letter.write_text("a letter")
    changes = (
        ({"migrations": ["ledger.0001_initial", "ledger.9999_from_tomorrow"]}, "newer Fiel (0.1.0; it has ledger.9999"),
        ({"format": 2}, "was made by a newer Fiel (0.1.0)"),
        ({"engine": "oracle"}, "is of oracle, and this database is"),
        ({"files": {"database": {"size": 5, "sha256": "0" * 64}}}, "database is not what was saved"),
        ({"kind": "a letter"}, "is no backup of Fiel"),
        ({"key": "another"}, "was made with another secret key"),
    )
    for place, (change, _) in enumerate(changes):
        rewritten(file, tmp_path / str(place), change)
    expected = [
        (cut, "is no whole backup of Fiel"),
        (letter, "is no whole backup of Fiel"),
        (tmp_path / "none", "There is no file"),
        *((tmp_path / str(place), sentence) for place, (_, sentence) in enumerate(changes)),
    ]
    books = ("audit", "--digest")
    said = typed_together(
        house,
        books,
        *(("restore", str(bad), "--replace") for bad, _ in expected),
        ("restore", str(file)),
        ("backup", str(file)),
        books,
    )
    assert [status for status, _ in said[1:-1]] == [1] * (len(expected) + 2)
    for (_, told), (_, sentence) in zip(said[1:], expected, strict=False):
        assert sentence in told
    assert "There are businesses here already" in said[-3][1]
    assert "is there already" in said[-2][1]
    assert said[0] == said[-1]


def rewritten(source, target, change):
    """The same backup, whose manifest says something else."""
    with zipfile.ZipFile(source) as kept, zipfile.ZipFile(target, "w") as changed:
        for name in kept.namelist():
            content = kept.read(name)
            if name == "manifest.json":
                content = json.dumps(json.loads(content) | change)
            changed.writestr(name, content)


def test_a_backup_comes_back_as_it_was_and_forgets_again_who_left_since(house, tmp_path):
    """Taken while the server is open; then a sale, and ana leaves; then everything is brought back."""
    data, file, port = Path(house["FIEL_DATA"]), tmp_path / "fiel.backup", free_port()
    with fiel(house, "serve", "--port", str(port)) as server:
        until_ready(server, port)
        typed(house, "backup", str(file))
        python(house, ERASE, data)
        assert "stop" in typed(house, "restore", str(file), "--replace", status=1)
        server.stop()
    (data / "wallet" / "padaria" / "pass.pem").unlink()
    told = typed(house, "restore", str(file), "--replace")
    assert "padaria: the books as saved." in told
    assert "ao-lado: the books as saved." in told
    assert "1 who had left were erased again." in told
    assert told.count("everything holds.") == 2
    assert python(house, NAMED) == "['bia', 'eva', 'leo', 'rui']"
    assert (data / "wallet" / "padaria" / "pass.pem").read_text() == "a certificate"
    assert not [left for left in (*data.iterdir(), *tmp_path.iterdir()) if left.name.startswith(".fiel")]
    assert python(house, SEEN) == ("ao-lado\npadaria" if WALLED else "ao-lado padaria\nao-lado padaria")


def read(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_business_is_taken_along_and_deleted_and_the_other_stays(house, tmp_path):
    """All of it is in the folder, with nothing that opens a door; then not one row is left, and the guards stand."""
    folder, data = tmp_path / "along", Path(house["FIEL_DATA"])
    books = ("audit", "--digest", "--json")
    keys, along, again, digests = typed_together(
        house,
        ("key", "create", "padaria", "--scope", "till", "--store", "S1"),
        ("export", "padaria", str(folder)),
        ("export", "padaria", str(folder)),
        books,
    )
    before, rows = json.loads(digests[1]), json.loads(python(house, ROWS, "padaria"))
    assert (keys[0], along[0], again[0]) == (0, 0, 1)
    assert f"books {before['padaria']}" in along[1]
    assert "has something in it already" in again[1]
    said = json.loads((folder / "export.json").read_text())
    assert said["digest"] == before["padaria"]
    for name, told in said["files"].items():
        content = (folder / name).read_bytes()
        assert (content.count(b"\n"), hashlib.sha256(content).hexdigest()) == (told["rows"], told["sha256"])
        assert f"| `{name}` | {told['rows']:,} |" in (folder / "README.md").read_text()
        table = name.removesuffix(".jsonl").replace(".", "_")
        assert told["rows"] == rows.get(table, 1), name
        assert not {column for of, column in WITHHELD if of == table} & set(json.loads(content.split(b"\n")[0] or "{}"))
    codes = [voucher["code"] for voucher in read(folder / "rewards.voucher.jsonl")]
    assert codes
    assert all(re.fullmatch(r"\w{4}-\w{4}-\w{3}", code) for code in codes)
    entries, accounts = (read(folder / f"ledger.{table}.jsonl") for table in ("entry", "account"))
    assert sum(entry["steps"] for entry in entries) == sum(account["balance"] for account in accounts) != 0

    delete = ("business", "delete", "padaria", "--sure")
    unsure, deleted, digests, audit = typed_together(
        house, (*delete, "ao-lado"), (*delete, "padaria"), books, ("audit",)
    )
    assert (unsure[0], "nothing was deleted" in unsure[1]) == (1, True)
    assert (deleted[0], before["padaria"] in deleted[1]) == (0, True), deleted[1]
    assert json.loads(digests[1]) == {"ao-lado": before["ao-lado"]}
    assert (audit[0], audit[1].count("everything holds")) == (0, 1)  # the guards stand too
    left = json.loads(python(house, ROWS, "padaria"))
    assert left == dict.fromkeys(rows, 0) | {"people": 1}
    [line] = (data / "businesses-deleted.jsonl").read_text().splitlines()
    said = json.loads(line)
    assert (said["business"], said["name"], said["digest"]) == ("padaria", "Padaria", before["padaria"])
    assert not (data / "wallet" / "padaria").exists()


@pytest.mark.skipif(os.environ["FIEL_TEST_DATABASE"] == "sqlite", reason="SQLite copies itself")
@pytest.mark.parametrize("said", ["", "pg_dump (PostgreSQL) 14.11 (Debian 14.11-1)"])
def test_tools_that_are_missing_or_too_old_are_named(said, tmp_path, monkeypatch):
    tool = tmp_path / "pg_dump"
    tool.write_text(f"#!/bin/sh\necho '{said}'\n")
    tool.chmod(0o755)
    monkeypatch.setattr(dumps, "_places", lambda name: [str(tool)] if said else [])
    seen = re.escape(f"{tool} is {said}" if said else "none was found on PATH")
    with pytest.raises(CannotStart, match=rf"needs PostgreSQL's pg_dump, version \d+ or newer.*{seen}"):
        dumps._tool("pg_dump")
