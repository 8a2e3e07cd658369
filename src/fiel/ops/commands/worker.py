"""`fiel worker`"""

from __future__ import annotations

import typer

from fiel.ops.worker import work

__all__ = ["worker"]


def worker() -> None:
    """Does background work alone, until stopped. Several may run beside each other."""
    typer.echo("There is no background work yet. Waiting until stopped.")
    work()
