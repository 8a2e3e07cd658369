"""What-if: receipts of the past counted by a draft, beside the rules of today. Nothing is written.

Both programmes start alike: members have no balance, no carry and the first tier when the span begins, so that what
differs comes from the rules. What was returned, and what vouchers paid for, is left out. Nothing lapses: what is told
is what sales give and take.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from fiel.core.compiled import Compiled
from fiel.core.engine import Outcome, award
from fiel.core.lots import lot_of
from fiel.core.refusals import Refused
from fiel.core.returns import sale_left
from fiel.core.sale import Facts, Payment, Sale
from fiel.core.tiers import Measures, TierState, after_sale, effective, on_day
from fiel.ledger.post import Books, Cause
from fiel.members.find import follow
from fiel.members.models import Member
from fiel.sales.history import History
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment
from fiel.sales.outcome import stored_covered
from fiel.sales.stored import LINE, line_as_sold, settled_of, standing_of
from fiel.shops.models import Business

__all__ = ["Figures", "Replayed", "receipts_between", "replay"]

_GROUP = 2000

Progress = Callable[[int], None]


@dataclass(slots=True)
class Figures:
    """What a programme does over a span, in steps by unit: given, by month, by rule, and taken by packs and awards.

    `refused`: sales whose payment with a unit the account could not cover. `rose`: how often members rose into a tier;
    `stand`: how many stand in each at the end. `by_rule`: exact steps, before caps and rounding.
    """

    sales: int = 0
    refused: int = 0
    given: Counter[str] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)
    by_month: dict[str, Counter[str]] = field(default_factory=dict)
    by_rule: dict[str, Fraction] = field(default_factory=dict)
    awards: Counter[str] = field(default_factory=Counter)
    rose: Counter[str] = field(default_factory=Counter)
    stand: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The draft's figures, and those of today's rules over the same receipts (None: there are none yet)."""

    draft: Figures
    today: Figures | None


@dataclass(frozen=True, slots=True)
class _Sold:
    """A receipt of the past: who bought, what, and its id as a cause."""

    id: UUID
    member: Member
    sale: Sale


def replay(
    business: Business,
    draft: Compiled,
    today: Compiled | None,
    *,
    first: datetime,
    last: datetime,
    progress: Progress = lambda receipts: None,
) -> Replayed:
    """Count the receipts of members, from one moment to before another, by a draft and by today's rules beside it."""
    ours = _Run(business, draft)
    theirs = _Run(business, today) if today else None
    for group in _groups(business, first, last):
        for sold in group:
            ours.count(sold)
            if theirs:
                theirs.count(sold)
        progress(len(group))
    return Replayed(ours.done(), theirs.done() if theirs else None)


def receipts_between(business: Business, first: datetime, last: datetime) -> int:
    """How many receipts a replay will count."""
    return _receipts(business, first, last).count()


def _receipts(business: Business, first: datetime, last: datetime) -> QuerySet[Receipt]:
    ours = Receipt.objects.filter(business=business, occurred_at__gte=first, occurred_at__lt=last)
    return ours.filter(member_id__isnull=False, gone=False)


_COLUMNS = ("id", "store", "till", "occurred_at", "member_id", "channel", "discount", "facts", "whole")


def _groups(business: Business, first: datetime, last: datetime) -> Iterator[list[_Sold]]:
    """The sales as they stand, in the order of time; a few queries for each group of them.

    Of a year there are millions of lines: they are read as bare columns. Sales of which something came back, or that
    packs or vouchers paid for, are few, and are read as a return reads them.
    """
    zones = {store.code: ZoneInfo(store.timezone or business.timezone) for store in business.stores.all()}
    members = _Members(business)
    whole = ExpressionWrapper(Q(standing__isnull=True), BooleanField())
    ours = _receipts(business, first, last).annotate(whole=whole).order_by("occurred_at", "id")
    found = ours.values_list(*_COLUMNS).iterator(_GROUP)
    while rows := list(islice(found, _GROUP)):
        ids = [row[0] for row in rows if row[-1]]
        lines = _by_receipt(ReceiptLine, business, ids, (*LINE, "covered"))
        payments = _by_receipt(ReceiptPayment, business, ids, ("kind", "amount", "unit"))
        covered = [id_ for id_ in ids if any(line[-1] for line in lines.get(id_, ()))]
        special = _special(business, [*covered, *(row[0] for row in rows if not row[-1])], zones)
        members.read(row[4] for row in rows)
        group: list[_Sold] = []
        for id_, store, till, occurred_at, member_id, channel, discount, facts, _ in rows:
            if id_ in special:
                group.append(_Sold(id_, members.of(member_id), special[id_]))
                continue
            ways = facts.get("departments", {})
            sale = Sale(
                occurred_at=occurred_at,
                local=occurred_at.astimezone(zones[store]),
                store=store,
                till=till,
                lines=tuple(line_as_sold(*line[:-1], ways=ways) for line in lines.get(id_, ())),
                discount=discount,
                payments=tuple(Payment(*payment) for payment in payments.get(id_, ())),
                channel=channel,
            )
            group.append(_Sold(id_, members.of(member_id), sale))
        yield group


