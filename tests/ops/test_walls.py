"""The second wall between businesses: what PostgreSQL itself refuses, whatever a query forgets to say.

Tests on PostgreSQL run as the app's role throughout (tests/conftest.py), so that a door which enters no business, or
work that begins in none, fails its own stories.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction

from fiel import tables
from fiel.members.models import Member
from fiel.ops.audit import audit_database
from fiel.ops.walls import raise_walls, require_walls, unwalled_tables
from fiel.shops.models import Store
from fiel.tables.walls import at_the_door, enter, unwalled, walled, within
from tests.api.conftest import _forget, other, shop  # noqa: F401 - two shops, as the API's tests have them
from tests.databases import two_roles
from tests.processes import PATIENCE_S, fiel

pytestmark = pytest.mark.django_db

only_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has neither roles nor policies")

# Who looks through all businesses, and why: module, and what is decorated or does it.
PAST_THE_WALL = {
    ("doors/brand.py", "_led_to"): "the only business of a person, whose sign-in page wears its colours",
    ("doors/office/partners.py", "_send_link"): "whether somebody already signs in for another business",
    ("doors/people.py", "places_of"): "where the person works who is signed in: they choose one",
    ("intake/hooks.py", "hook_signed"): "the hook's address says which business it is of",
    ("ops/standing.py", "standing"): "figures of all businesses together, for whoever runs the server",
    ("ops/told.py", "telling"): "a command, until it has named its business",
    ("privacy/leave.py", "_who_works"): "whether people of a business that goes work for another one too",
    ("rewards/partners.py", "desks_of"): "for whom a clerk works: they choose one",
    ("shops/devices.py", "device_with"): "the browser's secret says which business it is of",
    ("shops/devices.py", "waiting_for"): "the pairing code says which business it is of",
    ("shops/keys.py", "authenticate"): "the key says which business it is of",
    ("shops/staff.py", "invitation_of"): "the letter's link says which business it is of",
}


def uses_of_unwalled():
    """The functions of Fiel in which `unwalled` stands."""
    source = Path(tables.__file__).parents[1]
    for path in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            inner = [each for each in ast.walk(node) if isinstance(each, ast.FunctionDef) and each is not node]
            if isinstance(node, ast.FunctionDef) and says_unwalled(node) and not any(map(says_unwalled, inner)):
                yield str(path.relative_to(source)), node.name


def says_unwalled(node):
    return any(isinstance(each, ast.Name) and each.id == "unwalled" for each in ast.walk(node))


def test_whoever_looks_past_the_wall_has_a_reason():
    assert set(uses_of_unwalled()) == set(PAST_THE_WALL)


@only_postgres
def test_the_apps_role_owns_nothing_and_stands_above_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)
    assert walled()
    require_walls()
    for statement in (
        "ALTER TABLE sales_receipt DISABLE ROW LEVEL SECURITY",
        "DROP TRIGGER ledger_entry_no_update ON ledger_entry",
    ):
        with (
            pytest.raises(ProgrammingError, match="must be owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@only_postgres
def test_every_table_of_a_business_is_walled_and_a_new_one_soon(as_owner):
    assert unwalled_tables() == []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE odd (business_id bigint, id uuid)")
    assert unwalled_tables() == ["odd"]
    assert ("unwalled", "odd") in {(found.code, found.where) for found in audit_database()}
    raise_walls()
    assert unwalled_tables() == []


OUR_BUSINESS = re.compile(r"""(?:[\w"]+\.)?"?business_id"? = (%s|%\(business\)s)""")


def forgetful(execute, statement, values, many, context):
    """Run a statement that has forgotten to ask for the business: the filter is true of every one."""
    return execute(OUR_BUSINESS.sub(r"\1::bigint IS NOT NULL", statement), values, many, context)


def test_the_statements_do_forget():
    assert OUR_BUSINESS.sub("X", 'WHERE "shops_store"."business_id" = %s AND t.business_id = %(business)s') == (
        "WHERE X AND X"
    )


def told(till, path):
    answer = till.get(path)
    if isinstance(answer.body, dict):
        answer.body.pop("request_id", None)
    return answer.status, answer.body


@only_postgres
def test_with_the_filter_taken_out_still_nothing_of_the_other_is_seen(shop, other):  # noqa: F811
    mine = shop.office.enrol(code="ours", name="Ana")
    shop.office.ok("POST", "/sales", shop.till.sale(number="R1", store="S1", till="T1", member={"code": "ours"}))
    member = other.office.enrol(code="theirs", phone="11 98765-4321", name="Zilda")
    sale = other.office.ok("POST", "/sales", {**other.till.sale(member={"code": "theirs"}), "store": "S9", "till": "T"})
    lists = ("/members", "/stores", "/departments", "/products", "/sales?number=R1&store=S1&till=T1")
    owns = [f"/members/{mine['id']}{part}" for part in ("", "/entries", "/sales", "/referrals", "/indicators")]
    foreign = [f"/members/{member['id']}", f"/members/{member['id']}/entries", f"/sales/{sale['id']}"]
    before = {path: told(shop.office, path) for path in (*lists, *owns, *foreign)}
    assert [before[path][0] for path in foreign] == [404, 404, 404]
    with connection.execute_wrapper(forgetful):
        assert {path: told(shop.office, path) for path in before} == before
        assert shop.office.post("/members/lookup", {"q": "11 98765-4321"}).code == "member_not_found"
        # As the owner, for whom no wall stands, they are seen: so it is the wall that hid them.
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {connection.settings_dict['USER']}")
        assert "theirs" in str(told(shop.office, "/members"))
        assert told(shop.office, foreign[0])[0] == 200


@only_postgres
def test_each_table_shows_the_business_in_sight_alone_and_takes_rows_for_no_other(shop, other):  # noqa: F811
    other.office.enrol(code="theirs", phone="11 98765-4321")
    ours, theirs = shop.business.id, other.business.id
    walled_off = [m for m in apps.get_models() if "business_id" in {field.attname for field in m._meta.concrete_fields}]
    assert len(walled_off) > 50
    with within(ours):
        for model in walled_off:
            seen = set(model.objects.values_list("business_id", flat=True))
            assert seen <= {ours}, model._meta.label
    with at_the_door():
        for model in walled_off:
            assert not model.objects.exists(), model._meta.label
    with within(ours):
        assert Member.objects.filter(business_id=theirs).update(name="Eve") == 0
        assert Store.objects.filter(business_id=theirs).delete()[0] == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Store.objects.create(business_id=theirs, code="S7")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Store.objects.filter(business_id=ours).update(business_id=theirs)
    with unwalled():
        assert set(Store.objects.values_list("business_id", flat=True)) == {ours, theirs}


@only_postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_in_sight_outlives_neither_a_rollback_nor_another_hand(shop, other):  # noqa: F811
    """The connection is told when it changes; what a rollback takes back is said again."""

    def seen():
        return set(Store.objects.values_list("business_id", flat=True))

    ours, theirs = shop.business.id, other.business.id

    def look_and_fail():
        with transaction.atomic():
            with within(theirs):
                assert seen() == {theirs}
            raise IntegrityError

    with within(ours):
        with pytest.raises(IntegrityError):
            look_and_fail()
        assert seen() == {ours}
        with transaction.atomic():
            with pytest.raises(IntegrityError):
                look_and_fail()
            assert seen() == {ours}
    connection.close()  # to the pool, and back with what it was told
    with at_the_door():
        assert seen() == set()
        enter(ours)
        assert seen() == {ours}
    with within(ours), connection.chunked_cursor() as cursor:
        cursor.execute("SELECT DISTINCT business_id FROM shops_store")
        assert cursor.fetchall() == [(ours,)]


@only_postgres
def test_the_owner_migrates_and_another_role_does_everything_else(empty_environ):
    """As docs/first-shop.md says: the owner's URL is needed once, and refused where it would be of no use."""
    both = empty_environ | two_roles("walled", empty=True)
    app = {name: value for name, value in both.items() if name != "FIEL_DATABASE_OWNER_URL"}
    place = ("--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1", "--owner-email", "a@example.com")
    opening = ("business", "create", "padaria", "--name", "Padaria", *place)
    said = [
        ended(app, "migrate"),
        ended(both, "migrate"),
        ended(app, "migrate"),
        ended(app, *opening),
        ended(app, "audit", "padaria"),
        ended(both | {"FIEL_DATABASE_URL": both["FIEL_DATABASE_OWNER_URL"]}, "migrate"),
    ]
    assert [status for status, _ in said] == [1, 0, 0, 0, 0, 1]
    assert "the role of FIEL_DATABASE_URL may not change them" in said[0][1]
    assert "must name a role of its own" in said[5][1]


def ended(environ, *typed):
    with fiel(environ, *typed) as running:
        _, err = running.process.communicate(timeout=PATIENCE_S)
        return running.process.returncode, err
