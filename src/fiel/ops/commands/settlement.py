"""`fiel settlement`"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fiel import clock
from fiel.core.money import minor_digits
from fiel.core.refusals import Refused
from fiel.ops.told import business_named, refusals_told
from fiel.printing.settlement import settlement_csv, settlement_pdf
from fiel.programme.versions import zone_now
from fiel.rewards.models import Settlement
from fiel.rewards.settlement import draft_settlements, month_of, settlement_told
from fiel.shops.models import Business

__all__ = ["settlement"]


@refusals_told
def settlement(
    business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")],
    month: Annotated[str, typer.Option(help="As 2026-11; left out: the month before this one.")] = "",
    partner: Annotated[str, typer.Option(help="Only this partner's, by code.")] = "",
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write each as CSV and PDF into this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The answer for machines.")] = False,
) -> None:
    """Makes what is owed to partners for a month, or brings drafts up to date. What was sent stays as it is."""
    owner, now = business_named(business), clock.now()
    first = month_of(month) if month else _month_before(now.astimezone(zone_now(owner, now)).date())
    made = draft_settlements(owner, first, by="fiel settlement", now=now, partner=partner)
    files = _write(owner, made, out) if out is not None else []
    if as_json:
        typer.echo(json.dumps({"month": f"{first:%Y-%m}", "settlements": [_told(each) for each in made]}))
        return
    if not made:
        typer.echo(f"{owner.name} owes no partner anything for {first:%Y-%m}.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("partner", "month", "state"):
        table.add_column(column)
    table.add_column(owner.currency, justify="right")
    for each in made:
        amount = Decimal(each.total).scaleb(-minor_digits(owner.currency))
        table.add_row(each.partner, f"{each.month:%Y-%m}", each.state, str(amount))
    Console().print(table)
    for file in files:
        typer.echo(file)


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _write(business: Business, made: list[Settlement], folder: Path) -> list[Path]:
    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in made:
            told = settlement_told(business, each.id, now=clock.now())
            # A code may hold what no file's name can.
            code = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in each.partner)
            name = f"{business.slug}-{code}-{each.month:%Y-%m}"
            table, paper = folder / f"{name}.csv", folder / f"{name}.pdf"
            table.write_text(settlement_csv(business, told), encoding="utf-8", newline="")
            paper.write_bytes(settlement_pdf(business, told))
            files += [table, paper]
    except OSError as error:
        raise Refused("invalid", f"Nothing can be written to {folder}: {error.strerror}.") from error
    return files


def _told(each: Settlement) -> dict[str, Any]:
    said = {"id": str(each.id), "partner": each.partner, "month": f"{each.month:%Y-%m}"}
    return {**said, "state": each.state, "total": each.total}
