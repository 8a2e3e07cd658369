"""The audit of sales, and of everything together: silent while all is right; each invariant bites when it is broken."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, transaction
from typer.testing import CliRunner

from fiel.ledger import audit as books
from fiel.ledger.digest import digest_of
from fiel.members.models import Member
from fiel.ops import audit as everything
from fiel.ops.audit import audit, audit_database
from fiel.ops.cli import WITH_DJANGO, application, commands
from fiel.programme.models import Version
from fiel.programme.versions import rules_of
from fiel.rewards import audit as rewards
from fiel.sales import audit as sales
from fiel.sales import audit_carries, recount
from fiel.sales.models import Receipt, Return
from fiel.tables.write import for_sqlite
from tests.api import test_reward_audit
from tests.ledger import conftest
from tests.ledger.shop import broken

pytestmark = pytest.mark.django_db
shop = conftest.shop


def outcome_of(number, change):
    """Changes what a sale is told to have given."""

    def do(shop):
        receipt = Receipt.objects.get(business=shop.business, id=shop.sales[number])
        change(receipt.outcome)
        Receipt.objects.filter(business=shop.business, id=receipt.id).update(outcome=receipt.outcome)

    return do


def receipt_of(number, **changed):
    """Changes a sale's row."""
    return lambda shop: Receipt.objects.filter(business=shop.business, id=shop.sales[number]).update(**changed)


def standing_of(number, change):
    """Changes what is kept as left of a sale."""

    def do(shop):
        receipt = Receipt.objects.get(business=shop.business, id=shop.sales[number])
        change(receipt.standing)
        Receipt.objects.filter(business=shop.business, id=receipt.id).update(standing=receipt.standing)

    return do


def return_of(number, change):
    """Changes what a return is told to have done."""

    def do(shop):
        back = Return.objects.get(business=shop.business, number=number)
        change(back.outcome)
        Return.objects.filter(business=shop.business, receipt_id=back.receipt_id, id=back.id).update(
            outcome=back.outcome
        )

    return do


def gave(unit):
    """Where an outcome tells of a unit: unit, scale, total, steps, and the carry before and after."""
    return lambda outcome: next(each for each in outcome["gave"] if each[0] == unit)


def carry_on(outcome):
    """Moves the carry before and after by the same, so that the sale in itself is right."""
    told = gave("points")(outcome)
    for place in (4, 5):
        numerator, denominator = told[place]
        told[place] = [numerator * 7 + denominator, denominator * 7]


def add(place, unit, more=1):
    """Adds to a figure of what was given."""

    def change(outcome):
        gave(unit)(outcome)[place] += more

    return change


def counted(outcome):
    """Gives the reason of a line a bit more."""
    outcome["counted"][-1][3] += 1


def unreadable_programme(shop):
    Version.objects.filter(business=shop.business).update(document={"name": "Clube"})
    rules_of.cache_clear()


def sql(statement):
    return lambda shop: execute(shop, statement)


def execute(shop, statement):
    ids = {who: member.id for who, member in shop.members.items()}
    ids |= {f"sale{number}": id_ for number, id_ in shop.sales.items()}
    ids["R1"] = Return.objects.get(business=shop.business, number="R1").id
    if connection.vendor == "sqlite":
        ids = {name: for_sqlite(id_) for name, id_ in ids.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"business": shop.business.id, **ids})


