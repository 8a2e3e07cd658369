"""From a sale as it was sent to one as `record()` takes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import pydantic

from fiel.core.identity import Identity
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.access import place_of
from fiel.sales.incoming import Incoming, Key
from fiel.shops.models import ApiKey
from fiel.wire.faults import ODD, pointer, refused_by_model
from fiel.wire.identities import chosen
from fiel.wire.sales import QuoteIn, SaleIn, incoming_of, ways_named

__all__ = ["read_batch", "read_quote", "read_sale"]


def read_sale(key: ApiKey, sale: SaleIn, idempotency: Key | None) -> Incoming:
    """One sale. Raises `invalid` and `forbidden`."""
    [member] = chosen(key.business, [ways_named(key.business, sale.member)])
    return _incoming(key, sale, member, idempotency)


def read_quote(key: ApiKey, sale: QuoteIn, now: datetime) -> Incoming:
    """A sale that is only asked about: without a number it is like no other, without a time it is now."""
    at = sale.occurred_at or now
    named = sale.model_copy(update={"number": sale.number or f"quote {uuid4()}", "occurred_at": at})
    return read_sale(key, named, None)


def read_batch(
    key: ApiKey, sales: Sequence[Mapping[str, Any]], odd: Iterable[Sequence[Any]]
) -> list[Incoming | Refused]:
    """Many sales, each by itself: what each is, or why it cannot be right, with pointers into that sale.

    `odd`: places in the whole body where a text cannot be kept.
    """
    read: list[SaleIn | Refused] = []
    ways: list[tuple[Identity, ...]] = []
    faults: dict[int, list[Fault]] = {}
    for _, index, *path in odd:
        faults.setdefault(index, []).append(Fault(pointer(path), ODD))
    for index, each in enumerate(sales):
        try:
            if index in faults:
                raise Refused("invalid", ODD, faults[index])
            sale = SaleIn.model_validate(each)
            ways.append(ways_named(key.business, sale.member))
            read.append(sale)
        except pydantic.ValidationError as error:
            read.append(refused_by_model(error.errors(include_url=False, include_input=False)))
        except Refused as refused:
            read.append(refused)
    members = iter(chosen(key.business, ways))
    return [each if isinstance(each, Refused) else _or_refused(key, each, next(members)) for each in read]


def _or_refused(key: ApiKey, sale: SaleIn, member: Identity | None) -> Incoming | Refused:
    try:
        return _incoming(key, sale, member, None)
    except Refused as refused:
        return refused


def _incoming(key: ApiKey, sale: SaleIn, member: Identity | None, idempotency: Key | None) -> Incoming:
    store, till = place_of(key, sale.store, sale.till)
    return incoming_of(sale, member, store=store, till=till, key=idempotency)
