"""`fiel erasures`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings

from fiel import clock
from fiel.ops.told import refusals_told, require_tables
from fiel.privacy.erase import FILE, read_record, repeat

__all__ = ["repeat_erasures"]


@refusals_told
def repeat_erasures(
    file: Annotated[
        Path | None,
        typer.Argument(help=f"The record; left out: {FILE} in the data folder.", show_default=False),
    ] = None,
) -> None:
    """Erases again, after a backup was restored, who was erased since it was made. Keep the record with you."""
    require_tables()
    kept = file or Path(settings.DATA_FOLDER) / FILE
    gone = read_record(kept) if file or kept.exists() else []
    done = repeat(gone, now=clock.now(), by="fiel erasures")
    typer.echo(f"{len(gone):,} in the record, {len(done):,} of them erased again.")