# What is done to which tables, and all that the checks of sales must find then.
BROKEN = {
    "a total": ({"receipt_total"}, "", receipt_of("2", total=1)),
    "a discount that was not given": (
        {"receipt_discounts", "receipt_total"},
        "sales_receiptline",
        sql("UPDATE sales_receiptline SET net = net - 1 WHERE receipt_id = %(sale2)s"),
    ),
    "a sale's discount": ({"receipt_discounts"}, "", receipt_of("3", discount=0)),
    "more is covered than there is": (
        {"line_covered"},
        "",
        sql("UPDATE sales_receiptline SET covered = quantity + 1 WHERE receipt_id = %(sale3)s"),
    ),
    "less than nothing is covered": (
        {"line_covered"},
        "",
        sql("UPDATE sales_receiptline SET covered = -1 WHERE receipt_id = %(sale3)s"),
    ),
    "more was paid than it costs": (
        {"line_figures"},
        "",
        sql("UPDATE sales_receiptline SET paid = net + 1 WHERE receipt_id = %(sale3)s"),
    ),
    "a line of no receipt": (
        {"line_without_receipt", "receipt_total"},
        "sales_receiptline",
        sql("UPDATE sales_receiptline SET receipt_id = %(ana)s WHERE receipt_id = %(sale2)s"),
    ),
    "a payment of no receipt": (
        {"payment_without_receipt"},
        "sales_receiptpayment",
        sql("UPDATE sales_receiptpayment SET receipt_id = %(ana)s WHERE receipt_id = %(sale10)s"),
    ),
    "a return of no receipt": (
        {"return_without_receipt", "standing_left"},
        "sales_return",
        sql("UPDATE sales_return SET receipt_id = %(ana)s WHERE receipt_id = %(sale3)s"),
    ),
    "a version that was never published": ({"version_missing"}, "", receipt_of("3", version=99)),
    "a version nobody can read": (
        {"version_unreadable", "outcome_unreadable", "carry_account", "carry_chain", "carry_merged"},
        "",
        unreadable_programme,
    ),
    "a reason gives more": ({"outcome_sum"}, "", outcome_of("20", counted)),
    "reasons for what is not told": ({"outcome_sum", "outcome_steps"}, "", outcome_of("20", lambda o: o["gave"].pop())),
    "a cap cut less": (
        {"outcome_sum", "outcome_used", "outcome_rounding"},
        "",
        outcome_of("2", lambda o: o.pop("cuts")),
    ),
    "a total that rounds the same": ({"outcome_sum"}, "", outcome_of("20", add(2, "money", -1))),
    "steps that rounding does not give": (
        {"outcome_rounding", "outcome_steps"},
        "",
        outcome_of("20", add(3, "money")),
    ),
    "steps that rounding by line does not give": (
        {"outcome_rounding", "outcome_steps"},
        "",
        outcome_of("20", add(3, "stars")),
    ),
    "a step from nowhere beside a carry": (
        {"outcome_carry", "outcome_steps"},
        "",
        outcome_of("20", add(3, "points")),
    ),
    "what caps will count": ({"outcome_used"}, "", receipt_of("2", used={"all": [1, 1]})),
    "what is told to have moved": ({"outcome_moved"}, "", outcome_of("2", lambda o: o["moved"].pop())),
    "what awards are told to have taken": ({"outcome_moved"}, "", outcome_of("8", lambda o: o.pop("issued"))),
    "what a payment drew": ({"outcome_steps"}, "", outcome_of("10", lambda o: o["spent"].update(coffees=3))),
    "what a pack paid": ({"outcome_steps"}, "", outcome_of("6", lambda o: o["covered"][0].__setitem__(3, 1))),
    "an outcome nobody can read": (
        {"outcome_unreadable"},
        "",
        outcome_of("2", lambda o: o.update(counted=[[1, 99, 1, 1]])),
    ),
    "nothing in it is as it was": (
        {"outcome_unreadable", "carry_chain"},
        "",
        outcome_of("2", lambda o: o.update(gave=5, moved=5, issued=5, counted=5)),
    ),
    "an outcome of another shape": ({"outcome_unreadable", "carry_chain"}, "", receipt_of("2", outcome=[1])),
    "a voucher's id that is none": (
        {"outcome_unreadable"},
        "",
        outcome_of("2", lambda o: o.update(issued=[["toast", "?"]])),
    ),
    "a rule that the version does not have": (
        {"outcome_unreadable"},
        "",
        outcome_of("2", lambda o: o.update(rules=["some", *o["rules"][1:]])),
    ),
    "a sale of somebody else": (
        {"entry_of_other_member", "carry_chain"},
        "",
        lambda shop: receipt_of("2", member_id=shop.members["rui"].id)(shop),
    ),
    "a sale of nobody": (
        {"entry_of_other_member", "carry_chain"},
        "",
        receipt_of("2", member_id=None),
    ),
    "an entry that the return does not know": (
        {"return_moved"},
        "ledger_entry",
        sql("UPDATE ledger_entry SET cause = %(R1)s, cause_kind = 'return' WHERE kind = 'opening'"),
    ),
    "what a return is told to have taken": (
        {"return_moved"},
        "",
        return_of("R2", lambda outcome: outcome["moved"][0].__setitem__(2, -99)),
    ),
    "a return nobody can read": (
        {"outcome_unreadable"},
        "",
        return_of("R5", lambda outcome: outcome.update(moved=[5])),
    ),
    "what is left, in another shape": ({"standing_left"}, "", receipt_of("1", standing=[1])),
    "what is left of a sale": ({"standing_left"}, "", standing_of("1", lambda kept: kept["left"].__setitem__(0, 5))),
    "a sale that came back is not gone": ({"standing_left"}, "", receipt_of("4", gone=False)),
    "a sale has shrunk without a return": (
        {"standing_left"},
        "",
        receipt_of("2", standing={"left": [1000], "gives": {}}),
    ),
    "a return left no trace": ({"standing_left"}, "", receipt_of("3", standing=None)),
    "a carry that nobody left": ({"carry_chain"}, "", outcome_of("2", carry_on)),
    "the carry of an account": (
        {"carry_account"},
        "",
        sql("UPDATE ledger_account SET carry_numerator = 1, carry_denominator = 7 WHERE member_id = %(ana)s"),
    ),
    "a carry without a sale": (
        {"carry_account"},
        "",
        sql("UPDATE ledger_account SET carry_numerator = 1, carry_denominator = 7 WHERE member_id = %(bia)s"),
    ),
    "a carry that merging lost": (
        {"carry_merged"},
        "",
        sql("UPDATE ledger_account SET carry_numerator = 0 WHERE member_id = %(leo)s"),
    ),
    "accounts of nobody": (
        {"account_without_member"},
        "members_member",
        sql("DELETE FROM members_member WHERE id = %(bia)s"),
    ),
}
# What vouchers took, and whatever else moves books.
BROKEN_CAUSES = {
    "entries of a sale that does not exist": (
        {"entry_without_cause", "outcome_moved", "outcome_steps"},
        "ledger_entry",
        sql("UPDATE ledger_entry SET cause = %(ana)s WHERE cause = %(sale2)s AND unit = 'money'"),
    ),
    "entries of a return that does not exist": (
        {"entry_without_cause"},
        "ledger_entry",
        sql("UPDATE ledger_entry SET cause = %(ana)s, cause_kind = 'return' WHERE kind = 'opening'"),
    ),
    "entries of an opening that does not exist": (
        {"entry_without_cause"},
        "",
        sql("DELETE FROM hand_handentry WHERE kind = 'opening'"),
    ),
    "entries of a voucher that does not exist": (
        {"entry_without_cause"},
        "rewards_delivery rewards_voucher",
        sql("DELETE FROM rewards_voucher WHERE state = 'redeemed'"),
    ),
    "entries of a cause that there is not": (
        {"entry_cause_kind"},
        "ledger_entry",
        sql("UPDATE ledger_entry SET cause_kind = 'whim' WHERE kind = 'opening'"),
    ),
    "a voucher took less than its price": (
        {"voucher_price"},
        "",
        sql("UPDATE rewards_voucher SET price_steps = price_steps + 1 WHERE state = 'redeemed'"),
    ),
    "a voucher that lives on with its price given back": (
        {"voucher_price", "voucher_end"},
        "",
        sql("UPDATE rewards_voucher SET state = 'issued' WHERE state = 'cancelled'"),
    ),
    "a voucher that is gone with its price": (
        {"voucher_price", "voucher_delivery"},
        "",
        sql("UPDATE rewards_voucher SET state = 'cancelled' WHERE state = 'redeemed'"),
    ),
    "a voucher paid in something else": (
        {"voucher_price"},
        "",
        sql("UPDATE rewards_voucher SET price_unit = 'stars' WHERE state = 'redeemed'"),
    ),
    "a state that there is not": (
        {"voucher_state", "voucher_delivery"},
        "",
        sql("UPDATE rewards_voucher SET state = 'lost' WHERE state = 'redeemed'"),
    ),
}
# Only counting every sale again finds these.
BROKEN_RECOUNTED = {
    "a fact": ({"recount"}, "", receipt_of("5", facts={"tier": "gold", "held": {}})),
    "a line's department": (
        {"recount"},
        "",
        sql("UPDATE sales_receiptline SET department = 'bakery' WHERE receipt_id = %(sale2)s"),
    ),
    "a fact nobody can read": ({"recount"}, "", receipt_of("5", facts={"born": "30-02"})),
    "facts of another shape": ({"recount"}, "", receipt_of("5", facts=[1])),
    "a store that is gone": ({"recount"}, "", receipt_of("2", store="S9")),
    "a reason is another rule's": (
        {"recount"},
        "",
        outcome_of("20", lambda o: o["counted"][0].__setitem__(2, o["counted"][0][2] + 1)),
    ),
    "what a sale still gives": (
        {"recount_returns"},
        "",
        standing_of("1", lambda kept: kept["gives"]["stars"].__setitem__(1, 99)),
    ),
}


