"""A business as large as they come, for benchmarks that ask for pages: a million members, ten million lines.

What decides something is made as the program makes it: the rules, the catalogue, the first receipts and what they gave.
These receipts then stand for the weeks before as well, each copied once a week for other members, with its lines, its
payment and what it gave; the database does that by itself, a statement for a table, so that ten million lines take
minutes. What only has to be there in numbers (vouchers, messages, acts of the trail, …) is written in bulk.

Django is set up by whoever imports this.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from counter import AT_ONCE, PROGRAMME, fill, phone_of  # type: ignore[import-not-found]
from django.core.management import call_command
from django.db import connection, models, transaction

from fiel import clock
from fiel.catalogue.change import put_departments, put_products
from fiel.catalogue.models import GoodsGroup, UnknownProduct
from fiel.core.identity import Identity
from fiel.core.lots import NEVER
from fiel.core.sale import Line, Payment
from fiel.events.models import Delivery as WebhookDelivery
from fiel.events.models import Endpoint, Event
from fiel.hand.models import HandEntry
from fiel.insight.keep import keep_up, recount
from fiel.insight.models import Suspicion
from fiel.insight.nightly import keep_by_night
from fiel.intake.models import Aside, Import
from fiel.jobs.models import Job, JobFile
from fiel.ledger.models import Account, Entry, Lot
from fiel.members.models import Card, Consent, Member, TierChange
from fiel.outreach.models import Campaign, Inclusion, Message, Segment
from fiel.privacy.models import Request
from fiel.programme.versions import publish
from fiel.rewards.change import RewardRow, put_reward
from fiel.rewards.codes import hash_of, new_code, seal
from fiel.rewards.models import Delivery, Invitation, RewardPicture, Settlement, SettlementLine, Voucher
from fiel.rewards.partners import PartnerRow, put_partner
from fiel.sales.incoming import Incoming
from fiel.sales.models import Receipt
from fiel.sales.record import record
from fiel.shops.models import ApiKey, Business, Device, Person, Role, Staff
from fiel.shops.opening import open_business, put_store
from fiel.tables.ids import new_id
from fiel.tables.write import insert
from fiel.trail.models import Act, Head

__all__ = ["DEPARTMENTS", "MANAGER", "PRODUCTS", "REWARDS", "SLUG", "STORES", "make_large"]

SLUG = "load"
STORES, DEPARTMENTS, PRODUCTS, REWARDS, PARTNERS = 40, 60, 20_000, 60, 30
LINES_A_RECEIPT = 10
WEEKS = 100
VOUCHERS, MESSAGES, ACTS, INVITATIONS, INCLUSIONS = 300_000, 1_000_000, 500_000, 100_000, 200_000
HAND_ENTRIES, EVENTS, ASIDE, STAFF, SETTLED = 20_000, 200_000, 10_000, 300, 500
MANAGER = "m@load.example"
"""Who runs one store, and sees no other's receipts."""
_FIRST = 8
"""How many of a week's receipts, and so of each week's, are those of one member who comes all the time."""
Past = Callable[[int, int], datetime]
_WEEK_MS = 7 * 24 * 3600 * 1000
"""How much earlier each copy is, in milliseconds."""


