"""Campaigns: to a part of the members, beside some who are held back; and parts that equal a plain recount."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from fiel.core.identity import Identity
from fiel.core.sale import Line
from fiel.insight.keep import keep_up
from fiel.ledger.read import balances
from fiel.members.consenting import answer_consents
from fiel.members.enrol import Newcomer, enrol
from fiel.members.models import Identifier, Member
from fiel.members.newcomer import NOT_KNOWN
from fiel.ops.audit import audit
from fiel.ops.day import do_day
from fiel.outreach.campaigns.result import Side, newcombe
from fiel.outreach.campaigns.run import is_held_back
from fiel.outreach.messages.sending import send_some
from fiel.outreach.models import Campaign, Inclusion, Message, Messaging
from fiel.outreach.segments.conditions import CONDITIONS
from fiel.outreach.segments.find import members_in, size_of
from fiel.programme.versions import publish
from fiel.rewards.models import Invitation, Reward, Voucher
from fiel.sales.incoming import Incoming
from fiel.sales.record import record
from fiel.shops.opening import put_store
from tests.counter.conftest import nobody_waits, text
from tests.office.conftest import Shop, nothing_compiled
from tests.stories.test_invitations import FOR_MANY

__all__ = ["nobody_waits", "nothing_compiled"]

TODAY = date(2026, 11, 16)
GOODS = {"bread": "bakery", "cake": "bakery", "milk": "dairy", "panettone": "bakery", "wine": "drinks"}


@dataclass
class Known:
    """What a plain recount knows of a member."""

    member: Member
    yes: tuple[str, ...]
    days: set = field(default_factory=set)
    sales: int = 0
    spent: int = 0
    stores: set = field(default_factory=set)
    departments: set = field(default_factory=set)
    products: set = field(default_factory=set)


class Year:
    """A bakery's year: ninety members, some of whom come for Christmas, some of whom stay away."""

    def __init__(self, clock):
        clock.set("2026-11-16T12:00:00+00:00")
        self.clock, dice = clock, random.Random(7)
        self.shop = Shop(clock, slug="padaria", language="pt-br")
        self.business = self.shop.business
        for store in ("S1", "S2"):
            put_store(self.business, store)
        publish(self.business, FOR_MANY, by="tests", now=clock.now, in_force_from=clock.now - timedelta(500))
        Reward.objects.create(business=self.business, code="cake", kind="item", name="Bolo")
        self.known = [self._member(n, dice) for n in range(90)]
        sales = [sale for each in self.known for sale in self._sales(each, dice)]
        sales.sort(key=lambda sale: sale.occurred_at)
        answers = record(self.business, sales, history=True)
        assert all(hasattr(answer, "id") for answer in answers), answers
        keep_up(self.business, now=clock.now)
        Member.objects.filter(business=self.business, code__endswith="7").update(types=["company", "staff"])
        for each in self.known:
            each.member.refresh_from_db()

    def _member(self, n, dice):
        yes = dice.choice([(), ("marketing",), ("marketing", "profiling"), ("marketing", "profiling")])
        newcomer = Newcomer(
            identities=(Identity("email", f"m{n}@example.com"), Identity("phone", f"+55119300{n:05}")),
            name=f"Membro {n}",
            birth_date=date(1970 + n % 30, n % 12 + 1, n % 28 + 1),
            joined=TODAY - timedelta(n * 2),
            consents=dict.fromkeys(yes, True),
        )
        said = {"now": self.clock.now, "today": TODAY, "source": "tests", "by": "tests"}
        [member] = enrol(self.business, [newcomer], **said)
        return Known(member, yes)

    def _sales(self, known, dice):
        away, christmas = dice.choice([0, 10, 44, 45, 46, 90]), dice.random() < 0.3
        days = [TODAY - timedelta(away + dice.randrange(200)) for _ in range(dice.randrange(12))]
        if christmas:
            days.append(date(2025, 12, dice.randrange(1, 29)))
        for n, day in enumerate(days):
            goods = dice.sample(sorted(GOODS), dice.randrange(1, 4))
            lines = tuple(
                Line(number, amount=dice.randrange(100, 6000), product=good, departments=(GOODS[good],))
                for number, good in enumerate(goods, 1)
            )
            store = dice.choice(["S1", "S2"])
            at = datetime.fromisoformat(f"{day}T10:{n:02}:00+00:00")
            known.days.add(day)
            known.sales += 1
            known.spent += sum(line.amount for line in lines)
            known.stores.add(store)
            known.products.update(goods)
            known.departments.update(GOODS[good] for good in goods)
            number = f"{known.member.code}-{n}"
            yield Incoming(
                store=store, till="T1", number=number, occurred_at=at, lines=lines,
                member=Identity("code", known.member.code),
            )  # fmt: skip

    def fit(self, holds):
        return {each.member.id for each in self.known if holds(each)}


