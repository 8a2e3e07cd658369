"""The ice-cream shop at the beach: a phone number and an amount, in five seconds; full in summer, quiet in winter."""

from __future__ import annotations

from dataclasses import dataclass

from fiel.core.sale import Line
from fiel.ops.demo.dice import Dice, one_of
from fiel.ops.demo.gifts import Gift
from fiel.ops.demo.habits import Branch, Habit, Visit
from fiel.ops.demo.people import Asked
from fiel.ops.demo.rhythm import SATURDAY, Peak, Rhythm
from fiel.ops.demo.shop import Basket, Shop

__all__ = ["GELATARIA"]

CUPS = ((900, 12), (1200, 26), (1500, 24), (1900, 18), (2200, 12), (2800, 8))
PAYMENTS = (("pix", 44), ("cash", 24), ("debit", 20), ("credit", 12))


@dataclass(slots=True)
class Filler:
    """One line with an amount: what so many people's ice creams cost together."""

    dice: Dice

    def __call__(self, visit: Visit) -> Basket:
        """The amount that was typed."""
        weekend = visit.at.weekday() >= SATURDAY
        guests = one_of(self.dice, ((1, 40), (2, 32), (3, 16), (4, 12))) + (weekend and self.dice.random() < 0.4)
        amount = sum(one_of(self.dice, CUPS) for _ in range(guests))
        return Basket((Line(1, amount),)).paid_by(one_of(self.dice, PAYMENTS))


GELATARIA = Shop(
    slug="gelataria",
    name="Gelados da Praia",
    currency="BRL",
    timezone="America/Sao_Paulo",
    country="BR",
    language="pt-br",
    branches=(Branch("S1", "Gelados da Praia"),),
    departments=(),
    wares=(),
    members=220,
    anonymous=4.5,
    habits=(
        Habit("regular", 12, (4, 8)),
        Habit("weekly", 26, (9, 18)),
        Habit("summer", 32, (20, 60)),
        Habit("lapsed", 14, (10, 25), ends=(30, 78)),
        Habit("joined", 10, (10, 30), begins=(10, 75)),
        Habit("new", 6, (7, 14), begins=(84, 99)),
    ),
    asked=Asked(name=22, birth_date=8, email=0, tax_id=0, card=0, other_card=0, consents=55),
    rhythm=Rhythm(
        weekdays=(0.55, 0.6, 0.65, 0.75, 1.1, 1.7, 1.75),
        months=(2.3, 2.0, 1.25, 0.8, 0.5, 0.35, 0.45, 0.5, 0.7, 0.95, 1.15, 1.7),
        hours={11: 3, 12: 5, 13: 9, 14: 13, 15: 16, 16: 16, 17: 13, 18: 9, 19: 8, 20: 9, 21: 6},
        peaks=(Peak((12, 26), (12, 31), 1.3), Peak((1, 1), (1, 20), 1.15)),
        shut=frozenset({(12, 25)}),
        weather=55,
    ),
    fillers=Filler,
    cashiers=("Bia", "Tom"),
    gifts=(Gift("double-scoop", "Duas bolas por nossa conta", items={"tags": ["double-scoop"]}, valid_days=30),),
    channel="counter",
)
