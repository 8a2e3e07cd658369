"""How long it takes to count one sale: µs for a sale and for each of its lines.

Pure arithmetic, no database: compile a programme once, then `award` sale after sale. Beside it, in the same run, a bare
loop that multiplies and adds up the same figures, so that a slow machine is not taken for a slow engine.

    .venv/bin/python benchmarks/engine.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import cycle, islice
from time import perf_counter
from zoneinfo import ZoneInfo

from fiel.core.compiled import Compiled, compile_programme
from fiel.core.document import read_programme
from fiel.core.engine import award
from fiel.core.sale import Facts, Line, Payment, Sale

ROUNDS = 7
SALES = 2_000
LINES = 10
ZONE = ZoneInfo("America/Sao_Paulo")

ONE_RULE: dict[str, object] = {
    "name": "Clube",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [{"code": "points", "kind": "points"}],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "3.00"}],
}


def _earn(code: str, give: str, per: str = "1.00", **more: object) -> dict[str, object]:
    return {"code": code, "unit": "points", "give": give, "per": per, **more}


TWENTY_RULES: dict[str, object] = {
    "name": "Clube do Mercado",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [
        {"code": "points", "kind": "points", "expiry": {"kind": "end_of_month", "months": 12}},
        {"code": "coffees", "kind": "stamps"},
        {"code": "cash", "kind": "money", "rounding": "carry"},
    ],
    "seasons": [
        {"code": "christmas", "from": "12-01", "to": "12-24"},
        {"code": "winter", "from": "11-15", "to": "03-01"},
    ],
    "tiers": [
        {"code": "silver"},
        {
            "code": "gold",
            "factor": "1.2",
            "reach": {"measure": "spend", "amount": "100.00", "window": "calendar_month"},
        },
    ],
    "earn": [
        _earn("all", "1", "5.00"),
        _earn("bakery", "1", items={"departments": ["bakery"]}),
        _earn("butcher", "1", "2.00", items={"departments": ["butcher"]}),
        _earn("fish", "2", "3.00", items={"departments": ["fish"]}),
        _earn("drinks", "1", "4.00", items={"departments": ["drinks"]}),
        _earn("beer", "1", "8.00", items={"departments": ["beer"]}),
        _earn("tobacco", "0", items={"departments": ["tobacco"]}),
        _earn("gift-cards", "0", items={"products": ["GIFTCARD"]}),
        _earn("coffee-beans", "3", items={"products": ["P3", "P13"]}, cap={"day": 50, "month": 500}),
        _earn("wine", "5", "3", basis="quantity", whole=True, items={"products": ["P7"]}),
        _earn("casa", "2", items={"brands": ["Casa"]}) | {"except": {"departments": ["tobacco"]}},
        _earn("sol", "3", "2.00", items={"brands": ["Sol"]}),
        _earn("organic", "3", items={"tags": ["organic"]}),
        _earn("local", "2", items={"tags": ["local"]}),
        _earn("evening", "2", items={"departments": ["bakery"]}, when={"hours": ["18:00-20:00"]}),
        _earn("visit", "5", basis="sale", group="visit", when={"min_amount": "20.00"}),
        _earn("welcome", "20", basis="sale", group="welcome", when={"first_sale": True}),
        _earn("app", "1", "10.00", group="app", when={"channels": ["online"]}),
        {
            "code": "coffees",
            "unit": "coffees",
            "give": 1,
            "basis": "quantity",
            "items": {"products": ["P1", "P11"]},
            "group": "coffees",
        },
        {"code": "cashback", "unit": "cash", "give": "0.01", "per": "1.00", "group": "cash"},
    ],
    "boosts": [
        {"code": "tuesday", "factor": "2", "groups": ["base"], "when": {"weekdays": ["tue"]}},
        {"code": "cold", "factor": "1.5", "groups": ["base"], "when": {"seasons": ["winter"]}},
        {"code": "birthday", "factor": "2", "when": {"birthday": "week"}},
        {"code": "staff", "factor": "0.5", "when": {"types": ["staff"]}},
    ],
}

_DEPARTMENTS = (
    ("bread", "bakery", "food"),
    ("butcher", "food"),
    ("beer", "drinks"),
    ("tobacco",),
    ("cleaning",),
)
_BRANDS = ("", "Casa", "", "Sol", "")
_TAGS = (frozenset[str](), frozenset[str](), frozenset({"organic"}), frozenset[str](), frozenset({"local", "new"}))


def _line(sale: int, number: int) -> Line:
    kind = (sale * 7 + number * 3) % 23
    return Line(
        number=number,
        amount=100 + (sale * 37 + number * 113) % 4_900,
        quantity=1000 if kind % 4 else 500 + kind * 50,
        discount=50 if kind == 5 else 0,
        tax_rate=23_000,
        product=f"P{kind}",
        departments=_DEPARTMENTS[kind % 5],
        brand=_BRANDS[number % 5],
        tags=_TAGS[(kind + number) % 5],
    )


def _sale(index: int) -> Sale:
    moment = datetime(2026, 11, 3, 9, tzinfo=ZONE) + timedelta(hours=index % 400)
    lines = tuple(_line(index, number) for number in range(1, LINES + 1))
    paid = sum(line.amount - line.discount for line in lines)
    return Sale(occurred_at=moment, local=moment, store="S1", till="T1", lines=lines, payments=(Payment("card", paid),))


SALES_MADE = tuple(_sale(index) for index in range(200))
FACTS = Facts(
    tier="gold",
    types=frozenset({"regular"}),
    birth_date=date(1990, 11, 5),
    joined=date(2024, 5, 1),
    sales_so_far=12,
    caps_used={"coffee-beans": (Fraction(7, 3), Fraction(40))},
    carry={"cash": Fraction(1, 3)},
)


def _count(compiled: Compiled) -> Callable[[Sale], object]:
    return lambda sale: award(sale, FACTS, compiled)


def _bare(sale: Sale) -> int:
    """What no engine can do without: one multiplication a line, and the sum."""
    return sum((line.amount - line.discount) * 7 for line in sale.lines) // 3


def _fastest(count: Callable[[Sale], object], sales: Sequence[Sale]) -> float:
    """Seconds for each sale, in the fastest of some rounds: what disturbs only ever makes it slower."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = perf_counter()
        for sale in sales:
            count(sale)
        best = min(best, perf_counter() - begin)
    return best / len(sales)


def main() -> None:
    """Measure and print."""
    sales = tuple(islice(cycle(SALES_MADE), SALES))
    rows = [
        ("a bare sum", _bare),
        ("(a) 1 rule", _count(compile_programme(read_programme(ONE_RULE)))),
        ("(b) 20 rules, tiers, seasons, boosts, a cap", _count(compile_programme(read_programme(TWENTY_RULES)))),
    ]
    print(f"Python {sys.version.split()[0]}, {LINES} lines a sale, fastest of {ROUNDS} rounds of {SALES} sales")
    print(f"{'':46}{'µs a sale':>10}{'µs a line':>11}")
    for name, count in rows:
        seconds = _fastest(count, sales)
        print(f"{name:46}{seconds * 1e6:>10.1f}{seconds * 1e6 / LINES:>11.2f}")


if __name__ == "__main__":
    main()
