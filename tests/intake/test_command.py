"""`fiel import`, `fiel aside` and `fiel hook`: folders of files, what waits, and what is refused."""

from __future__ import annotations

import csv
import json

import pytest
from typer.testing import CliRunner

from fiel.intake.models import Aside, Hook
from fiel.members.models import Member
from fiel.ops.cli import WITH_DJANGO, application, commands
from tests.intake.brazil import cancel, item, nfce

PAO = [item("PAO", 790)]


@pytest.fixture
def fiel(padaria, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    app = application(commands(WITH_DJANGO))
    return lambda *typed: CliRunner().invoke(app, [str(word) for word in typed])


@pytest.fixture
def folder(padaria):
    """A folder as a till leaves it: two sales, one too late, one in doubt, a cancellation without its sale, a test."""
    files = {
        "1.xml": nfce(1, PAO, 790),
        "march/2.xml": nfce(2, PAO, 790),
        "march/3-late.xml": nfce(3, PAO, 790, at="2026-01-05T08:00:00-03:00"),
        "march/4-doubt.xml": nfce(4, PAO, 800),
        "march/5-cancel.xml": cancel(5),
        "march/6-test.xml": nfce(6, PAO, 790, environment="2"),
        "march/.hidden.xml": "x",
        "empty.xml": "",
    }
    for name, content in files.items():
        padaria.put(name, content)
    return padaria.folder


def refused_in(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_and_what_became_of_it(padaria, fiel, folder, tmp_path):
    done = fiel("import", "padaria", folder, "--json", "--refused", tmp_path / "refused.csv")
    told = json.loads(done.stdout.splitlines()[0])
    assert done.exit_code == 1
    counts = {name: told[name] for name in ("files", "new", "known", "aside", "refused")}
    assert counts == {"files": 7, "new": {"sales": 2}, "known": {}, "aside": 3, "refused": 2}
    assert "5 rows were refused" in done.stderr
    assert "3 of them wait: fiel aside list padaria" in done.stderr
    rows = refused_in(tmp_path / "refused.csv")
    assert {(row["file"], row["code"], row["kept aside"]) for row in rows} == {
        ("empty.xml", "malformed", "no"),
        ("march/3-late.xml", "too_late", "yes"),
        ("march/4-doubt.xml", "does_not_add_up", "yes"),
        ("march/5-cancel.xml", "sale_missing", "yes"),
        ("march/6-test.xml", "invalid", "no"),
    }
    again = json.loads(fiel("import", "padaria", folder, "--json").stdout.splitlines()[0])
    assert (again["new"], again["known"], Aside.objects.count()) == ({}, {"sales": 2}, 3)
    assert padaria.points == 14


def test_what_was_kept_aside_is_listed_taken_and_dropped(padaria, fiel, folder):
    fiel("import", "padaria", folder)
    listed = {each["code"]: each for each in json.loads(fiel("aside", "list", "padaria", "--json").stdout)}
    assert set(listed) == {"too_late", "does_not_add_up", "sale_missing"}
    assert listed["too_late"]["file"] == "march/3-late.xml"
    still = fiel("aside", "take", "padaria")
    assert (still.exit_code, Aside.objects.count()) == (1, 3)
    assert fiel("aside", "take", "padaria", listed["too_late"]["id"], "--history").exit_code == 0
    assert fiel("aside", "take", "padaria", listed["does_not_add_up"]["id"], "--anyway").exit_code == 0
    assert padaria.points == 28
    dropped = fiel("aside", "drop", "padaria", listed["sale_missing"]["id"])
    assert (dropped.exit_code, Aside.objects.count()) == (0, 0)
    assert "dropped: void" in dropped.stdout


@pytest.mark.parametrize("typed", ["nonsense", "00000000-0000-7000-8000-000000000000"])
def test_an_id_that_nothing_waits_under(fiel, typed):
    for verb in ("take", "drop"):
        done = fiel("aside", verb, "padaria", typed)
        assert done.exit_code == 1
        assert done.stderr.startswith("fiel: ")


def test_a_dry_run_keeps_nothing_aside(padaria, fiel, folder):
    done = fiel("import", "padaria", folder, "--dry-run")
    assert "nothing was changed" in " ".join(done.stdout.split())
    assert (Aside.objects.count(), padaria.receipts.count()) == (0, 0)


def test_all_or_nothing(padaria, fiel, tmp_path):
    """One customer's phone is none: nobody comes in, and it is said why; mended, all do."""
    path = padaria.put("clientes.csv", "phone,name,points\n+5511955550001,Lia,120\nnot a phone,Eva,5\n")
    done = fiel("import", "padaria", path, "--all-or-nothing", "--json", "--refused", tmp_path / "refused.csv")
    told = json.loads(done.stdout.splitlines()[0])
    assert (done.exit_code, told["undone"], told["refused"]) == (1, True, 1)
    assert [(row["place"], row["code"]) for row in refused_in(tmp_path / "refused.csv")] == [("row 3", "malformed")]
    assert "Nothing was brought in" in " ".join(fiel("import", "padaria", path, "--all-or-nothing").stdout.split())
    assert not Member.objects.filter(name="Lia").exists()
    path = padaria.put("clientes.csv", "phone,name,points\n+5511955550001,Lia,120\n+5511955550002,Eva,5\n")
    done = fiel("import", "padaria", path, "--all-or-nothing", "--json")
    told = json.loads(done.stdout.splitlines()[0])
    assert (done.exit_code, told["undone"], told["new"]) == (0, False, {"members with balances": 2})
    assert Member.objects.filter(name__in=["Lia", "Eva"]).count() == 2


def test_all_or_nothing_keeps_nothing_aside(padaria, fiel, folder):
    assert fiel("import", "padaria", folder, "--all-or-nothing").exit_code == 1
    assert (Aside.objects.count(), padaria.receipts.count()) == (0, 0)


def test_columns_are_told_once(padaria, fiel):
    path = padaria.put("export.csv", "Kd-Nr;Bon;Wann;Umsatz\n1;7;04/03/2026 08:15;12,30\n")
    asked = fiel("import", "padaria", path)
    assert "--column 'Their name=ours'" in asked.stderr
    said = ["--column", "Kd-Nr=code", "--column", "Bon=number", "--column", "Wann=occurred_at"]
    said += ["--column", "Umsatz=amount", "--value", "store=S1", "--kind", "sales"]
    assert fiel("import", "padaria", path, *said).exit_code == 0
    assert fiel("import", "padaria", path).exit_code == 0
    assert padaria.points == 12


def test_refused_rows_are_no_formulas(padaria, fiel, tmp_path):
    path = padaria.put("m.csv", "phone,name\n=cmd|' /C calc'!A0,Eve\n")
    fiel("import", "padaria", path, "--refused", tmp_path / "r.csv")
    [row] = refused_in(tmp_path / "r.csv")
    assert row["row"].startswith("'=cmd")


def test_hooks_are_made_listed_and_revoked(padaria, fiel):
    made = fiel("hook", "create", "padaria", "--store", "S1", "--secret", "shpss_1")
    hook = Hook.objects.get()
    assert f"/hooks/shopify/{hook.id}/" in made.stdout
    assert str(hook.id) in fiel("hook", "list", "padaria").stdout
    assert fiel("hook", "revoke", "padaria", hook.id).exit_code == 0
    assert fiel("hook", "revoke", "padaria", hook.id).exit_code == 1
    assert fiel("hook", "create", "padaria", "--store", "S9", "--secret", "x").exit_code == 1
