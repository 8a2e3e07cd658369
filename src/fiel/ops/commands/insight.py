"""`fiel insight`"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from fiel import clock
from fiel.insight.extract import extract as write_extract
from fiel.insight.keep import recount
from fiel.insight.nightly import keep_by_night
from fiel.ops.told import business_named, refusals_told, require_tables
from fiel.sales.models import Receipt

__all__ = ["extract", "night", "rebuild"]


@refusals_told
def rebuild(business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")]) -> None:
    """Counts all sums and indicators of a business anew from its receipts; selling goes on meanwhile."""
    require_tables()
    owner, begun = business_named(business), monotonic()
    recount(owner, now=clock.now())
    took, receipts = monotonic() - begun, Receipt.objects.filter(business=owner).count()
    typer.echo(
        f"{owner.slug}: {receipts:,} receipts counted in {took:.1f} s, {receipts / max(took, 0.001):,.0f} a second."
    )


@refusals_told
def night(business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")]) -> None:
    """Makes now what is made each night: segments, what is bought together, the watch for abuse."""
    require_tables()
    found = keep_by_night(business_named(business), now=clock.now())
    typer.echo(f"{business}: {found['suspicions']:,} to be looked at.")


@refusals_told
def extract(
    business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files are written.")],
) -> None:
    """Writes all receipts as Parquet files, a file for each month; months that did not move stay as they are."""
    require_tables()
    for file in write_extract(business_named(business), folder, now=clock.now()):
        typer.echo(file)
