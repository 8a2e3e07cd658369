"""What must always hold of recorded sales and returns, and between them and the books.

Two lists, as in `ledger.audit`: `RECEIPT_CHECKS` take a span of receipts, `ACCOUNT_CHECKS` one of accounts. That the
engine would count a sale the same again is asked in `recount.py`; here its own reasons are added up by other means.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from heapq import merge
from itertools import groupby
from typing import Any
from uuid import UUID

from fiel.core.engine import Gave
from fiel.core.programme import Earn, Unit
from fiel.core.refusals import Refused
from fiel.core.sale import half_up
from fiel.ledger.audit import Carry, Check, Finding, Moved, carries, caused_by, moved_by
from fiel.members.models import Member
from fiel.programme.versions import rules_of, versions_of
from fiel.sales.models import ReceiptLine
from fiel.sales.outcome import Stored, stored_cuts, stored_gave
from fiel.tables.read import matching
from fiel.tables.spans import Span, as_uuid, rows, spans

__all__ = ["ACCOUNT_CHECKS", "RECEIPT_CHECKS", "receipt_spans", "sizes", "versions_are_readable"]

_RECEIPTS_A_SPAN = 5_000
_NOTHING = Fraction(0)


def receipt_spans(business_id: int) -> list[Span]:
    """The receipts of a business in parts of so many."""
    statement = """
        SELECT id FROM (
            SELECT id, row_number() OVER (ORDER BY id) AS place FROM sales_receipt WHERE business_id = %(business)s
        ) r
        WHERE place %% %(size)s = 0 ORDER BY id
    """
    cuts = rows(statement, business=business_id, size=_RECEIPTS_A_SPAN)
    return spans(business_id, [as_uuid(id_) for (id_,) in cuts])


def sizes(business_id: int) -> dict[str, int]:
    """How many receipts, lines and returns there are."""
    found = {}
    for name, table in (("receipts", "receipt"), ("lines", "receiptline"), ("returns", "return")):
        statement = f"SELECT count(*) FROM sales_{table} WHERE business_id = %(business)s"  # noqa: S608
        [(found[name],)] = rows(statement, business=business_id)
    return found


# Receipts and their lines


def lines_make_the_total(span: Span) -> Iterator[Finding]:
    """The lines' nets are the total, and what the lines cost less every discount."""
    statement = """
        SELECT r.id, r.total, r.discount, coalesce(l.net, 0), coalesce(l.due, 0)
        FROM sales_receipt r LEFT JOIN (
            SELECT receipt_id, sum(net) AS net, sum(amount - discount) AS due FROM sales_receiptline
            WHERE business_id = %(business)s AND receipt_id BETWEEN %(first)s AND %(last)s
            GROUP BY receipt_id
        ) l ON l.receipt_id = r.id
        WHERE r.business_id = %(business)s AND r.id BETWEEN %(first)s AND %(last)s
            AND (coalesce(l.net, 0) <> r.total OR coalesce(l.net, 0) <> coalesce(l.due, 0) - r.discount)
    """
    for receipt, total, discount, net, due in span.rows(statement):
        if net != total:
            yield Finding("receipt_total", _receipt(receipt), f"The total is {total}; the lines' nets make {net}.")
        if net != due - discount:
            detail = f"The lines' nets make {net}, not {due} less the sale's discount of {discount}."
            yield Finding("receipt_discounts", _receipt(receipt), detail)


def lines_are_sound(span: Span) -> Iterator[Finding]:
    """Of each line at most its quantity is covered, and it costs and was paid no more than there was."""
    statement = """
        SELECT receipt_id, number, quantity, covered, amount, discount, net, paid FROM sales_receiptline
        WHERE business_id = %(business)s AND receipt_id BETWEEN %(first)s AND %(last)s AND (
            covered < 0 OR covered > quantity OR discount < 0 OR net < 0 OR net > amount - discount
            OR paid < 0 OR paid > net
        )
    """
    for receipt, number, quantity, covered, amount, discount, net, paid in span.rows(statement):
        at = f"{_receipt(receipt)}/{number}"
        if not 0 <= covered <= quantity:
            yield Finding("line_covered", at, f"{covered} of a quantity of {quantity} are covered.")
        else:
            detail = f"Of {amount} less {discount} the net is {net}, of which {paid} were paid with rewards."
            yield Finding("line_figures", at, detail)


