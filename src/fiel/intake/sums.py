"""Sums of receipts: whether they add up, what was a discount on the whole, what was paid after the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fiel.core.sale import Payment, shares
from fiel.intake.papers import PaperLine

__all__ = ["money", "paid_by", "paid_fault", "split_discount"]


def money(minor_units: int) -> str:
    """An amount as a person reads it."""
    sign, units = ("-", -minor_units) if minor_units < 0 else ("", minor_units)
    return f"{sign}{units // 100}.{units % 100:02d}"


def split_discount(lines: list[PaperLine]) -> tuple[list[PaperLine], int]:
    """Lines without their share of a discount on the whole, and that discount.

    The law has a discount on the whole shared over the items. Where each of several lines bears just its share, it
    was one, and makes no line discounted.
    """
    total = sum(line.discount for line in lines)
    if not total or len(lines) == 1 or not all(line.discount or not line.amount for line in lines):
        return lines, 0
    fair = shares(total, [line.amount for line in lines])
    if any(abs(line.discount - part) > 1 for line, part in zip(lines, fair, strict=True)):
        return lines, 0
    return [replace(line, discount=0) for line in lines], total


def paid_fault(payments: Sequence[Payment], change: int, to_pay: int) -> list[str]:
    """That payments are not what there is to pay; some tills state them without the change."""
    paid = sum(payment.amount for payment in payments)
    if not payments or to_pay in (paid, paid - change):
        return []
    return [f"payments come to {money(paid - change)}, the receipt's total is {money(to_pay)}"]


def paid_by(payments: Sequence[Payment], change: int, to_pay: int) -> tuple[Payment, ...]:
    """The payments less the change, which is given from the cash."""
    back = change if sum(payment.amount for payment in payments) != to_pay else 0
    left: list[Payment] = []
    for payment in sorted(payments, key=lambda each: each.kind != "cash"):
        given = min(back, payment.amount)
        back -= given
        if payment.amount > given:
            left.append(Payment(payment.kind, payment.amount - given))
    return tuple(left)
