"""`fiel worker`"""

from __future__ import annotations

import typer

from fiel.ops.worker import work

__all__ = ["worker"]


def worker() -> None:
    """Does background work alone, until stopped. Several may run beside each other."""
    typer.echo("Doing jobs, sending events, and what is due every night. Ctrl-C stops it.")
    work()