def make_large(members: int, lines: int, tell: Callable[[str], None]) -> None:
    """The business, with its members, and receipts of so many lines; `tell` hears what is done."""
    call_command("migrate", verbosity=0)
    now = clock.now()
    business = _business(now)
    fill(business, members)
    tell(f"{members:,} members")
    with transaction.atomic():
        _holdings(business, now)
        _last_week(business, members, lines // LINES_A_RECEIPT // WEEKS, now)
        tell("last week's receipts")
        _weeks_before(business, members)
    tell(f"{lines:,} lines")
    with transaction.atomic():
        _bulk(business, now)
    _analyse()
    tell("vouchers, messages and all else")
    recount(business, now=clock.now())
    keep_up(business, now=clock.now())
    _analyse()
    tell("sums counted")
    keep_by_night(business, now=clock.now())
    tell("a night's work")


def _analyse() -> None:
    """As PostgreSQL does by itself; on SQLite nobody does, and pages have to be quick without it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _business(now: datetime) -> Business:
    said = {"name": "Load", "currency": "BRL", "timezone": "America/Sao_Paulo", "owner_email": "o@load.example"}
    business, _owner = open_business(slug=SLUG, now=now, **said)
    for store in range(STORES):
        put_store(business, f"S{store}", name=f"Loja {store}")
    rules = PROGRAMME | {"units": [{"code": "points", "kind": "points", "value": "0.02"}]}
    publish(business, rules, by="benchmark", now=now, in_force_from=now - timedelta(weeks=WEEKS + 2))
    put_departments(
        business, [(f"d{n}", f"Departamento {n}", f"d{n % 10}" if n >= 10 else None) for n in range(DEPARTMENTS)]
    )
    put_products(
        business,
        [(_product(n), f"Produto {n}", f"d{n % DEPARTMENTS}", f"Marca {n % 90}", ()) for n in range(PRODUCTS)],
    )
    for n in range(REWARDS):
        put_reward(
            business,
            f"r{n}",
            RewardRow(
                kind="item", name=f"Prêmio {n}", items={"products": [_product(n)]}, price=("points", Fraction(100))
            ),
        )
    for n in range(PARTNERS):
        row = PartnerRow(name=f"Parceiro {n}", stores={"p": "Centro"}, clerks={f"c{n}@partner.example": ""})
        put_partner(business, f"p{n}", row, now=now, today=now.date())
    manager = Person.objects.create(email=MANAGER, name="Marta", created_at=now)
    Staff.objects.create(business=business, person=manager, role=Role.MANAGER, stores=["S7"], since=now)
    return business


def _product(number: int) -> str:
    return f"789{number:06}"


# Members' accounts, and receipts


def _holdings(business: Business, now: datetime) -> None:
    """An opening balance for each member, as another system's would be brought over, and a card for every second."""
    dice, today = random.Random(3), now.date()
    members = list(Member.objects.filter(business=business).order_by("code").values_list("id", flat=True))

    def account(n: int) -> dict[str, Any]:
        return {"member_id": members[n], "unit": "points", "balance": 100 + n % 800, "entries": 1}

    def opening(n: int) -> dict[str, Any]:
        told = account(n)
        dates = {"available_on": today, "expires_on": today + timedelta(days=1 + n % 700)}
        cause = {"kind": "opening", "cause_kind": "opening", "cause": new_id()}
        times = {"occurred_at": now, "recorded_at": now}
        return (
            _only(told, "member_id", "unit", "balance")
            | dates
            | cause
            | times
            | {"steps": told["balance"], "number": 1}
        )

    def lot(n: int) -> dict[str, Any]:
        return _only(opening(n), "member_id", "unit", "available_on", "expires_on", "steps")

    def brought(n: int) -> dict[str, Any]:
        row = {"kind": "opening", "member_id": members[n], "unit": "points", "steps": 100 + n % 800}
        return row | {"reference": str(n), "entered_by": "o@load.example", "entered_at": now, "posted_at": now}

    for model, row in ((Account, account), (Entry, opening), (Lot, lot), (HandEntry, brought)):
        _many(business, model, len(members), row)
    _many(
        business,
        Card,
        len(members) // 2,
        lambda n: {
            "number": f"29{n:010}",
            "member_id": members[2 * n],
            "given_at": now - timedelta(days=dice.randrange(700)),
        },
    )


def _last_week(business: Business, members: int, receipts: int, now: datetime) -> None:
    dice = random.Random(4)

    def line(number: int) -> Line:
        # Some products sell much more than others.
        product = int(PRODUCTS * dice.random() ** 2)
        return Line(number, amount=dice.randint(200, 4000), quantity=1000, product=_product(product))

    def sale(number: int) -> Incoming:
        lines = tuple(line(each) for each in range(1, LINES_A_RECEIPT + 1))
        who = 0 if number < _FIRST else dice.randrange(members)
        known = number < _FIRST or dice.random() < 0.7
        return Incoming(
            f"S{dice.randrange(STORES)}",
            f"T{number % 4}",
            f"{number:09}",
            now - timedelta(seconds=dice.randrange(60, 7 * 86_400)),
            lines,
            member=Identity("phone", phone_of(who)) if known else None,
            payments=(Payment("pix", sum(each.amount for each in lines)),),
            cashier=f"C{dice.randrange(200)}",
        )

    for start in range(0, receipts, 1_000):
        record(business, [sale(number) for number in range(start, min(start + 1_000, receipts))], history=True)


_WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "id": f"printf('%012x', CAST(strftime('%s', r.occurred_at) AS INTEGER) * 1000 - k * {_WEEK_MS})"
        " || substr(r.id, 13)",
        "at": "strftime('%Y-%m-%d %H:%M:%f', r.occurred_at, '-' || (7 * k) || ' days')",
        "day": "date(r.day, '-' || (7 * k) || ' days')",
        "local": "date(c.at)",
    },
    "postgresql": {
        "id": f"(lpad(to_hex((extract(epoch from r.occurred_at) * 1000)::bigint - k::bigint * {_WEEK_MS}), 12, '0')"
        " || substr(replace(r.id::text, '-', ''), 13))::uuid",
        "at": "r.occurred_at - k * interval '7 days'",
        "day": "r.day - 7 * k",
        "local": "c.at::date",
    },
}
"""How each database says the id, the moment and the day of the receipt `r`, `k` weeks earlier."""

