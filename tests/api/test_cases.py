"""The cases in tests/cases, told to the API step by step, with the clock set to each step's time.

A case with a step that no call can do yet is told as far as it goes.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.api.conftest import LONG_AGO, open_shop

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*.json"))

# What no call of the API can do yet; a line goes when its call comes.
STEPS_TO_COME = {
    "return",  # POST /sales/{id}/returns
    "issue",  # POST /vouchers
    "redeem",  # POST /vouchers/{code}/redeem
    "cancel",  # POST /vouchers/{code}/cancel
    "adjust",  # POST /adjustments
    "opening",  # POST /openings
    "tier",  # POST /members/{id}/tier
    "merge",  # POST /members/{id}/merge
    "daily",  # the daily run, which is no call at all: it waits for a way to be run here
}
# Rules that need something else than a sale to be told in full: a case that has them is not begun.
RULES_TO_COME = {
    "awards",  # PUT /rewards/{code}
}
# How many cases must at least be told from end to end, and begun: a runner that runs nothing must not pass.
TOLD_WHOLE = 9
BEGUN = 25


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def steps_that_can_be_told(case):
    """The steps up to the first that no call can do."""
    if RULES_TO_COME & case["programme"].keys():
        return []
    kinds = [step["do"] for step in case["steps"]]
    end = next((index for index, kind in enumerate(kinds) if kind in STEPS_TO_COME), len(kinds))
    return case["steps"][:end]


def test_the_cases_are_told():
    cases = [read(path) for path in CASES]
    told = [(len(steps_that_can_be_told(case)), len(case["steps"])) for case in cases]
    assert sum(steps == of for steps, of in told) >= TOLD_WHOLE
    assert sum(steps > 0 for steps, _ in told) >= BEGUN


@pytest.mark.parametrize("path", [path for path in CASES if steps_that_can_be_told(read(path))], ids=lambda p: p.stem)
def test_case(db, clock, path):
    case = read(path)
    story = Story(case, clock)
    for step in steps_that_can_be_told(case):
        story.tell(step)


class Story:
    """A case's shop, and its members by code."""

    def __init__(self, case, clock):
        self.clock = clock
        programme = case["programme"]
        self.shop = open_shop("caso", currency=programme["currency"], timezone=programme["timezone"])
        self.office = self.shop.office
        self.version = 0
        self.publish({"programme": programme, "at": case.get("published_at", LONG_AGO)})
        for name in ("stores", "departments", "products"):
            if case.get(name):
                self.office.ok("PUT", f"/{name}", {"items": case[name]})
        first = case["steps"][0]
        for member in case.get("members", ()):
            self.enrol({"member": member, "at": first.get("at") or first["sale"]["occurred_at"]})

    def tell(self, step):
        """One step, and what is expected of it."""
        told = getattr(self, step["do"])(step)
        expected = step.get("expect", {})
        for code, member in expected.get("members", {}).items():
            self.check_member(code, member)
        if step["do"] == "sale":
            self.check_sale(step, expected, told)

    def publish(self, step):
        self.clock.set(step["at"])
        self.office.publish(step["programme"], version=self.version)
        self.version += 1

    def enrol(self, step):
        self.clock.set(step["at"])
        member = dict(step["member"])
        if "referred_by" in member:
            member["referred_by"] = self.look_up(member["referred_by"])["id"]
        self.office.ok("POST", "/members", member)

    def sale(self, step):
        self.clock.set(step["sale"]["occurred_at"])
        return self.office.post("/sales", step["sale"])

    def check_sale(self, step, expected, answer):
        if "refused" in expected:
            assert answer.code == expected["refused"]
            return
        told = answer.body
        assert told["duplicate"] is expected.get("duplicate", False)
        assert answer.status == (200 if told["duplicate"] else 201)
        if told["duplicate"]:
            return
        moves = [self.movement(each) for each in told["movements"]]
        owner = step["sale"].get("member", {}).get("code")
        # Who brought the member is told in the expectation, and seen in that member's own account.
        wanted = [self.movement(each) for each in expected.get("movements", ()) if each["member"] == owner]
        assert added_up(moves, wanted) == added_up(wanted, wanted)
        assert told["covered"] == expected.get("covered", [])

    def movement(self, told):
        return told["unit"], told["kind"], told.get("expires_on", "any"), int(told["amount"].replace(".", ""))

    def check_member(self, code, expected):
        told = self.look_up(code)
        accounts = {account["unit"]: account for account in told["accounts"]}
        for unit, wanted in expected["accounts"].items():
            account = accounts[unit]
            # What is not named is nothing.
            assert {name: account.get(name, "0") for name in ("balance", "available", "carry", "debt")} == {
                "balance": wanted["balance"],
                "available": wanted["available"],
                "carry": wanted.get("carry", "0"),
                "debt": wanted.get("debt", "0"),
            }
            assert account["pending"].strip("0.") == wanted.get("pending", "0").strip("0.")
        if "tier" in expected:
            assert told["tier"] == expected["tier"]

    def look_up(self, code):
        return self.office.ok("POST", "/members/lookup", {"q": code})


def added_up(moves, like):
    """Movements of the same unit, kind and date, added up; without the date where none is expected."""
    dated = {(unit, kind) for unit, kind, expires_on, _ in like if expires_on != "any"}
    total = Counter()
    for unit, kind, expires_on, amount in moves:
        total[unit, kind, expires_on if (unit, kind) in dated else "any"] += amount
    return total