def _by_receipt(
    model: type[ReceiptLine | ReceiptPayment], business: Business, ids: Sequence[UUID], columns: Sequence[str]
) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    rows = model.objects.filter(business=business, receipt_id__in=ids).order_by("receipt_id", "number")
    for id_, *values in rows.values_list("receipt_id", *columns):
        found.setdefault(id_, []).append(values)
    return found


def _special(business: Business, ids: Sequence[UUID], zones: Mapping[str, ZoneInfo]) -> dict[UUID, Sale]:
    """Sales as if what came back, and pieces that vouchers paid for, had never been on them. Packs may pay again."""
    if not ids:
        return {}
    mine = {"business": business, "receipt_id__in": ids}
    lines: dict[UUID, list[ReceiptLine]] = {}
    for line in ReceiptLine.objects.filter(**mine).order_by("receipt_id", "number"):
        lines.setdefault(line.receipt_id, []).append(line)
    payments: dict[UUID, list[ReceiptPayment]] = {}
    for payment in ReceiptPayment.objects.filter(**mine).order_by("receipt_id", "number"):
        payments.setdefault(payment.receipt_id, []).append(payment)
    found: dict[UUID, Sale] = {}
    for receipt in Receipt.objects.filter(business=business, id__in=ids):
        own = lines.get(receipt.id, [])
        settled = settled_of(receipt, own, payments.get(receipt.id, []), zones[receipt.store])
        left = list(standing_of(receipt, own).left)
        covered = list(stored_covered(receipt.outcome))
        for each in covered:
            if each.voucher:
                rest = (left[each.line - 1] or 0) - each.quantity
                left[each.line - 1] = rest if rest > 0 else None
        found[receipt.id] = replace(sale_left(settled, left), use_packs=any(each.unit for each in covered))
    return found


class _Members:
    """The members who bought, as they are now; those who were merged are who they became."""

    def __init__(self, business: Business) -> None:
        self._business = business
        self._known: dict[UUID, Member] = {}

    def read(self, member_ids: Iterable[UUID | None]) -> None:
        unknown = {member_id for member_id in member_ids if member_id} - self._known.keys()
        leads_to = follow(self._business.id, unknown) if unknown else {}
        rows = Member.objects.filter(business=self._business, id__in=set(leads_to.values()))
        by_id = {member.id: member for member in rows}
        self._known.update({member_id: by_id[into] for member_id, into in leads_to.items()})

    def of(self, member_id: UUID | None) -> Member:
        if member_id is None:
            raise LookupError("a sale without a member is not replayed")
        return self._known[member_id]


