"""What commands share: a business by its name, tables that are up to date, refusals as sentences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar

import typer
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from fiel.core.refusals import Refused
from fiel.ops.errors import CannotStart
from fiel.ops.migrate import greet
from fiel.shops.models import Business
from fiel.tables.walls import enter, unwalled

__all__ = ["business_named", "refusals_told", "require_tables", "rfc3339"]

P = ParamSpec("P")
T = TypeVar("T")


def refusals_told(command: Callable[P, T]) -> Callable[P, T]:
    """A command whose refusals are told on stderr, each fault with its place; the exit status is then 1."""

    @wraps(command)
    def telling(*args: P.args, **options: P.kwargs) -> T:
        try:
            with unwalled():  # until `business_named` enters one
                return command(*args, **options)
        except Refused as refused:
            typer.echo(f"fiel: {refused.detail}", err=True)
            for fault in refused.faults:
                typer.echo(f"  {fault.pointer or '/'}: {fault.detail}", err=True)
            raise typer.Exit(1) from None

    return telling


def business_named(slug: str) -> Business:
    """A business by its short name, the one in sight from here on.

    Raises `not_found`, and CannotStart where the tables are not there.
    """
    require_tables()
    business = Business.objects.filter(slug=slug).first()
    if business is None:
        raise Refused("not_found", f"There is no business {slug!r}; fiel business list names them.")
    enter(business.pk)
    return business


def require_tables() -> None:
    """Raises CannotStart where the database is away, or its tables are not those of this Fiel."""
    try:
        greet()
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as error:
        raise CannotStart(f"The database of FIEL_DATABASE_URL does not take part: {error}") from error
    if missing:
        raise CannotStart("The database's tables are not up to date. Run fiel migrate.")


def rfc3339(moment: datetime) -> str:
    """A moment as answers write it: in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