def parts_have_a_receipt(span: Span) -> Iterator[Finding]:
    """Every line, payment and return belongs to a receipt."""
    for what, table in (("line", "receiptline"), ("payment", "receiptpayment"), ("return", "return")):
        statement = f"""
            SELECT DISTINCT x.receipt_id FROM sales_{table} x
            WHERE x.business_id = %(business)s AND x.receipt_id BETWEEN %(first)s AND %(last)s AND NOT EXISTS (
                SELECT 1 FROM sales_receipt r WHERE r.business_id = %(business)s AND r.id = x.receipt_id
            )
        """  # noqa: S608
        for (receipt,) in span.rows(statement):
            yield Finding(f"{what}_without_receipt", _receipt(receipt), "There is no such receipt.")


def versions_exist(span: Span) -> Iterator[Finding]:
    """A receipt that was counted has the version that counted it."""
    statement = """
        SELECT r.id, r.version FROM sales_receipt r
        WHERE r.business_id = %(business)s AND r.id BETWEEN %(first)s AND %(last)s AND r.version IS NOT NULL
            AND NOT EXISTS (
                SELECT 1 FROM programme_version v WHERE v.business_id = %(business)s AND v.number = r.version
            )
    """
    for receipt, version in span.rows(statement):
        yield Finding("version_missing", _receipt(receipt), f"There is no version {version} of the programme.")


def versions_are_readable(business_id: int) -> Iterator[Finding]:
    """Every version of the programme states rules that can be read."""
    for number in versions_of(business_id).numbers:
        try:
            rules_of(business_id, number)
        except Refused as refused:
            faults = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in refused.faults)
            yield Finding("version_unreadable", f"version {number}", f"{refused.detail} {faults}")


# What a sale gave, and what it moved


def outcomes_hold(span: Span) -> Iterator[Finding]:
    """What a sale gave follows from its reasons, and just that was entered in the books, for just that member."""
    moved = moved_by("sale", span)
    versions = _Versions(span.business_id)
    statement = """
        SELECT id, member_id, version, CAST(outcome AS text), CAST(used AS text), standing IS NOT NULL
        FROM sales_receipt WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s
    """
    for id_, member, version, outcome, used, returned in span.rows(statement):
        receipt = as_uuid(id_)
        at = _receipt(receipt)
        owner = as_uuid(member) if member is not None else None
        entries = moved.pop(receipt, [])
        strangers = {entry.member_id for entry in entries} - {owner}
        for stranger in sorted(strangers):
            yield Finding("entry_of_other_member", at, f"The sale moved an account of {stranger}.")
        if version is not None and version not in versions.numbers:
            continue
        try:
            stored = json.loads(outcome)
            yield from _moves(at, stored, entries)
            if owner is not None and version is not None:
                yield from _figures(at, stored, versions.of(version), None if returned else json.loads(used or "{}"))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Refused) as error:
            yield Finding("outcome_unreadable", at, f"What the sale gave cannot be read: {error!r}.")
    for receipt in moved:
        yield Finding("entry_without_receipt", _receipt(receipt), "Entries name this sale, which does not exist.")


