"""Lots: the parts of an account's holding that become available and lapse together.

A holding is a balance and its lots. Lots and debt are never both above zero, so the debt is what the balance lacks.
Every function takes a holding and gives a new one; nothing is changed in place.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from fiel.core.programme import Expiry, Unit

__all__ = ["NEVER", "Holding", "LotKey", "Move", "draw", "fill", "lapse", "lot_of", "months_later", "put_back", "take"]

NEVER = date.max
"""The expiry of what does not lapse. It sorts behind every other date, as the order of spending wants it."""


class LotKey(NamedTuple):
    """What makes a lot: spendable from one day's first moment to another day's last."""

    expires_on: date
    available_on: date

    def available(self, day: date) -> bool:
        """Whether it can be spent on that day."""
        return self.available_on <= day <= self.expires_on


class Move(NamedTuple):
    """Steps put into a lot (above zero) or drawn from it (below)."""

    lot: LotKey
    steps: int


@dataclass(frozen=True, slots=True)
class Holding:
    """One account: its balance in steps, below zero only by a debt, and what each lot holds (above zero)."""

    balance: int = 0
    lots: Mapping[LotKey, int] = field(default_factory=dict)

    @property
    def debt(self) -> int:
        """Steps owed."""
        return max(0, -self.balance)

    def available(self, day: date) -> int:
        """Steps that can be spent on a day."""
        return sum(steps for lot, steps in self.lots.items() if lot.available(day))

    def pending(self, day: date) -> int:
        """Steps that wait for their day."""
        return sum(steps for lot, steps in self.lots.items() if lot.available_on > day)


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def lot_of(unit: Unit, day: date) -> LotKey:
    """The lot into which what is earned on a day goes, by the programme's clock."""
    available_on = day + timedelta(days=unit.pending_days)
    return LotKey(_expires_on(unit.expiry, available_on), available_on)


def _expires_on(expiry: Expiry, day: date) -> date:
    if expiry.kind == "days":
        return day + timedelta(days=expiry.count)
    if expiry.kind == "end_of_month":
        later = months_later(day.replace(day=1), expiry.count)
        return later.replace(day=monthrange(later.year, later.month)[1])
    if expiry.kind == "end_of_year":
        return date(day.year + expiry.count, 12, 31)
    # By inactivity the account lapses as a whole; its lots carry no date.
    return NEVER


def fill(holding: Holding, moves: Iterable[Move]) -> tuple[Holding, tuple[Move, ...]]:
    """Put steps into lots; debt is repaid first. Gives the new holding and what went into lots."""
    lots, balance, put = dict(holding.lots), holding.balance, []
    for lot, steps in moves:
        into = steps - min(steps, max(0, -balance))
        balance += steps
        if into:
            lots[lot] = lots.get(lot, 0) + into
            put.append(Move(lot, into))
    return Holding(balance, lots), tuple(put)


def draw(holding: Holding, steps: int, day: date) -> tuple[Holding, tuple[Move, ...]] | None:
    """Spend steps from the lots available on a day, soonest-expiring first; None where they do not suffice."""
    order = [lot for lot in sorted(holding.lots) if lot.available(day)]
    after, moves, missing = _draw_from(holding, steps, order)
    return None if missing else (after, moves)


def take(
    holding: Holding, steps: int, first: LotKey | None, *, day: date, debt: bool
) -> tuple[Holding, tuple[Move, ...], int]:
    """Take back what a return gives up: from the lot the sale filled, then from the soonest-expiring.

    Nothing is taken for a lot whose date has passed by `day`. Others that have lapsed and wait for the daily run come
    last, before any debt: lots and debt never stand beside each other. What is missing becomes debt, or is forgiven.
    Gives the new holding, what was drawn, and how many steps were forgiven.
    """
    if first is not None and first.expires_on < day:
        return holding, (), 0
    order = sorted(holding.lots, key=lambda lot: (lot.expires_on < day, lot))
    if first in order:
        order.remove(first)
        order.insert(0, first)
    after, moves, missing = _draw_from(holding, steps, order)
    if missing and debt:
        return Holding(after.balance - missing, after.lots), moves, 0
    return after, moves, missing


def lapse(holding: Holding, lapsed: Iterable[LotKey]) -> tuple[Holding, tuple[Move, ...]]:
    """Take out whole lots, the soonest-expiring first. Gives the new holding and what was drawn."""
    gone = sorted(lot for lot in lapsed if lot in holding.lots)
    after, moves, _ = _draw_from(holding, sum(holding.lots[lot] for lot in gone), gone)
    return after, moves


def put_back(holding: Holding, drawn: Iterable[Move], steps: int) -> tuple[Holding, tuple[Move, ...]]:
    """Give back steps that were drawn: to just those lots, last drawn first back; debt is repaid first."""
    moves, left = [], steps
    for lot, drawn_steps in reversed(list(drawn)):
        back = min(left, -drawn_steps)
        if back:
            moves.append(Move(lot, back))
            left -= back
    return fill(holding, moves)


def _draw_from(holding: Holding, steps: int, order: Iterable[LotKey]) -> tuple[Holding, tuple[Move, ...], int]:
    lots, moves, left = dict(holding.lots), [], steps
    for lot in order:
        if not left:
            break
        drawn = min(left, lots[lot])
        left -= drawn
        moves.append(Move(lot, -drawn))
        if lots[lot] == drawn:
            del lots[lot]
        else:
            lots[lot] -= drawn
    return Holding(holding.balance - (steps - left), lots), tuple(moves), left
