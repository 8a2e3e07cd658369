"""The cases in tests/cases, told to the API step by step, with the clock set to each step's time."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, time
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from fiel.ops.audit import audit
from fiel.ops.cli import WITH_DJANGO, application, commands
from tests.api.conftest import LONG_AGO, open_shop

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*.json"))
# A runner that runs nothing must not pass.
AT_LEAST = 29
# A word of the cases that is one of Python's.
METHODS = {"return": "bring_back"}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_cases_are_there():
    assert len(CASES) >= AT_LEAST


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(db, clock, path):
    case = read(path)
    story = Story(case, clock)
    for step in case["steps"]:
        story.tell(step)
    assert audit(story.shop.business, recount=True).findings == []


class Story:
    """A case's shop, its members by code, sales by number, vouchers by the case's names."""

    def __init__(self, case, clock):
        self.clock = clock
        self.programme = case["programme"]
        timezone = self.programme["timezone"]
        self.zone = ZoneInfo(timezone)
        self.shop = open_shop("caso", currency=self.programme["currency"], timezone=timezone)
        self.office = self.shop.office
        self.version = 0
        self.members, self.sales, self.vouchers, self.codes = {}, {}, {}, {}
        self.publish({"programme": self.programme, "at": case.get("published_at", LONG_AGO)})
        for name in ("stores", "departments", "products"):
            if case.get(name):
                self.office.ok("PUT", f"/{name}", {"items": case[name]})
        for reward in case.get("rewards", ()):
            code = reward.pop("code")
            self.office.ok("PUT", f"/rewards/{code}", reward)
        for member in case.get("members", ()):
            self.enrol({"member": member, "at": moment_of(case["steps"][0])})

    def tell(self, step):
        """One step, and what is expected of it: what moved, what was issued, who was invited, how members stand."""
        expected = step.get("expect", {})
        moment = (
            moment_of(step)
            or datetime.combine(datetime.fromisoformat(step["on"]).date(), time(12), self.zone).isoformat()
        )
        self.clock.set(moment)
        before = self.everything()
        answer = getattr(self, METHODS.get(step["do"], step["do"]))(step)
        if "refused" in expected:
            assert answer.code == expected["refused"]
            assert self.everything() == before
            return
        assert answer is None or answer.status < 300, answer.body
        after = self.everything()
        merged = answer.body["movements"] if step["do"] == "merge" else None
        self.check_moved(expected, before, after, merged)
        self.check_vouchers(expected, before, after)
        self.check_invited(step, expected, before, after)
        if step["do"] in ("sale", "return"):
            assert answer.body["duplicate"] is expected.get("duplicate", False)
            assert answer.status == (200 if answer.body["duplicate"] else 201)
        if step["do"] == "sale" and not answer.body["duplicate"]:
            assert sorted(map(self.covering, answer.body["covered"]), key=str) == sorted(
                map(dict_of_text, expected.get("covered", [])), key=str
            )
        for code, member in expected.get("members", {}).items():
            self.check_member(code, member)

    # The steps

    def publish(self, step):
        self.clock.set(step["at"])
        self.programme = step["programme"]
        self.office.publish(self.programme, version=self.version)
        self.version += 1

    def enrol(self, step):
        self.clock.set(step["at"])
        member = dict(step["member"])
        if "referred_by" in member:
            member["referred_by"] = self.members[member["referred_by"]]
        self.members[member["code"]] = self.office.ok("POST", "/members", member)["id"]

    def sale(self, step):
        sale = {**step["sale"]}
        if "vouchers" in sale:
            sale["vouchers"] = [self.vouchers[name] for name in sale["vouchers"]]
        answer = self.office.post("/sales", sale)
        if answer.status == 201:
            self.sales[sale["number"]] = answer.body["id"]
            for issued in answer.body["issued"]:
                assert issued["code"]
        return answer

    def bring_back(self, step):
        return self.office.post(f"/sales/{self.sales[step['of']]}/returns", step["return"])

    def issue(self, step):
        return self.office.post("/vouchers", {"member": self.members[step["member"]], "reward": step["reward"]})

    def redeem(self, step):
        return self.office.post(f"/vouchers/{self.vouchers[step['voucher']]}/redeem")

    def cancel(self, step):
        return self.office.post(f"/vouchers/{self.vouchers[step['voucher']]}/cancel", {})

    def adjust(self, step):
        return self.office.post("/adjustments", self.by_hand(step, "unit", "amount", "reason"))

    def opening(self, step):
        return self.office.post("/openings", self.by_hand(step, "unit", "amount", "expires_on", "reference"))

    def by_hand(self, step, *names):
        return {"member": self.members[step["member"]], **{name: step[name] for name in names if name in step}}

    def tier(self, step):
        given = {"tier": step["tier"], "until": step.get("until"), "reason": step.get("reason", "the case says so")}
        return self.office.post(f"/members/{self.members[step['member']]}/tier", given)

    def merge(self, step):
        into, gone = (self.members[step[name]] for name in ("into", "gone"))
        return self.office.post(f"/members/{into}/merge", {"gone": gone})

    def daily(self, step):
        result = CliRunner().invoke(application(commands(WITH_DJANGO)), ["daily", "caso", "--on", step["on"]])
        assert result.exit_code == 0, result.output

    # What is expected

    def everything(self):
        """How all members stand, with every entry and voucher of theirs."""
        return {code: self.member(code, id_) for code, id_ in self.members.items()}

    def member(self, code, id_):
        told = self.office.ok("POST", "/members/lookup", {"q": code})
        entries = self.office.ok("GET", f"/members/{id_}/entries?limit=200")
        assert entries["next_cursor"] is None
        return told | {"entries": {(each["unit"], each["number"]): each for each in entries["items"]}}

    def living(self, told):
        """Those who are members of their own."""
        return [code for code, each in told.items() if each["id"] == self.members[code]]

    def check_moved(self, expected, before, after, merged=None):
        """What moved for all members. Of who was merged the answer alone tells: their id leads to the other by now."""
        wanted = expected.get("movements", [])
        codes = {id_: code for code, id_ in self.members.items()}
        moved = [{**each, "member": codes[each["member"]]} for each in merged or ()]
        if merged is None:
            moved = [
                {**entry, "member": code}
                for code in self.living(after)
                for key, entry in after[code]["entries"].items()
                if key not in before[code]["entries"]
            ]
        dated = {(each["member"], each["unit"], each["kind"]) for each in wanted if "expires_on" in each}
        assert added_up(moved, dated) == added_up(wanted, dated)

    def check_vouchers(self, expected, before, after):
        """Vouchers that came are named in their order; what is expected names them."""
        issued = []
        for code in self.living(after):
            told = after[code]
            had = {voucher["code"] for voucher in before[code]["vouchers"]} | set(self.codes)
            for voucher in told["vouchers"]:
                if voucher["code"] not in had:
                    issued.append({"reward": voucher["reward"], "voucher": self.named(code, voucher)})
        assert sorted(map(str, issued)) == sorted(map(str, expected.get("issued", [])))

    def named(self, member, voucher):
        first = f"{member}/{voucher['reward']}/"
        name = first + str(1 + sum(known.startswith(first) for known in self.vouchers))
        self.vouchers[name] = voucher["code"]
        self.codes[voucher["code"]] = name
        return name

    def check_invited(self, step, expected, before, after):
        invited = [
            {"member": code, "award": award}
            for code in self.living(after)
            for award in after[code]["invitations"]
            if award not in before[code]["invitations"]
        ]
        wanted = expected.get("invited", [])
        assert sorted(map(str, invited if step["do"] == "daily" else [each["award"] for each in invited])) == sorted(
            map(str, wanted)
        )

    def covering(self, told):
        named = {**told, "voucher": self.codes[told["voucher"]]} if "voucher" in told else told
        return dict_of_text(named)

    def check_member(self, code, expected):
        told = self.office.ok("POST", "/members/lookup", {"q": code})
        accounts = {account["unit"]: account for account in told["accounts"]}
        for unit, wanted in expected["accounts"].items():
            # What is not named is nothing.
            for name in ("balance", "available", "pending", "carry", "debt"):
                assert Fraction(accounts[unit].get(name, "0")) == Fraction(wanted.get(name, "0")), (unit, name)
        if "tier" in expected:
            assert told["tier"] == expected["tier"]
        assert sorted(told["invitations"]) == sorted(expected.get("invitations", []))


def moment_of(step):
    return step.get("at") or step.get("sale", step.get("return", {})).get("occurred_at")


def dict_of_text(covered):
    return {name: str(value) for name, value in sorted(covered.items())}


def added_up(moves, dated):
    """Movements of the same member, unit, kind and date, added up; without the date where none is expected."""
    total = Counter()
    for each in moves:
        key = (each["member"], each["unit"], each["kind"])
        total[*key, each.get("expires_on") if key in dated else "any"] += Fraction(each["amount"])
    return total
