"""`fiel programme replay`"""

from __future__ import annotations

import json
from datetime import date, datetime, time
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fiel import clock
from fiel.core.compiled import Compiled, compile_programme
from fiel.core.refusals import Refused
from fiel.ops.progress import progress_bar
from fiel.ops.told import business_named, refusals_told
from fiel.programme.files import read_document
from fiel.programme.versions import check, rules_now
from fiel.sales.compared import compared
from fiel.sales.replay import Replayed, receipts_between
from fiel.sales.replay import replay as count_again

__all__ = ["replay"]


@refusals_told
def replay(
    business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")],
    file: Annotated[Path, typer.Argument(help="The draft, in TOML or JSON.", exists=True, dir_okay=False)],
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="The last day.")],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Counts receipts of the past by a draft, beside the rules of today. Writes nothing."""
    owner = business_named(business)
    draft = compile_programme(check(owner, read_document(file)))
    today = rules_now(owner.id, clock.now())
    zone = draft.programme.timezone
    begin = datetime.combine(_day(first), time(), zone)
    end = datetime.combine(date.fromordinal(_day(last).toordinal() + 1), time(), zone)
    total = receipts_between(owner, begin, end)
    began = perf_counter()
    with progress_bar("receipts", total=total, quiet=as_json) as advance:
        replayed = count_again(owner, draft, today, first=begin, last=end, progress=advance)
    seconds = perf_counter() - began
    if as_json:
        typer.echo(json.dumps(compared(replayed, draft, today)))
        return
    _tell(replayed, draft, today)
    typer.echo(f"{total:,} receipts in {seconds:,.1f} s, {total / max(seconds, 1e-9):,.0f} a second.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("invalid", f"{text!r} is no day; write it as 2026-11-22.") from None


def _tell(replayed: Replayed, draft: Compiled, today: Compiled | None) -> None:
    sides = compared(replayed, draft, today)
    console = Console()
    for what, title in (
        ("given", "Given, by unit"),
        ("value", f"Worth, in {draft.programme.currency}"),
        ("spent", "Taken by packs, payments and awards"),
        ("by_rule", "By rule, before caps and rounding"),
        ("awards", "Awards"),
        ("rose", "Rises into a tier"),
        ("stand", "Members in a tier at the end"),
    ):
        _table(console, title, {name: side[what] for name, side in sides.items()})
    months = sorted({month for side in sides.values() for month in side["by_month"]})
    by_month = {
        name: {
            f"{month} {unit}": amount for month in months for unit, amount in side["by_month"].get(month, {}).items()
        }
        for name, side in sides.items()
    }
    _table(console, "By month", by_month)
    for name, side in sides.items():
        if side["refused"]:
            console.print(f"{name}: {side['refused']:,} sales could not have been paid with units.", style="yellow")


def _table(console: Console, title: str, sides: dict[str, dict[str, Any]]) -> None:
    rows = list(dict.fromkeys(key for side in sides.values() for key in side))
    if not rows:
        return
    table = Table("", title=title, title_justify="left")
    for name in sides:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(row, *(str(side.get(row, "–")) for side in sides.values()))
    console.print(table)
