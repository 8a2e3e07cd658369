"""What was typed, scanned and ticked for a sale, read in the way people write it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from fiel.core.identity import Identity
from fiel.core.refusals import Fault, Refused
from fiel.core.sale import Line, Payment
from fiel.doors.amounts import amount_of
from fiel.doors.counter.sentences import Said, said

__all__ = ["NUMBER", "PAID_WITH", "Row", "Typed", "quantity_of", "rows_of", "typed_of"]

NUMBER = re.compile(r"[0-9A-Z]{6,20}-[0-9A-Z]{4,12}")
PAID_WITH = ("cash", "pix", "card", "debit", "credit", "transfer", "food", "meal", "other")
_QUANTITY = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{0,3}))?")
_MOST_ROWS = 100
_PIECE = 1000
_COLUMNS = ("product", "department", "description", "quantity", "price", "by")


@dataclass(frozen=True, slots=True)
class Row:
    """An item on the counter, as it was typed. `by`: "voucher:CODE" or "pack:UNIT" where that pays for it."""

    product: str = ""
    department: str = ""
    description: str = ""
    quantity: str = "1"
    price: str = ""
    by: str = ""

    @property
    def voucher(self) -> str:
        """The voucher that pays for it."""
        return self.by.removeprefix("voucher:") if self.by.startswith("voucher:") else ""

    @property
    def pack(self) -> str:
        """The unit whose sessions pay for it."""
        return self.by.removeprefix("pack:") if self.by.startswith("pack:") else ""


@dataclass(frozen=True, slots=True)
class Typed:
    """A sale as it was typed. `number`: made by the form, so that what is sent twice is one sale."""

    number: str
    member: Identity | None
    who: str
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    vouchers: tuple[str, ...]
    use_packs: bool
    enrol: bool
    occurred_at: datetime | None

    @property
    def total(self) -> int:
        """What the lines come to, in minor units."""
        return sum(line.amount for line in self.lines)

    def fingerprint(self) -> str:
        """What tells this sale from another with the same number; the moment is left out: a repeat comes later."""
        lines = [(x.product, x.departments, x.quantity, x.amount) for x in self.lines]
        content = (self.member, self.who, lines, [p.kind for p in self.payments], self.vouchers, self.use_packs)
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def quantity_of(text: str, at: str = "/quantity") -> int:
    """A quantity with at most three places ("1", "0,5", "0.350"), in 1/1000. Raises `invalid`."""
    found = _QUANTITY.fullmatch(text.strip())
    quantity = int(found[1]) * _PIECE + int((found[2] or "").ljust(3, "0")) if found else 0
    if not quantity:
        raise _invalid(_("“%(text)s” is not a quantity; write it like 1 or 0,350.") % {"text": text[:20]}, at)
    return quantity


def rows_of(form: QueryDict) -> list[Row]:
    """The items on the counter, as they stand in the form. Raises `invalid` for a form that we did not make."""
    columns = [form.getlist(name) for name in _COLUMNS]
    if len({len(column) for column in columns}) != 1 or len(columns[0]) > _MOST_ROWS:
        raise _invalid(_("The list of items is not whole; load the page anew."), "/items")
    return [Row(*(value.strip()[:200] for value in values)) for values in zip(*columns, strict=True)]


def typed_of(form: QueryDict, currency: str, *, rows: Sequence[Row] | None = None, with_number: bool = True) -> Typed:
    """The sale in a form; `rows`: the items where they have changed since. Raises `invalid` with all that is wrong."""
    faults: list[Fault] = []
    rows = rows_of(form) if rows is None else rows
    lines = _lines(form, rows, currency, faults)
    number = form.get("number", "")
    if with_number and not NUMBER.fullmatch(number):
        faults.append(Fault("/number", _("The form is not whole; load the page anew.")))
    payment = form.get("payment", "")
    if payment and payment not in PAID_WITH:
        faults.append(Fault("/payment", _("Choose how it was paid.")))
    if faults:
        raise Said("invalid", faults[0].detail, faults)
    total = sum(line.amount for line in lines)
    return Typed(
        number=number,
        member=_member(form.get("member", "")),
        who=form.get("who", "").strip()[:200],
        lines=tuple(lines),
        payments=(Payment(payment, total),) if payment and total else (),
        vouchers=tuple(row.voucher for row in rows if row.voucher),
        use_packs=any(row.pack for row in rows),
        enrol=bool(form.get("enrol")),
        occurred_at=_moment(form.get("at", "")),
    )


def _lines(form: Mapping[str, Any], rows: Sequence[Row], currency: str, faults: list[Fault]) -> list[Line]:
    lines: list[Line] = []
    for index, row in enumerate(rows):
        try:
            lines.append(_line(len(lines) + 1, index, row, currency))
        except Refused as refused:
            faults.extend(refused.faults)
    alone = str(form.get("amount", "")).strip()
    try:
        if alone:
            lines.append(Line(len(lines) + 1, amount_of(alone, currency)))
        elif not rows:
            raise _invalid(_("Type the amount."), "/amount")
    except Refused as refused:
        faults.extend(refused.faults)
    return lines


def _line(number: int, index: int, row: Row, currency: str) -> Line:
    if not row.price:
        raise _invalid(_("Type the price of %(item)s.") % {"item": row.description or row.product}, f"/price/{index}")
    return Line(
        number,
        amount=amount_of(row.price, currency, f"/price/{index}"),
        quantity=quantity_of(row.quantity, f"/quantity/{index}"),
        product=row.product,
        departments=(row.department,) if row.department else (),
        description=row.description,
    )


def _member(text: str) -> Identity | None:
    try:
        return Identity("id", str(UUID(text))) if text else None
    except ValueError:
        raise _invalid(_("The form is not whole; load the page anew."), "/member") from None


def _moment(text: str) -> datetime | None:
    """When a sale was made that waited for the network, as the browser wrote it."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is None):
        raise _invalid(_("The form is not whole; load the page anew."), "/at")
    return moment


def _invalid(sentence: str, at: str) -> Refused:
    return said("invalid", sentence, at)
