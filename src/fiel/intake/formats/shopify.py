"""Shopify's orders, as its webhooks send them: paid, cancelled, refunded.

An order is known by its id: in the store that the hook was made for, at the till "shopify". Freight is not counted;
prices count with tax. Of the buyer only phone and e-mail are looked at, and only a member's are known afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fiel.core.sale import Payment
from fiel.intake.json_text import decimal, each_object, minor_of, moment_of, text
from fiel.intake.papers import BackLine, GoodsBack, Original, Paper, PaperLine, Place, Void
from fiel.intake.rows import Item, LeftOut, Unreadable
from fiel.intake.sums import money
from fiel.intake.xml import Wrong

__all__ = ["TOPICS", "read_order"]

TOPICS = ("orders/create", "orders/paid", "orders/cancelled", "refunds/create")
_TILL = "shopify"
_POINTS = ("loyalty", "points", "store_credit", "store credit")


def read_order(topic: str, order: Any, *, store: str) -> Item:
    """What a webhook of a topic says."""
    if not isinstance(order, dict):
        return Unreadable("", "an order is an object")
    if topic not in TOPICS:
        return LeftOut(f"the topic {topic[:40]}")
    if order.get("test") is True:
        return LeftOut("a test order")
    place = Place("", _TILL, store)
    try:
        return _refund(order, place) if topic == "refunds/create" else _order(topic, order, place)
    except Wrong as wrong:
        return Unreadable(wrong.place, wrong.reason)


def _order(topic: str, order: Mapping[str, Any], place: Place) -> Item:
    number = text(order.get("id"), 64)
    if not number:
        raise Wrong("id", "the order has no id")
    if topic == "orders/create" and order.get("financial_status") not in ("paid", "partially_refunded"):
        return LeftOut("an order that is not paid yet; it counts when it is")
    taxed = order.get("taxes_included") is True
    lines = tuple(_line(line, taxed=taxed) for line in each_object(order.get("line_items")))
    paper = Paper(
        place=place,
        number=number,
        at=moment_of(order.get("processed_at") or order.get("created_at"), "created_at"),
        lines=lines,
        currency=text(order.get("currency"), 3),
        payments=_payments(order, lines),
        buyer=_buyer(order),
        channel="online",
        wrong=_fault(order, lines, taxed=taxed),
    )
    if topic != "orders/cancelled":
        return paper
    return Void(paper.original, "cancelled", moment_of(order.get("cancelled_at"), "cancelled_at"), paper)


def _line(line: Mapping[str, Any], *, taxed: bool) -> PaperLine:
    quantity = decimal(line.get("quantity"), "quantity")
    taxes = sum((decimal(tax.get("price"), "price") for tax in each_object(line.get("tax_lines"))), decimal(0, ""))
    rates = sum((decimal(tax.get("rate"), "rate") for tax in each_object(line.get("tax_lines"))), decimal(0, ""))
    off = each_object(line.get("discount_allocations"))
    discount = sum((decimal(each.get("amount"), "amount") for each in off), decimal(0, ""))
    gross = decimal(line.get("price"), "price") * quantity + (0 if taxed else taxes)
    return PaperLine(
        amount=minor_of(gross),
        quantity=int(quantity * 1000),
        discount=minor_of(discount),
        tax_rate=int(rates * 100_000),
        product=text(line.get("sku"), 64) or text(line.get("variant_id"), 64),
        description=text(line.get("title")),
    )


def _fault(order: Mapping[str, Any], lines: tuple[PaperLine, ...], *, taxed: bool) -> str:
    goods = sum(line.amount - line.discount for line in lines)
    said = minor_of(decimal(order.get("total_price"), "total_price"))
    beside = minor_of(decimal(order.get("total_tip_received"), "total_tip_received"))
    for freight in each_object(order.get("shipping_lines")):
        price = freight.get("discounted_price") or freight.get("price")
        beside += minor_of(decimal(price, "price"))
        if not taxed:
            taxes = (decimal(tax.get("price"), "price") for tax in each_object(freight.get("tax_lines")))
            beside += sum(minor_of(tax) for tax in taxes)
    if goods + beside == said:
        return ""
    return f"goods and freight come to {money(goods + beside)}, the order's total is {money(said)}"


def _payments(order: Mapping[str, Any], lines: tuple[PaperLine, ...]) -> tuple[Payment, ...]:
    """How it was paid, where it was in one way: how much in each of several is not said."""
    names = [text(name, 40).lower() for name in order.get("payment_gateway_names") or ()]
    if len(names) != 1:
        return ()
    kind = "gift" if "gift" in names[0] else "points" if names[0] in _POINTS else "card"
    return (Payment(kind, sum(line.amount - line.discount for line in lines)),)


def _buyer(order: Mapping[str, Any]) -> str:
    said = order.get("customer")
    customer: Mapping[str, Any] = said if isinstance(said, dict) else {}
    for kind in ("phone", "email"):
        if value := text(order.get(kind), 100) or text(customer.get(kind), 100):
            return f"{kind}:{value}"
    return ""


def _refund(refund: Mapping[str, Any], place: Place) -> Item:
    original = Original(place, text(refund.get("order_id"), 64))
    back = tuple(_back(each, original) for each in each_object(refund.get("refund_line_items")))
    if not back:
        return LeftOut("a refund of money alone")
    return GoodsBack(place, text(refund.get("id"), 64), moment_of(refund.get("created_at"), "created_at"), back)


def _back(each: Mapping[str, Any], original: Original) -> BackLine:
    said = each.get("line_item")
    line: Mapping[str, Any] = said if isinstance(said, dict) else {}
    goods = _line({**line, "quantity": each.get("quantity")}, taxed=True)
    return BackLine(original, goods.product, goods.quantity, None, description=goods.description)
