"""`fiel daily`"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

import typer
from django.db import connection

from fiel.core.refusals import Refused
from fiel.ops.day import do_day
from fiel.ops.durability import require_durable
from fiel.ops.progress import progress_bar
from fiel.ops.told import business_named, refusals_told
from fiel.shops.models import Business
from fiel.tables.walls import within

__all__ = ["daily"]


@refusals_told
def daily(
    business: Annotated[str, typer.Argument(metavar="[BUSINESS]", help="Its short name; left out: every one.")] = "",
    on: Annotated[
        str, typer.Option(metavar="DATE", help="The day, as 2026-11-22; left out: each business's today.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Does what a day makes due: what lapses, awards, tiers, whom to invite. A second run finds nothing to do."""
    require_durable(connection)
    day = _day(on) if on else None
    owners = [business_named(business)] if business else list(Business.objects.order_by("slug"))
    for owner in owners:
        with within(owner.pk), progress_bar(owner.slug, quiet=as_json) as advance:
            report = do_day(owner, on=day, progress=advance)
        done = {what: count for what, count in sorted(report.counts.items()) if count}
        if as_json:
            typer.echo(json.dumps({"business": owner.slug, "day": report.day.isoformat(), "done": done}))
        else:
            told = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in done.items())
            typer.echo(f"{owner.name}, {report.day}: {told or 'nothing was due'}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("invalid", f"{text!r} is no day; write it as 2026-11-22.") from None