_WEEKS_BEFORE = """
    CREATE TEMPORARY TABLE numbered AS
    SELECT row_number() OVER (ORDER BY code) - 1 AS n, id FROM members_member WHERE business_id = {business};
    CREATE UNIQUE INDEX numbered_n ON numbered (n);
    CREATE TEMPORARY TABLE weeks AS
    WITH RECURSIVE each (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM each WHERE k < {weeks}) SELECT k FROM each;
    CREATE TEMPORARY TABLE copied AS
    SELECT {id} AS id, {at} AS at, {day} AS day, r.id AS of_id, k,
        CASE WHEN r.member_id IS NULL OR r.number < '{first:09}' THEN r.member_id ELSE other.id END AS member_id
    FROM (
        SELECT *, row_number() OVER (ORDER BY number) AS n FROM sales_receipt WHERE business_id = {business}
    ) r CROSS JOIN weeks JOIN numbered other ON other.n = (r.n * 104729 + k * 7919) % {members}
    ORDER BY 1;
    INSERT INTO sales_receipt (business_id, id, store, till, number, day, occurred_at, recorded_at, member_id, channel,
        cashier, discount, total, spend, version, digest, facts, outcome, used, standing, gone, linked_at, linked_by)
    SELECT business_id, c.id, store, till, number, c.day, c.at, c.at, c.member_id, channel, cashier, discount, total,
        spend, version, digest, facts, outcome, used, standing, gone, linked_at, linked_by
    FROM copied c JOIN sales_receipt r ON r.business_id = {business} AND r.id = c.of_id;
    INSERT INTO sales_receiptline (business_id, receipt_id, number, product, description, department, brand, tags,
        quantity, amount, discount, tax_rate, net, covered, paid)
    SELECT business_id, c.id, number, product, description, department, brand, tags, quantity, amount, discount,
        tax_rate, net, covered, paid
    FROM copied c JOIN sales_receiptline l ON l.business_id = {business} AND l.receipt_id = c.of_id;
    INSERT INTO sales_receiptpayment (business_id, receipt_id, number, kind, amount, unit)
    SELECT business_id, c.id, number, kind, amount, unit
    FROM copied c JOIN sales_receiptpayment p ON p.business_id = {business} AND p.receipt_id = c.of_id;
    CREATE TEMPORARY TABLE earned AS
    SELECT c.member_id, e.unit, e.steps, c.at, c.id AS cause, {local} AS day,
        coalesce(e.expires_on, '{never}') AS expires_on
    FROM copied c JOIN sales_receipt r ON r.business_id = {business} AND r.id = c.of_id
    JOIN ledger_entry e ON e.business_id = r.business_id AND e.cause = r.id AND e.member_id = r.member_id
    WHERE e.kind = 'earn';
    INSERT INTO ledger_entry (business_id, member_id, unit, number, kind, steps, balance, occurred_at, recorded_at,
        cause_kind, cause, available_on, expires_on)
    SELECT {business}, e.member_id, e.unit, a.entries + row_number() OVER account, 'earn', e.steps,
        a.balance + sum(e.steps) OVER account, e.at, e.at, 'sale', e.cause, e.day, e.expires_on
    FROM earned e JOIN ledger_account a ON a.business_id = {business} AND a.member_id = e.member_id AND a.unit = e.unit
    WINDOW account AS (PARTITION BY e.member_id, e.unit ORDER BY e.at, e.cause);
    INSERT INTO ledger_lot (business_id, member_id, unit, expires_on, available_on, steps)
    SELECT {business}, member_id, unit, expires_on, day, sum(steps) FROM earned WHERE true GROUP BY 2, 3, 4, 5
    ON CONFLICT (business_id, member_id, unit, expires_on, available_on)
    DO UPDATE SET steps = ledger_lot.steps + excluded.steps;
    INSERT INTO ledger_account (business_id, member_id, unit, balance, carry_numerator, carry_denominator, entries)
    SELECT {business}, member_id, unit, sum(steps), 0, 1, count(*) FROM earned WHERE true GROUP BY 2, 3
    ON CONFLICT (business_id, member_id, unit) DO UPDATE SET
        balance = ledger_account.balance + excluded.balance, entries = ledger_account.entries + excluded.entries
"""


