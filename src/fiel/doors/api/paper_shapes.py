"""Papers as the shop's agent sends them, and from there to what `intake` takes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from fiel.core.sale import Payment
from fiel.intake.papers import BackLine, GoodsBack, Original, Paper, PaperLine, Place, Void
from fiel.wire.fields import MOST_MINOR, Answer, Body, Day, LongCode, Minor, Name, Percent, Quantity, ShortName, said
from fiel.wire.sales import PaymentIn, SaleIn

__all__ = ["PaperItemIn", "PapersAnswer", "PapersIn", "item_of"]

_MOST = 500
_MOST_LINES = 5000
_PIECE = 1000
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)

EXAMPLE: dict[str, Any] = {
    "file": "2026-11/35261111222333000181650010000000011000000011.xml",
    "paper": {
        "place": {"issuer": "11222333000181", "till": "1"},
        "number": "1",
        "at": "2026-11-22T10:15:00-03:00",
        "currency": "BRL",
        "lines": [{"product": "PAO", "description": "Pão francês", "amount": 790, "group": "19052090"}],
        "payments": [{"kind": "pix", "amount": 790}],
        "buyer": "52998224725",
        "scheme": "ncm",
    },
}


def _stamp(value: Any) -> datetime:
    """The time as the paper has it: with the offset in which it is written, or with none."""
    if isinstance(value, str) and _STAMP.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise said("there is no such time") from None
        if 1970 < moment.year < 2999:
            return moment
    raise said('write the time as the paper has it: "2026-11-22T10:15:00-03:00", or without its offset')


Stamp = Annotated[
    datetime,
    BeforeValidator(_stamp),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"}),
]
"""A time, by the store's clock where it has no offset."""

Short = Annotated[str, Field(max_length=50)]
Reason = Annotated[str, Field(max_length=500)]


class PlaceIn(Body):
    """Where a paper was made."""

    issuer: Short = Field(description="The tax id of who issued it, which tells the store; empty: the branch does.")
    till: Short = Field(description="The till or series.")
    branch: Name | None = Field(None, description="A store's code or name, where several share a tax id.")


class OriginalIn(Body):
    """The paper that another one is about."""

    place: PlaceIn
    number: LongCode
    day: Day | None = Field(None, description="Its date, where it is said.")


class PaperLineIn(Body):
    """One item of a paper."""

    amount: Annotated[int, Field(ge=-MOST_MINOR, le=MOST_MINOR)] = Field(
        description="The line's total before its own discount, tax included, in minor units."
    )
    quantity: Quantity | None = Field(None, description="At most 3 decimal places; left out: 1.")
    discount: Minor | None = None
    tax_rate: Percent | None = None
    product: Annotated[str, Field(max_length=64)] | None = None
    ean: Annotated[str, Field(max_length=64)] | None = None
    group: Annotated[str, Field(max_length=64)] | None = Field(None, description="An NCM code, a product group.")
    description: Name | None = None


class PaperIn(Body):
    """A receipt as a fiscal file states it."""

    place: PlaceIn
    number: LongCode
    at: Stamp = Field(description="As it is written there; without offset it is by the store's clock.")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    lines: Annotated[list[PaperLineIn], Field(max_length=_MOST_LINES)]
    discount: Minor | None = None
    payments: Annotated[list[PaymentIn], Field(max_length=100)] | None = None
    buyer: Name | None = Field(
        None, description="A tax id, or `phone:…`, `email:…`, `code:…`. Who is no member is not kept."
    )
    scheme: Annotated[str, Field(max_length=20)] | None = Field(
        None, description="Which terms `group` is in: `ncm`, `group`."
    )
    wrong: Reason | None = Field(None, description="Why its figures cannot be taken as they are; it then waits.")
    voids: Annotated[list[OriginalIn], Field(max_length=100)] | None = Field(
        None, description="Papers that this one stands for; they count no more."
    )