@pytest.fixture
def year(db, clock):
    return Year(clock)


def mean_gap(known):
    days = sorted(known.days)
    return (2 * (days[-1] - days[0]).days + len(days) - 1) // (2 * (len(days) - 1)) if len(days) > 1 else None


def lapses_within(known, n):
    lots = [lot for each in balances(known.member.business_id, [known.member.id]) for lot in each.holding.lots]
    return any(TODAY <= lot.expires_on <= TODAY + timedelta(n) for lot in lots)


PLAIN = {
    "away_days": (45, lambda m, n: bool(m.days) and max(m.days) <= TODAY - timedelta(n)),
    "seen_days": (44, lambda m, n: bool(m.days) and max(m.days) >= TODAY - timedelta(n)),
    "visits_min": (5, lambda m, n: len(m.days) >= n),
    "visits_max": (2, lambda m, n: len(m.days) <= n),
    "every_days": (15, lambda m, n: mean_gap(m) is not None and mean_gap(m) <= n),
    "spent_min": (30000, lambda m, n: bool(m.days) and m.spent >= n),
    "spent_max": (10000, lambda m, n: m.spent <= n),
    "ticket_min": (6000, lambda m, n: bool(m.sales) and m.spent >= n * m.sales),
    "ticket_max": (5000, lambda m, n: bool(m.sales) and m.spent <= n * m.sales),
    "departments": (["drinks", "dairy"], lambda m, codes: bool(m.departments & set(codes))),
    "products": (["panettone"], lambda m, codes: bool(m.products & set(codes))),
    "months": ([12], lambda m, months: any(day.month in months for day in m.days)),
    "stores": (["S2"], lambda m, codes: bool(m.stores & set(codes))),
    "tiers": (["gold"], lambda m, codes: m.member.tier in codes),
    "types": (["company"], lambda m, codes: bool(set(m.member.types) & set(codes))),
    "birthday_months": ([11, 12], lambda m, months: m.member.birth_date.month in months),
    "joined_within": (60, lambda m, n: m.member.joined >= TODAY - timedelta(n)),
    "joined_before": (100, lambda m, n: m.member.joined <= TODAY - timedelta(n)),
    "lapsing_days": (40, lapses_within),
}


def test_every_part_equals_a_plain_recount(year):
    """Each condition alone, some together, and how many of them may be written to."""
    assert set(PLAIN) == set(CONDITIONS)
    sizes = {}
    for code, (value, holds) in PLAIN.items():
        wanted = year.fit(lambda each, value=value, holds=holds: holds(each, value))
        needs = {"marketing", "profiling"} if CONDITIONS[code].profiles else {"marketing"}
        reach = {each.member.id for each in year.known if each.member.id in wanted and needs <= set(each.yes)}
        size = size_of(year.business, {code: value}, today=TODAY)
        assert (code, size.members, size.reachable) == (code, len(wanted), len(reach))
        assert set(members_in(year.business, {code: value}, today=TODAY)) == reach
        sizes[code] = size.members
    assert all(0 < size < 90 for size in sizes.values()), sizes
    rules = {"away_days": 40, "months": [12], "stores": ["S1"]}
    wanted = year.fit(lambda each: all(PLAIN[code][1](each, value) for code, value in rules.items()))
    assert size_of(year.business, rules, today=TODAY).members == len(wanted) > 0


def comes_in(client, year):
    """The owner signs in, anew where time has gone by."""
    client.logout()
    client.force_login(year.shop.owner)


def make(client, **said):
    """A campaign made and started on the pages; its page."""
    at = client.post("/office/padaria/campaigns/")["Location"]
    form = {"name": "Saudades", "when": "once", "starts_on": "2026-11-16", "offer": "text", "share": 20,
            "counts_days": 30, "subject_pt-br": "Volte", "body_pt-br": "Oi, {name}!", **said}  # fmt: skip
    answer = client.post(at, form)
    assert answer.status_code == 302, text(answer)
    assert client.post(f"{at}start/").status_code == 302
    assert Campaign.objects.order_by("-made_at", "-id").first().state == "running"
    return at


