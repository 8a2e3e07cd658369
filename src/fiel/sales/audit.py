"""What must always hold of recorded sales and returns, and between them and the books.

Lists as in `ledger.audit`: `RECEIPT_CHECKS` take a span of receipts, `BUSINESS_CHECKS` a business; those of accounts
stand in `audit_carries.py`. That the engine would count a sale the same again is asked in `recount.py`; here its own
reasons are added up by other means.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from fiel.core.engine import Gave
from fiel.core.programme import Earn, Unit
from fiel.core.refusals import Refused
from fiel.core.sale import half_up
from fiel.ledger.audit import Check, Finding, Moved, caused_by, moved_by
from fiel.programme.versions import rules_of, versions_of
from fiel.sales.models import ReceiptLine
from fiel.sales.outcome import Stored, stored_cuts, stored_gave
from fiel.tables.read import matching
from fiel.tables.spans import Span, as_uuid, rows, spans_of

__all__ = ["BUSINESS_CHECKS", "RECEIPT_CHECKS", "UNREADABLE", "receipt_spans", "sizes"]

UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, Refused)
"""What reading a stored outcome raises where somebody has spoilt it."""

_RECEIPTS_A_SPAN = 5_000


def receipt_spans(business_id: int) -> list[Span]:
    """The receipts of a business in parts of so many."""
    return spans_of("sales_receipt", business_id, _RECEIPTS_A_SPAN)


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
    """What a sale gave follows from its reasons, and just that was entered in the books, for just those it is about."""
    moved = moved_by("sale", span)
    referrers = _referrers(span)
    versions = _Versions(span.business_id)
    statement = """
        SELECT id, member_id, version, CAST(outcome AS text), CAST(used AS text), standing IS NOT NULL
        FROM sales_receipt WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s
    """
    issued: list[_Issued] = []
    for id_, member, version, outcome, used, returned in span.rows(statement):
        at = _receipt(id_)
        owner = as_uuid(member) if member is not None else None
        entries = moved.get(as_uuid(id_), [])
        for stranger in sorted(_strangers(entries, owner, referrers.get(as_uuid(id_)))):
            yield Finding("entry_of_other_member", at, f"The sale moved an account of {stranger}.")
        try:
            stored = json.loads(outcome)
            told = _Issued(at, stored, entries)
            if told.vouchers:
                issued.append(told)
            else:
                yield from _moved(told, entries)
            if owner is not None and version in versions.numbers:
                caps_know = None if returned else json.loads(used or "{}")
                yield from _figures(at, stored, versions.of(version), entries, caps_know)
        except UNREADABLE as error:
            yield Finding("outcome_unreadable", at, f"What the sale gave cannot be read: {error!r}.")
    yield from _with_vouchers(span.business_id, issued)


def _referrers(span: Span) -> dict[UUID, UUID]:
    """Who was given a gift for bringing the member, by sale."""
    statement = """
        SELECT receipt_id, referrer_id FROM sales_referral
        WHERE business_id = %(business)s AND receipt_id BETWEEN %(first)s AND %(last)s
    """
    return {as_uuid(receipt): as_uuid(referrer) for receipt, referrer in span.rows(statement)}


def _strangers(entries: Iterable[Moved], owner: UUID | None, referrer: UUID | None) -> set[UUID]:
    """Whose accounts a sale moved without being theirs; who brought the member gets gifts for it."""
    return {
        entry.member_id
        for entry in entries
        if entry.member_id != owner and (entry.kind, entry.member_id) != ("refer", referrer)
    }


class _Issued:
    """What a sale tells to have moved. Vouchers that awards issued with it drew their price by entries of their own."""

    def __init__(self, at: str, stored: Stored, entries: list[Moved]) -> None:
        self.at = at
        self.entries = entries
        self.told = Counter(tuple(each) for each in stored.get("moved", ()))
        self.vouchers = [UUID(voucher) for _, voucher in stored.get("issued", ())]


def _with_vouchers(business_id: int, issued: Iterable[_Issued]) -> Iterator[Finding]:
    drawn = caused_by("voucher", business_id, [voucher for sale in issued for voucher in sale.vouchers])
    for sale in issued:
        prices = [entry for voucher in sale.vouchers for entry in drawn.get(voucher, ()) if entry.kind == "spend"]
        yield from _moved(sale, [*sale.entries, *prices])


def _moved(sale: _Issued, entries: Iterable[Moved]) -> Iterator[Finding]:
    """What is told to have moved is what was entered."""
    entered = Counter((entry.unit, entry.kind, entry.steps, _iso(entry.expires_on)) for entry in entries)
    if sale.told != entered:
        detail = f"Told to have moved: {_listed(sale.told)}; entered in the books: {_listed(entered)}."
        yield Finding("outcome_moved", sale.at, detail)


def returns_hold(span: Span) -> Iterator[Finding]:
    """What a return moved is what was entered in the books."""
    statement = """
        SELECT id, CAST(outcome AS text) FROM sales_return
        WHERE business_id = %(business)s AND receipt_id BETWEEN %(first)s AND %(last)s
    """
    told = {as_uuid(id_): outcome for id_, outcome in span.rows(statement)}
    moved = caused_by("return", span.business_id, told)
    for id_, outcome in told.items():
        try:
            yield from _took(f"return {id_}", json.loads(outcome), moved.get(id_, []))
        except UNREADABLE as error:
            yield Finding("outcome_unreadable", f"return {id_}", f"What the return took cannot be read: {error!r}.")


def standings_hold(span: Span) -> Iterator[Finding]:
    """What is kept as left of a receipt's lines is what did not come back of them."""
    statement = """
        SELECT r.id, CAST(r.standing AS text), r.gone, CAST(t.lines AS text)
        FROM sales_receipt r LEFT JOIN sales_return t ON t.business_id = r.business_id AND t.receipt_id = r.id
        WHERE r.business_id = %(business)s AND r.id BETWEEN %(first)s AND %(last)s
            AND (r.standing IS NOT NULL OR t.id IS NOT NULL)
    """
    back: dict[UUID, Counter[int]] = {}
    kept: dict[UUID, tuple[list[int | None], bool]] = {}
    for id_, standing, gone, lines in span.rows(statement):
        receipt = as_uuid(id_)
        try:
            kept[receipt] = ((json.loads(standing or "null") or {}).get("left", []), bool(gone))
            back.setdefault(receipt, Counter()).update(dict(json.loads(lines or "[]")))
        except UNREADABLE as error:
            yield Finding("standing_left", _receipt(receipt), f"What is left cannot be read: {error!r}.")
            kept.pop(receipt, None)
    left: dict[UUID, list[int]] = {receipt: [] for receipt in kept}
    lines_of = (("receipt_id",), [(receipt,) for receipt in kept], ("number", "quantity"))
    for receipt, number, quantity in sorted(matching(ReceiptLine, span.business_id, *lines_of)):
        left[receipt].append(quantity - back[receipt][number])
    for receipt, (told, gone) in kept.items():
        if [each or 0 for each in told] != left[receipt] or gone != all(each is None for each in told):
            detail = f"{told} are kept as left; returns have left {left[receipt]}."
            yield Finding("standing_left", _receipt(receipt), detail)
        elif not back[receipt]:
            yield Finding("standing_left", _receipt(receipt), "Something is kept as left, but nothing came back.")