def _weeks_before(business: Business, members: int) -> None:
    said = {"business": business.pk, "members": members, "weeks": WEEKS - 1, "first": _FIRST, "never": NEVER}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # so much at once would go through a small memory again and again
            cursor.execute("PRAGMA cache_size = -4000000")
        for statement in _WEEKS_BEFORE.format(**said, **_WORDS[connection.vendor]).split(";"):
            cursor.execute(statement)
            if "TEMPORARY TABLE" in statement and connection.vendor == "postgresql":
                cursor.execute("ANALYZE " + statement.split("TEMPORARY TABLE ")[1].split()[0])


# What has to be there in numbers


def _bulk(business: Business, now: datetime) -> None:
    members = list(Member.objects.filter(business=business).order_by("code").values_list("id", flat=True)[:VOUCHERS])

    def past(n: int, count: int) -> datetime:
        """When the n-th of so many happened, over two years."""
        return now - timedelta(days=730) * ((count - n) / count)

    _claims(business, members, past)
    _told(business, members, past, now)
    _of_members(business, members, past, now)
    _of_shop(business, past, now)
    _files_in(business, past, now)


def _claims(business: Business, members: list[UUID], past: Past) -> None:
    """Vouchers, what was handed over for them, and what partners are owed of it."""
    codes = new_code()
    sealed, states = seal(codes), ("issued", "redeemed", "issued", "redeemed", "expired", "redeemed", "cancelled")
    ids = [new_id() for _ in range(VOUCHERS)]

    def voucher(n: int) -> dict[str, Any]:
        state, at = states[n % len(states)], past(n, VOUCHERS)
        closed = {} if state == "issued" else {"closed_at": at + timedelta(days=3), "closed_by": "C7"}
        row = {"id": ids[n], "reward": f"r{n % REWARDS}", "member_id": members[n % len(members)], "sealed": sealed}
        row |= {"hash": hash_of(codes) if n == 0 else f"{n:064x}", "state": state, "issued_at": at}
        return row | {"valid_until": (at + timedelta(days=1000)).date()} | closed

    redeemed = [n for n in range(VOUCHERS) if states[n % len(states)] == "redeemed"]
    handed = [new_id() for _ in redeemed]

    def delivery(n: int) -> dict[str, Any]:
        of = redeemed[n]
        where = {"partner": f"p{n % PARTNERS}", "price": 500} if n % 5 == 0 else {"store": f"S{n % STORES}"}
        row = {"id": handed[n], "voucher_id": ids[of], "reward": f"r{of % REWARDS}"}
        return row | where | {"member_id": members[of % len(members)], "at": past(n, len(redeemed)), "by": "C7"}

    months = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(30)]
    of_months = [(f"p{n}", month) for n in range(PARTNERS) for month in months]
    settlements = [new_id() for _ in of_months]

    def settlement(n: int) -> dict[str, Any]:
        partner, month = of_months[n]
        return {"id": settlements[n], "partner": partner, "month": month, "state": "agreed", "total": 500_000}

    lines = [id_ for n, id_ in enumerate(handed) if n % 5 == 0][:SETTLED]

    def line(n: int) -> dict[str, Any]:
        row = {"settlement_id": settlements[-1], "number": n + 1, "delivery_id": lines[n]}
        return row | {"amount": 500, "added_at": past(n, len(lines))}

    _many(business, Voucher, VOUCHERS, voucher)
    _many(business, Delivery, len(redeemed), delivery)
    _many(business, Settlement, len(of_months), settlement)
    _many(business, SettlementLine, len(lines), line)


