"""A shop whose books hold something of every sort, and ways to break them by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from fiel import clock
from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.core.returns import Returned
from fiel.core.sale import Line, Payment
from fiel.hand.entries import adjust, open_balance
from fiel.hand.merge import merge
from fiel.members.enrol import Newcomer, enrol
from fiel.members.models import Member
from fiel.ops.audit import audit
from fiel.programme.versions import publish
from fiel.rewards.give import cancel, issue, redeem
from fiel.rewards.models import Reward
from fiel.sales.daily import run_daily
from fiel.sales.incoming import Incoming
from fiel.sales.link import link_member
from fiel.sales.record import record
from fiel.sales.take_back import IncomingReturn, take_back
from fiel.shops.models import Business
from fiel.shops.opening import open_business, put_store

MORNING = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

PROGRAMME: dict[str, Any] = {
    "name": "Clube",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "late_days": 30,
    "units": [
        {"code": "points", "kind": "points", "rounding": "carry", "expiry": {"kind": "days", "days": 20}},
        {"code": "stars", "kind": "points", "rounding": "half_up", "round_per": "line", "pending_days": 2},
        {"code": "coffees", "kind": "stamps", "value": "3.00"},
        {"code": "massages", "kind": "sessions"},
        {"code": "money", "kind": "money", "rounding": "ceil", "on_debt": "forgive"},
    ],
    "tiers": [
        {"code": "silver"},
        {
            "code": "gold",
            "factor": "1.2",
            "reach": {"measure": "spend", "amount": "60.00", "window": "calendar_month"},
        },
    ],
    "earn": [
        {"code": "all", "unit": "points", "give": "1", "per": "3.00", "cap": {"day": 40}},
        {"code": "bread", "unit": "points", "give": "1", "per": "0.70", "items": {"departments": ["bakery"]}},
        {
            "code": "visit",
            "unit": "points",
            "give": "2",
            "basis": "sale",
            "group": "visit",
            "when": {"birthday": "week"},
        },
        {"code": "star", "unit": "stars", "give": "1", "per": "2.00", "cap": {"sale": 30}},
        {"code": "star-visit", "unit": "stars", "give": "0.5", "basis": "sale", "group": "visit"},
        {"code": "coffee", "unit": "coffees", "give": "1", "basis": "quantity", "items": {"products": ["COFFEE"]}},
        {"code": "pack", "unit": "massages", "give": "5", "basis": "quantity", "items": {"products": ["PACK-5"]}},
        {"code": "back", "unit": "money", "give": "1", "per": "30.00", "when": {"min_amount": "5.00"}},
    ],
    "boosts": [{"code": "wednesday", "factor": "1.5", "when": {"weekdays": ["wed"]}}],
    "covers": [{"code": "massage", "unit": "massages", "items": {"products": ["MASSAGE"]}, "take": 1}],
    "awards": [
        {"code": "tenth", "unit": "coffees", "every": 10, "reward": "toast"},
        {"code": "treat", "unit": "points", "every": 30, "reward": "cake", "mode": "invite"},
    ],
    "referral": {"unit": "points", "referrer": 5, "referred": 2, "min_amount": "10.00"},
}


@dataclass
class Shop:
    """One business, its members by name, its sales by number."""

    business: Business
    members: dict[str, Member] = field(default_factory=dict)
    sales: dict[str, UUID] = field(default_factory=dict)

    def sell(self, number: str, who: str, *lines: Line, **options: Any) -> None:
        """Records a sale that has to be accepted."""
        [answer] = record(self.business, [self.incoming(number, who, *lines, **options)])
        assert not isinstance(answer, Refused), (answer.detail, answer.faults)
        self.sales[number] = answer.id

    def incoming(self, number: str, who: str, *lines: Line, **options: Any) -> Incoming:
        return Incoming(
            store=options.pop("store", "S1"),
            till="T1",
            number=number,
            occurred_at=options.pop("at", clock.now()),
            lines=lines,
            member=Identity("id", str(self.members[who].id)) if who else None,
            **options,
        )

    def give_back(self, number: str, sale: str, *lines: tuple[int, int]) -> None:
        """Returns lines of a sale, or all of it."""
        back = tuple(Returned(line, quantity) for line, quantity in lines) or None
        take_back(self.business, self.sales[sale], IncomingReturn(number, clock.now(), back))

    def audit(self, **options: Any) -> dict[str, int]:
        """What the audit finds, by code."""
        return dict(audit(self.business, **options).found)


def open_shop(slug: str = "padaria", programme: dict[str, Any] | None = None) -> Shop:
    """A shop with its programme in force, and nothing sold."""
    now = clock.now()
    business, _ = open_business(
        slug=slug, name="Padaria", currency="BRL", timezone="America/Sao_Paulo", owner_email="ana@example.com", now=now
    )
    put_store(business, "S1")
    put_store(business, "S2", timezone="America/Manaus")
    publish(business, programme or PROGRAMME, by="test", now=now, in_force_from=datetime(2026, 1, 1, tzinfo=UTC))
    for code in ("toast", "cake"):
        Reward.objects.create(business=business, code=code, kind="item", name=code, items={"products": [code.upper()]})
    Reward.objects.create(
        business=business, code="mug", kind="service", name="mug", price_unit="points", price_steps=3, valid_days=3
    )
    shop = Shop(business)
    for who in ("ana", "bia", "rui", "eva", "leo"):
        brought = shop.members["ana"].id if who == "bia" else None
        newcomer = Newcomer(code=who, name=who, birth_date=date(1990, 3, 5), referred_by=brought)
        [made] = enrol(business, [newcomer], now=now, today=now.date(), source="test", by="test")
        assert isinstance(made, Member)
        shop.members[who] = made
    return shop


def coffee(number: int, pieces: int) -> Line:
    return Line(number, pieces * 450, pieces * 1000, product="COFFEE")


def sell_of_every_sort(shop: Shop, at: Any) -> None:
    """Sales, returns, vouchers, hand entries, a merge, a day's end: whatever moves books. `at`: sets the clock."""
    bread = Line(1, 790, 500, departments=("bakery",), description="Pão")
    at("2026-03-04T12:00:00+00:00")
    shop.sell("1", "ana", bread, Line(2, 1000, discount=100), Line(3, 0), discount=50, cashier="rui")
    shop.sell("2", "ana", Line(1, 9999), store="S2", channel="online")  # the cap is used up; gold
    shop.sell("3", "", Line(1, 500), discount=1)
    shop.sell("4", "bia", Line(1, 1500))  # ana brought bia
    shop.sell("5", "rui", Line(1, 20000, product="PACK-5"), Line(2, 4500, product="MASSAGE"), use_packs=True)
    shop.sell("6", "rui", Line(1, 13500, 3000, product="MASSAGE"), payments=(Payment("prepaid", 9000),))
    shop.sell("7", "ana", coffee(1, 7), Line(2, 333))
    at("2026-03-07T15:00:00+00:00")
    shop.sell("8", "ana", coffee(1, 4))  # the tenth
    shop.sell("9", "eva", coffee(1, 3), Line(2, 100))
    shop.sell("10", "eva", Line(1, 800), payments=(Payment("points", 500, "coffees"), Payment("card", 300)))
    shop.sell("11", "leo", Line(1, 1000), Line(2, 700, 0))
    group = [shop.incoming(str(number), "leo", Line(1, 100 + number)) for number in range(12, 20)]
    record(shop.business, group)
    hand_entries_and_vouchers(shop)
    at("2026-03-09T15:00:00+00:00")
    merge(shop.business, into=shop.members["leo"].id, gone=shop.members["eva"].id, by="owner")
    shop.give_back("R1", "1", (1, 250))
    shop.give_back("R2", "1")
    shop.give_back("R3", "4")
    shop.give_back("R4", "6", (1, 2000))
    shop.give_back("R5", "3", (1, 1000))
    shop.give_back("R6", "10")
    shop.give_back("R7", "8")
    shop.sell("23", "", Line(1, 777), payments=(Payment("points", 100),))
    shop.sell("24", "ana", Line(1, 2345))
    link_member(shop.business, shop.sales["23"], shop.members["ana"].id)
    shop.sell("21", "rui", Line(1, 3000))
    adjust(shop.business, shop.members["rui"].id, "points", Fraction(-50), reason="mistake", by="owner")
    shop.give_back("R9", "21")  # makes a debt
    shop.sell("22", "rui", Line(1, 600))  # repays some of it
    at("2026-04-10T15:00:00+00:00")
    run_daily(shop.business)
    shop.give_back("R8", "11", (1, 400))
    shop.sell("20", "leo", Line(1, 1000))