def returns_hold(span: Span) -> Iterator[Finding]:
    """What a return moved is what was entered in the books, and what is left of the lines is what did not come back."""
    statement = """
        SELECT t.id, t.receipt_id, CAST(t.lines AS text), CAST(t.outcome AS text), CAST(r.standing AS text)
        FROM sales_return t JOIN sales_receipt r ON r.business_id = t.business_id AND r.id = t.receipt_id
        WHERE t.business_id = %(business)s AND t.receipt_id BETWEEN %(first)s AND %(last)s
    """
    found = [(as_uuid(id_), as_uuid(receipt), *told) for id_, receipt, *told in span.rows(statement)]
    if not found:
        return
    moved = caused_by("return", span.business_id, [each[0] for each in found])
    back: dict[UUID, Counter[int]] = {}
    standings: dict[UUID, Any] = {}
    for id_, receipt, lines, outcome, standing in found:
        yield from _moves(f"return {id_}", json.loads(outcome), moved.get(id_, []), dated=False)
        back.setdefault(receipt, Counter()).update(dict(json.loads(lines)))
        standings[receipt] = json.loads(standing or "null")
    quantities: dict[UUID, list[int]] = {receipt: [] for receipt in back}
    columns = (("receipt_id",), [(receipt,) for receipt in back], ("number", "quantity"))
    for receipt, number, quantity in sorted(matching(ReceiptLine, span.business_id, *columns)):
        quantities[receipt].append(quantity - back[receipt][number])
    for receipt, left in quantities.items():
        kept = [each or 0 for each in (standings[receipt] or {}).get("left", [])]
        if kept != left:
            yield Finding("standing_left", _receipt(receipt), f"{kept} are kept as left; returns have left {left}.")


def _moves(at: str, stored: Stored, entries: Iterable[Moved], *, dated: bool = True) -> Iterator[Finding]:
    """What is told to have moved is what was entered; `dated`: with the day on which it lapses."""
    told = Counter(tuple(each) for each in stored.get("moved", ()))
    entered = Counter(_told(entry, dated=dated) for entry in entries)
    if told != entered:
        detail = f"Told to have moved: {_listed(told)}; entered in the books: {_listed(entered)}."
        yield Finding("outcome_moved", at, detail)


def _listed(moves: Counter[tuple[Any, ...]]) -> str:
    return ", ".join(f"{steps:+} {unit} ({kind})" for unit, kind, steps, *_ in moves.elements()) or "nothing"