def found(shop, *lists):
    """What these checks find, by code."""
    business_id = shop.business.id
    told = [finding for check in sales.BUSINESS_CHECKS for finding in check(business_id)]
    for span in books.account_spans(business_id):
        told += [finding for check in audit_carries.CHECKS for finding in check(span)]
    for span in sales.receipt_spans(business_id):
        told += [finding for checks in lists for check in checks for finding in check(span)]
    assert all(finding.where and finding.detail for finding in told)
    return {finding.code for finding in told}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_by_hand_is_found(shop, what):
    codes, tables, *changes = BROKEN[what]
    with broken(tables):
        for change in changes:
            change(shop)
        assert found(shop, sales.RECEIPT_CHECKS) == codes
    rules_of.cache_clear()
    assert found(shop, sales.RECEIPT_CHECKS) == set()


@pytest.mark.parametrize("what", BROKEN_CAUSES)
def test_what_has_no_cause_or_another_price_is_found(shop, what):
    codes, tables, *changes = BROKEN_CAUSES[what]
    with broken(tables):
        for change in changes:
            change(shop)
        assert set(audit(shop.business).found) == codes
    assert audit(shop.business).holds


@pytest.mark.parametrize("what", BROKEN_RECOUNTED)
def test_what_only_counting_again_finds(shop, what):
    codes, tables, *changes = BROKEN_RECOUNTED[what]
    with broken(tables):
        for change in changes:
            change(shop)
        assert found(shop, sales.RECEIPT_CHECKS) == set()
        assert found(shop, recount.RECOUNT_CHECKS) == codes
    assert found(shop, recount.RECOUNT_CHECKS) == set()


