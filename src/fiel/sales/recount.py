"""Counting recorded sales once more: the stored lines and facts, by the version of that day, give the stored outcome.

And what returns have left of a sale is what comes out when they are counted again, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from fiel.core.compiled import Compiled
from fiel.core.engine import Outcome, award, count
from fiel.core.returns import Gives, Returned, Settled, Standing, count_again, nets_left, what_remains
from fiel.ledger.audit import Check, Finding
from fiel.programme.versions import rules_of, versions_of
from fiel.sales.audit import UNREADABLE
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment, Return
from fiel.sales.outcome import factors_as_stored, stored_covered, stored_cuts, stored_gave, stored_reasons
from fiel.sales.stored import settled_of, standing_of
from fiel.shops.models import Business, Store
from fiel.tables.spans import Span

__all__ = ["RECOUNT_CHECKS"]

_Part = TypeVar("_Part", ReceiptLine, ReceiptPayment, Return)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A sale with everything that belongs to it."""

    receipt: Receipt
    lines: Sequence[ReceiptLine]
    payments: Sequence[ReceiptPayment]
    returns: Sequence[Return]


def sales_count_the_same(span: Span) -> Iterator[Finding]:
    """A sale counted again, from what was stored with it, gives what it gave; and so do its returns."""
    zones = _zones(span.business_id)
    numbers = set(versions_of(span.business_id).numbers)
    for recorded in _recorded(span):
        receipt = recorded.receipt
        if receipt.version not in numbers:
            continue  # `version_missing` says it
        at = f"sale {receipt.id}"
        try:
            compiled = rules_of(span.business_id, receipt.version)
            settled = settled_of(receipt, recorded.lines, recorded.payments, zones[receipt.store])
            again, differing = _counted_again(recorded, settled, compiled)
            returned = _returns_differ(recorded, settled, again, compiled) if recorded.returns else ""
        except UNREADABLE as error:
            yield Finding("recount", at, f"It cannot be counted again: {error!r}.")
            continue
        if differing:
            yield Finding("recount", at, f"Counted again, it differs in {', '.join(differing)}.")
        if returned:
            yield Finding("recount_returns", at, f"Its returns, counted again, differ. {returned}")


def _zones(business_id: int) -> dict[str, ZoneInfo]:
    own = Business.objects.values_list("timezone", flat=True).get(id=business_id)
    stores = Store.objects.filter(business_id=business_id).values_list("code", "timezone")
    return {code: ZoneInfo(zone or own) for code, zone in stores}


def _recorded(span: Span) -> Iterator[_Recorded]:
    """The sales of a span that were counted, with all that belongs to them: four queries."""
    within: dict[str, Any] = {"business_id": span.business_id, "receipt_id__range": (span.first, span.last)}
    lines = _by_receipt(ReceiptLine.objects.filter(**within).order_by("receipt_id", "number"))
    payments = _by_receipt(ReceiptPayment.objects.filter(**within).order_by("receipt_id", "number"))
    returns = _by_receipt(Return.objects.filter(**within).order_by("receipt_id", "id"))
    counted = Receipt.objects.filter(
        business_id=span.business_id,
        id__range=(span.first, span.last),
        member_id__isnull=False,
        version__isnull=False,
    )
    for receipt in counted.order_by("id"):
        belongs = (lines.get(receipt.id, []), payments.get(receipt.id, []), returns.get(receipt.id, []))
        yield _Recorded(receipt, *belongs)


def _by_receipt(parts: Iterable[_Part]) -> dict[UUID, list[_Part]]:
    found: dict[UUID, list[_Part]] = {}
    for part in parts:
        found.setdefault(part.receipt_id, []).append(part)
    return found


def _counted_again(recorded: _Recorded, settled: Settled, compiled: Compiled) -> tuple[Outcome, list[str]]:
    """The sale counted once more, and the names of what is not as it was.

    Whether the till asked for packs is not kept: what it says is what gives the same, if anything does.
    """
    covered = tuple(stored_covered(recorded.receipt.outcome))
    if any(each.voucher for each in covered):
        # The voucher's reward may hold other things by now: what it paid for is taken as it was.
        spent = recorded.receipt.outcome.get("spent", {})
        facts = (settled.facts, compiled)
        again = count(settled.sale, settled.parts, settled.bare, *facts, covered=covered, spent=spent)
        return again, _differing(recorded.receipt, settled, again)
    again = award(settled.sale, settled.facts, compiled)
    differing = _differing(recorded.receipt, settled, again)
    if differing and covered:
        asked = award(replace(settled.sale, use_packs=True), settled.facts, compiled)
        if not _differing(recorded.receipt, settled, asked):
            return asked, []
    return again, differing


def _differing(receipt: Receipt, settled: Settled, again: Outcome) -> list[str]:
    stored = receipt.outcome
    same = {
        "lines": settled.parts == again.parts,
        "reasons": tuple(stored_reasons(stored)) == again.counted,
        "factors": stored.get("factors", {}) == factors_as_stored(again),
        "caps": tuple(stored_cuts(stored)) == again.cuts,
        "what is given": tuple(stored_gave(stored)) == again.gave,
        "what is covered": tuple(stored_covered(stored)) == again.covered,
        "what is spent": stored.get("spent", {}) == again.spent,
    }
    if receipt.standing is None:
        same["what counts"] = receipt.spend == again.spend
        same["what caps count"] = _fractions(receipt.used) == again.used
    return [name for name, is_same in same.items() if not is_same]


def _fractions(used: Mapping[str, Sequence[int]] | None) -> dict[str, Fraction]:
    return {rule: Fraction(*pair) for rule, pair in (used or {}).items()}


def _returns_differ(recorded: _Recorded, settled: Settled, again: Outcome, compiled: Compiled) -> str:
    """What is kept of the sale after its returns, where that is not what they leave; else nothing."""
    receipt = recorded.receipt
    gives = {gave.unit: Gives(Fraction(gave.total, gave.scale), gave.steps) for gave in again.gave}
    standing = Standing(tuple(line.quantity for line in recorded.lines), gives, again.spend, again.used)
    for each in recorded.returns:
        left = what_remains(standing, [Returned(line, quantity) for line, quantity in each.lines])
        standing, _ = count_again(settled, standing, left, compiled)
    kept = standing_of(receipt, recorded.lines)
    nets = None if receipt.standing is None else nets_left(settled, standing.left)
    kept_nets = None if receipt.standing is None else receipt.standing.get("net")
    if kept == standing and kept_nets == nets and receipt.gone == standing.gone:
        return ""
    return f"They leave {standing} and of the lines {nets}; kept is {kept} and {kept_nets}."


RECOUNT_CHECKS: tuple[Check, ...] = (sales_count_the_same,)
