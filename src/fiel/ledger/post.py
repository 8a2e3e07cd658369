"""Posting: the only writer of the books.

Open the books of some members (whose lock the caller holds), enter movements one after the other, then `post` writes
them all: a statement for each table, whatever the number of movements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from fiel.core.lots import NEVER, Holding, LotKey, Move, draw, fill, lapse, put_back, take
from fiel.core.refusals import Refused
from fiel.events.changes import note_lots, note_units
from fiel.events.tell import SILENCE, Happened, Listening, listen, tell
from fiel.ledger.models import Account, Draw, Entry, Lot
from fiel.ledger.read import balances
from fiel.tables.write import insert, upsert

__all__ = ["Books", "Cause", "Movement", "Spent", "open_books", "post"]


@dataclass(frozen=True, slots=True)
class Cause:
    """What moves an account, and when. At most one entry of a kind for an account and cause."""

    kind: str
    id: UUID
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """An entry as it was made: signed steps, and the day on which what came in lapses (None: never)."""

    member_id: UUID
    unit: str
    kind: str
    steps: int
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Spent:
    """Steps that a member paid with, and for what."""

    member_id: UUID
    unit: str
    steps: int
    cause: Cause


@dataclass(slots=True)
class _Open:
    """An account while its books are open; `before`: what it held when they were opened."""

    holding: Holding = field(default_factory=Holding)
    before: Holding = field(default_factory=Holding)
    carry: Fraction = Fraction(0)
    entries: int = 0
    changed: bool = False
    lots: set[LotKey] = field(default_factory=set)


@dataclass(slots=True)
class Books:
    """The accounts of some members, and what has been entered since they were opened."""

    business_id: int
    listening: Listening = SILENCE
    members: dict[UUID, dict[str, _Open]] = field(default_factory=dict)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    draws: list[tuple[object, ...]] = field(default_factory=list)

    def holding(self, member_id: UUID, unit: str) -> Holding:
        """What the account holds by now."""
        account = self.members.get(member_id, {}).get(unit)
        return account.holding if account else Holding()

    def carry(self, member_id: UUID, unit: str) -> Fraction:
        """The fraction of a step that waits for its rest."""
        account = self.members.get(member_id, {}).get(unit)
        return account.carry if account else Fraction(0)

    def units(self, member_id: UUID) -> list[str]:
        """The units of which the member has an account."""
        return list(self.members.get(member_id, ()))

    @property
    def spent(self) -> Iterator[Spent]:
        """What has been paid with since the books were opened."""
        for _, member_id, unit, _, kind, steps, _, occurred_at, cause_kind, cause, *_ in self.entries:
            if kind == "spend":
                yield Spent(member_id, unit, -steps, Cause(cause_kind, cause, occurred_at))

    def set_carry(self, member_id: UUID, unit: str, carry: Fraction) -> None:
        """Keep a new carry."""
        account = self._account(member_id, unit)
        account.carry = carry
        account.changed = True

    def put(self, member_id: UUID, unit: str, steps: int, lot: LotKey, *, kind: str, cause: Cause) -> Movement:
        """Enter an inflow: debt is repaid first, the rest goes into the lot."""
        account = self._account(member_id, unit)
        account.holding, moves = fill(account.holding, [Move(lot, steps)])
        return self._enter(account, Movement(member_id, unit, kind, steps, _day(lot)), moves, cause, lot)

    def spend(self, member_id: UUID, unit: str, steps: int, day: date, *, kind: str, cause: Cause) -> Movement:
        """Enter an outflow from the lots available on a day. Raises `not_enough`; the books stay as they were."""
        account = self._account(member_id, unit)
        drawn = draw(account.holding, steps, day)
        if drawn is None:
            raise Refused("not_enough", f"There is not enough of {unit} on the account.")
        account.holding, moves = drawn
        return self._enter(account, Movement(member_id, unit, kind, -steps), moves, cause, None)

    def take(
        self, member_id: UUID, unit: str, steps: int, *, first: LotKey, day: date, debt: bool, cause: Cause
    ) -> tuple[Movement | None, int]:
        """Enter what a return takes back: from the lot that the sale filled, then from the soonest-expiring.

        What is missing becomes a debt, or is forgiven; gives the movement, if any, and the steps forgiven.
        """
        account = self._account(member_id, unit)
        before = account.holding.balance
        account.holding, moves, forgiven = take(account.holding, steps, first, day=day, debt=debt)
        taken = before - account.holding.balance
        if not taken:
            return None, forgiven
        return self._enter(account, Movement(member_id, unit, "take_back", -taken), moves, cause, None), forgiven

    def missing(self, member_id: UUID, unit: str, steps: int, *, first: LotKey, day: date) -> int:
        """The steps that `take` would not find."""
        return take(self._account(member_id, unit).holding, steps, first, day=day, debt=False)[2]

    def put_back(self, member_id: UUID, unit: str, steps: int, drawn: Sequence[Move], *, cause: Cause) -> Movement:
        """Enter what comes back of a spending: `drawn` is what it drew and has not got back, in that order."""
        account = self._account(member_id, unit)
        account.holding, moves = put_back(account.holding, drawn, steps)
        return self._enter(account, Movement(member_id, unit, "give_back", steps), moves, cause, None)

    def lapse(self, member_id: UUID, unit: str, lots: Iterable[LotKey], *, kind: str, cause: Cause) -> Movement | None:
        """Enter that whole lots are gone; None where they held nothing."""
        account = self._account(member_id, unit)
        before = account.holding.balance
        account.holding, moves = lapse(account.holding, lots)
        gone = before - account.holding.balance
        return self._enter(account, Movement(member_id, unit, kind, -gone), moves, cause, None) if gone else None

    def move(self, member_id: UUID, unit: str, moves: Sequence[Move], *, kind: str, cause: Cause) -> Movement | None:
        """Enter an inflow into several lots; debt is repaid first. None where there is nothing."""
        steps = sum(move.steps for move in moves)
        if not steps:
            return None
        account = self._account(member_id, unit)
        account.holding, put = fill(account.holding, moves)
        return self._enter(account, Movement(member_id, unit, kind, steps), put, cause, None)

    def owe(self, member_id: UUID, unit: str, steps: int, *, kind: str, cause: Cause) -> Movement:
        """Enter an outflow that nothing covers: what lots hold goes first, the rest is a debt."""
        account = self._account(member_id, unit)
        account.holding, moves, _ = take(account.holding, steps, None, day=cause.occurred_at.date(), debt=True)
        return self._enter(account, Movement(member_id, unit, kind, -steps), moves, cause, None)

    def _account(self, member_id: UUID, unit: str) -> _Open:
        return self.members.setdefault(member_id, {}).setdefault(unit, _Open())

    def _enter(
        self, account: _Open, movement: Movement, moves: Iterable[Move], cause: Cause, lot: LotKey | None
    ) -> Movement:
        account.entries += 1
        account.changed = True
        account.lots.update(move.lot for move in moves)
        key = (self.business_id, movement.member_id, movement.unit, account.entries)
        dates = (lot.available_on, _day(lot)) if lot else (None, None)
        said = (movement.kind, movement.steps, account.holding.balance, cause.occurred_at, cause.kind, cause.id)
        self.entries.append((*key, *said, *dates))
        if lot is None:
            self.draws.extend((*key, move.lot.expires_on, move.lot.available_on, move.steps) for move in moves)
        return movement


def _day(lot: LotKey) -> date | None:
    return None if lot.expires_on == NEVER else lot.expires_on


def open_books(business_id: int, member_ids: Iterable[UUID]) -> Books:
    """The books of members whose lock the caller holds, until its transaction ends."""
    books = Books(business_id, listen(business_id))
    for balance in balances(business_id, member_ids):
        account = _Open(balance.holding, balance.holding, balance.carry, balance.entries)
        books.members.setdefault(balance.member_id, {})[balance.unit] = account
    return books


_ACCOUNT = ("business", "member_id", "unit")
_LOT = ("expires_on", "available_on")
_SAID = ("kind", "steps", "balance", "occurred_at", "cause_kind", "cause")


def post(books: Books, *, recorded_at: datetime) -> None:
    """Write what was entered, in the caller's transaction: accounts, entries, draws, lots; and tell who listens."""
    changed = [
        ((member_id, unit), account)
        for member_id, accounts in books.members.items()
        for unit, account in accounts.items()
        if account.changed
    ]
    upsert(
        Account,
        _ACCOUNT,
        ("balance", "carry_numerator", "carry_denominator", "entries"),
        [
            (books.business_id, *key, a.holding.balance, a.carry.numerator, a.carry.denominator, a.entries)
            for key, a in changed
        ],
    )
    insert(
        Entry,
        (*_ACCOUNT, "number", *_SAID, "available_on", "expires_on", "recorded_at"),
        [(*entry, recorded_at) for entry in books.entries],
    )
    insert(Draw, (*_ACCOUNT, "number", *_LOT, "steps"), books.draws)
    lots = [(key, lot, a.before.lots.get(lot, 0), a.holding.lots.get(lot, 0)) for key, a in changed for lot in a.lots]
    upsert(
        Lot,
        (*_ACCOUNT, *_LOT),
        ("steps",),
        [(books.business_id, *key, *lot, steps) for key, lot, _, steps in lots],
    )
    note_lots(books.business_id, [(key[1], *lot, steps - before) for key, lot, before, steps in lots])
    note_units(books.business_id, [(entry[2], entry[4], entry[7], entry[5]) for entry in books.entries])
    if books.listening.to("points.changed"):
        tell(books.listening, "points.changed", _changes(books.entries), at=recorded_at)


def _changes(entries: Iterable[tuple[Any, ...]]) -> Iterator[Happened]:
    """What moved, for each member and cause: what a sale gives in several units is one piece of news."""
    moved: dict[tuple[UUID, str, UUID, datetime], list[list[object]]] = {}
    for _, member_id, unit, _, kind, steps, balance, occurred_at, cause_kind, cause, _, expires_on in entries:
        ends = expires_on.isoformat() if expires_on else None
        moved.setdefault((member_id, cause_kind, cause, occurred_at), []).append([unit, kind, steps, balance, ends])
    for (member_id, cause_kind, cause, occurred_at), moves in moved.items():
        facts = {"cause": [cause_kind, str(cause)], "occurred_at": occurred_at.isoformat(), "moved": moves}
        yield Happened(member_id, facts)
