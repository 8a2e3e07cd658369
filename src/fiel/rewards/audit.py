"""What must always hold between vouchers and the books; the list is as in `ledger.audit`, of spans of vouchers."""

from __future__ import annotations

from collections.abc import Iterator

from fiel.ledger.audit import Check, Finding, moved_by
from fiel.tables.spans import Span, as_uuid, spans_of

__all__ = ["CHECKS", "voucher_spans"]

_VOUCHERS_A_SPAN = 10_000

# Whether the price that went when it was issued stays gone, by state; of an expired voucher its reward decides.
_STAYS = {"issued": {True}, "redeemed": {True}, "cancelled": {False}, "revoked": {False}, "expired": {True, False}}


def voucher_spans(business_id: int) -> list[Span]:
    """The vouchers of a business in parts of so many."""
    return spans_of("rewards_voucher", business_id, _VOUCHERS_A_SPAN)


def prices_are_paid(span: Span) -> Iterator[Finding]:
    """A voucher's entries drew its price, or drew it and gave it back, as its state says; and nothing else."""
    moved = moved_by("voucher", span)
    statement = """
        SELECT id, state, price_unit, price_steps FROM rewards_voucher
        WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s
    """
    for id_, state, unit, price in span.rows(statement):
        at = f"voucher {as_uuid(id_)}"
        entries = moved.get(as_uuid(id_), [])
        if state not in _STAYS:
            yield Finding("voucher_state", at, f"{state!r} is no state of a voucher.")
            continue
        drawn = -sum(entry.steps for entry in entries)
        if any(entry.unit != unit for entry in entries) or drawn not in {price * stays for stays in _STAYS[state]}:
            detail = f"It is {state} and took {price} {unit or 'of nothing'}; its entries took {drawn}."
            yield Finding("voucher_price", at, detail)


CHECKS: tuple[Check, ...] = (prices_are_paid,)
