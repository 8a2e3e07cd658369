"""What-if: last month's receipts counted by a draft, beside today's rules; nothing in the books moves."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from typer.testing import CliRunner

from fiel.ledger.digest import digest_of
from fiel.ops.cli import WITH_DJANGO, application, commands
from fiel.programme.examples import example
from tests.stories.table import Story

WARES = {"COFFEE": "coffee", "LUNCH": "kitchen", "PACK-10": "kitchen", "BREAKFAST": "kitchen"}
WEEKS = """
    2026-03-03 09:00
    join    leo
    join    eva
    sale    A1 leo  LUNCH 60.00                     -> +60 points, because everything
    2026-03-09 09:00
    sale    A2 leo  LUNCH 45.00                     -> +45 points, tier gold, because everything
    sale    A3 eva  LUNCH 30.00, COFFEE 2.00 x 4    -> +32 points, +4 coffees, because everything + coffee-stamps
    2026-04-10 09:00
    sale    A4 leo  COFFEE 20.00 x 11               -> +24 points, +11 coffees, -10 coffees, voucher toast
                    because everything + coffee-stamps + gold
    sale    A5 eva  PACK-10 30.00                   -> +30 points, +10 breakfasts, because everything + breakfast-pack
    sale    A6 eva  BREAKFAST 4.00; use packs       -> -1 breakfasts, covered 1, because everything
    sale    A7 nobody LUNCH 99.00                   -> nothing
    sale    A8 eva  LUNCH 500.00                    -> +500 points, tier gold, because everything
    return  A8                                      -> -500 points, tier silver
    return  A3      COFFEE x 4                      -> -2 points, -4 coffees
"""


@pytest.fixture
def story(db, clock):
    story = Story(example("bar"), clock, WARES)
    story.tell(WEEKS)
    return story


def replay(draft, tmp_path, *, first="2026-03-01", last="2026-04-30"):
    """What the command tells of both sides, as a machine reads it."""
    path = tmp_path / "draft.json"
    path.write_text(json.dumps(draft), encoding="utf-8")
    typed = ["programme", "replay", "historia", str(path), "--from", first, "--to", last, "--json"]
    result = CliRunner().invoke(application(commands(WITH_DJANGO)), typed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_rules_as_they_are_give_what_they_gave(story, tmp_path):
    """A3 and A8 as returns left them; A6 is paid by the pack again."""
    told = replay(example("bar"), tmp_path)
    assert told["draft"] == told["today"]
    assert told["today"] == {
        "sales": 6,
        "refused": 0,
        "given": {"points": "189", "coffees": "11", "breakfasts": "10"},
        "spent": {"breakfasts": "1", "coffees": "10"},
        "value": {},
        "by_month": {
            "2026-03": {"points": "135"},
            "2026-04": {"points": "54", "coffees": "11", "breakfasts": "10"},
        },
        "by_rule": {"everything": "189", "coffee-stamps": "11", "breakfast-pack": "10"},
        "awards": {"tenth-coffee": 1},
        "rose": {"gold": 1},
        "stand": {"gold": 1, "silver": 1},
    }


def test_a_draft_stands_beside_today(story, tmp_path):
    draft = deepcopy(example("bar"))
    draft["units"][0]["value"] = "0.02"
    draft["tiers"][1]["reach"]["amount"] = "30.00"
    draft["earn"][0]["cap"] = {"month": 50}
    told = replay(draft, tmp_path)
    assert told["draft"]["given"]["points"] == "140"
    assert told["draft"]["value"] == {"points": "2.8"}
    assert told["draft"]["rose"] == {"gold": 2}
    assert told["today"]["given"]["points"] == "189"


def test_a_span_of_days_and_of_none(story, tmp_path):
    assert replay(example("bar"), tmp_path, first="2026-03-09", last="2026-03-09")["today"]["sales"] == 2
    nothing = replay(example("bar"), tmp_path, first="2025-01-01", last="2025-12-31")["today"]
    assert (nothing["sales"], nothing["given"], nothing["stand"]) == (0, {}, {})


def test_nothing_in_the_books_moves(story, tmp_path):
    before = digest_of(story.shop.business.id)
    replay(example("supermarket") | {"currency": "EUR", "timezone": "Europe/Madrid"} | UNITS_IN_USE, tmp_path)
    assert digest_of(story.shop.business.id) == before


UNITS_IN_USE = {"units": example("bar")["units"]}