class VoidIn(Body):
    """That a paper counts no more."""

    original: OriginalIn
    number: LongCode
    at: Stamp
    paper: PaperIn | None = Field(None, description="Its content, where the file has it.")


class BackLineIn(Body):
    """Goods that come back."""

    original: OriginalIn
    product: Annotated[str, Field(max_length=64)]
    quantity: Quantity
    amount: Minor | None = Field(None, description="Left out: what they cost.")
    ean: Annotated[str, Field(max_length=64)] | None = None
    description: Name | None = None


class ReturnIn(Body):
    """A return of goods."""

    place: PlaceIn
    number: LongCode
    at: Stamp
    lines: Annotated[list[BackLineIn], Field(max_length=_MOST_LINES)]
    wrong: Reason | None = None


class PaperItemIn(Body):
    """One thing that a file in the shop says: exactly one of `paper`, `void`, `return` and `sale`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    file: Name | None = Field(None, description="The file it stood in, for whoever looks at what waits.")
    row: ShortName | None = Field(None, description="Where in the file.")
    paper: PaperIn | None = None
    void: VoidIn | None = None
    returned: ReturnIn | None = Field(None, alias="return")
    sale: SaleIn | None = Field(None, description="A sale as `POST /sales` takes it; it names its store and till.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.paper, self.void, self.returned, self.sale)) != 1:
            raise said("give one of: paper, void, return, sale")
        return self


class PapersIn(Body):
    """What files in the shop say, in their order."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [{"items": [EXAMPLE]}]}
    )

    # Each is looked at by itself: one that is wrong must not keep the others out.
    items: Annotated[list[Any], Field(min_length=1, max_length=_MOST)]


class PaperAnswerItem(Answer):
    """What became of one."""

    status: int = Field(description="201: it is in the books now; 200: it was there; 202: it waits; else as a call's.")
    state: Literal["new", "known", "waits", "refused"]
    problem: dict[str, Any] | None = Field(None, description="Why it waits or was refused.")


class PapersAnswer(Answer):
    """What became of each, in their order."""

    items: list[PaperAnswerItem]


def item_of(item: PaperItemIn) -> Paper | Void | GoodsBack | SaleIn:
    """What an item is, in the terms of `intake`."""
    if item.paper:
        return _paper(item.paper)
    if item.void:
        paper = _paper(item.void.paper) if item.void.paper else None
        return Void(_original(item.void.original), item.void.number, item.void.at, paper)
    if item.returned:
        back = item.returned
        lines = tuple(map(_back_line, back.lines))
        return GoodsBack(_place(back.place), back.number, back.at, lines, back.wrong or "")
    assert item.sale  # noqa: S101 - the shape holds exactly one
    return item.sale


def _place(place: PlaceIn) -> Place:
    return Place(place.issuer, place.till, place.branch or "")


def _original(original: OriginalIn) -> Original:
    return Original(_place(original.place), original.number, original.day)


def _paper(paper: PaperIn) -> Paper:
    return Paper(
        place=_place(paper.place),
        number=paper.number,
        at=paper.at,
        lines=tuple(map(_line, paper.lines)),
        currency=paper.currency,
        discount=paper.discount or 0,
        payments=tuple(Payment(each.kind, each.amount, each.unit or "") for each in paper.payments or ()),
        buyer=paper.buyer or "",
        scheme=paper.scheme or "",
        channel="agent",
        wrong=paper.wrong or "",
        voids=tuple(map(_original, paper.voids or ())),
    )


def _line(line: PaperLineIn) -> PaperLine:
    return PaperLine(
        amount=line.amount,
        quantity=_PIECE if line.quantity is None else line.quantity,
        discount=line.discount or 0,
        tax_rate=line.tax_rate or 0,
        product=line.product or "",
        ean=line.ean or "",
        group=line.group or "",
        description=line.description or "",
    )


def _back_line(line: BackLineIn) -> BackLine:
    original = _original(line.original)
    return BackLine(original, line.product, line.quantity, line.amount, line.ean or "", line.description or "")