def _told(business: Business, members: list[UUID], past: Past, now: datetime) -> None:
    """Messages, invitations, campaigns with whom they took in, and what webhooks were sent."""
    states, whys = ("sent",) * 17 + ("failed", "dropped", "waiting"), ("away", "lapsing", "birthday")
    campaigns = [new_id() for _ in range(60)]

    def campaign(n: int) -> dict[str, Any]:
        row = {"id": campaigns[n], "name": f"Campanha {n}", "starts_on": now.date(), "made_by": "o", "made_at": now}
        row |= {"offer": {"kind": "text"}, "words": {"pt-br": {"subject": "Olá", "body": "Venha!"}}}
        if n:
            return row | {"rules": {"away_days": 45}}
        return row | {"state": "running", "started_at": now - timedelta(days=20)}

    def message(n: int) -> dict[str, Any]:
        state, at = states[n % len(states)], past(n, MESSAGES)
        about = campaigns[0] if n >= MESSAGES - INCLUSIONS else None
        row = {"id": new_id(), "member_id": members[n % len(members)], "kind": "notice.earned", "once": f"m{n}"}
        return row | {"about": about, "state": state, "channel": "email", "created_at": at, "next_try_at": at}

    def invitation(n: int) -> dict[str, Any]:
        at = past(n, INVITATIONS)
        closed = {"closed_at": at + timedelta(days=9), "closed_why": "came", "came_at": at} if n % 2 else {}
        invited = {"invited_at": at + timedelta(days=2), "invited_how": "call"} if n % 3 == 0 else {}
        row = {"id": new_id(), "member_id": members[n % len(members)], "why": whys[n % len(whys)]}
        occasion = f"points {at.date()}" if row["why"] == "lapsing" else str(at.date())
        return row | {"occasion": occasion, "opened_at": at} | closed | invited

    def inclusion(n: int) -> dict[str, Any]:
        row = {"campaign_id": campaigns[0], "member_id": members[n], "id": new_id(), "control": n % 10 == 0}
        return row | {"at": now - timedelta(days=20), "counts_until": now + timedelta(days=10)}

    _many(business, Campaign, len(campaigns), campaign)
    _many(business, Segment, 40, lambda n: {"name": f"Segmento {n}", "made_at": now, "made_by": "o"})
    _many(business, Message, MESSAGES, message)
    _many(business, Invitation, INVITATIONS, invitation)
    _many(business, Inclusion, min(INCLUSIONS, len(members)), inclusion)
    _webhooks(business, members, past, now)


