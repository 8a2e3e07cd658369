"""What is told of a return: made from what was stored with it."""

from __future__ import annotations

from typing import Any

from fiel.core.returns import Returned, Standing, what_remains
from fiel.core.written import amount_text, thousandths_text
from fiel.sales.answer import Terms, balances_told, time_text
from fiel.sales.models import ReceiptLine, Return

__all__ = ["return_answer", "return_in_short"]


def return_answer(row: Return, terms: Terms, *, duplicate: bool = False) -> dict[str, Any]:
    """What the till is answered about a return: what moved for the member, and what was left of the sale then."""
    stored, units = row.outcome, terms.units
    return {
        **return_in_short(row, terms),
        "sale": str(row.receipt_id),
        "duplicate": duplicate,
        "forgiven": [
            {"unit": unit, "amount": amount_text(steps, units[unit])}
            for unit, steps in stored.get("forgiven", {}).items()
        ],
        "balances": balances_told(stored, terms),
        "tier": stored.get("tier") or None,
        "left": [
            {"line": line, "quantity": thousandths_text(quantity)}
            for line, quantity in enumerate(_left(row), 1)
            if quantity is not None
        ],
    }


def return_in_short(row: Return, terms: Terms) -> dict[str, Any]:
    """What came back, and what that moved for the member."""
    moved = list(row.outcome.get("moved", ()))
    for each in row.outcome.get("others", ()):
        moved.remove(each)
    return {
        "id": str(row.id),
        "number": row.number,
        "occurred_at": time_text(row.occurred_at),
        "lines": [{"line": line, "quantity": thousandths_text(quantity)} for line, quantity in row.lines],
        "movements": [
            {"unit": unit, "kind": kind, "amount": amount_text(steps, terms.units[unit])} for unit, kind, steps in moved
        ],
    }


def _left(row: Return) -> tuple[int | None, ...]:
    """What was left of each line after this return: later ones may have left less."""
    ours: dict[str, Any] = {"business": row.business_id, "receipt_id": row.receipt_id}
    lines = ReceiptLine.objects.filter(**ours).order_by("number").values_list("quantity", flat=True)
    left: tuple[int | None, ...] = tuple(lines)
    for each in Return.objects.filter(**ours, id__lte=row.id).order_by("id"):
        left = what_remains(Standing(left, {}, 0), [Returned(line, quantity) for line, quantity in each.lines])
    return left