# Everything together


def test_an_answer_that_was_never_given_is_found(shop):
    with transaction.atomic():
        Member.objects.filter(pk=(shop.business.id, shop.members["ana"].id)).update(consents={"marketing": True})
        assert audit(shop.business).found == {"member_consents": 1}
        transaction.set_rollback(True)
    assert audit(shop.business).holds


def test_everything_holds(shop):
    report = audit(shop.business, recount=True)
    assert (report.found, report.findings) == ({}, [])
    assert report.sizes == {"accounts": 19, "entries": 115, "receipts": 24, "lines": 30, "returns": 9}
    assert report.totals["money"]["transfer"] == 0


def test_parts_of_any_size_find_the_same(shop, monkeypatch):
    monkeypatch.setattr(books, "_ENTRIES_A_SPAN", 3)
    monkeypatch.setattr(sales, "_RECEIPTS_A_SPAN", 2)
    told = []
    assert audit(shop.business, recount=True, progress=lambda done, of: told.append((done, of))).holds
    assert len(books.account_spans(shop.business.id)) > 4
    assert len(sales.receipt_spans(shop.business.id)) == 13
    assert told[-1] == (len(told), len(told)), "progress ends where it said it would"
    for codes, tables, *changes in list(BROKEN.values())[::5]:
        with broken(tables):
            for change in changes:
                change(shop)
            assert set(audit(shop.business).found) >= codes


def chain(*links, final):
    """What is found of an account whose carry went these ways, by sales whose ids are in this order."""
    changes = [
        audit_carries._Change(UUID(int=9), UUID(int=place), "points", *map(pair, link))
        for place, link in enumerate(links)
    ]
    return [finding.code for finding in audit_carries._chain("points", changes, pair(final))]


def pair(text):
    return Fraction(text).as_integer_ratio()


def test_carries_are_links_of_one_chain_in_whatever_order():
    assert chain(final="0") == []
    assert chain(("0", "1/3"), ("1/3", "2/3"), ("2/3", "0"), final="0") == []
    assert chain(("1/3", "2/3"), ("0", "1/3"), final="2/3") == [], "a sale that was linked later"
    assert chain(("0", "1/3"), ("1/3", "0"), ("0", "1/3"), final="1/3") == []
    assert chain(("0", "0"), ("0", "1/2"), final="1/2") == []
    assert chain(("0", "1/3"), final="1/2") == ["carry_account"]
    assert chain(("1/3", "2/3"), ("0", "1/3"), final="0") == ["carry_account"]
    assert chain(final="1/2") == ["carry_account"]
    assert chain(("0", "1/3"), ("1/2", "2/3"), final="2/3") == ["carry_chain"]
    assert chain(("0", "1/3"), ("0", "1/3"), final="1/3") == ["carry_chain"], "two that began with the same"
    assert chain(("0", "1/3"), ("1/2", "1/4"), ("1/4", "1/2"), final="1/3") == ["carry_chain"], "a ring of their own"


