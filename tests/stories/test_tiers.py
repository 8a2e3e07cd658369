"""Tiers through months of sales, returns and daily runs."""

from __future__ import annotations

import pytest

from tests.stories.table import Story

STEPS = {
    "name": "Clube",
    "currency": "EUR",
    "timezone": "Europe/Lisbon",
    "units": [{"code": "points", "kind": "points"}],
    "tiers": [
        {"code": "one"},
        {"code": "two", "reach": {"measure": "spend", "amount": "60.00", "window": {"rolling": 20}}},
        {
            "code": "three",
            "reach": {"measure": "points", "amount": "150", "window": "calendar_month"},
            "fall": "one_step",
        },
    ],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
}


@pytest.mark.django_db
def test_a_tier_into_which_one_fell_counts_as_met_that_day(clock):
    """What is returned later had lifted into it long ago; the fall is what counts now."""
    Story(STEPS, clock, {"WINE": "wine"}).tell("""
        2026-04-01 10:00
        join    rui
        sale    R1 rui  WINE 100.00     -> +100 points, tier two, because all
        2026-04-03 10:00
        sale    R2 rui  WINE 55.00      -> +55 points, tier three, because all
        day     2026-05-31              -> nothing
        day     2026-06-01              -> tier two
        return  R1                      -> -100 points
        day     2026-06-21              -> nothing
        day     2026-06-22              -> tier one
    """)


@pytest.mark.django_db
def test_a_tier_that_a_return_undoes_falls_at_once(clock):
    Story(STEPS, clock, {"WINE": "wine"}).tell("""
        2026-04-01 10:00
        join    rui
        sale    R1 rui  WINE 100.00     -> +100 points, tier two, because all
        sale    R2 rui  WINE 60.00      -> +60 points, tier three, because all
        return  R2                      -> -60 points, tier two
        return  R1                      -> -100 points, tier one
    """)


@pytest.mark.django_db
def test_of_sales_that_arrived_together_the_order_counts(clock):
    """The first lifted; a return of the second leaves the tier, though all were recorded at one moment."""
    story = Story(STEPS, clock, {"WINE": "wine"})
    story.tell("""
        2026-04-01 10:00
        join    rui
    """)
    member = {"id": story.members["rui"]}
    sales = [
        {"number": number, "occurred_at": story.clock.now.isoformat(), "store": "S1", "till": "T1", "member": member}
        | {"lines": [{"product": "WINE", "amount": amount} for amount in amounts]}
        for number, amounts in (("R1", [5500, 4500]), ("R2", [1000]))
    ]
    for sale, told in zip(sales, story.office.ok("POST", "/sales/batch", {"sales": sales})["items"], strict=True):
        story.sales[sale["number"]] = (told["sale"]["id"], sale)
    first = story.sales["R1"][0]
    back = {"number": "D1", "occurred_at": story.clock.now.isoformat(), "lines": [{"line": 2, "quantity": "1"}]}
    assert story.office.ok("POST", f"/sales/{first}/returns", back)["tier"] == "two"
    story.tell("return  R2              -> -10 points")
