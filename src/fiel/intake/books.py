"""Papers and the receipts in the books: which receipt a cancellation or return is about, and what it takes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from fiel.core.refusals import Refused
from fiel.core.returns import Returned
from fiel.core.sale import half_up
from fiel.intake.look_up import Stores
from fiel.intake.papers import BackLine, GoodsBack, Original
from fiel.sales.models import Receipt, ReceiptLine, Return
from fiel.sales.stored import standing_of
from fiel.sales.take_back import IncomingReturn, take_back
from fiel.shops.models import Business
from fiel.tables.read import matching

__all__ = ["Booked", "booked", "return_goods", "void_sale"]

# What a return may differ from the price on the receipt: roundings, not another deal.
_CENTS = 2
_PERCENT = 1


@dataclass(frozen=True, slots=True)
class Booked:
    """A receipt in the books."""

    id: UUID
    day: date
    occurred_at: datetime
    gone: bool


def booked(business: Business, originals: Iterable[Original], stores: Stores) -> dict[Original, Booked]:
    """Which of the papers named are in the books: one query. Raises `store_unknown`."""
    wanted = {
        original: (stores.store_of(original.place), original.place.till, original.number) for original in originals
    }
    columns = ("id", "day", "occurred_at", "gone")
    rows = matching(Receipt, business.id, ("store", "till", "number"), wanted.values(), columns)
    found: dict[tuple[str, str, str], list[Booked]] = {}
    for store, till, number, *said in rows:
        found.setdefault((store, till, number), []).append(Booked(*said))
    result = {}
    for original, document in wanted.items():
        fits = [each for each in found.get(document, []) if original.day in (None, each.day)]
        if fits:
            # A number that came again after years means the newest.
            result[original] = max(fits, key=lambda each: each.occurred_at)
    return result


def void_sale(business: Business, of: Booked, number: str, at: datetime) -> bool:
    """Take back a whole receipt; whether that was news."""
    if of.gone:
        return False
    taken = IncomingReturn(number=number, occurred_at=max(at, of.occurred_at))
    _, known = take_back(business, of.id, taken)
    return not known


def return_goods(business: Business, back: GoodsBack, found: Mapping[Original, Booked], at: datetime) -> bool:
    """Take back what a return names; whether that was news. Raises `does_not_add_up` where it fits no line."""
    news = False
    for original, lines in _by_original(back.lines):
        receipt = found[original]
        if Return.objects.filter(business=business, receipt_id=receipt.id, number=back.number).exists():
            continue
        returned = tuple(_fitting(business, receipt, lines))
        taken = IncomingReturn(number=back.number, occurred_at=max(at, receipt.occurred_at), lines=returned)
        take_back(business, receipt.id, taken)
        news = True
    return news


def _by_original(lines: Sequence[BackLine]) -> Iterable[tuple[Original, list[BackLine]]]:
    grouped: dict[Original, list[BackLine]] = {}
    for line in lines:
        grouped.setdefault(line.original, []).append(line)
    return grouped.items()


def _fitting(business: Business, receipt: Booked, back: Sequence[BackLine]) -> Iterable[Returned]:
    """The lines of the receipt that the goods were on, and how much of each comes back."""
    row = Receipt.objects.get(business=business, id=receipt.id)
    lines = list(ReceiptLine.objects.filter(business=business, receipt_id=receipt.id).order_by("number"))
    left = {line.number: rest or 0 for line, rest in zip(lines, standing_of(row, lines).left, strict=True)}
    taken: dict[int, int] = {}
    for goods in back:
        wanted, worth = goods.quantity, 0
        for line in sorted(_candidates(lines, goods), key=lambda line: _strangeness(line, goods)):
            part = min(wanted, left[line.number] - taken.get(line.number, 0))
            if part > 0:
                taken[line.number] = taken.get(line.number, 0) + part
                worth += half_up(line.net * part, line.quantity)
                wanted -= part
        what = goods.description or goods.product
        if wanted:
            raise Refused("does_not_add_up", f"The receipt does not have so much left of {what!r} to be returned.")
        if goods.amount is not None and abs(worth - goods.amount) > max(_CENTS, worth * _PERCENT // 100):
            detail = f"{what!r} was sold for another price than it is returned for: enter it as an adjustment."
            raise Refused("does_not_add_up", detail)
    return [Returned(number, quantity) for number, quantity in sorted(taken.items())]


def _candidates(lines: Sequence[ReceiptLine], goods: BackLine) -> list[ReceiptLine]:
    codes = {goods.product, goods.ean} - {""}
    if codes:
        return [line for line in lines if line.product in codes and line.quantity]
    return [line for line in lines if line.description == goods.description and line.quantity]


def _strangeness(line: ReceiptLine, goods: BackLine) -> tuple[int, int]:
    """How far the line's price for a piece is from the return's; the same product may stand there twice."""
    return (0 if goods.amount is None else abs(line.net * goods.quantity - goods.amount * line.quantity)), line.number
