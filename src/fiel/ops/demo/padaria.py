"""The bakery: bread and coffee in the morning, cake in the afternoon, families at the weekend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fiel.ops.demo.dice import Dice, one_of
from fiel.ops.demo.gifts import Gift
from fiel.ops.demo.habits import Branch, Habit, Visit
from fiel.ops.demo.people import Asked
from fiel.ops.demo.rhythm import SATURDAY, Peak, Rhythm
from fiel.ops.demo.shop import Basket, Shop
from fiel.ops.demo.wares import PIECE, Ware, line_of, read_wares

__all__ = ["PADARIA"]

NOON = 12
PAYMENTS = (("pix", 36), ("debit", 24), ("cash", 22), ("credit", 14), ("meal", 4))


@dataclass(slots=True)
class Filler:
    """Most people take what they always take, and now and then something else."""

    dice: Dice
    wares: Sequence[Ware]
    usual: dict[str, list[Ware]] = field(default_factory=dict)

    def __call__(self, visit: Visit) -> Basket:
        """What lies on the counter."""
        weekend = visit.at.weekday() >= SATURDAY
        offered = [(ware, ware.appeal) for ware in self.wares if _fits(ware, visit.at.hour, weekend=weekend)]
        chosen = [ware for ware in self._usual(visit) if self.dice.random() < 0.8]
        extras = one_of(self.dice, ((0, 48), (1, 34), (2, 14), (3, 4))) + weekend + (not chosen)
        chosen += [one_of(self.dice, offered) for _ in range(extras)]
        lines = [
            line_of(number, ware, self._quantity(ware, weekend=weekend))
            for number, ware in enumerate(dict.fromkeys(chosen), 1)
        ]
        return Basket(tuple(lines)).paid_by(one_of(self.dice, PAYMENTS))

    def _usual(self, visit: Visit) -> list[Ware]:
        if visit.customer is None:
            return []
        code = visit.customer.newcomer.code
        if code not in self.usual:
            suits = [w for w in self.wares if _fits(w, int(visit.customer.hour), weekend=False) and not w.price > 2500]
            self.usual[code] = [one_of(self.dice, [(ware, ware.appeal) for ware in suits]) for _ in range(2)]
        return self.usual[code]

    def _quantity(self, ware: Ware, *, weekend: bool) -> int:
        if ware.weighed:
            grams = self.dice.gauss(520, 180) if weekend else self.dice.gauss(310, 110)
            return max(80, int(grams) // 5 * 5)
        if "coffee" in ware.tags:
            return PIECE * one_of(self.dice, ((1, 80), (2, 17), (3, 3)))
        if ware.price < 900:
            return PIECE * one_of(self.dice, ((1, 60), (2, 24), (3, 10), (4, 6)))
        return PIECE


def _fits(ware: Ware, hour: int, *, weekend: bool) -> bool:
    if not ware.when:
        return True
    return ("morning" if hour < NOON else "afternoon") in ware.when or (weekend and "weekend" in ware.when)


PADARIA = Shop(
    slug="padaria",
    name="Padaria do Bairro",
    currency="BRL",
    timezone="America/Sao_Paulo",
    country="BR",
    language="pt-br",
    branches=(Branch("S1", "Padaria do Bairro", tills=2),),
    departments=(
        ("bread", "Pães", ""),
        ("coffee", "Café", ""),
        ("drinks", "Bebidas", ""),
        ("snacks", "Lanches", ""),
        ("cakes", "Bolos e doces", ""),
        ("cold-cuts", "Frios", ""),
        ("groceries", "Mercearia", ""),
        ("tobacco", "Cigarros", ""),
    ),
    wares=read_wares("padaria"),
    members=120,
    anonymous=6.5,
    habits=(
        Habit("regular", 16, (1.3, 3.0)),
        Habit("weekly", 28, (5, 10)),
        Habit("occasional", 24, (14, 45)),
        Habit("lapsed", 16, (3, 12), ends=(30, 78)),
        Habit("joined", 10, (3, 14), begins=(10, 75)),
        Habit("new", 6, (4, 12), begins=(84, 99)),
    ),
    asked=Asked(name=95, birth_date=60, email=15, tax_id=14, card=0, other_card=2),
    rhythm=Rhythm(
        weekdays=(0.9, 0.85, 0.9, 0.95, 1.05, 1.3, 1.35),
        months=(0.92, 0.95, 1, 1, 1.05, 1.08, 1.05, 1.02, 1, 1, 1, 1.05),
        hours={6: 14, 7: 22, 8: 18, 9: 10, 10: 6, 11: 5, 12: 5, 13: 3, 14: 4, 15: 6, 16: 9, 17: 11, 18: 8, 19: 4},
        weekend_hours={7: 10, 8: 18, 9: 20, 10: 16, 11: 14, 12: 10, 13: 3, 15: 4, 16: 8, 17: 8, 18: 4},
        peaks=(Peak((12, 20), (12, 24), 1.4), Peak((12, 31), (12, 31), 1.3)),
        shut=frozenset({(12, 25), (1, 1)}),
    ),
    fillers=lambda dice: Filler(dice, read_wares("padaria")),
    cashiers=("Cida", "Jonas", "Marli"),
    gifts=(
        Gift("toast", "Pão na chapa", items={"products": ["7890000006668"]}),
        Gift("slice", "Fatia de torta", items={"products": ["7890000009256"]}, unit="points", price=300),
        Gift("breakfast", "Café da manhã para dois", kind="service", unit="points", price=900, valid_days=90),
    ),
    referred=35,
    returns=1,
)
