"""Returns: `take_back()` counts a sale again without what came back, and takes the difference.

By the rules and facts of that day, through the same counting as the sale; points.md §6.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from fiel import clock
from fiel.core.compiled import Compiled
from fiel.core.lots import lot_of
from fiel.core.programme import Unit
from fiel.core.refusals import Fault, Refused
from fiel.core.returns import (
    Difference,
    Returned,
    Settled,
    Standing,
    check_return,
    count_again,
    nets_left,
    units_that_stay,
    what_remains,
)
from fiel.core.tiers import TierState, after_return, effective, lifts
from fiel.events.changes import Counted, note_receipts
from fiel.ledger.post import Books, Cause, Movement, open_books, post
from fiel.ledger.read import drawn_by
from fiel.members.find import follow, lock
from fiel.members.models import Member, TierChange
from fiel.members.tiers import TierBook, tier_state
from fiel.programme.versions import rules_of
from fiel.rewards.awards import open_award_book
from fiel.rewards.vouchers import reopen, revoke_newest
from fiel.sales.measures import read_measures
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment, Referral, Return
from fiel.sales.outcome import balances_as_stored
from fiel.sales.stored import settled_of, standing_as_stored, standing_of
from fiel.shops.models import Business, Store
from fiel.tables.ids import new_id

__all__ = ["IncomingReturn", "take_back"]

_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class IncomingReturn:
    """What comes back of a sale; `lines` None: everything that is left. `number` is the return's own document."""

    number: str
    occurred_at: datetime
    lines: tuple[Returned, ...] | None = None
    cashier: str = ""

    def digest(self) -> str:
        """What tells this content from any other of the same document."""
        lines = None if self.lines is None else [(each.line, each.quantity) for each in self.lines]
        said = json.dumps((self.occurred_at.astimezone(UTC).isoformat(), lines))
        return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def take_back(business: Business, receipt_id: UUID, incoming: IncomingReturn) -> tuple[Return, bool]:
    """Record a return; whether it was in the books before. Raises `not_found`, `invalid`, `conflict`, `too_early`."""
    with transaction.atomic():
        receipt = Receipt.objects.filter(business=business, id=receipt_id).first()
        if receipt is None:
            raise Refused("not_found", "There is no such sale.")
        referral = Referral.objects.filter(business=business, receipt_id=receipt_id, taken_at=None).first()
        members = _lock_members(business, receipt, referral)
        # Read again under the lock: what another return took is gone.
        receipt = Receipt.objects.select_for_update(no_key=True).get(business=business, id=receipt_id)
        if receipt.member_id is not None and receipt.member_id not in members:
            # Linked while we waited: the accounts that it moved are not locked.
            raise Refused("in_progress", "This sale is being linked to a member at this moment.")
        known = Return.objects.filter(business=business, receipt_id=receipt_id, number=incoming.number).first()
        if known is not None:
            if known.digest != incoming.digest():
                fault = Fault("/number", "a return's number is used once for each sale")
                raise Refused("conflict", f"Return {incoming.number} was recorded with other content.", [fault])
            return known, True
        taking = _Taking(business, receipt, members, referral, incoming, clock.now())
        return taking.record(), False


def _lock_members(business: Business, receipt: Receipt, referral: Referral | None) -> dict[UUID, Member]:
    """The members whose accounts the sale moved, by the ids that it knew them by; they were maybe merged since."""
    moved = {receipt.member_id, referral.referrer_id if referral else None} - {None}
    leads_to = follow(business.id, [member_id for member_id in moved if member_id])
    locked = lock(business.id, leads_to.values())
    return {member_id: locked[into] for member_id, into in leads_to.items()}