def hand_entries_and_vouchers(shop: Shop) -> None:
    """What people do at a counter and in an office, beside selling."""
    business, ana, leo = shop.business, shop.members["ana"], shop.members["leo"]
    adjust(business, ana.id, "points", Fraction(7), reason="kindness", by="owner")
    adjust(business, ana.id, "points", Fraction(-20), reason="mistake", by="owner")
    open_balance(business, leo.id, "points", Fraction(40), expires_on=date(2026, 12, 31), reference="old 1", by="owner")
    mug, cup = issue(business, leo.id, "mug"), issue(business, leo.id, "mug")
    redeem(business, mug.code, by="owner")
    cancel(business, cup.code, by="owner")
    issue(business, leo.id, "mug")


# Breaking


@contextmanager
def broken(tables: str, *statements: str, **values: Any) -> Iterator[None]:
    """Inside, the tables named are copies that nothing guards, and the statements have been done to them.

    Neither triggers nor keys nor checks stand in the way, as if somebody had worked on the file itself.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"SET LOCAL ROLE {connection.settings_dict['USER']}")  # the app's owns no table
            for table in tables.split():
                _strip(cursor, table)
            for statement in statements:
                cursor.execute(statement, values or None)
        yield
        transaction.set_rollback(True)


def _strip(cursor: Any, table: str) -> None:
    cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_whole")
    if connection.vendor == "postgresql":
        cursor.execute(f"CREATE TABLE {table} (LIKE {table}_whole)")
    else:
        columns = cursor.execute(f"PRAGMA table_info({table}_whole)").fetchall()
        cursor.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for _, name, kind, *_ in columns)})")
    cursor.execute(f"INSERT INTO {table} SELECT * FROM {table}_whole")