def _took(at: str, stored: Stored, entries: Iterable[Moved]) -> Iterator[Finding]:
    """What a return tells to have moved is what it entered, and beside that what vouchers gave back that it revoked."""
    told = Counter(tuple(each) for each in stored.get("moved", ()))
    entered = Counter((entry.unit, entry.kind, entry.steps) for entry in entries)
    beside = told - entered
    if entered - told or any(kind != "give_back" for _, kind, _ in beside):
        detail = f"Told to have moved: {_listed(told)}; entered in the books: {_listed(entered)}."
        yield Finding("return_moved", at, detail)


def _listed(moves: Counter[tuple[Any, ...]]) -> str:
    return ", ".join(f"{steps:+} {unit} ({kind})" for unit, kind, steps, *_ in moves.elements()) or "nothing"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _figures(
    at: str, stored: Stored, version: _Version, entries: Iterable[Moved], used: Mapping[str, Any] | None
) -> Iterator[Finding]:
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
    yield from _given(at, stored, gives, entries)


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


def _given(at: str, stored: Stored, gives: Iterable[Gave], entries: Iterable[Moved]) -> Iterator[Finding]:
    """What the sale's entries earned and spent is what the outcome says of each unit."""
    wanted: Counter[tuple[str, str]] = Counter()
    for gave in gives:
        wanted[gave.unit, "earn"] += gave.steps
    for _, _, unit, count, _ in stored.get("covered", ()):
        wanted[unit, "spend"] -= count
    for unit, steps in stored.get("spent", {}).items():
        wanted[unit, "spend"] -= steps
    entered: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if entry.kind in ("earn", "spend"):
            entered[entry.unit, entry.kind] += entry.steps
    for unit, kind in sorted(key for key in wanted.keys() | entered.keys() if wanted[key] != entered[key]):
        detail = f"{entered[unit, kind]} of {unit} were entered as {kind}; the sale makes {wanted[unit, kind]}."
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


RECEIPT_CHECKS: tuple[Check, ...] = (
    lines_make_the_total,
    lines_are_sound,
    parts_have_a_receipt,
    versions_exist,
    outcomes_hold,
    returns_hold,
    standings_hold,
)
BUSINESS_CHECKS: tuple[Callable[[int], Iterator[Finding]], ...] = (versions_are_readable,)


def _receipt(id_: UUID | str) -> str:
    return f"sale {as_uuid(id_)}"
