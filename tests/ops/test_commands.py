"""`fiel business`, `fiel key` and `fiel programme`: what they do, and how they say no."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fiel.core.refusals import Refused
from fiel.ops.cli import WITH_DJANGO, application, commands
from fiel.ops.commands import business
from fiel.programme.examples import EXAMPLES
from fiel.programme.models import Version
from fiel.programme.versions import rules_of
from fiel.shops.keys import authenticate
from fiel.shops.models import ApiKey, Business, SignInLink, Staff
from fiel.trail.models import Act

pytestmark = pytest.mark.django_db

PROGRAMME = """\
name = "Clube"
currency = "BRL"
timezone = "America/Sao_Paulo"

[[units]]
code = "points"
kind = "points"
value = 0.050

[[earn]]
code = "all"
unit = "points"
give = 1
per = 1.10
cap = { day = 100 }

[[seasons]]
code = "christmas"
from = 2026-12-01
to = 2026-12-24
"""


@pytest.fixture(autouse=True)
def no_rules_of_other_tests():
    rules_of.cache_clear()
    yield
    rules_of.cache_clear()


@pytest.fixture
def fiel(clock, monkeypatch):
    monkeypatch.setattr(business, "migrate", lambda: None)  # it takes its time, and has been done
    app = application(commands(WITH_DJANGO))
    return lambda *typed: CliRunner().invoke(app, [str(word) for word in typed])


@pytest.fixture
def padaria(fiel):
    said = ("--name", "Padaria", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--owner-email", "ana@x.com")
    answer = fiel("business", "create", "padaria", *said, "--store", "S1=Centro", "--store", "S2", "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


@pytest.fixture
def file(tmp_path):
    def write(text, name="rules.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def said(answer):
    """A refusal: nothing but sentences on stderr, and the exit status 1."""
    assert (answer.exit_code, answer.stdout) == (1, "")
    return answer.stderr.splitlines()


# Businesses


def test_a_business_is_opened_with_its_stores_and_its_owner(padaria):
    business = Business.objects.get(slug="padaria")
    assert (business.country, business.language) == ("BR", "pt-br")
    assert [(store.code, store.name) for store in business.stores.order_by("code")] == [("S1", "Centro"), ("S2", "")]
    assert [(place.person.email, place.role) for place in business.staff.all()] == [("ana@x.com", "owner")]
    assert padaria["stores"] == ["S1", "S2"]
    assert padaria["sign_in_link"].startswith("http://127.0.0.1:8000/sign-in/")
    assert SignInLink.objects.get().person.email == "ana@x.com"


def test_the_owner_is_told_where_to_sign_in(fiel):
    said = ("--name", "Bar do Zé", "--currency", "eur", "--timezone", "Europe/Madrid", "--owner-email", "Ze@x.com")
    answer = fiel("business", "create", "bar", *said, "--country", "es", "--language", "ES")
    told, link = answer.stdout.splitlines()
    assert told == "Bar do Zé is open. Its owner, ze@x.com, signs in once by this link, within a day:"
    assert "/sign-in/" in link
    business = Business.objects.get()
    assert (business.currency, business.country, business.language) == ("EUR", "ES", "es")


def test_what_is_wrong_with_a_business_is_said_at_once_and_nothing_is_made(fiel, padaria):
    wrong = ("--name", " ", "--currency", "XXX", "--timezone", "Mars", "--owner-email", "ana")
    assert said(fiel("business", "create", "padaria", *wrong)) == [
        "fiel: The business cannot be opened: 'padaria' is taken.",
        "  /slug: 'padaria' is taken",
        "  /currency: write the currency's three letters, as BRL or EUR",
        '  /timezone: write a time zone by its name, as "America/Sao_Paulo"',
        "  /owner_email: write the owner's e-mail address",
        "  /name: write the business's name",
    ]
    right = ("--name", "Bar", "--currency", "EUR", "--timezone", "Europe/Lisbon", "--owner-email", "ana@x.com")
    assert said(fiel("business", "create", "bar", *right, "--store", "S" * 51))[1:] == ["  /code: write a code"]
    assert (Business.objects.count(), Staff.objects.count()) == (1, 1)


def test_what_is_left_out_is_asked_for(fiel):
    answer = fiel("business", "create", "bar", "--name", "Bar")
    assert answer.exit_code == 2
    assert "--currency" in answer.stderr


def test_businesses_are_listed(fiel, padaria):
    assert json.loads(fiel("business", "list", "--json").stdout) == [
        {
            "business": "padaria",
            "name": "Padaria",
            "currency": "BRL",
            "timezone": "America/Sao_Paulo",
            "country": "BR",
            "version": None,
        }
    ]
    assert "padaria" in fiel("business", "list").stdout


def test_before_the_first_one_the_list_says_how_to_open_it(fiel):
    assert fiel("business", "list").stdout == "There is no business yet: fiel business create opens one.\n"
    assert fiel("audit").stdout == "There is no business yet.\n"


def test_a_business_changes_what_it_says_of_itself(fiel, padaria):
    told = fiel("business", "change", "padaria", "--name", "Padaria Nova", "--hand-limit", "100").stdout
    assert told == "Padaria Nova, language pt-br; adjustments above 100 wait for a second person.\n"
    told = fiel("business", "change", "padaria", "--language", "es", "--hand-limit", "none").stdout
    assert told == "Padaria Nova, language es; adjustments never wait for a second person.\n"
    changed = Business.objects.get(slug="padaria")
    assert (changed.name, changed.language, changed.hand_limit) == ("Padaria Nova", "es", None)
    [first, second] = Act.objects.filter(business=changed, what="business.changed").order_by("number")
    assert (first.before, first.after) == (
        {"name": "Padaria", "hand_limit": None},
        {"name": "Padaria Nova", "hand_limit": 100},
    )
    assert second.after == {"language": "es", "hand_limit": None}
    assert said(fiel("business", "change", "padaria", "--hand-limit", "many")) == [
        "fiel: 'many' is no limit: write whole units, or none."
    ]
    assert said(fiel("business", "change", "padaria", "--name", " "))[0] == "fiel: A business has a name."


def test_an_example_is_there_to_start_from(fiel, padaria, tmp_path):
    """Each is named with what it is for; what is printed can be published as it stands."""
    assert [line.split(":")[0] for line in fiel("programme", "example").stdout.splitlines()] == list(EXAMPLES)
    path = tmp_path / "club.toml"
    path.write_text(fiel("programme", "example", "supermarket").stdout, encoding="utf-8")
    assert fiel("programme", "publish", "padaria", str(path)).exit_code == 0
    assert said(fiel("programme", "example", "bakery"))[0].startswith("fiel: There is no example 'bakery'")


# Keys


def test_a_key_is_shown_once_and_lets_in(fiel, padaria, clock):
    typed = ("--scope", "till", "--scope", "read", "--store", "S1", "--till", "T1", "--name", "first till")
    told = json.loads(fiel("key", "create", "padaria", *typed, "--expires", "2026-12-31", "--json").stdout)
    key = authenticate(told["key"], now=clock.now)
    assert (key.scopes, key.store, key.till, key.name) == (["till", "read"], "S1", "T1", "first till")
    assert told["expires_at"] == "2027-01-01T03:00:00Z", "it is good to the end of the day where the business is"
    assert told["id"] == str(key.id)
    assert "key" not in json.loads(fiel("key", "list", "padaria", "--json").stdout)[0]


def test_for_people_the_key_alone_stands_on_stdout(fiel, padaria, clock):
    answer = fiel("key", "create", "padaria", "--scope", "office")
    assert authenticate(answer.stdout.strip(), now=clock.now).scopes == ["office"]
    assert answer.stderr == "A key of Padaria, with office. Keep it: it is not shown again.\n"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["--scope", "all"], ["fiel: A key's scopes are some of till, office, read, import.", "  /scopes: choose"]),
        (["--scope", "till", "--store", "S9"], ["fiel: There is no store 'S9'.", "  /store: name one of your stores"]),
        (
            ["--scope", "till", "--till", "T1"],
            ["fiel: A till is in a store: name it too.", "  /store: name the till's store"],
        ),
        (
            ["--scope", "till", "--expires", "soon"],
            ["fiel: 'soon' is no day.", "  /expires: write a day as 2027-12-31"],
        ),
        (
            ["--scope", "till", "--expires", "2026-03-03"],
            ["fiel: 2026-03-03 is over.", "  /expires: write a day that is to come"],
        ),
    ],
)
def test_a_key_that_cannot_be_is_refused(fiel, padaria, typed, told):
    assert said(fiel("key", "create", "padaria", *typed)) == told
    assert not ApiKey.objects.exists()


def test_a_key_needs_a_scope_and_a_business(fiel, padaria):
    assert fiel("key", "create", "padaria").exit_code == 2
    nobody = "fiel: There is no business 'bar'; fiel business list names them."
    assert said(fiel("key", "create", "bar", "--scope", "till")) == [nobody]


@pytest.mark.parametrize("name", ["id", "hint", "last letters"])
def test_a_key_is_taken_out_of_use(fiel, padaria, clock, name):
    told = json.loads(fiel("key", "create", "padaria", "--scope", "till", "--json").stdout)
    named = {"id": told["id"], "hint": told["hint"], "last letters": told["key"][-4:]}[name]
    assert fiel("key", "revoke", "padaria", named).stdout == f"{told['hint']} is out of use.\n"
    with pytest.raises(Refused, match="Bearer"):
        authenticate(told["key"], now=clock.now)
    revoked_at = ApiKey.objects.get().revoked_at
    clock.advance(hours=1)
    assert json.loads(fiel("key", "revoke", "padaria", named, "--json").stdout)["state"] == "revoked"
    assert ApiKey.objects.get().revoked_at == revoked_at == clock.now - timedelta(hours=1)


def test_a_key_of_another_business_is_none_of_ours(fiel, padaria):
    typed = ("--name", "Bar", "--currency", "EUR", "--timezone", "Europe/Lisbon", "--owner-email", "ze@x.com")
    fiel("business", "create", "bar", *typed)
    told = json.loads(fiel("key", "create", "padaria", "--scope", "till", "--json").stdout)
    none = "fiel: Bar has no such key; fiel key list bar --json tells their ids."
    assert said(fiel("key", "revoke", "bar", told["id"])) == [none]
    assert fiel("key", "list", "bar").stdout == "Bar has no key: fiel key create makes one.\n"


def test_keys_are_listed_with_what_they_are_for(fiel, padaria, clock):
    fiel("key", "create", "padaria", "--scope", "till", "--store", "S1", "--till", "T1", "--expires", "2026-03-04")
    clock.advance(days=1)
    [told] = json.loads(fiel("key", "list", "padaria", "--json").stdout)
    assert (told["state"], told["created_at"]) == ("expired", "2026-03-04T12:00:00Z")
    listed = fiel("key", "list", "padaria").stdout
    assert told["hint"] in listed
    assert "S1/T1" in listed


# Programmes


def test_a_programme_is_published_shown_and_counts(fiel, padaria, file, clock):
    path = file(PROGRAMME)
    assert fiel("programme", "check", path).stdout == "Clube (units 1, earn 1, boosts 0, tiers 0) can be published.\n"
    answer = fiel("programme", "publish", "padaria", path, "--by", "ana", "--from", "2026-01-01T00:00:00-03:00")
    assert answer.stdout == "Version 1 of Padaria is in force from 2026-01-01T03:00:00Z.\n", answer.stderr
    version = Version.objects.get()
    assert (version.published_by, version.published_at) == ("ana", clock.now)
    assert version.in_force_from == datetime.fromisoformat("2026-01-01T03:00:00+00:00")
    assert version.document["units"][0]["value"] == "0.050", "decimals are kept as they were written"
    assert version.document["seasons"][0]["to"] == "2026-12-24"
    assert rules_of(version.business_id, 1).programme.units["points"].value == 5


def test_what_is_shown_can_be_published_again(fiel, padaria, file):
    fiel("programme", "publish", "padaria", file(PROGRAMME))
    toml = fiel("programme", "show", "padaria")
    assert toml.exit_code == 0
    assert toml.stdout.startswith('name = "Clube"\ncurrency = "BRL"\ntimezone = "America/Sao_Paulo"\n\n[[units]]\n')
    assert 'code = "all"\nunit = "points"\ngive = 1\nper = "1.10"\ncap = {day = 100}\n' in toml.stdout
    in_json = fiel("programme", "show", "padaria", "--json")
    for text, name in ((toml.stdout, "again.toml"), (in_json.stdout, "again.json"), (in_json.stdout, "again")):
        assert fiel("programme", "publish", "padaria", file(text, name)).exit_code == 0
    first, *others = Version.objects.order_by("number")
    assert len(others) == 3
    assert {json.dumps(each.document, sort_keys=True) for each in others} == {
        json.dumps(first.document, sort_keys=True)
    }


def test_the_version_in_force_is_shown_unless_another_is_named(fiel, padaria, file):
    fiel("programme", "publish", "padaria", file(PROGRAMME))
    later = PROGRAMME.replace('"Clube"', '"Later"')
    fiel("programme", "publish", "padaria", file(later), "--from", "2027-01-01T00:00:00Z")
    assert 'name = "Clube"' in fiel("programme", "show", "padaria", "--toml").stdout
    assert 'name = "Later"' in fiel("programme", "show", "padaria", "--version", 2).stdout
    assert said(fiel("programme", "show", "padaria", "--version", 3)) == [
        "fiel: Padaria has no version 3: fiel programme publish makes one."
    ]
    assert fiel("programme", "show", "padaria", "--json", "--toml").exit_code == 2
    assert json.loads(fiel("business", "list", "--json").stdout)[0]["version"] == 1


def test_before_the_first_there_is_nothing_to_show(fiel, padaria):
    none = "fiel: Padaria has no programme: fiel programme publish makes one."
    assert said(fiel("programme", "show", "padaria")) == [none]


def test_every_fault_is_told_with_its_place(fiel, padaria, file):
    wrong = PROGRAMME.replace("give = 1", "giv = 1").replace("per = 1.10", "per = 0").replace('unit = "p', 'unit = "P')
    told = said(fiel("programme", "check", file(wrong)))
    assert told[0] == "fiel: The programme has rules that cannot be right."
    assert [line.split(": ")[0] for line in told[1:]] == [
        "  /earn/0/unit",
        "  /earn/0/give",
        "  /earn/0/per",
        "  /earn/0/giv",
    ]
    assert told[-1].endswith("there is no 'giv' here; did you mean 'give'?")
    assert said(fiel("programme", "publish", "padaria", file(wrong))) == told
    assert not Version.objects.exists()


def test_whether_it_fits_a_business_is_asked_where_one_is_named(fiel, padaria, file):
    path = file(PROGRAMME.replace("BRL", "EUR"))
    assert fiel("programme", "check", path).exit_code == 0
    assert said(fiel("programme", "check", path, "--business", "padaria")) == [
        "fiel: The programme does not fit this business.",
        "  /currency: Padaria counts in BRL",
    ]


def test_what_is_surely_not_meant_is_a_warning(fiel, padaria, file):
    odd = 'boost_mix = "best"\n' + PROGRAMME + '[[boosts]]\ncode = "less"\nfactor = "0.5"\n'
    for typed in (("check",), ("publish", "padaria")):
        answer = fiel("programme", *typed, file(odd))
        assert answer.exit_code == 0
        assert answer.stderr.startswith("warning: /boosts/0/factor: ")


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("name = ", "rules.toml", "rules.toml is no TOML: Invalid value (at end of document)."),
        (
            "name = 'a'\nname = 'b'\n",
            "rules.toml",
            "rules.toml is no TOML: Cannot overwrite a value (at line 2, column 11).",
        ),
        ('{"name": "a", "name": "b"}', "rules.json", "rules.json is no JSON: 'name' stands twice in one table."),
        ('{"name": NaN}', "rules.json", "rules.json is no JSON: NaN is no number."),
        (
            "{",
            "rules",
            "rules is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1).",
        ),
        ("[1]", "rules.json", "rules.json states no programme: write a table of named values."),
        ('{"a":' * 100_000, "rules.json", "rules.json is nested too deeply."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(fiel, file, text, name, told):
    path = file(text, name)
    [sentence] = said(fiel("programme", "check", path))
    assert sentence == f"fiel: {path.parent}/{told}"


def test_a_file_in_another_encoding_is_refused(fiel, tmp_path):
    path = tmp_path / "rules.toml"
    path.write_bytes('name = "Pão"'.encode("latin-1"))
    assert said(fiel("programme", "check", path)) == [f"fiel: {path} is not written in UTF-8."]


def test_a_file_that_is_not_there_is_a_mistake_in_typing(fiel, padaria, tmp_path):
    assert fiel("programme", "publish", "padaria", tmp_path / "none.toml").exit_code == 2


@pytest.mark.parametrize("moment", ["tomorrow", "2026-12-01T00:00:00", "2026-12-01"])
def test_a_moment_has_its_offset(fiel, padaria, file, moment):
    assert said(fiel("programme", "publish", "padaria", file(PROGRAMME), "--from", moment)) == [
        f"fiel: '{moment}' is no moment.",
        "  /from: write a moment with its offset, as 2026-12-01T00:00:00-03:00",
    ]


# The executable


def test_from_an_empty_folder_to_audited_books(empty_environ, file):
    """As somebody who installs it would type it: each command is a process of its own."""

    def fiel(*typed, status=0, **settings):
        command = [str(Path(sys.executable).with_name("fiel")), *map(str, typed)]
        done = subprocess.run(
            command, env=empty_environ | settings, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr

    away = {"FIEL_DATABASE_URL": f"postgres:///fiel?host={empty_environ['FIEL_DATA']}"}
    _, told = fiel("audit", status=1, **away)
    assert told.startswith("fiel: The database of FIEL_DATABASE_URL does not take part: connection ")
    not_yet = "fiel: The database's tables are not up to date. Run fiel migrate.\n"
    assert fiel("audit", status=1) == ("", not_yet)
    said = ("--name", "Padaria", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--owner-email", "ana@x.com")
    told = json.loads(fiel("business", "create", "padaria", *said, "--store", "S1", "--json")[0])
    assert told["business"] == "padaria"
    assert fiel("key", "create", "padaria", "--scope", "till", "--store", "S1")[0].startswith("fiel_")
    fiel("programme", "publish", "padaria", file(PROGRAMME))
    nothing_yet = "padaria: 0 accounts, 0 entries, 0 receipts, 0 lines, 0 returns; everything holds.\n"
    assert fiel("audit", "padaria")[0] == nothing_yet
    refused = fiel("programme", "check", file(PROGRAMME.replace("BRL", "Reais")), status=1)
    assert refused[1].splitlines()[1].startswith("  /currency: ")
