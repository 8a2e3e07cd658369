"""Reading a recorded sale as it was counted: its lines, payments and facts. Returns and the audit count it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from fiel.core.engine import Part, settle
from fiel.core.returns import Gives, Settled, Standing
from fiel.core.sale import Facts, Line, Payment, Sale
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment
from fiel.sales.outcome import stored_gave

__all__ = ["LINE", "facts_of", "line_as_sold", "settled_of", "standing_as_stored", "standing_of"]

LINE = ("number", "amount", "quantity", "discount", "tax_rate", "product", "department", "brand", "tags")
"""The columns of a line that counting asks for, in the order of `line_as_sold`."""

_LEAP_YEAR = 2000
_UNTAGGED: frozenset[str] = frozenset()


def settled_of(
    receipt: Receipt, lines: Sequence[ReceiptLine], payments: Iterable[ReceiptPayment], zone: ZoneInfo
) -> Settled:
    """The sale as it was counted. `lines` and `payments` in their order; `zone`: the store's."""
    ways: Mapping[str, Sequence[str]] = receipt.facts.get("departments", {})
    sale = Sale(
        occurred_at=receipt.occurred_at,
        local=receipt.occurred_at.astimezone(zone),
        store=receipt.store,
        till=receipt.till,
        lines=tuple(line_as_sold(*(getattr(line, name) for name in LINE), ways=ways) for line in lines),
        discount=receipt.discount,
        payments=tuple(Payment(each.kind, each.amount, each.unit) for each in payments),
        channel=receipt.channel,
    )
    parts = tuple(Part(line.quantity, line.net, line.covered, line.paid) for line in lines)
    bare = tuple(settle(sale, [part.net for part in parts], [0] * len(parts)))
    return Settled(sale, parts, bare, facts_of(receipt))


def line_as_sold(
    number: int,
    amount: int,
    quantity: int,
    discount: int,
    tax_rate: int,
    product: str,
    department: str,
    brand: str,
    tags: str,
    *,
    ways: Mapping[str, Sequence[str]],
) -> Line:
    """A line as it was counted. `ways`: from its department up to the root, as the receipt's facts keep them."""
    way = (department, *ways.get(department, ())) if department else ()
    tagged = frozenset(tags.split(",")) if tags else _UNTAGGED
    return Line(number, amount, quantity, discount, tax_rate, product, way, brand, tagged)


def facts_of(receipt: Receipt) -> Facts:
    """The facts that counted, as far as a rule asked for them."""
    stored: Mapping[str, Any] = receipt.facts
    born, joined, today = stored.get("born"), stored.get("joined"), stored.get("today")
    return Facts(
        tier=stored.get("tier", ""),
        types=frozenset(stored.get("types", ())),
        birth_date=date.fromisoformat(f"{_LEAP_YEAR}-{born}") if born else None,
        joined=date.fromisoformat(joined) if joined else None,
        sales_so_far=stored.get("sales_so_far", 0),
        caps_used={
            rule: (Fraction(*day), Fraction(*month)) for rule, (day, month) in stored.get("caps_used", {}).items()
        },
        carry={unit: Fraction(*carry) for unit, carry in stored.get("carry", {}).items()},
        held=stored.get("held", {}),
        owed=stored.get("owed", {}),
        today=date.fromisoformat(today) if today else None,
    )


def standing_of(receipt: Receipt, lines: Sequence[ReceiptLine]) -> Standing:
    """What is left of the sale, and what it still gives."""
    used = {rule: Fraction(*pair) for rule, pair in (receipt.used or {}).items()}
    stored = receipt.standing
    if stored is not None:
        gives = {unit: Gives(Fraction(*exact), steps) for unit, (exact, steps) in stored["gives"].items()}
        return Standing(tuple(stored["left"]), gives, receipt.spend, used)
    gives = {each.unit: Gives(Fraction(each.total, each.scale), each.steps) for each in stored_gave(receipt.outcome)}
    return Standing(tuple(line.quantity for line in lines), gives, receipt.spend, used)


def standing_as_stored(standing: Standing, nets: Sequence[int]) -> dict[str, Any]:
    """For the receipt's row. `nets`: what is left of each line's, for sums that are kept of receipts."""
    gives = {
        unit: [[each.exact.numerator, each.exact.denominator], each.steps] for unit, each in standing.gives.items()
    }
    return {"left": list(standing.left), "net": list(nets), "gives": gives}
