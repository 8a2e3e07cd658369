"""Odoo's point of sale: orders as JSON, as it exports them and as its `pos.order` is read; a list, or one a line.

The store is the point of sale's configuration (by a store's code or name), the till is its number within the receipt's
reference, the buyer is a member whose number is the partner's id in Odoo. A negative quantity takes goods back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fiel.core.sale import Payment
from fiel.intake.json_text import decimal, document, each_object, minor_of, moment_of, text
from fiel.intake.papers import BackLine, GoodsBack, Original, Paper, PaperLine, Place, netted
from fiel.intake.rows import Item, LeftOut, Row, Unreadable
from fiel.intake.sums import money, paid_by
from fiel.intake.xml import Wrong

if TYPE_CHECKING:
    from fiel.intake.rows import Terms

__all__ = ["Odoo"]

_MOST_BYTES = 64 * 1024 * 1024
_HEAD = 64 * 1024
_ORDER = re.compile(rb'"(pos_reference|statement_ids|payment_ids)"\s*:')
_REFERENCE = re.compile(r"(\d{3,6})-(\d{3,6})-(\d{3,6})")
_CENTS_APART = 2
_PAYMENTS = (("cash", "cash"), ("dinheiro", "cash"), ("numer", "cash"), ("efectivo", "cash"), ("pix", "pix"))


class Odoo:
    """Orders of Odoo's point of sale."""

    name = "odoo"

    def sniff(self, path: Path) -> bool:
        """Its beginning is JSON and names what only a pos.order has."""
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
        return head[:1] in (b"[", b"{") and _ORDER.search(head) is not None

    def size(self, path: Path) -> int | None:
        """Nobody knows before reading."""
        return None

    def rows(self, path: Path, business: Terms) -> Iterator[Row]:
        """Its orders."""
        if path.stat().st_size > _MOST_BYTES:
            yield Row("", Unreadable("", f"the file is larger than {_MOST_BYTES // 1024**2} MB: export fewer orders"))
            return
        for number, order in enumerate(_orders(path.read_bytes()), 1):
            yield Row(f"order {number}", _careful(order, business))


def _orders(raw: bytes) -> Iterator[Any]:
    """The orders of a list or of lines; in what Odoo keeps for later each lies within `data`."""
    try:
        whole = document(raw)
        found: Sequence[Any] = whole if isinstance(whole, list) else [whole]
    except Wrong:
        found = [line for line in raw.splitlines() if line.strip()]
    for each in found:
        yield each.get("data", each) if isinstance(each, dict) else each


def _careful(said: Any, business: Terms) -> Item:
    try:
        order = document(said) if isinstance(said, bytes) else said
        if isinstance(order, dict) and isinstance(order.get("data"), dict):
            order = order["data"]
        if not isinstance(order, dict):
            return Unreadable("", "an order is an object")
        return _order(order, business)
    except Wrong as wrong:
        return Unreadable(wrong.place, wrong.reason)


def _order(order: Mapping[str, Any], business: Terms) -> Item:
    if order.get("state") in ("draft", "cancel"):
        return LeftOut("an order that is not paid")
    reference = text(order.get("pos_reference") or order.get("name") or order.get("uid"), 64)
    match = _REFERENCE.search(reference)
    number = match[0] if match else reference
    if not number:
        raise Wrong("pos_reference", "the order has no reference")
    place = Place("", (match[1] if match else "odoo"), _name(order.get("config_id")))
    at = _at(order)
    lines = [_line(line) for line in _commands(order.get("lines"))]
    total = minor_of(decimal(order.get("amount_total"), "amount_total"))
    if total < 0 or (lines and all(line.quantity < 0 for line in lines)):
        return _back(order, place, number, at, lines)
    kept, discount = netted(lines)
    apart = total - sum(line.amount - line.discount for line in kept) + discount
    fits = abs(apart) <= _CENTS_APART
    paid = [_payment(each) for each in _commands(order.get("statement_ids") or order.get("payment_ids"))]
    change = minor_of(decimal(order.get("amount_return"), "amount_return"))
    return Paper(
        place=place,
        number=number,
        at=at,
        lines=kept,
        currency=text(order.get("currency"), 3) or business.currency,
        discount=discount,
        payments=paid_by([each for each in paid if each.amount > 0], change, total),
        buyer=_buyer(order.get("partner_id")),
        wrong="" if fits else f"the lines come to {money(total - apart)}, the order's total is {money(total)}",
    )


def _commands(value: Any) -> Sequence[Mapping[str, Any]]:
    """Rows, as they are or as Odoo's commands [0, 0, {…}]."""
    if not isinstance(value, list):
        return ()
    return each_object([each[2] if isinstance(each, list) and len(each) == 3 else each for each in value])


def _at(order: Mapping[str, Any]) -> datetime:
    """Odoo writes UTC, without saying so."""
    at = moment_of(order.get("date_order") or order.get("creation_date"), "date_order")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _line(line: Mapping[str, Any]) -> PaperLine:
    """A line; what it costs with tax stands there, and what it cost before the discount follows from the per cent."""
    quantity = decimal(line.get("qty"), "qty")
    net = minor_of(decimal(line.get("price_subtotal_incl"), "price_subtotal_incl"))
    off = decimal(line.get("discount"), "discount")
    gross = net if net < 0 or not 0 < off < 100 else minor_of(decimal(net, "") / (100 - off))
    product = line.get("product_id")
    return PaperLine(
        amount=gross,
        quantity=int(quantity * 1000),
        discount=max(0, gross - net),
        product=text(line.get("default_code"), 64) or text(product[0] if isinstance(product, list) else product, 64),
        ean=text(line.get("barcode"), 14),
        description=text(line.get("full_product_name") or (product[1] if isinstance(product, list) else "")),
    )


def _payment(paid: Mapping[str, Any]) -> Payment:
    name = _name(paid.get("payment_method_id")).casefold()
    kind = next((kind for word, kind in _PAYMENTS if word in name), "card" if name else "other")
    return Payment(kind, minor_of(decimal(paid.get("amount"), "amount")))


def _name(value: Any) -> str:
    """The name of [7, "Name"], or the number itself."""
    return text(value[1] if isinstance(value, list) and len(value) > 1 else value, 50)


def _buyer(partner: Any) -> str:
    said = text(partner[0] if isinstance(partner, list) and partner else partner, 50)
    return f"code:{said}" if said else ""


def _back(order: Mapping[str, Any], place: Place, number: str, at: datetime, lines: Sequence[PaperLine]) -> Item:
    """Goods that come back, of the order that is named."""
    of = text(order.get("refunded_order") or order.get("refunded_pos_reference"), 64)
    match = _REFERENCE.search(of)
    if match is None:
        return Unreadable("", "this order takes goods back and names no other (refunded_order)", "invalid")
    original = Original(Place("", match[1], place.branch), match[0])
    back = tuple(
        BackLine(original, line.product, -line.quantity, abs(line.amount - line.discount), line.ean, line.description)
        for line in lines
    )
    return GoodsBack(place, number, at, back)
