"""The supermarket: three branches, quick baskets and full trolleys, offers of the week, what each season brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from fiel.ops.demo.dice import Dice, one_of
from fiel.ops.demo.gifts import Gift
from fiel.ops.demo.habits import Branch, Habit, Visit
from fiel.ops.demo.people import Asked
from fiel.ops.demo.rhythm import Peak, Rhythm
from fiel.ops.demo.shop import Basket, Shop
from fiel.ops.demo.wares import PIECE, Ware, line_of, read_wares

__all__ = ["MERCADO"]

PAYMENTS = (("card", 34), ("pix", 28), ("debit", 23), ("cash", 15))
FOOD_VOUCHERS = 0.12
PAYDAYS = range(5, 11)
OFFERS_A_WEEK = 12
SMOKERS = 0.12

# How many lines a visit has: something forgotten, the daily things, the week, the month.
TRIPS = (((1, 3), 34), ((3, 7), 38), ((8, 14), 20), ((15, 26), 8))
PAYDAY_TRIPS = (((1, 3), 26), ((3, 7), 32), ((8, 14), 24), ((15, 26), 18))

GRAMS = {"produce": (900, 350), "butcher": (850, 300), "bakery": (320, 120), "dairy": (260, 90)}


@dataclass(frozen=True, slots=True)
class Shelves:
    """What can be bought in a month, laid out for choosing by appeal."""

    wares: Sequence[Ware]
    until: Sequence[int]


@dataclass(slots=True)
class Filler:
    """Customers have favourites; offers change each week; some smoke."""

    dice: Dice
    wares: Sequence[Ware]
    shelves: dict[int, Shelves] = field(default_factory=dict)
    offers: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)
    favourites: dict[str, Sequence[Ware]] = field(default_factory=dict)

    def __call__(self, visit: Visit) -> Basket:
        """What goes over the belt."""
        trips = PAYDAY_TRIPS if visit.at.day in PAYDAYS else TRIPS
        chosen = self._choose(visit, self.dice.randint(*one_of(self.dice, trips)))
        offers = self._offers(visit)
        lines = tuple(
            line_of(number, ware, self._quantity(ware), percent_off=offers.get(ware.code, 0))
            for number, ware in enumerate(chosen, 1)
        )
        basket = Basket(lines)
        if visit.customer and basket.due > 8000 and self.dice.random() < 0.05:
            basket = Basket(lines, discount=self.dice.choice((500, 1000)))
        kind = one_of(self.dice, PAYMENTS)
        return basket.paid_by(kind, "food") if self.dice.random() < FOOD_VOUCHERS else basket.paid_by(kind)

    def _choose(self, visit: Visit, count: int) -> list[Ware]:
        shelves = self._shelves(visit.at.month)
        liked = self._favourites(visit, shelves)
        chosen: dict[Ware, None] = {}
        for _ in range(count):
            from_favourites = liked and self.dice.random() < 0.55
            ware = self.dice.choice(liked) if from_favourites else self._pick(shelves)
            if not ware.when or str(visit.at.month) in ware.when:
                chosen[ware] = None
        return list(chosen) or [self._pick(shelves)]

    def _pick(self, shelves: Shelves) -> Ware:
        return self.dice.choices(shelves.wares, cum_weights=shelves.until)[0]

    def _shelves(self, month: int) -> Shelves:
        if month not in self.shelves:
            wares = [w for w in self.wares if w.department != "tobacco" and (not w.when or str(month) in w.when)]
            self.shelves[month] = Shelves(wares, list(accumulate(ware.appeal for ware in wares)))
        return self.shelves[month]

    def _favourites(self, visit: Visit, shelves: Shelves) -> Sequence[Ware]:
        """A dozen things that somebody buys again and again; cigarettes are among them or never bought."""
        if visit.customer is None:
            return ()
        code = visit.customer.newcomer.code
        if code not in self.favourites:
            liked = [self._pick(shelves) for _ in range(14)]
            if self.dice.random() < SMOKERS:
                liked += [ware for ware in self.wares if ware.department == "tobacco"]
            self.favourites[code] = liked
        return self.favourites[code]

    def _offers(self, visit: Visit) -> dict[str, int]:
        """What is cheaper this week, in per cent."""
        week = visit.at.isocalendar()[:2]
        if week not in self.offers:
            cheaper = self.dice.sample([ware for ware in self.wares if ware.department != "tobacco"], OFFERS_A_WEEK)
            self.offers[week] = {ware.code: self.dice.choice((10, 15, 20, 25)) for ware in cheaper}
        return self.offers[week]

    def _quantity(self, ware: Ware) -> int:
        if ware.weighed:
            usual, spread = GRAMS.get(ware.department, (600, 200))
            return max(60, int(self.dice.gauss(usual, spread)))
        if ware.price < 800:
            return PIECE * one_of(self.dice, ((1, 62), (2, 22), (3, 8), (4, 5), (6, 3)))
        return PIECE * one_of(self.dice, ((1, 90), (2, 10)))


MERCADO = Shop(
    slug="mercado",
    name="Mercado Boa Vista",
    currency="BRL",
    timezone="America/Sao_Paulo",
    country="BR",
    language="pt-br",
    branches=(
        Branch("S1", "Boa Vista Centro", tills=5, share=50),
        Branch("S2", "Boa Vista Jardim", tills=3, share=30),
        Branch("S3", "Boa Vista Estação", tills=2, share=20),
    ),
    departments=(
        ("fresh", "Frescos", ""),
        ("bakery", "Padaria", "fresh"),
        ("butcher", "Açougue e peixaria", "fresh"),
        ("produce", "Hortifruti", "fresh"),
        ("dairy", "Frios e laticínios", "fresh"),
        ("food", "Alimentos", ""),
        ("pantry", "Mercearia", "food"),
        ("frozen", "Congelados", "food"),
        ("drinks", "Bebidas", "food"),
        ("alcohol", "Bebidas alcoólicas", "drinks"),
        ("home", "Casa", ""),
        ("cleaning", "Limpeza", "home"),
        ("hygiene", "Higiene", "home"),
        ("pets", "Animais", "home"),
        ("tobacco", "Tabacaria", ""),
    ),
    wares=read_wares("mercado"),
    members=320,
    anonymous=13,
    habits=(
        Habit("regular", 18, (4, 8)),
        Habit("weekly", 34, (8, 16)),
        Habit("occasional", 20, (25, 60)),
        Habit("lapsed", 14, (7, 16), ends=(30, 78)),
        Habit("joined", 9, (7, 16), begins=(8, 75)),
        Habit("new", 5, (6, 12), begins=(84, 99)),
    ),
    asked=Asked(name=100, birth_date=75, email=38, tax_id=55, card=45, other_card=8, company=3),
    rhythm=Rhythm(
        weekdays=(0.85, 0.85, 1.0, 0.95, 1.15, 1.35, 0.85),
        months=(0.95, 0.92, 0.98, 1.02, 1, 0.98, 0.97, 1, 1, 1.02, 1.06, 1.25),
        hours={8: 5, 9: 8, 10: 9, 11: 9, 12: 7, 13: 5, 14: 5, 15: 6, 16: 8, 17: 12, 18: 13, 19: 9, 20: 4},
        weekend_hours={8: 6, 9: 11, 10: 14, 11: 14, 12: 9, 13: 6, 14: 6, 15: 7, 16: 9, 17: 9, 18: 6, 19: 3},
        peaks=(Peak((12, 18), (12, 24), 1.4), Peak((12, 29), (12, 31), 1.3), Peak((5, 15), (5, 21), 1.15)),
        shut=frozenset({(12, 25), (1, 1)}),
        weather=12,
    ),
    fillers=lambda dice: Filler(dice, read_wares("mercado")),
    cashiers=("Edna", "Rafael", "Simone", "Davi", "Lúcia", "Nilton", "Paloma"),
    gifts=(
        Gift("chocolate", "Chocolate", items={"products": ["7890000024426"]}, unit="points", price=350),
        Gift("coffee", "Café moído 500 g", items={"products": ["7890000021463"]}, unit="points", price=900),
        Gift(
            "wheel-balance",
            "Balanceamento na Pneus do Vale",
            kind="service",
            unit="points",
            price=1200,
            valid_days=90,
            on_expire="give_back",
        ),
    ),
    referred=30,
    returns=12,
    cheats=True,
)
