"""Two shops behind the API: ours, with a store and keys; and somebody else's, of whom we must never hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.core.cache import cache

from fiel.programme.versions import rules_of
from fiel.shops.keys import create_key
from fiel.shops.models import Business
from fiel.shops.opening import open_business
from tests.api.till import PLAIN, Till

LONG_AGO = "2020-01-01T00:00:00Z"


@dataclass
class Shop:
    """A business, and a till for each scope. The clock stands at noon (UTC) of 4 March 2026."""

    business: Business
    till: Till
    office: Till
    reader: Till

    def key(self, *scopes, **more):
        """A till with another key."""
        made = {"now": datetime(2026, 1, 1, tzinfo=UTC), **more}
        return Till(create_key(self.business, scopes=scopes, **made)[1])


def open_shop(slug, *, currency="BRL", timezone="America/Sao_Paulo"):
    now = datetime(2020, 1, 1, tzinfo=UTC)
    business, _ = open_business(
        slug=slug,
        name=slug.title(),
        currency=currency,
        timezone=timezone,
        owner_email="owner@example.com",
        language="en",
        now=now,
    )
    secrets = {scope: create_key(business, scopes=[scope], now=now)[1] for scope in ("till", "office", "read")}
    return Shop(business, Till(secrets["till"]), Till(secrets["office"]), Till(secrets["read"]))


@pytest.fixture(autouse=True)
def _forget():
    """What a process keeps: rules by version, and how often a key has called. A test's database is taken back."""
    rules_of.cache_clear()
    cache.clear()


@pytest.fixture
def shop(db, clock):
    """A shop whose rules give a point for each whole R$ 1.00, with a store S1; nobody is enrolled yet."""
    shop = open_shop("padaria")
    clock.set(LONG_AGO)
    shop.office.publish(PLAIN)
    shop.office.ok("PUT", "/stores", {"items": [{"code": "S1"}, {"code": "S2", "timezone": "America/Manaus"}]})
    clock.set("2026-03-04T12:00:00Z")
    shop.till = shop.key("till", store="S1", till="T1")
    return shop


@pytest.fixture
def other(db, clock):
    """Somebody else's shop, with a member, a sale, a card, a product and a department."""
    other = open_shop("talho")
    clock.set(LONG_AGO)
    other.office.publish(PLAIN)
    clock.set("2026-03-04T12:00:00Z")
    office = other.office
    office.ok("PUT", "/stores", {"items": [{"code": "S9"}]})
    office.ok("PUT", "/departments", {"items": [{"code": "meat"}]})
    office.ok("PUT", "/products", {"items": [{"code": "P9", "department": "meat"}]})
    return other