def test_not_seen_for_45_days(year, client, clock):
    """Those who stay away get a voucher, a fifth is held back by lot; whoever was told comes more, and it is said how
    sure that is."""
    comes_in(client, year)
    at = make(client, **{"s-away_days": "45", "offer": "voucher", "reward": "cake", "when": "rule"})
    assert do_day(year.business).counts["campaign_members"] == Inclusion.objects.count()
    wanted = set(members_in(year.business, {"away_days": 45}, today=TODAY))
    held = set(Inclusion.objects.filter(control=True).values_list("member_id", flat=True))
    assert {row.member_id for row in Inclusion.objects.all()} == wanted
    assert 0 < len(held) < len(wanted) / 2
    told = wanted - held
    assert set(Voucher.objects.values_list("member_id", flat=True)) == told
    assert set(Message.objects.values_list("member_id", flat=True)) == told
    assert do_day(year.business).counts["campaign_members"] == 0  # nobody is taken in again

    clock.advance(days=2)
    came = [*sorted(told)[: len(told) * 3 // 4], *sorted(held)[:1]]
    for n, member_id in enumerate(came):
        year.shop.sell(("Pão", "bakery", 1000 + n), to=phone_of(member_id))
    clock.advance(days=1)
    comes_in(client, year)
    page = client.get(at)
    result = page.context["result"]
    assert (result.told.members, result.told.came) == (len(told), len(told) * 3 // 4)
    assert (result.control.members, result.control.came) == (len(held), 1)
    assert result.told.spent + result.control.spent == sum(1000 + n for n in range(len(came)))
    assert result.uplift.low < result.uplift.value < result.uplift.high
    assert "Newcombe" in text(page)

    clock.set("2026-11-19T12:00:00+00:00")
    waiting = Message.objects.filter(state="waiting").count()
    assert client.post(f"{at}stop/").status_code == 302
    assert Message.objects.filter(state="dropped", reason="stopped").count() == waiting == len(told)
    assert do_day(year.business).counts["campaign_members"] == 0
    assert audit(year.business, recount=True).holds


def phone_of(member_id):
    number = int(Member.objects.get(id=member_id).name.split()[1])
    return f"+55119300{number:05}"


def test_christmas_regulars_are_asked_first(year, client, clock):
    """Who was here last December hears in November, by the list; everybody else who agreed from 1 December on."""
    comes_in(client, year)
    said = {"s-months": ["12"], "when": "yearly", "others_from": "2026-12-01", "by_list": "on", "share": 0,
            "segment_name": "Natal", "offer": "bonus", "unit": "points", "amount": "50"}  # fmt: skip
    make(client, **said)
    do_day(year.business)
    first = set(Inclusion.objects.values_list("member_id", flat=True))
    assert first == set(members_in(year.business, {"months": [12]}, today=TODAY)) != set()
    assert set(Invitation.objects.filter(why="campaign").values_list("member_id", flat=True)) == first
    comes_in(client, year)
    row = client.get("/office/padaria/invitations/").context["rows"][0]
    assert row.words.body.startswith("Oi, Membro!")
    got = Counter(each.unit for each in balances(year.business.id, first))
    assert got["points"] == len(first)
    assert do_day(year.business).counts["campaign_members"] == 0
    clock.set("2026-12-01T12:00:00+00:00")
    do_day(year.business)
    everyone = set(Inclusion.objects.values_list("member_id", flat=True))
    assert everyone == {each.member.id for each in year.known if "marketing" in each.yes}
    comes_in(client, year)
    client.post("/office/padaria/campaigns/")
    newest = Campaign.objects.order_by("-made_at", "-id").first()
    assert "Natal" in text(client.get(f"/office/padaria/campaigns/{newest.id}/"))
    assert audit(year.business, recount=True).holds


def test_a_boost_of_the_next_purchase(year, client, clock):
    """Three times the points of the next purchase: the purchase earns as ever, the night adds the rest, once."""
    comes_in(client, year)
    said = {"s-visits_max": "0", "offer": "boost", "unit": "points", "factor": "3", "share": 0}
    make(client, **said)
    do_day(year.business)
    [member_id] = sorted(Inclusion.objects.values_list("member_id", flat=True))[:1]
    clock.advance(hours=1)
    year.shop.sell(("Bolo", "bakery", 4000), to=phone_of(member_id))
    clock.advance(days=1)
    do_day(year.business)
    do_day(year.business)
    [account] = balances(year.business.id, [member_id])
    assert account.holding.balance == 120
    assert audit(year.business, recount=True).holds


def test_each_reads_it_in_their_own_language(year, client, mailoutbox):
    """Portuguese for the shop, Spanish beside it: tried on a member first, then sent; who speaks neither reads the
    shop's. What no campaign knows is refused at its field, and what was typed stays."""
    comes_in(client, year)
    agreed = [each.member.id for each in year.known if "marketing" in each.yes]
    Member.objects.filter(id__in=agreed).update(language="pt-br")
    for member_id, language, name in ((agreed[0], "es", "Lola"), (agreed[1], "en", "Kim")):
        member = Member.objects.get(id=member_id)
        member.language, member.name = language, name
        member.save()
    Messaging.objects.create(business=year.business, channels=["email"], quiet_from=0, quiet_until=0)
    at = client.post("/office/padaria/campaigns/")["Location"]
    form = {"name": "Festa", "when": "once", "starts_on": "2026-11-16", "offer": "text", "share": 0, "counts_days": 30,
            "subject_pt-br": "Festa", "body_pt-br": "Oi, {name}!", "body_es": "¡Hola, {name}!\nCon {gift}"}  # fmt: skip
    for who, words in (("Lola", "¡Hola, Lola!"), ("Kim", "Oi, Kim!")):
        tried = client.post(at, {**form, "try": "1", "q": who})
        assert (tried.status_code, words in text(tried)) == (200, True)
    wrong = client.post(at, {**form, "body_es": "¡Hola, {nombre}!"})
    assert wrong.status_code == 422
    assert "{nombre}" in text(wrong)
    assert wrong.context["form"]["body_es"].errors
    assert not wrong.context["campaign"].words
    assert client.post(at, form).status_code == 302
    assert client.post(f"{at}start/").status_code == 302
    do_day(year.business)
    while send_some("1.0", lambda: {"1"}, lambda: False):
        pass
    said = {mail.to[0]: (mail.subject, mail.body.splitlines()[0]) for mail in mailoutbox}
    assert len(said) == len(agreed)
    emails = dict(Identifier.objects.filter(kind="email").values_list("member_id", "value"))
    assert said[emails[agreed[0]]] == ("Festa", "¡Hola, Lola!")
    assert said[emails[agreed[1]]] == ("Festa", "Oi, Kim!")
    assert said[emails[agreed[2]]] == ("Festa", "Oi, Membro!")


def test_the_lot_is_the_same_whenever_it_is_asked(year, client):
    comes_in(client, year)
    make(client, **{"s-joined_within": "500"})
    do_day(year.business)
    once = dict(Inclusion.objects.values_list("member_id", "control"))
    Inclusion.objects.all().delete()
    Message.objects.all().delete()
    Campaign.objects.update(filled="")
    do_day(year.business)
    assert dict(Inclusion.objects.values_list("member_id", "control")) == once
    campaign = Campaign.objects.get()
    held_back = sum(is_held_back(campaign, uuid4()) for _ in range(10_000))
    assert abs(held_back - 2_000) < 240, "a fifth, six standard deviations wide"


@pytest.mark.parametrize(
    ("told", "control", "low", "high"),
    # Newcombe (1998), Table II, method 10.
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)],
)
def test_the_interval_is_newcombe_s(told, control, low, high):
    sides = [Side(members, came) for came, members in (told, control)]
    found = newcombe(*sides)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_nobody_is_written_to_who_said_no_meanwhile(year, client):
    """A no after the start counts when it leaves, and the number shown counts the latest answer."""
    comes_in(client, year)
    before = size_of(year.business, {}, today=TODAY).reachable
    one = next(each for each in year.known if "marketing" in each.yes)
    later = year.clock.now + timedelta(seconds=1)
    answer_consents([(one.member, {"marketing": False}, NOT_KNOWN)], now=later, source="tests", by="tests")
    assert size_of(year.business, {}, today=TODAY).reachable == before - 1
