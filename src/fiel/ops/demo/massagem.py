"""The massage studio: by appointment, single or from a pack of five that is counted down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from fiel.core.sale import Payment
from fiel.ops.demo.dice import Dice, one_of
from fiel.ops.demo.gifts import Gift
from fiel.ops.demo.habits import Branch, Customer, Habit, Visit
from fiel.ops.demo.people import Asked
from fiel.ops.demo.rhythm import Peak, Rhythm
from fiel.ops.demo.shop import Basket, Shop
from fiel.ops.demo.wares import PIECE, Ware, line_of, read_wares

__all__ = ["MASSAGEM"]

PACK, COVERED = "PACK-5", "MASSAGE-60"
SESSIONS = 5
PACK_LASTS = timedelta(days=180)  # as the programme says of its sessions
PAYMENTS = (("card", 48), ("cash", 17), ("transfer", 20), ("debit", 15))
SHORT_GAP_DAYS = 40


@dataclass(slots=True)
class Pack:
    """What is left of a pack, and its last day."""

    left: int
    until: date


@dataclass(slots=True)
class Filler:
    """Remembers who has which pack: a session of it pays for the massage while there is one."""

    dice: Dice
    wares: Sequence[Ware]
    packs: dict[str, list[Pack]] = field(default_factory=dict)
    prefers: dict[str, bool] = field(default_factory=dict)

    def __call__(self, visit: Visit) -> Basket:
        """The treatment, maybe a pack to pay it with, and now and then something for at home."""
        wares = {ware.code: ware for ware in self.wares}
        has, buys = self._pack(visit)
        chosen = [wares[PACK]] if buys else []
        chosen.append(wares[COVERED] if has or buys else self._treatment())
        if self.dice.random() < 0.08:
            chosen.append(self.dice.choice([ware for ware in self.wares if ware.department == "care"]))
        lines = tuple(line_of(number, ware, PIECE) for number, ware in enumerate(chosen, 1))
        if not (has or buys):
            return Basket(lines).paid_by(one_of(self.dice, PAYMENTS))
        session = Payment("prepaid", wares[COVERED].price)
        due = sum(line.amount for line in lines) - session.amount
        paid = (Payment(one_of(self.dice, PAYMENTS), due),) if due else ()
        return Basket(lines, payments=(session, *paid), use_packs=True)

    def _treatment(self) -> Ware:
        return one_of(self.dice, [(ware, ware.appeal) for ware in self.wares if ware.department != "care"])

    def _pack(self, visit: Visit) -> tuple[bool, bool]:
        """Whether a session was left and has been taken, and whether a new pack was bought to take one from."""
        if visit.customer is None or not self._prefers_packs(visit.customer):
            return False, False
        code, day = visit.customer.newcomer.code, visit.at.date()
        good = [pack for pack in self.packs.get(code, []) if pack.left and day <= pack.until]
        buys = not good
        if buys:
            good = [Pack(SESSIONS, day + PACK_LASTS)]
        good[0].left -= 1
        self.packs[code] = good
        return not buys, buys

    def _prefers_packs(self, customer: Customer) -> bool:
        """Those who come often mostly buy packs; the first one always does, for she shows how it works."""
        code = customer.newcomer.code
        if code not in self.prefers:
            often = customer.gap < SHORT_GAP_DAYS and self.dice.random() < 0.7
            self.prefers[code] = often or customer.newcomer.consents == {"marketing": True, "profiling": True}
        return self.prefers[code]


HOURS: Mapping[int, int] = {10: 9, 11: 11, 12: 7, 14: 8, 15: 10, 16: 10, 17: 12, 18: 13, 19: 9}

MASSAGEM = Shop(
    slug="massagem",
    name="Estúdio Lótus",
    currency="EUR",
    timezone="Europe/Lisbon",
    country="PT",
    language="pt",
    branches=(Branch("S1", "Estúdio Lótus"),),
    departments=(("massages", "Massagens", ""), ("packs", "Packs e vales", ""), ("care", "Cuidados em casa", "")),
    wares=read_wares("massagem"),
    members=130,
    anonymous=0.6,
    habits=(
        Habit("regular", 30, (12, 22)),
        Habit("monthly", 30, (24, 38)),
        Habit("occasional", 16, (60, 120)),
        Habit("lapsed", 12, (18, 40), ends=(30, 75)),
        Habit("joined", 7, (18, 40), begins=(15, 75)),
        Habit("new", 5, (14, 25), begins=(84, 98)),
    ),
    asked=Asked(name=100, birth_date=85, email=70, tax_id=35, card=0, other_card=0),
    rhythm=Rhythm(
        weekdays=(0, 0.95, 1.1, 1.2, 1.35, 1.55, 0),
        months=(0.85, 0.9, 1, 1.02, 1.08, 1.02, 0.95, 0.7, 1.05, 1.08, 1.05, 1.25),
        hours=HOURS,
        peaks=(Peak((8, 8), (8, 22), 0), Peak((12, 15), (12, 23), 1.3)),
        shut=frozenset({(1, 1), (4, 25), (5, 1), (6, 10), (12, 24), (12, 25)}),
        weather=12,
    ),
    fillers=lambda dice: Filler(dice, read_wares("massagem")),
    cashiers=("Rita", "Joana"),
    gifts=(
        Gift("massage-30", "Massagem de 30 minutos", items={"products": ["MASSAGE-30"]}, valid_days=120),
        Gift("oil", "Óleo de lavanda", items={"products": ["OIL-LAV"]}, unit="points", price=350, valid_days=120),
    ),
    channel="counter",
)