@dataclass(slots=True)
class _Taking:
    """One return on its way."""

    business: Business
    receipt: Receipt
    members: dict[UUID, Member]
    referral: Referral | None
    incoming: IncomingReturn
    now: datetime

    @property
    def member(self) -> Member | None:
        """Who bought."""
        return self.members.get(self.receipt.member_id) if self.receipt.member_id else None

    def record(self) -> Return:
        before = self.receipt.standing
        settled, standing = self._as_it_stands()
        self._check_time()
        returned = check_return(settled.sale, standing, self.incoming.lines)
        left = what_remains(standing, returned)
        row = self._row(returned)
        if self.member is not None and self.receipt.version is not None:
            compiled = rules_of(self.business.id, self.receipt.version)
            after, differences = count_again(settled, standing, left, compiled)
            self._keep(settled, after)
            row.outcome = self._undo(row, self.member, settled, standing, after, differences, compiled)
        else:
            after = Standing(left, {}, 0)
            self._keep(settled, after)
            row.outcome = {}
        row.save(force_insert=True)
        counted = Counted(self.receipt.id, self.receipt.member_id, before, sign=-1)
        note_receipts(self.business.id, [counted, replace(counted, left=self.receipt.standing, sign=1)])
        return row

    def _as_it_stands(self) -> tuple[Settled, Standing]:
        ours: dict[str, Any] = {"business": self.business, "receipt_id": self.receipt.id}
        lines = list(ReceiptLine.objects.filter(**ours).order_by("number"))
        payments = ReceiptPayment.objects.filter(**ours).order_by("number")
        store = Store.objects.get(business=self.business, code=self.receipt.store)
        zone = ZoneInfo(store.timezone or self.business.timezone)
        return settled_of(self.receipt, lines, payments, zone), standing_of(self.receipt, lines)

    def _check_time(self) -> None:
        if self.incoming.occurred_at < self.receipt.occurred_at:
            raise Refused("invalid", "A return comes after its sale.", [Fault("/occurred_at", "after the sale")])
        if self.incoming.occurred_at > self.now + _AHEAD:
            fault = Fault("/occurred_at", "at most 5 minutes ahead of the server's clock")
            raise Refused("too_early", "The return lies in the future: set the till's clock.", [fault])

    def _row(self, returned: Sequence[Returned]) -> Return:
        return Return(
            business=self.business,
            receipt_id=self.receipt.id,
            id=new_id(),
            number=self.incoming.number,
            occurred_at=self.incoming.occurred_at,
            recorded_at=self.now,
            cashier=self.incoming.cashier,
            digest=self.incoming.digest(),
            lines=[[each.line, each.quantity] for each in returned],
        )

    def _keep(self, settled: Settled, after: Standing) -> None:
        """What is left of the sale, for the next return and for what rules look at."""
        self.receipt.standing = standing_as_stored(after, nets_left(settled, after.left))
        self.receipt.spend = after.spend
        self.receipt.gone = after.gone
        used = {rule: [steps.numerator, steps.denominator] for rule, steps in after.used.items()}
        self.receipt.used = used or None
        self.receipt.save(update_fields=["standing", "spend", "gone", "used"])

    # What it moves

    def _undo(
        self,
        row: Return,
        member: Member,
        settled: Settled,
        standing: Standing,
        after: Standing,
        differences: Sequence[Difference],
        compiled: Compiled,
    ) -> dict[str, Any]:
        """Give back what the sale spent, take what it gave too much, look at the tier; tell what moved."""
        books = open_books(self.business.id, {each.id for each in self.members.values()})
        cause = Cause("return", row.id, self.incoming.occurred_at)
        today = self.now.astimezone(compiled.programme.timezone).date()
        moved = list(self._give_back(books, member, settled, standing, after, cause))
        moved += self._free_vouchers(books, after, today)
        forgiven: dict[str, int] = {}
        carries: dict[str, list[list[int]]] = {}
        gifts = self._gifts_to_take(after, compiled)
        taking = {each.unit: each.steps for each in differences}
        for difference in differences:
            if compiled.programme.units[difference.unit].rounding == "carry":
                taking[difference.unit] = self._carry(books, member.id, difference, carries)
        for who, unit_code, steps in gifts:
            if who == member.id:
                taking[unit_code] = taking.get(unit_code, 0) + steps
        for unit_code, steps in taking.items():
            taken, missing = self._take(books, member.id, compiled.programme.units[unit_code], steps, compiled, cause)
            moved += taken
            forgiven.update({unit_code: missing} if missing else {})
        for who, unit_code, steps in gifts:
            if who != member.id:
                moved += self._take(books, who, compiled.programme.units[unit_code], steps, compiled, cause)[0]
        awards = open_award_book(self.business, compiled.programme, {each.id for each in self.members.values()})
        awards.look_at_invitations(compiled.programme, books, member.id, at=self.incoming.occurred_at)
        for referrer_id, _, _ in gifts:
            awards.close_not_due(compiled.programme, books, referrer_id)
        awards.write(now=self.now)
        post(books, recorded_at=self.now)
        tier = self._lower_tier(member, row, standing, after, compiled, today)
        told = {
            "moved": [[each.unit, each.kind, each.steps] for each in moved],
            "others": [[each.unit, each.kind, each.steps] for each in moved if each.member_id != member.id],
            "balances": balances_as_stored(books, member.id, today),
            "tier": tier,
            "forgiven": forgiven,
            "carries": carries,
        }
        return {key: value for key, value in told.items() if value or key in ("moved", "balances")}

    def _gifts_to_take(self, after: Standing, compiled: Compiled) -> list[tuple[UUID, str, int]]:
        """Referral gifts that go because the sale no longer qualifies: whose, of which unit, how many steps."""
        rule, referral = compiled.programme.referral, self.referral
        if rule is None or referral is None or after.spend >= max(1, rule.min_amount):
            return []
        Referral.objects.filter(business=self.business, receipt_id=self.receipt.id).update(taken_at=self.now)
        gifts = [(referral.referred_id, referral.referred_steps), (referral.referrer_id, referral.referrer_steps)]
        return [(self.members[who].id, referral.unit, steps) for who, steps in gifts if steps]

    def _take(
        self, books: Books, member_id: UUID, unit: Unit, steps: int, compiled: Compiled, cause: Cause
    ) -> tuple[list[Movement], int]:
        """Take what the sale gave too much: what moved, and the steps forgiven.

        While the account runs short, unused vouchers that awards made from it are revoked, the newest first.
        """
        if not steps:
            return [], 0
        today = self.now.astimezone(compiled.programme.timezone).date()
        lot = lot_of(unit, self._day(compiled))
        moved: list[Movement] = []
        while books.missing(member_id, unit.code, steps, first=lot, day=today):
            revoked = revoke_newest(books, member_id, unit.code, at=self.incoming.occurred_at, today=today)
            if revoked is None:
                break
            moved.append(revoked)
        debt = unit.on_debt == "allow"
        movement, forgiven = books.take(member_id, unit.code, steps, first=lot, day=today, debt=debt, cause=cause)
        return [*moved, movement] if movement else moved, forgiven

    def _day(self, compiled: Compiled) -> date:
        return self.receipt.occurred_at.astimezone(compiled.programme.timezone).date()

    def _carry(self, books: Books, member_id: UUID, difference: Difference, carries: dict[str, list[list[int]]]) -> int:
        """What the carry loses, and the whole steps that it does not hold."""
        before = books.carry(member_id, difference.unit)
        total = before - difference.exact
        whole = total.numerator // total.denominator
        books.set_carry(member_id, difference.unit, total - whole)
        carries[difference.unit] = [_pair(before), _pair(total - whole)]
        return -whole

    def _give_back(
        self,
        books: Books,
        member: Member,
        settled: Settled,
        standing: Standing,
        after: Standing,
        cause: Cause,
    ) -> Iterator[Movement]:
        """What the sale spent on what came back, to just the lots it came from."""
        outcome: Mapping[str, Any] = self.receipt.outcome
        stay_before = units_that_stay(settled, standing.left, outcome.get("spent", {}), outcome.get("covered", ()))
        stay_after = units_that_stay(settled, after.left, outcome.get("spent", {}), outcome.get("covered", ()))
        for unit, stayed in stay_before.items():
            steps = stayed - stay_after[unit]
            if steps:
                drawn = drawn_by(self.business.id, unit, self.receipt.id)
                # What earlier returns gave back was drawn last.
                total = -sum(move.steps for move in drawn)
                yield books.put_back(member.id, unit, steps, _first(drawn, stayed, total), cause=cause)

    def _free_vouchers(self, books: Books, after: Standing, today: date) -> list[Movement]:
        """Vouchers may be used again: an item's when its line is wholly returned, others with the whole sale."""
        free = None
        if not after.gone:
            covered = self.receipt.outcome.get("covered", ())
            free = [UUID(voucher) for line, *_, voucher in covered if voucher and after.left[line - 1] is None]
            if not free:
                return []
        return reopen(books, self.receipt.id, free, at=self.incoming.occurred_at, now=self.now, today=today)

    def _lower_tier(
        self, member: Member, row: Return, standing: Standing, after: Standing, compiled: Compiled, today: date
    ) -> str:
        """The member falls where the tier was reached by this sale or a later one, and nothing since meets it."""
        programme = compiled.programme
        state = tier_state(member)
        before = effective(programme, state, today)
        reached = self._reached(member, state.tier, compiled)
        if reached is None or reached.cause is None:
            return before
        measures = read_measures(self.business.id, [member.id], programme, [reached.day])[member.id]
        kept = Receipt.objects.values_list("outcome", flat=True).get(business=self.business, id=reached.cause)
        kept_until = date.fromisoformat(kept["kept_until"]) if "kept_until" in kept else None
        earned = TierState(reached.before, kept_until)
        now = after_return(programme, state, measures, before=earned, reached_on=reached.day)
        book = TierBook(self.business.id)
        if now != state:
            fallen = effective(programme, now, today)
            book.move(member, now, before=before, after=fallen, day=today, why="returned", cause=row.id)
            book.write(recorded_at=self.now)
            return fallen
        return before

    def _reached(self, member: Member, tier: str, compiled: Compiled) -> TierChange | None:
        """The rise that last took the member to the tier or past it, if this sale or a later one did it."""
        whys = ("reached", "merged", "one_step")
        rows = TierChange.objects.filter(business=self.business, member_id=member.id, why__in=whys)
        for change in rows.order_by("-recorded_at", "-id") if len(compiled.programme.tiers) > 1 else ():
            if change.why == "one_step":
                # The tier below counts as met on the day of the fall, whatever had been met before.
                return None
            if lifts(compiled.programme, change.before, change.after, tier):
                # What came by merging stays.
                if change.why != "reached" or change.cause is None:
                    return None
                # Sales that arrived together were recorded at one moment; their ids tell their order.
                ours = (self.receipt.recorded_at, self.receipt.id)
                return change if (change.recorded_at, change.cause) >= ours else None
        return None


def _first(drawn: Sequence[Any], stayed: int, total: int) -> list[Any]:
    """The draws that have not been given back: those of the first `stayed` of `total` steps."""
    left, first = stayed, []
    for move in drawn if stayed < total else ():
        steps = min(left, -move.steps)
        left -= steps
        if steps:
            first.append(type(move)(move.lot, -steps))
    return list(drawn) if stayed >= total else first


def _pair(number: Fraction) -> list[int]:
    return [number.numerator, number.denominator]
