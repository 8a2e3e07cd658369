"""What was read in the shop, as `POST /papers` takes it: what the server counts by, and nothing else.

Names, addresses and free text were dropped by the readers. Of the buyer goes what a member may be known by: who is a
member, only the server knows, and it keeps nobody else's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fiel.core.identity import is_nobody
from fiel.core.sale import Line, Payment
from fiel.intake.papers import BackLine, GoodsBack, Original, Paper, PaperLine, Place, Void
from fiel.intake.rows import Item, Passed
from fiel.sales.incoming import Incoming

__all__ = ["Parcel", "parcel_of", "written"]

Parcel = dict[str, Any]

_THOUSANDTHS = 1000
_LONGEST_TEXT = 200

# What the server counts a till's own sale by. Whatever else a till writes beside it stays in the shop.
_SALE = (
    "number",
    "occurred_at",
    "store",
    "till",
    "member",
    "lines",
    "discount",
    "payments",
    "vouchers",
    "use_packs",
    "enrol",
    "channel",
    "cashier",
)
_MEMBER = ("id", "phone", "card", "tax_id", "email", "code")
_LINE = ("product", "description", "department", "brand", "tags", "quantity", "amount", "discount", "tax_rate")
_PAYMENT = ("kind", "amount", "unit")


def parcel_of(item: Item) -> Parcel | None:
    """A receipt, or what cancels or returns one; None for anything else that a file may hold."""
    match item:
        case Paper():
            return {"paper": _paper(item)}
        case Void():
            return {
                "void": _bare(
                    original=_original(item.original),
                    number=item.number,
                    at=item.at,
                    paper=_paper(item.paper) if item.paper else None,
                )
            }
        case GoodsBack():
            lines = [_back_line(line) for line in item.lines]
            said = _bare(number=item.number, at=item.at, wrong=item.wrong)
            return {"return": {"place": _place(item.place), "lines": lines, **said}}
        case Incoming():
            return {"sale": _incoming(item)}
        case Passed():
            return {"sale": _sale(item.document)}
    return None


def written(parcel: Parcel) -> str:
    """As it is sent; the same content is always written alike."""
    return json.dumps(parcel, default=_plain, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def _sale(document: Mapping[str, Any]) -> dict[str, Any]:
    """A sale as a till writes it for the till API, without what the server would not keep."""
    said = _only(document, _SALE)
    for name, known in (("lines", _LINE), ("payments", _PAYMENT)):
        if isinstance(said.get(name), list):
            said[name] = [_only(each, known) if isinstance(each, dict) else each for each in said[name]]
    if isinstance(said.get("member"), dict):
        said["member"] = _only(said["member"], _MEMBER)
    return said


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _only(document: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


def _bare(**said: Any) -> dict[str, Any]:
    """Without what is empty: left out says the same."""
    return {name: value for name, value in said.items() if value not in (None, "", 0, [])}


def _thousandths(value: int) -> str:
    return str(Decimal(value) / _THOUSANDTHS)


def _place(place: Place) -> dict[str, Any]:
    return {"issuer": place.issuer, "till": place.till, **_bare(branch=place.branch[:_LONGEST_TEXT])}


def _original(original: Original) -> dict[str, Any]:
    return {"place": _place(original.place), "number": original.number, **_bare(day=original.day)}


def _paper(paper: Paper) -> dict[str, Any]:
    said = _bare(
        discount=paper.discount,
        payments=[_payment(each) for each in paper.payments],
        buyer="" if is_nobody(paper.buyer) else paper.buyer,
        scheme=paper.scheme,
        wrong=paper.wrong,
        voids=[_original(each) for each in paper.voids],
    )
    return {
        "place": _place(paper.place),
        "number": paper.number,
        "at": paper.at,
        "currency": paper.currency,
        "lines": [_line(line) for line in paper.lines],
        **said,
    }


def _line(line: PaperLine) -> dict[str, Any]:
    return {
        "amount": line.amount,
        "quantity": _thousandths(line.quantity),
        **_bare(
            discount=line.discount,
            tax_rate=_thousandths(line.tax_rate) if line.tax_rate else "",
            product=line.product,
            ean=line.ean,
            group=line.group,
            description=line.description[:_LONGEST_TEXT],
        ),
    }


def _back_line(line: BackLine) -> dict[str, Any]:
    said = {"original": _original(line.original), "product": line.product, "quantity": _thousandths(line.quantity)}
    amount = {} if line.amount is None else {"amount": line.amount}
    return {**said, **amount, **_bare(ean=line.ean, description=line.description[:_LONGEST_TEXT])}


def _payment(payment: Payment) -> dict[str, Any]:
    return {"kind": payment.kind, "amount": payment.amount, **_bare(unit=payment.unit)}


def _incoming(sale: Incoming) -> dict[str, Any]:
    return {
        "store": sale.store,
        "till": sale.till,
        "number": sale.number,
        "occurred_at": sale.occurred_at,
        "lines": [_sale_line(line) for line in sale.lines],
        **_bare(
            member={sale.member.kind: sale.member.value} if sale.member else None,
            discount=sale.discount,
            payments=[_payment(each) for each in sale.payments],
            cashier=sale.cashier,
        ),
    }


def _sale_line(line: Line) -> dict[str, Any]:
    return {
        "amount": line.amount,
        "quantity": _thousandths(line.quantity),
        **_bare(
            discount=line.discount,
            tax_rate=_thousandths(line.tax_rate) if line.tax_rate else "",
            product=line.product,
            department=line.departments[0] if line.departments else "",
            brand=line.brand,
            tags=sorted(line.tags),
            description=line.description,
        ),
    }
