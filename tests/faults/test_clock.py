"""The clock jumps, the hour is changed, February has 29 days: nothing lapses early, nothing late, nothing twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fiel.core.sale import Line
from fiel.ledger.models import Account, Entry
from fiel.ops.audit import audit
from fiel.sales.daily import run_daily
from tests.ledger.shop import open_shop

pytestmark = pytest.mark.django_db(transaction=True)

LISBON = ZoneInfo("Europe/Lisbon")
PROGRAMME = {
    "name": "Clube",
    "currency": "EUR",
    "timezone": "Europe/Lisbon",
    "late_days": 30,
    "units": [{"code": "points", "kind": "points", "expiry": {"kind": "days", "days": 1}}],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
}


@pytest.mark.parametrize(
    "last_day",
    ["2028-02-29", "2026-03-29", "2026-10-25", "2026-12-31"],
    ids=["29 February", "23 hours", "25 hours", "the year's last"],
)
def test_points_live_to_the_last_minute_of_their_day_and_no_longer(clock, last_day):
    """By the programme's clock; the server's jumps a day back and forth meanwhile, and is asked each time."""
    midnight = datetime.fromisoformat(last_day).replace(tzinfo=LISBON) + timedelta(days=1)
    clock.set(datetime.fromisoformat(last_day).replace(hour=10, tzinfo=LISBON) - timedelta(days=1))
    shop = open_shop("padaria", PROGRAMME | {"currency": "BRL"})
    shop.sell("1", "ana", Line(1, 1000))

    def held_at(moment):
        clock.set(moment)
        run_daily(shop.business)
        return Account.objects.get(business=shop.business, unit="points").balance

    # An hour of the clock is not always an hour later: moments are taken from midnight in UTC.
    midnight = midnight.astimezone(ZoneInfo("UTC"))
    assert held_at(midnight - timedelta(minutes=1)) == 10
    assert held_at(midnight - timedelta(days=1)) == 10
    assert held_at(midnight - timedelta(seconds=1)) == 10
    assert held_at(midnight) == 0
    assert held_at(midnight - timedelta(days=1)) == 0
    assert held_at(midnight + timedelta(days=1)) == 0
    kinds = Entry.objects.filter(business=shop.business).order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["earn", "expire"]
    assert audit(shop.business).holds
