"""`fiel demo`"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from django.conf import settings
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fiel import clock
from fiel.ops.demo.fresh import move_aside
from fiel.ops.demo.kept import Kept, read_kept
from fiel.ops.demo.make import DATA, make
from fiel.ops.demo.plan import Plan
from fiel.ops.demo.shop import WHOLE
from fiel.ops.demo.welcome import facts_of, tell
from fiel.ops.durability import require_durable
from fiel.ops.errors import CannotStart
from fiel.ops.migrate import migrate
from fiel.ops.serve import serve
from fiel.ops.told import refusals_told

__all__ = ["demo"]


@refusals_told
def demo(
    data: Annotated[str, typer.Option(help=f"One of: {', '.join(DATA)} (a year of real receipts).")] = "neighbourhood",
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen at.")] = 8000,
    seed: Annotated[int, typer.Option(help="The same seed and day make the same receipts.")] = 7,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Make it and say how to get in, no more.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Put the old demo aside, make it anew up to today.")] = False,
) -> None:
    """Makes a demo with a year of receipts, or opens the one that is there, and serves it."""
    if data not in DATA:
        raise CannotStart(f"--data {data}: there is no such demo; choose {' or '.join(DATA)}.")
    if fresh:
        _put_aside()
    migrate()
    require_durable(connection)
    plans = DATA[data](WHOLE)
    facts = facts_of(plans, _make(plans, seed))
    address = _address(host, port)

    def say() -> None:
        tell(Console(), facts, address=address, now=clock.now())

    if no_serve:
        say()
        return
    # Whoever tries it has the passwords from here; the processes that serve read their settings anew.
    os.environ.setdefault("FIEL_SECOND_STEP", "optional")
    serve(host=host, port=port, workers=None, worker=True, when_open=say)


def _put_aside() -> None:
    folder = settings.ENVIRONMENT.data
    aside = move_aside(folder, read_kept(folder))
    if aside:
        typer.echo(f"The old demo lies in {aside} until the next --fresh.", err=True)


def _make(plans: Sequence[Plan], seed: int) -> list[Kept]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        return make(plans, folder=settings.ENVIRONMENT.data, seed=seed, now=clock.now(), progress=progress)


def _address(host: str, port: int) -> str:
    """Where people reach it: as they were told, or, where nobody said, where it listens."""
    if not os.environ.get("FIEL_PUBLIC_URL") and host not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        # The processes that serve read their settings anew: links that they write lead to this port.
        os.environ["FIEL_PUBLIC_URL"] = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        return os.environ["FIEL_PUBLIC_URL"]
    return str(settings.PUBLIC_URL)
