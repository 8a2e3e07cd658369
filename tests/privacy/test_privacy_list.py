"""The privacy list of docs/trust.md, told by what happens at the doors. Those statements that are not here have their
test where their subject is; the page names it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from fiel import clock as fiel_clock
from fiel.core.sale import Line, Payment
from fiel.insight.models import MemberIndicators, MemberSegment, Suspicion
from fiel.insight.nightly import keep_by_night
from fiel.jobs.models import Job
from fiel.jobs.nightly import begin_due
from fiel.ledger.models import Account
from fiel.members.consenting import answer_consents
from fiel.members.models import Consent, Member
from fiel.members.newcomer import NOT_KNOWN
from fiel.ops.audit import audit, audit_database
from fiel.ops.nightly import CHORES
from fiel.outreach.messages.queue import Draft, put
from fiel.outreach.models import Message
from fiel.privacy.models import Clearing, Request
from fiel.shops.models import Business
from fiel.trail.models import Act
from tests.portal import conftest as portals
from tests.portal.conftest import ANA, Portal, text

nothing_compiled, open_shop, place_for, shop = (
    portals.nothing_compiled,
    portals.open_shop,
    portals.place_for,
    portals.shop,
)
bakery, ana, portal, ana_at = portals.bakery, portals.ana, portals.portal, portals.ana_at
letters_at_once = portals.letters_at_once


@pytest.fixture(autouse=True)
def books_hold(settings, tmp_path, bakery):
    settings.DATA_FOLDER = tmp_path
    yield
    assert audit(bakery.business).holds


@pytest.fixture
def office(client, bakery):
    """The owner, in the office, by its pages."""
    client.force_login(bakery.owner)

    class Office:
        def get(self, path, **query):
            return client.get(bakery.page + path, query)

        def post(self, path, **fields):
            return client.post(bakery.page + path, fields)

    return Office()


@pytest.fixture
def night(bakery, clock):
    """Lets the worker do what each night is due, on a day."""

    def work():
        begin_due(CHORES, now=clock.now)
        assert not Job.objects.filter(state="failed").exists()

    return work


def points(business, member):
    return Account.objects.get(business=business, member_id=member.id, unit="points").balance


def test_whoever_agrees_to_nothing_earns_the_same_and_the_notice_is_logged(portal, bakery, office):
    """1 and 4: nothing is ticked beforehand; also where the programme hides its figures, who joins was told."""
    office.post("setup/privacy/en/", text="We keep your address until you leave.")
    page = portal.get("join").content.decode()
    assert "We keep your address until you leave." in page
    assert "checked" not in page
    portal.join("bia@example.com", name="Bia")
    other = Portal(bakery)
    other.join("carla@example.com", name="Carla", consent=["marketing", "profiling", "partners"])
    bia, carla = (Member.objects.get(name=name) for name in ("Bia", "Carla"))
    from fiel.core.identity import Identity
    from fiel.sales.incoming import Incoming
    from fiel.sales.record import record

    for number, address in enumerate(("bia@example.com", "carla@example.com")):
        sale = Incoming(
            store="S1", till="T1", number=f"P{number}", occurred_at=bakery.clock.now,
            lines=(Line(1, 4990, departments=("bakery",)),), member=Identity("email", address),
            payments=(Payment("pix", 4990),),
        )  # fmt: skip
        record(bakery.business, [sale])
    assert (points(bakery.business, bia), points(bakery.business, carla)) == (49, 49)
    [told] = Consent.objects.filter(member_id=bia.id)
    assert (told.purpose, told.granted, len(told.notice_hash), told.source) == ("notice", True, 64, "portal")
    assert {row.purpose for row in Consent.objects.filter(member_id=carla.id)} == {
        "notice", "marketing", "profiling", "partners",
    }  # fmt: skip


def test_consents_say_everything_and_are_only_added_to(ana_at, ana, office, bakery):
    """2: in the portal, in the office, at the counter; the database refuses to change or delete one."""
    ana_at.post("me/consent/", purpose="marketing", granted="1")
    office.post(f"members/{ana.id}/change/", name="Ana Souza", phone=ANA, email="ana@example.com", partners="no")
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(bakery.owner)
    fields = {"phone": "11987650009", "name": "Rui", "consent-profiling": "on"}
    client.post(f"/counter/{bakery.business.slug}/enrol/", fields)
    rows = Consent.objects.order_by("recorded_at", "id")
    told = [(row.purpose, row.granted, row.notice_version, len(row.notice_hash), row.language) for row in rows]
    assert sorted(told) == [
        ("marketing", True, "2026-11", 64, "en"),
        ("partners", False, "2026-11 shop", 64, "en"),
        ("profiling", True, "2026-11 shop", 64, "en"),
    ]
    assert {(row.source, row.recorded_by) for row in rows} == {
        ("portal", "member"), ("office", "dona@padaria.example"), ("counter", "dona@padaria.example"),
    }  # fmt: skip
    for change in (lambda: rows.update(granted=False), rows.delete):
        with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
            change()
    with connection.cursor() as cursor:
        on = ""
        if connection.vendor == "postgresql":
            on = " ON members_consent"
            cursor.execute(f"SET ROLE {connection.settings_dict['USER']}")  # the app's owns no table
        cursor.execute(f"DROP TRIGGER members_consent_no_update{on}")
    assert [each.where for each in audit_database()] == ["members_consent_no_update"]


def test_requests_wait_with_a_due_date_until_they_are_answered(ana_at, ana, office, bakery, clock):
    """5: in Brazil 15 days, elsewhere a month; what is done is answered by doing it, and what was said goes too."""
    assert ana_at.post("me/request/", words="").status_code == 422
    ana_at.post("me/request/", words="I am Ana Sousa, with s")
    ana_at.post("me/request/", words="I am Ana Sousa, with s")  # twice is once
    assert "The shop answers until Thursday, 19 March 2026" in text(ana_at.get("me/"))
    Business.objects.update(country="PT")
    office.post(f"members/{ana.id}/request/", what="export", words="")
    assert [(row.what, row.due_on) for row in Request.objects.order_by("id")] == [
        ("correct", date(2026, 3, 19)), ("export", date(2026, 4, 4)),
    ]  # fmt: skip
    assert "Requests about data" in text(office.get(""))
    clock.advance(days=16)
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(bakery.owner)
    page = text(client.get(f"{bakery.page}requests/"))
    assert page.split("I am Ana Sousa, with s")[1].split("A copy of the data")[0].count("Overdue:") == 1
    [correct, _] = Request.objects.order_by("id")
    answer = f"{bakery.page}requests/{correct.id}/"
    assert client.post(answer, {"answer": " "}).status_code == 422
    assert client.post(answer, {"answer": "Written with s now"}).status_code == 302
    assert client.post(answer, {"answer": "Again"}).status_code == 302
    told = json.loads(client.get(f"{bakery.page}members/{ana.id}/export/json/").content)
    assert [each["answer"] for each in told["requests"]] == ["Written with s now", ""]
    assert not Request.objects.filter(answered_at=None).exists()
    assert [act.what for act in Act.objects.filter(what__startswith="request.").order_by("number")] == [
        "request.made", "request.made", "request.answered",
    ]  # fmt: skip
    client.post(f"{bakery.page}members/{ana.id}/request/", {"what": "erase", "words": "Forget Ana"})
    client.post(f"{bakery.page}members/{ana.id}/erase/", {"number": ana.code})
    assert not Request.objects.filter(answered_at=None).exists()
    assert {(row.words, row.answer) for row in Request.objects.all()} == {("", "")}


def test_what_is_past_its_time_goes_and_is_reported(ana, office, bakery, night, clock):
    """7: set within bounds; who stayed away and has nothing left is erased, whoever has something stays."""
    wrong = office.post("setup/retention/", papers="7", jobs="3", messages="400", invitations="400", suspicions="90")
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["jobs"])
    said = {"papers": "7", "jobs": "30", "messages": "400", "invitations": "400", "suspicions": "90"}
    assert office.post("setup/retention/", **said, members="365").status_code == 302
    [act] = Act.objects.filter(what="retention.set")
    assert (act.before["members"], act.after["members"]) == (None, 365)
    idle = bakery.enrol("+5511987650007", "Nunca Mais")
    put(bakery.business.id, [Draft(ana.id, "notice.tier", "t", ("notices",))], now=clock.now)
    Message.objects.update(state="sent")
    clock.advance(days=300)
    night()
    assert (Message.objects.count(), Clearing.objects.filter(kind__in=("messages", "members")).count()) == (1, 0)
    clock.advance(days=64)
    bakery.sell(("Pão", "bakery", 1000), to=ANA)  # what she has lives on
    clock.advance(days=40)
    night()
    gone = {row.kind: row.rows for row in Clearing.objects.filter(kind__in=("messages", "members"))}
    assert gone == {"messages": 1, "members": 1}
    assert (Member.objects.get(id=idle.id).name, Member.objects.get(id=ana.id).name) == ("", "Ana Souza")
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(bakery.owner)
    page = text(client.get(f"{bakery.page}setup/retention/"))
    assert "Members who stay away" in page.split("What went already")[1]


def test_the_young_earn_and_are_neither_profiled_nor_sent_offers(bakery, office, clock):
    """8: below the business's minimum age, 18 unless it says otherwise; the day they are old enough that ends."""
    from fiel.outreach.consent import who_may_be_told

    business = bakery.business
    leo, grown = bakery.enrol("+5511987650005", "Leo"), bakery.enrol("+5511987650006", "Vó")
    born = date(clock.now.year - 18, clock.now.month, clock.now.day + 2)
    Member.objects.filter(id=leo.id).update(birth_date=born)
    for phone in ("+5511987650005", "+5511987650006"):
        for _ in range(8):  # so often on one day that it looks like abuse
            bakery.sell(("Pão", "bakery", 1000), to=phone)
    for member in (leo, grown):
        for purpose in ("marketing", "profiling"):
            answer_consents([(member, {purpose: True}, NOT_KNOWN)], now=clock.now, source="office", by="tests")
    keep_by_night(business, now=clock.now)

    def known():
        models = (MemberIndicators, MemberSegment, Suspicion)
        return [sorted(model.objects.values_list("member_id", flat=True)) for model in models]

    def told():
        members = Member.objects.filter(business=business)
        business.refresh_from_db()
        return who_may_be_told(business, members, ("marketing",), fiel_clock.now().date())

    assert points(business, leo) == points(business, grown) == 80
    assert known() == [[grown.id], [grown.id], [grown.id]]
    assert told() == {grown.id}
    assert audit(business).holds
    office.post("setup/business/", name="Padaria Sol", language="en", minimum_age="16")
    assert told() == {leo.id, grown.id}
    keep_by_night(Business.objects.get(), now=clock.now)
    assert known()[0] == sorted([leo.id, grown.id])
    Business.objects.update(minimum_age=18)
    keep_by_night(Business.objects.get(), now=clock.now)
    assert known() == [[grown.id], [grown.id], [grown.id]]
    clock.advance(days=2)
    keep_by_night(Business.objects.get(), now=clock.now)
    assert known()[0] == sorted([leo.id, grown.id])
    assert audit(business).holds