class _Run:
    """One programme over the span: accounts, tiers and history of its own, kept in memory only."""

    def __init__(self, business: Business, compiled: Compiled) -> None:
        self.compiled = compiled
        self.programme = compiled.programme
        self.books = Books(business.id)
        self.history = History()
        self.tiers: dict[UUID, TierState] = {}
        self.measures: dict[UUID, Measures] = {}
        self.figures = Figures()
        # By rule and scale: whole numbers add up faster than fractions.
        self._by_rule: Counter[tuple[str, int]] = Counter()

    def count(self, sold: _Sold) -> None:
        """Count one sale, and let it do in memory what it would have done."""
        day = sold.sale.occurred_at.astimezone(self.programme.timezone).date()
        facts = self._facts(sold, day)
        try:
            outcome = award(sold.sale, facts, self.compiled)
        except Refused:
            self.figures.refused += 1
            return
        self.figures.sales += 1
        self._enter(sold, outcome, day)
        self.history.add(sold.member.id, day, outcome.used)
        if len(self.programme.tiers) > 1:
            self._raise_tier(sold.member.id, outcome, day)
        self._tell(outcome, day)

    def done(self) -> Figures:
        """The figures, with what each rule gave, and where members stand at the end."""
        for (rule, scale), gives in self._by_rule.items():
            by_rule = self.figures.by_rule
            by_rule[rule] = by_rule.get(rule, Fraction(0)) + Fraction(gives, scale)
        for state in self.tiers.values():
            self.figures.stand[state.tier or self.programme.first_tier] += 1
        return self.figures

    def _facts(self, sold: _Sold, day: date) -> Facts:
        member, books, compiled = sold.member, self.books, self.compiled
        state = self.tiers.get(member.id, TierState(""))
        paying = {*compiled.session_units, *(payment.unit for payment in sold.sale.payments if payment.unit)}
        carried = [unit.code for unit in self.programme.units.values() if unit.rounding == "carry"]
        return Facts(
            tier=effective(self.programme, state, day) if self.programme.tiers else "",
            types=frozenset(member.types),
            birth_date=member.birth_date,
            joined=member.joined,
            sales_so_far=self.history.sales_so_far(member.id),
            caps_used={rule: self.history.used(member.id, rule, day) for rule in compiled.capped},
            carry={unit: books.carry(member.id, unit) for unit in carried},
            held={unit: books.holding(member.id, unit).available(day) for unit in paying},
            owed={unit: books.holding(member.id, unit).debt for unit in compiled.session_units},
        )

    def _enter(self, sold: _Sold, outcome: Outcome, day: date) -> None:
        """What the sale gives and takes. A pack bought with its first session on one receipt is there to pay."""
        books, member_id = self.books, sold.member.id
        cause = Cause("sale", sold.id, sold.sale.occurred_at)
        for gave in outcome.gave:
            books.set_carry(member_id, gave.unit, gave.carry)
            if gave.steps:
                lot = lot_of(self.programme.units[gave.unit], day)
                books.put(member_id, gave.unit, gave.steps, lot, kind="earn", cause=cause)
        for unit, steps in (*outcome.spent.items(), *outcome.sessions_used.items()):
            books.spend(member_id, unit, steps, day, kind="spend", cause=cause)
            self.figures.spent[unit] += steps
        for rule in self.programme.awards:
            self._award(rule.code, rule.unit, rule.every, member_id, day, cause)
        books.entries.clear()
        books.draws.clear()

    def _award(self, code: str, unit: str, every: int, member_id: UUID, day: date, cause: Cause) -> None:
        """Awards take their units at once, an invitation too: as if every guest came."""
        while self.books.holding(member_id, unit).available(day) >= every:
            self.books.spend(member_id, unit, every, day, kind="spend", cause=cause)
            self.figures.awards[code] += 1
            self.figures.spent[unit] += every

    def _raise_tier(self, member_id: UUID, outcome: Outcome, day: date) -> None:
        measures = self.measures.setdefault(member_id, Measures())
        measures.add(day, spend=outcome.spend, sales=1, earned={gave.unit: gave.steps for gave in outcome.gave})
        state = self.tiers.get(member_id, TierState(self.programme.first_tier))
        state, _ = on_day(self.programme, state, measures, day)
        now = after_sale(self.programme, state, measures, day)
        if now.tier != state.tier:
            self.figures.rose[now.tier] += 1
        self.tiers[member_id] = now

    def _tell(self, outcome: Outcome, day: date) -> None:
        month = self.figures.by_month.setdefault(f"{day:%Y-%m}", Counter())
        scales = {gave.unit: gave.scale for gave in outcome.gave}
        for gave in outcome.gave:
            self.figures.given[gave.unit] += gave.steps
            month[gave.unit] += gave.steps
        units = self.compiled.unit_of
        for _, rule, _, gives in outcome.counted:
            self._by_rule[rule, scales[units[rule]]] += gives