def _webhooks(business: Business, members: list[UUID], past: Past, now: datetime) -> None:
    endpoint = new_id()
    told_at = {"id": endpoint, "url": "https://till.example/events", "created_at": now, "next_try_at": now}
    _many(business, Endpoint, 1, lambda _: told_at)
    events = [new_id() for _ in range(EVENTS)]

    def event(n: int) -> dict[str, Any]:
        return {"id": events[n], "kind": "member.created", "about": members[n % len(members)], "at": past(n, EVENTS)}

    _many(business, Event, EVENTS, event)
    _many(
        business,
        WebhookDelivery,
        EVENTS,
        lambda n: {"endpoint_id": endpoint, "event_id": events[n], "sent": True, "tries": 1, "status": 200},
    )


def _of_members(business: Business, members: list[UUID], past: Past, now: datetime) -> None:
    """Consents, tiers, what is entered by hand, what is asked about data, suspicions."""

    def consent(n: int) -> dict[str, Any]:
        row = {"member_id": members[n % len(members)], "purpose": "marketing", "granted": n % 3 == 0}
        return row | {"source": "counter", "recorded_by": "C7", "recorded_at": now}

    def tier(n: int) -> dict[str, Any]:
        row = {"member_id": members[n % len(members)], "before": "silver", "after": "gold", "why": "reached"}
        return row | {"day": now.date(), "recorded_at": now}

    def by_hand(n: int) -> dict[str, Any]:
        waits = {} if n >= HAND_ENTRIES - 300 else {"posted_at": now, "agreed_by": "o@load.example"}
        row = {
            "kind": "adjust",
            "member_id": members[n % len(members)],
            "unit": "points",
            "steps": 50,
            "reason": "Esquecido",
        }
        return row | {"entered_by": "m@load.example", "entered_at": past(n, HAND_ENTRIES)} | waits

    def request(n: int) -> dict[str, Any]:
        answered = {"answered_at": now, "answered_by": "o", "answer": "Feito"} if n % 10 else {}
        row = {"member_id": members[n % len(members)], "what": "export", "source": "portal", "asked_at": past(n, 3_000)}
        return row | {"due_on": past(n, 3_000).date() + timedelta(days=15)} | answered

    receipts = [str(id_) for id_ in Receipt.objects.filter(business=business).values_list("id", flat=True)[:60]]

    def suspicion(n: int) -> dict[str, Any]:
        row = {"member_id": members[n], "why": "many_a_day", "who": "C7", "receipts": receipts}
        return row | {"first_at": now, "last_at": past(n, 300), "found_at": now}

    _many(business, Consent, 200_000, consent)
    _many(business, TierChange, 100_000, tier)
    _many(business, HandEntry, HAND_ENTRIES, by_hand)
    _many(business, Request, 3_000, request)
    _many(business, Suspicion, 300, suspicion)


def _of_shop(business: Business, past: Past, now: datetime) -> None:
    """Staff, keys, devices, a picture; who did what."""
    people = [Person(email=f"c{n}@load.example", name=f"Caixa {n}", created_at=now) for n in range(STAFF)]
    for n, person in enumerate(Person.objects.bulk_create(people)):
        people[n] = person

    def place(n: int) -> dict[str, Any]:
        return {"person_id": people[n].pk, "role": "cashier", "stores": [f"S{n % STORES}"], "since": now}

    def device(n: int) -> dict[str, Any]:
        row = {"name": f"Telefone {n}", "store": f"S{n % STORES}", "till": "T1", "hash": f"{n:064x}"}
        return row | {"made_at": now, "paired_at": now, "last_seen_at": now}

    def key(n: int) -> dict[str, Any]:
        return {"hash": f"{n:064x}", "hint": f"fiel_{n}", "name": f"Caixa {n}", "scopes": ["till"], "created_at": now}

    names = ("member.changed", "adjustment.posted", "card.given", "reward.set", "voucher.cancelled", "products.set")

    def act(n: int) -> dict[str, Any]:
        about, before, after = str(people[n % STAFF].pk), {"name": "Ana"}, {"name": "Ana Lima"}
        row = {"number": n + 100_000, "at": past(n, ACTS), "who": f"c{n % STAFF}@load.example", "hash": "0" * 64}
        return row | {"what": names[n % len(names)], "about": about, "before": before, "after": after}

    _many(business, Staff, STAFF, place)
    _many(business, Device, 120, device)
    _many(business, ApiKey, 60, key)
    _many(business, RewardPicture, 1, lambda _: {"reward": "r0", "type": "image/png", "data": b"-" * 90_000})
    _many(business, Act, ACTS, act)
    Head.objects.filter(business=business).update(number=100_000 + ACTS, hash="0" * 64)