def _told(entry: Moved, *, dated: bool) -> tuple[Any, ...]:
    said = (entry.unit, entry.kind, entry.steps)
    return (*said, _iso(entry.expires_on)) if dated else said


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _figures(at: str, stored: Stored, version: _Version, used: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Reasons less cuts make each unit's total, rounding makes it steps; these moved. `used` None: changed since."""
    kept = _kept(stored, version.rules)
    gives = list(stored_gave(stored))
    for gave in gives:
        rules = kept.pop(gave.unit, [])
        total = sum(each.kept for each in rules)
        if total != gave.total:
            yield Finding("outcome_sum", at, f"The reasons make {total} of {gave.unit}; the total is {gave.total}.")
        yield from _rounded(at, gave, version.units[gave.unit], rules)
        for each in rules if used is not None else ():
            steps = Fraction(each.kept, gave.scale)
            if each.rule.cap.counts_days and steps != Fraction(*(used or {}).get(each.rule.code, (0, 1))):
                yield Finding("outcome_used", at, f"{each.rule.code} gave {steps} steps; its caps know of others.")
    for unit in kept:
        yield Finding("outcome_sum", at, f"There are reasons for {unit}, of which nothing is told.")
    yield from _given(at, stored, gives)


@dataclass(slots=True)
class _Kept:
    """What a rule gave, in steps × scale: by line before its cap, and in all after it."""

    rule: Earn
    by_line: list[tuple[int, int]]
    kept: int = 0
    cut: int = 0

    def spread(self) -> Iterator[tuple[int, int]]:
        """What is left of each line: a cap's room is filled in their order."""
        if not self.cut:
            yield from self.by_line
            return
        left = self.kept
        for line, gives in self.by_line:
            fits = min(gives, left)
            left -= fits
            yield line, fits


def _kept(stored: Stored, rules: Mapping[str, Earn]) -> dict[str, list[_Kept]]:
    """What each rule gave, by unit. Raises KeyError for a rule that the version does not have."""
    told = [_Kept(rules[code], []) for code in stored["rules"]]
    for line, place, _, gives in stored["counted"]:
        each = told[place]
        each.by_line.append((line, gives))
        each.kept += gives
    by_code = {each.rule.code: each for each in told}
    for cut in stored_cuts(stored):
        by_code[cut.rule].cut += cut.steps
        by_code[cut.rule].kept -= cut.steps
    found: dict[str, list[_Kept]] = {}
    for each in told:
        found.setdefault(each.rule.unit, []).append(each)
    return found


def _rounded(at: str, gave: Gave, unit: Unit, rules: Iterable[_Kept]) -> Iterator[Finding]:
    if unit.rounding == "carry":
        whole = gave.carry_before + Fraction(gave.total, gave.scale)
        if whole != gave.steps + gave.carry or not 0 <= gave.carry < 1:
            detail = f"A carry of {gave.carry_before} and {whole - gave.carry_before} of {gave.unit} are told to make"
            yield Finding("outcome_carry", at, f"{detail} {gave.steps} steps and a carry of {gave.carry}.")
        return
    rounded = _ROUNDINGS[unit.rounding]
    steps = rounded(gave.total, gave.scale) if unit.round_per == "sale" else _by_line(rounded, gave.scale, rules)
    if steps != gave.steps:
        detail = f"{Fraction(gave.total, gave.scale)} of {gave.unit} are {steps} steps, not {gave.steps}."
        yield Finding("outcome_rounding", at, detail)


def _by_line(rounded: Callable[[int, int], int], scale: int, rules: Iterable[_Kept]) -> int:
    """Whole steps where each line is rounded, and each sale rule by itself."""
    lines: Counter[int] = Counter()
    steps = 0
    for each in rules:
        for line, gives in each.spread():
            if line:
                lines[line] += gives
            else:
                steps += rounded(gives, scale)
    return steps + sum(rounded(gives, scale) for gives in lines.values())


def _given(at: str, stored: Stored, gives: Iterable[Gave]) -> Iterator[Finding]:
    """What was earned and spent is what the outcome says of each unit."""
    wanted: Counter[tuple[str, str]] = Counter()
    for gave in gives:
        wanted[gave.unit, "earn"] += gave.steps
    for _, _, unit, count, _ in stored.get("covered", ()):
        wanted[unit, "spend"] -= count
    for unit, steps in stored.get("spent", {}).items():
        wanted[unit, "spend"] -= steps
    moved: Counter[tuple[str, str]] = Counter()
    for unit, kind, steps, *_ in stored["moved"]:
        if kind in ("earn", "spend"):
            moved[unit, kind] += steps
    for unit, kind in sorted(key for key in wanted.keys() | moved.keys() if wanted[key] != moved[key]):
        detail = f"{moved[unit, kind]} of {unit} moved as {kind}; the sale makes {wanted[unit, kind]}."
        yield Finding("outcome_steps", at, detail)


_ROUNDINGS: dict[str, Callable[[int, int], int]] = {
    "floor": lambda steps, scale: steps // scale,
    "half_up": half_up,
    "ceil": lambda steps, scale: -(-steps // scale),
}


@dataclass(frozen=True, slots=True)
class _Version:
    """What of a version of the programme its receipts are checked by."""

    units: Mapping[str, Unit]
    rules: Mapping[str, Earn]


class _Versions:
    """The versions by which receipts were counted. `of` raises `invalid` for one that cannot be read."""

    def __init__(self, business_id: int) -> None:
        self.business_id = business_id
        self.numbers = frozenset(versions_of(business_id).numbers)
        self._known: dict[int, _Version] = {}

    def of(self, number: int) -> _Version:
        """A version."""
        if number not in self._known:
            programme = rules_of(self.business_id, number).programme
            self._known[number] = _Version(programme.units, {rule.code: rule for rule in programme.earn})
        return self._known[number]

    def carrying(self) -> dict[int, frozenset[str]]:
        """The units that carry, by version, where there are any."""
        found = {}
        for number in self.numbers:
            with suppress(Refused):  # `version_unreadable` says it
                units = self.of(number).units.values()
                found[number] = frozenset(unit.code for unit in units if unit.rounding == "carry")
        return {number: units for number, units in found.items() if units}


# Accounts: their members, and their carries


def members_exist(span: Span) -> Iterator[Finding]:
    """Every account has a member."""
    owners = {carry.member_id for carry in carries(span)}
    known = matching(Member, span.business_id, ("id",), [(owner,) for owner in sorted(owners)], ())
    for owner in sorted(owners - {id_ for (id_,) in known}):
        yield Finding("account_without_member", f"member {owner}", "There are accounts of a member who does not exist.")


@dataclass(frozen=True, slots=True)
class _Change:
    """A sale or return that changed a carry. Ids are in the order of time."""

    member_id: UUID
    id: UUID
    unit: str
    before: Fraction
    after: Fraction


def carries_follow(span: Span) -> Iterator[Finding]:
    """Each sale and return began with the carry that the one before left; the last left what the account has."""
    carrying = _Versions(span.business_id).carrying()
    changes = merge(_sale_changes(span, carrying), _return_changes(span), key=_member)
    at_end = _by_member(carries(span))
    for member, group in groupby(changes, key=_member):
        by_unit: dict[str, list[_Change]] = {}
        for change in group:
            by_unit.setdefault(change.unit, []).append(change)
        finals = at_end.pop(member, {})
        for unit in sorted(by_unit.keys() | finals.keys()):
            yield from _chain(f"{member}/{unit}", by_unit.get(unit, []), finals.get(unit, _NOTHING))
    for member, finals in sorted(at_end.items()):
        for unit, final in sorted(finals.items()):
            yield from _chain(f"{member}/{unit}", [], final)


def _member(change: _Change) -> UUID:
    return change.member_id


def _by_member(found: Iterable[Carry]) -> dict[UUID, dict[str, Fraction]]:
    by_member: dict[UUID, dict[str, Fraction]] = {}
    for each in found:
        if each.carry:
            by_member.setdefault(each.member_id, {})[each.unit] = each.carry
    return by_member


def _sale_changes(span: Span, carrying: Mapping[int, frozenset[str]]) -> Iterator[_Change]:
    if not carrying:
        return
    statement = """
        SELECT member_id, id, version, CAST(outcome AS text) FROM sales_receipt
        WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s AND member_id IS NOT NULL
        ORDER BY member_id
    """
    for member, id_, version, outcome in span.rows(statement):
        units = carrying.get(version)
        for gave in stored_gave(json.loads(outcome)) if units else ():
            if gave.unit in (units or ()):
                yield _Change(as_uuid(member), as_uuid(id_), gave.unit, gave.carry_before, gave.carry)


def _return_changes(span: Span) -> Iterator[_Change]:
    statement = """
        SELECT r.member_id, t.id, CAST(t.outcome AS text)
        FROM sales_return t JOIN sales_receipt r ON r.business_id = t.business_id AND r.id = t.receipt_id
        WHERE t.business_id = %(business)s AND r.business_id = %(business)s
            AND r.member_id BETWEEN %(first)s AND %(last)s
        ORDER BY r.member_id
    """
    for member, id_, outcome in span.rows(statement):
        for unit, (before, after) in json.loads(outcome).get("carries", {}).items():
            yield _Change(as_uuid(member), as_uuid(id_), unit, Fraction(*before), Fraction(*after))


def _chain(at: str, changes: list[_Change], final: Fraction) -> Iterator[Finding]:
    carry = _NOTHING
    broken = None
    for change in sorted(changes, key=lambda change: change.id):
        if broken is None and change.before != carry:
            broken = change
        carry = change.after if broken is None else carry
    if broken is None:
        if carry != final:
            yield Finding("carry_account", at, f"The account carries {final}; sales and returns have left {carry}.")
    # The clocks of two servers may differ by more than it took to sell twice, and ids follow the clocks. So what does
    # not fit in their order may fit in another: as long as whatever one began with, one other had left.
    elif Counter([_NOTHING, *(change.after for change in changes)]) != Counter(
        [*(change.before for change in changes), final]
    ):
        detail = f"{broken.id} began with a carry of {broken.before}; the one before had left {carry}."
        yield Finding("carry_chain", at, detail)


RECEIPT_CHECKS: tuple[Check, ...] = (
    lines_make_the_total,
    lines_are_sound,
    parts_have_a_receipt,
    versions_exist,
    outcomes_hold,
    returns_hold,
)
ACCOUNT_CHECKS: tuple[Check, ...] = (members_exist, carries_follow)


def _receipt(id_: UUID | str) -> str:
    return f"sale {as_uuid(id_)}"
