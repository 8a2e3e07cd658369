"""Random weeks of a shop, against the small model: after every step both must say the same.

How much is tried: MODEL_RUNS runs in all (60; 24 on PostgreSQL), split over the programmes, of MODEL_STEPS steps (50).
`make model` is the long form. MODEL_SHRINK=no: that something differs is enough, it is not made smaller.
"""

from __future__ import annotations

import os
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.fiel_side import open_shop
from tests.model.machine import Machine, World
from tests.model.model import Reward, Shop
from tests.model.programmes import (
    CAFE,
    CLUB,
    CLUB_LATER,
    DEPARTMENTS,
    MASSAGES,
    NEAR_LISBON,
    NEAR_SAO_PAULO,
    PRODUCTS,
    RETAIL,
)

ON_SQLITE = os.environ["FIEL_TEST_DATABASE"] == "sqlite"
RUNS = int(os.environ.get("MODEL_RUNS", "60" if ON_SQLITE else "24"))
STEPS = int(os.environ.get("MODEL_STEPS", "50"))
SHRINK = os.environ.get("MODEL_SHRINK") != "no"

CAFE_REWARDS = {
    "toast": Reward(items=("BREAD",), valid_days=5),
    "cake": Reward(items=("CAKE",), price=("points", Fraction(10)), valid_days=3, on_expire="give_back"),
    "dinner": Reward(valid_days=20),
    "bag": Reward(price=("points", Fraction(25))),
    "coffee": Reward(items=("CAFE",), price=("coffees", Fraction(2)), valid_days=9),
}
MASSAGES_REWARDS = {
    "tea": Reward(items=("CAFE",), valid_days=6, on_expire="give_back"),
    "massage": Reward(items=("MASSAGE",), price=("points", Fraction(4)), valid_days=5, on_expire="give_back"),
    "lesson": Reward(price=("massages", Fraction(2)), valid_days=1),
}
RETAIL_REWARDS = {
    "bottle": Reward(items=("WINE", "CAFE"), valid_days=20),
    "cream": Reward(price=("points", Fraction("12.50")), valid_days=4, on_expire="give_back"),
    "off": Reward(price=("money", Fraction("0.40"))),
}
CLUB_REWARDS = {
    "wine": Reward(items=("WINE",), price=("points", Fraction(15)), valid_days=30, on_expire="give_back"),
    "cake": Reward(items=("CAKE", "BREAD"), price=("visits-made", Fraction(3)), valid_days=2),
    "toast": Reward(items=("BREAD",)),
}

PROGRAMMES = {
    "cafe": (CAFE, None, Shop("Europe/Lisbon", NEAR_LISBON, DEPARTMENTS, PRODUCTS, CAFE_REWARDS)),
    "massages": (MASSAGES, None, Shop("America/Sao_Paulo", NEAR_SAO_PAULO, DEPARTMENTS, PRODUCTS, MASSAGES_REWARDS)),
    "retail": (RETAIL, None, Shop("Europe/Lisbon", NEAR_LISBON, DEPARTMENTS, PRODUCTS, RETAIL_REWARDS)),
    "club": (CLUB, CLUB_LATER, Shop("Europe/Lisbon", NEAR_LISBON, DEPARTMENTS, PRODUCTS, CLUB_REWARDS)),
}


def machine_of(name, clock):
    """A machine for one programme, in a business of its own."""
    document, later, shop = PROGRAMMES[name]
    world = World(open_shop(f"model-{name}", document, shop), shop, document, clock, later)
    return type(f"Machine_{name}", (Machine,), {"world": world})


@pytest.mark.django_db
@pytest.mark.parametrize("name", PROGRAMMES)
def test_fiel_counts_as_the_model_does(name, clock):
    tried = settings(
        max_examples=max(1, RUNS // len(PROGRAMMES)),
        # The short form tries the same every time, so that a change is judged by itself; the long form tries anew.
        derandomize="MODEL_RUNS" not in os.environ,
        stateful_step_count=STEPS,
        phases=tuple(Phase) if SHRINK else (Phase.generate,),
        report_multiple_bugs=SHRINK,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(machine_of(name, clock), settings=tried)
