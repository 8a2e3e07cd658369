"""`fiel insight`"""

from __future__ import annotations

from time import monotonic
from typing import Annotated

import typer

from fiel import clock
from fiel.insight.keep import recount
from fiel.ops.told import business_named, refusals_told, require_tables
from fiel.sales.models import Receipt

__all__ = ["rebuild"]


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
