"""`fiel serve`"""

from __future__ import annotations

from typing import Annotated

import typer
from django.conf import settings

from fiel.ops.serve import serve as open_doors

__all__ = ["serve"]


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen at.")] = 8000,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; 2 on PostgreSQL, always 1 on SQLite.")] = None,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Do background work too.")] = True,
) -> None:
    """Brings the database up to date, then serves all doors until stopped."""

    def say_where() -> None:
        typer.echo(f"Fiel listens at http://{host}:{port} and is reached at {settings.PUBLIC_URL}. Ctrl-C stops it.")

    open_doors(host=host, port=port, workers=workers, worker=worker, when_open=say_where)
