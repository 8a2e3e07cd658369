"""What a sale from a file may be at most: the database's columns end somewhere, and no till comes near."""

from __future__ import annotations

from collections.abc import Iterator

from fiel.core.refusals import Fault, Refused
from fiel.core.sale import Line
from fiel.sales.incoming import Incoming

__all__ = ["out_of_bounds"]

_MOST_LINES = 5000
_MOST_MINOR = 10**14
_MOST_RATE = 1_000_000  # 1,000 %
_LETTERS = {"product": 64, "brand": 100, "description": 200}
_TAGS_LETTERS = 500


def out_of_bounds(sale: Incoming) -> Refused | None:
    """Why a sale cannot be kept, whatever the rules say; None for any that a till makes."""
    faults = [*_document(sale), *(fault for line in sale.lines for fault in _line(line))][:10]
    return Refused("invalid", f"The sale cannot be kept: {faults[0].detail}.", faults) if faults else None


def _document(sale: Incoming) -> Iterator[Fault]:
    if not sale.lines:
        yield Fault("/lines", "nothing is sold on it")
    if len(sale.lines) > _MOST_LINES:
        yield Fault("/lines", f"at most {_MOST_LINES:,} lines")
    for name, text, most in (
        ("store", sale.store, 50),
        ("till", sale.till, 50),
        ("number", sale.number, 64),
        ("cashier", sale.cashier, 100),
    ):
        if len(text) > most:
            yield Fault(f"/{name}", f"at most {most} characters")
    if any(payment.amount > _MOST_MINOR for payment in sale.payments) or sale.discount > _MOST_MINOR:
        yield Fault("/payments", "the amount is of no till")


def _line(line: Line) -> Iterator[Fault]:
    at = f"/lines/{line.number - 1}"
    if max(abs(line.amount), abs(line.discount), abs(line.quantity)) > _MOST_MINOR or line.tax_rate > _MOST_RATE:
        yield Fault(f"{at}/amount", "the figures are of no till")
    for name, most in _LETTERS.items():
        if len(getattr(line, name)) > most:
            yield Fault(f"{at}/{name}", f"at most {most} characters")
    if any(len(code) > 50 for code in line.departments):
        yield Fault(f"{at}/department", "at most 50 characters")
    if sum(len(tag) + 1 for tag in line.tags) > _TAGS_LETTERS or any("," in tag for tag in line.tags):
        yield Fault(f"{at}/tags", f"at most {_TAGS_LETTERS} characters, and no commas")
