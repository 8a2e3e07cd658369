"""Stories as tables: what happens in a shop, line by line, and what each line must bring. Everything goes over HTTP.

    2026-11-03 10:00
    join    ana     types company, born 1990-05-04, brought by bea
    sale    R1 ana  BREAD 7.90, MEAT 41.00 off 1.00, EGGS 3.00 x 12   -> +48 points, because bakery + gold
    return  R1      MEAT x 1                                         -> -40 points
    sale    R1 ana  again                                            -> duplicate
    day     2027-11-30                                               -> -8 points
    has     ana                                                      -> 0 points

After `->` stands everything that moved, and what else is worth saying: `voucher toast`, `invite`, `tier gold` (the
member's, from then on), `because <rules and boosts>`, `covered 1`, `refused <code>`, `nothing`. What is not said did
not happen. A line that begins with `because` goes on with the one before. `day` runs the daily run of a day.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from fiel import clock
from fiel.core.money import minor_digits
from fiel.insight.keep import keep_up
from fiel.ops.audit import audit
from fiel.ops.cli import WITH_DJANGO, application, commands
from tests.api.conftest import LONG_AGO, Shop, open_shop

ITEM = re.compile(r"(?P<product>[A-Z0-9-]+)(?: (?P<amount>[\d.]+))?(?: off (?P<off>[\d.]+))?(?: x (?P<pieces>[\d.]+))?")


@dataclass
class Story:
    """A shop with a programme, and the wares it sells: department (and tags, comma-separated) by product."""

    document: dict[str, Any]
    clock: Any
    wares: dict[str, str]
    tax: str = "0"
    shop: Shop = field(init=False)
    members: dict[str, str] = field(default_factory=dict)
    sales: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        zone, currency = self.document["timezone"], self.document["currency"]
        self.zone, self.minor = ZoneInfo(zone), 10 ** minor_digits(currency)
        self.shop = open_shop("historia", currency=currency, timezone=zone)
        self.office = self.shop.office
        self.clock.set(LONG_AGO)
        self.office.ok("PUT", "/stores", {"items": [{"code": "S1"}, {"code": "S2"}]})
        departments = sorted({ware.split(",")[0] for ware in self.wares.values()})
        self.office.ok("PUT", "/departments", {"items": [{"code": each, "name": each} for each in departments]})
        items = [
            {"code": code, "name": code, "department": ware.split(",")[0], "tags": ware.split(",")[1:]}
            for code, ware in self.wares.items()
        ]
        self.office.ok("PUT", "/products", {"items": items})
        self.office.publish(self.document)
        keep_up(self.shop.business, now=clock.now())  # what happens from now on is taken into the sums as it happens

    def tell(self, table: str) -> None:
        """Let it happen, and hold each line against what came. The books must balance at the end."""
        for line in filter(None, map(str.strip, re.sub(r"\n\s*because", ", because", table).splitlines())):
            said, _, came = (part.strip() for part in line.partition("->"))
            word, _, rest = said.partition(" ")
            if word[0].isdigit():
                self.clock.set(datetime.fromisoformat(said).replace(tzinfo=self.zone).isoformat())
                continue
            told = getattr(self, {"return": "bring_back"}.get(word, word))(rest.strip())
            assert came_of(came) == told, f"{line}\ncame: {', '.join(told.elements())}"
        keep_up(self.shop.business, now=clock.now())
        assert audit(self.shop.business, recount=True).findings == []

    # What can happen

    def join(self, said: str) -> Counter[str]:
        name, _, rest = said.partition(" ")
        member: dict[str, Any] = {"code": name.upper(), "name": name.title()}
        for each in filter(None, map(str.strip, rest.split(","))):
            if each.startswith("types "):
                member["types"] = each.split()[1:]
            elif each.startswith("born "):
                member["birth_date"] = each.split()[1]
            else:
                member["referred_by"] = self.members[each.removeprefix("brought by ")]
        self.members[name] = self.office.ok("POST", "/members", member)["id"]
        return Counter()

    def sale(self, said: str) -> Counter[str]:
        number, name, rest = said.split(maxsplit=2)
        sale = self.sales[number][1] if rest == "again" else self._sale(number, name, rest)
        before, tiers = self._entries(), self._tiers()
        answer = self.office.post("/sales", sale)
        if answer.status >= 400:
            return came_of(f"refused {answer.code}")
        told = answer.body
        self.sales[number] = (told["id"], sale)
        if told["duplicate"]:
            return came_of("duplicate")
        came = self._moved(before)
        came.update(f"voucher {each['reward']}" for each in told["issued"])
        came.update("invite" for alert in told["alerts"] if alert["code"] == "invite")
        came.update(f"covered {each['quantity']}" for each in told["covered"])
        came += self._changed(tiers)
        rules = {each["rule"] for each in told["reasons"]}
        boosts = {factor["code"] for each in told["reasons"] for factor in each["factors"]}
        came.update(f"because {each}" for each in rules | boosts)
        return came

    def bring_back(self, said: str) -> Counter[str]:
        number, _, rest = said.partition(" ")
        id_, sale = self.sales[number]
        products = [line["product"] for line in sale["lines"]]
        lines = [
            {"line": products.index(item["product"]) + 1, "quantity": item["pieces"] or "1"}
            for item in map(_item, filter(None, rest.split(",")))
        ]
        before, tiers = self._entries(), self._tiers()
        back = {"number": f"{number}-{len(before)}", "occurred_at": self._now()} | ({"lines": lines} if lines else {})
        self.office.ok("POST", f"/sales/{id_}/returns", back)
        return self._moved(before) + self._changed(tiers)

    def day(self, said: str) -> Counter[str]:
        self.clock.set(datetime.fromisoformat(f"{said} 04:00").replace(tzinfo=self.zone).isoformat())
        before, tiers = self._entries(), self._tiers()
        result = CliRunner().invoke(application(commands(WITH_DJANGO)), ["daily", "historia"])
        assert result.exit_code == 0, result.output
        return self._moved(before) + self._changed(tiers)

    def has(self, said: str) -> Counter[str]:
        """What a member has: every account's balance, with what is carried."""
        told = self.office.ok("GET", f"/members/{self.members[said]}")
        lookup = self.office.ok("POST", "/members/lookup", {"q": told["code"]})
        held = Counter(f"{Fraction(each['balance'])} {each['unit']}" for each in lookup["accounts"])
        held.update(f"carry {each['carry']}" for each in lookup["accounts"] if Fraction(each.get("carry") or "0"))
        return held

    # How it is said over HTTP

    def _sale(self, number: str, name: str, rest: str) -> dict[str, Any]:
        wares, *options = rest.split(";")
        lines = []
        for item in map(_item, wares.split(",")):
            line = {
                "product": item["product"],
                "amount": self._cents(item["amount"]),
                "quantity": item["pieces"] or "1",
                "tax_rate": self.tax,
            }
            lines.append(line | ({"discount": self._cents(item["off"])} if item["off"] else {}))
        sale: dict[str, Any] = {
            "number": number,
            "occurred_at": self._now(),
            "store": "S1",
            "till": "T1",
            "lines": lines,
        }
        if name != "nobody":
            sale["member"] = {"id": self.members[name]}
        for option in map(str.strip, options):
            if option == "use packs":
                sale["use_packs"] = True
            elif option.startswith("at "):
                sale["store"] = option[3:]
            else:
                _, unit, amount = option.split()
                sale["payments"] = [{"kind": "points", "unit": unit, "amount": self._cents(amount)}]
        return sale

    def _cents(self, amount: str) -> int:
        cents = Decimal(amount) * self.minor
        assert cents == int(cents), amount
        return int(cents)

    def _now(self) -> str:
        return self.clock.now.isoformat()

    def _tiers(self) -> dict[str, str]:
        told = {name: self.office.ok("POST", "/members/lookup", {"q": name.upper()}) for name in self.members}
        return {name: each["tier"] or "" for name, each in told.items()}

    def _changed(self, tiers: dict[str, str]) -> Counter[str]:
        return Counter(f"tier {tier}" for name, tier in self._tiers().items() if tier != tiers[name])

    def _entries(self) -> dict[tuple[str, str, int], tuple[str, str, Fraction]]:
        found = {}
        for name, id_ in self.members.items():
            told = self.office.ok("GET", f"/members/{id_}/entries?limit=200")
            assert told["next_cursor"] is None
            for each in told["items"]:
                found[name, each["unit"], each["number"]] = (name, each["unit"], Fraction(each["amount"]))
        return found

    def _moved(self, before: dict[Any, Any]) -> Counter[str]:
        """What moved, by unit; where several members' accounts moved, with their names."""
        moved = [entry for key, entry in self._entries().items() if key not in before]
        names = {name for name, _, _ in moved}
        return Counter(
            f"{'+' if amount > 0 else ''}{amount} {unit}{f' {name}' if len(names) > 1 else ''}"
            for name, unit, amount in moved
        )


def _item(text: str) -> dict[str, str]:
    found = ITEM.fullmatch(text.strip())
    assert found, f"{text!r} is no item"
    return found.groupdict()


def came_of(text: str) -> Counter[str]:
    """What stands behind the arrow."""
    came: Counter[str] = Counter()
    for each in filter(None, map(str.strip, text.split(","))):
        word, _, codes = each.partition(" ")
        came.update([f"because {code}" for code in codes.split(" + ")] if word == "because" else [each])
    del came["nothing"]
    return came