def _files_in(business: Business, past: Past, now: datetime) -> None:
    """Imports, what was kept aside, what waits for a department; jobs that ended, with their files."""
    outcome = {"new": {"sales": 900}, "known": {"sales": 3}, "refused": [], "aside": [], "left_out": {}}

    def brought(n: int) -> dict[str, Any]:
        at = past(n, 600)
        return {"files": [["vendas.csv", 90_000]], "made_at": at, "ended_at": at, "outcome": outcome, "refused": 3}

    def aside(n: int) -> dict[str, Any]:
        row = {"kind": "paper", "name": f"{n:044}", "code": ("too_late", "store_unknown")[n % 2], "reason": "Waits."}
        return row | {"file": "nfce.zip", "item": {"number": n}, "kept_at": past(n, ASIDE)}

    def group(n: int) -> dict[str, Any]:
        return {"scheme": "ncm", "code": f"{n:08}", "department": f"d{n % DEPARTMENTS}" if n % 2 else None}

    def unknown(n: int) -> dict[str, Any]:
        return {"code": f"999{n:06}", "description": f"Desconhecido {n}", "first_seen_at": now}

    kinds = ("printing", "what_if", "aside")
    jobs = [new_id() for _ in range(3_000)]

    def job(n: int) -> dict[str, Any]:
        result = {"what": "statements", "printed": 900} if n % 3 == 0 else outcome if n % 3 == 2 else None
        row = {"id": jobs[n], "kind": kinds[n % 3], "state": "done", "result": result}
        return row | {"created_at": past(n, 3_000), "started_at": now, "ended_at": now}

    refused = "file,place,code,reason,kept aside,row\n" + "v.csv,row 7,invalid,Write a phone,no,x\n" * 20_000
    pdf = {"name": "cartas.pdf", "content_type": "application/pdf", "content": b"%PDF" * 250_000}
    table = {"name": "refused.csv", "content_type": "text/csv", "content": refused.encode()}
    _many(business, Import, 600, brought)
    _many(business, Aside, ASIDE, aside)
    _many(business, GoodsGroup, 3_000, group)
    _many(business, UnknownProduct, 5_000, unknown)
    _many(business, Job, len(jobs), job)
    _many(business, JobFile, 1, lambda _: {"job_id": jobs[-3], **pdf})
    _many(business, JobFile, 1, lambda _: {"job_id": jobs[-1], **table})


def _many(business: Business, model: type[models.Model], count: int, row: Callable[[int], dict[str, Any]]) -> None:
    """Rows in bulk: `row` says what it wants of the n-th, the rest is as the model has it; ids come by themselves."""
    usual = {field.attname: field.get_default() for field in model._meta.concrete_fields}
    names = ["business" if name == "business_id" else name for name in usual]

    def values(n: int) -> tuple[Any, ...]:
        said = usual | {"business_id": business.pk, "id": new_id()} | row(n)
        return tuple(said[name] for name in usual)

    for start in range(0, count, AT_ONCE):
        insert(model, names, [values(n) for n in range(start, min(start + AT_ONCE, count))])


def _only(of: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: of[name] for name in names}