def test_of_what_is_found_a_hundred_times_the_first_are_told(shop, monkeypatch):
    monkeypatch.setattr(everything, "MOST_KEPT", 2)
    with broken(""):
        Receipt.objects.filter(business=shop.business).update(total=-1)
        report = audit(shop.business)
    assert report.found == {"receipt_total": 24}
    assert len(report.findings) == 2


def test_a_guard_that_is_gone_is_found(shop):
    assert audit_database() == []
    table = " ON ledger_draw" if connection.vendor == "postgresql" else ""
    with broken(""), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER ledger_draw_no_update{table}")
        assert [(x.code, x.where) for x in audit_database()] == [("guard_missing", "ledger_draw_no_update")]


def test_a_database_that_may_forget_is_found(shop, monkeypatch):
    monkeypatch.setattr(everything, "check_durability", lambda connection: ["fsync is off."])
    assert [(x.code, x.detail) for x in audit_database()] == [("not_durable", "fsync is off.")]


# The command


@pytest.fixture
def fiel():
    app = application(commands(WITH_DJANGO))
    return lambda *typed: CliRunner().invoke(app, typed)


def test_the_command_says_that_everything_holds(shop, fiel):
    answer = fiel("audit", "padaria", "--recount")
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout == ("padaria: 19 accounts, 115 entries, 24 receipts, 30 lines, 9 returns; everything holds.\n")


def test_the_command_lists_what_does_not_hold(shop, fiel):
    with broken(""):
        Receipt.objects.filter(business=shop.business, id=shop.sales["2"]).update(total=1)
        answer = fiel("audit")
        told = json.loads(fiel("audit", "--json").stdout)
    assert answer.exit_code == 1
    assert "1 findings.\n" in answer.stdout
    assert f"  receipt_total  sale {shop.sales['2']}: The total is 1; the lines' nets make 9999.\n" in answer.stdout
    [business] = told.pop("businesses")
    assert told == {"ok": False, "findings": []}
    assert business["found"] == {"receipt_total": 1}
    assert business["findings"][0]["code"] == "receipt_total"


def test_the_command_says_where_the_database_is_wrong(shop, fiel, monkeypatch):
    monkeypatch.setattr(everything, "check_durability", lambda connection: ["fsync is off."])
    answer = fiel("audit")
    assert answer.exit_code == 1
    assert answer.stdout.startswith(f"not_durable  {connection.vendor}: fsync is off.\n")


def test_the_command_for_machines(shop, fiel):
    answer = fiel("audit", "--json", "padaria")
    told = json.loads(answer.stdout)
    assert (answer.exit_code, told["ok"]) == (0, True)
    assert told["businesses"][0]["sizes"]["receipts"] == 24


def test_a_business_that_does_not_exist_is_refused(shop, fiel):
    answer = fiel("audit", "nobody")
    assert answer.exit_code == 1
    assert answer.stderr == "fiel: There is no business 'nobody'; fiel business list names them.\n"


def test_the_digest_is_that_of_the_books(shop, fiel):
    digest = digest_of(shop.business.id)
    assert fiel("audit", "--digest").stdout == f"{digest}  padaria\n"
    assert json.loads(fiel("audit", "--digest", "--json", "padaria").stdout) == {"padaria": digest}


def test_every_invariant_has_its_break():
    told = set()
    for module in (sales, audit_carries, recount, rewards):
        told |= set(re.findall(r'Finding\("([a-z_]+)"', Path(module.__file__).read_text()))
    told |= {f"{what}_without_receipt" for what in ("line", "payment", "return")}
    told |= {"entry_without_cause", "entry_cause_kind"}
    broken_here = (
        *BROKEN.values(),
        *BROKEN_RECOUNTED.values(),
        *BROKEN_CAUSES.values(),
        *test_reward_audit.BROKEN.values(),
    )
    assert told == set().union(*(codes for codes, *_ in broken_here))
