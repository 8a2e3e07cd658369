"""What the demo says at the end: where it is, how to sign in, whom to try, and two lines to paste."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from zoneinfo import ZoneInfo

from rich.console import Console

from fiel.ops.demo.kept import Kept
from fiel.ops.demo.plan import Plan
from fiel.sales.models import Receipt
from fiel.shops.models import Business

__all__ = ["Facts", "facts_of", "tell"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to tell of one business."""

    plan: Plan
    kept: Kept
    store: str
    members: int
    receipts: int


def facts_of(plans: Sequence[Plan], kept: Sequence[Kept]) -> list[Facts]:
    """Look up what will be told: while it serves, this process no longer asks the database."""
    facts = []
    for plan, entry in zip(plans, kept, strict=True):
        business = Business.objects.get(slug=plan.slug)
        store = business.stores.order_by("code").values_list("code", flat=True)[0]
        receipts = Receipt.objects.filter(business=business).count()
        facts.append(Facts(plan, entry, store, business.members.count(), receipts))
    return facts


def tell(console: Console, facts: Sequence[Facts], *, address: str, now: datetime) -> None:
    """Everything that one needs to begin."""
    console.print(f"\n[bold]The demo is at {address}/[/bold]\n", highlight=False)
    for row in _table(facts):
        _line(console, row)
    console.print("\n[bold]API keys[/bold], for tills and the office:\n")
    for each in facts:
        _line(console, f"  {each.plan.slug:<10} {each.kept.key}")
    console.print("\n[bold]To paste:[/bold] look a member up, then sell something. What is sent twice counts once.")
    for command in (_lookup(address, facts[0]), _sale(address, facts[0], now)):
        _line(console, f"\n{command}")
    console.print(f"\nMade {_age(facts, now)}. `fiel demo --fresh` makes it anew, up to today.\n", highlight=False)


def _line(console: Console, text: str) -> None:
    """A line that is pasted must not be broken."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)


def _table(facts: Sequence[Facts]) -> list[str]:
    """The businesses as lines of text. Not a table of rich's: in a narrow window it would cut the passwords."""
    rows = [("business", "sign in as", "password", "try member", "receipts")]
    for each in facts:
        rows.append((each.plan.name, each.kept.owner, each.kept.password, each.plan.typed, f"{each.receipts:,}"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row[:-1], widths)) + f"  {row[-1]:>{widths[-1]}}" for row in rows]


def _lookup(address: str, facts: Facts) -> str:
    return _curl(f"{address}/api/v1/members/lookup", facts.kept.key, {"q": facts.plan.typed})


def _sale(address: str, facts: Facts, now: datetime) -> str:
    """A sale of now to the member to try, for an amount alone."""
    local = now.astimezone(ZoneInfo(facts.plan.timezone)).replace(microsecond=0)
    number = f"demo-{local:%H%M%S}"
    body = {
        "number": number,
        "occurred_at": local.isoformat(),
        "store": facts.store,
        "till": "1",
        "member": {facts.plan.guest.kind: facts.plan.guest.value},
        "lines": [{"amount": facts.plan.sample}],
    }
    return _curl(f"{address}/api/v1/sales", facts.kept.key, body, f"Idempotency-Key: {local:%Y%m%d}-{number}")


def _curl(url: str, key: str, body: object, *headers: str) -> str:
    named = (f"Authorization: Bearer {key}", "Content-Type: application/json", *headers)
    said = " ".join(f"-H {quote(header)}" for header in named)
    return f"curl -s {quote(url)} {said} -d {quote(json.dumps(body))}"


def _age(facts: Sequence[Facts], now: datetime) -> str:
    """When it was made, with the seed that makes the same again."""
    oldest = min((each.kept for each in facts), key=lambda kept: kept.made_at)
    days = (now - oldest.made_at).days
    when = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    return f"{when} with --seed {oldest.seed}"
