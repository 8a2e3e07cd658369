"""The four businesses of the neighbourhood: one explicit list."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial

from fiel.core.identity import Identity, phone
from fiel.ops.demo.bring import bring_shop
from fiel.ops.demo.gelataria import GELATARIA
from fiel.ops.demo.massagem import MASSAGEM
from fiel.ops.demo.mercado import MERCADO
from fiel.ops.demo.padaria import PADARIA
from fiel.ops.demo.people import GUESTS
from fiel.ops.demo.plan import Plan
from fiel.ops.demo.shop import Shop, Size

__all__ = ["NEIGHBOURHOOD", "plans"]

NEIGHBOURHOOD: tuple[Shop, ...] = (PADARIA, MASSAGEM, GELATARIA, MERCADO)
SAMPLE = 2350


def plans(size: Size) -> tuple[Plan, ...]:
    """A plan for each."""
    return tuple(_plan(shop, size) for shop in NEIGHBOURHOOD)


def _plan(shop: Shop, size: Size) -> Plan:
    guest = GUESTS[shop.country]
    return Plan(
        slug=shop.slug,
        name=shop.name,
        currency=shop.currency,
        timezone=shop.timezone,
        begins=partial(_begins, shop, size),
        bring=partial(bring_shop, shop, size),
        guest=Identity("phone", phone(guest.phone, region=shop.country)),
        typed=guest.phone,
        sample=SAMPLE,
    )


def _begins(shop: Shop, size: Size, now: datetime) -> datetime:
    """The midnight before the first receipt's day."""
    return datetime.combine(now.astimezone(shop.zone).date() - timedelta(days=size.days), time(), shop.zone)
