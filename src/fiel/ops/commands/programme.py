"""`fiel programme`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fiel import clock
from fiel.core.document import read_programme
from fiel.core.programme import Programme
from fiel.core.refusals import Fault, Refused
from fiel.ops.told import business_named, refusals_told, rfc3339
from fiel.programme.examples import EXAMPLES, example_text
from fiel.programme.files import as_json, as_toml, read_document
from fiel.programme.models import Version
from fiel.programme.versions import check as check_for
from fiel.programme.versions import publish as publish_version
from fiel.programme.versions import versions_of

__all__ = ["check", "example", "publish", "show"]

Slug = Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")]
File = Annotated[Path, typer.Argument(help="The programme, in TOML or JSON.", exists=True, dir_okay=False)]


@refusals_told
def show(
    business: Slug,
    version: Annotated[int | None, typer.Option(min=1, help="Its number; left out: the one in force.")] = None,
    in_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    in_toml: Annotated[bool, typer.Option("--toml", help="As TOML, which it is unless --json is said.")] = False,
) -> None:
    """Prints a business's programme."""
    owner = business_named(business)
    if in_json and in_toml:
        raise typer.BadParameter("Choose --json or --toml.")
    versions = versions_of(owner.id)
    number = version or versions.number_at(clock.now()) or versions.first
    found = Version.objects.filter(business=owner, number=number).first() if number else None
    if found is None:
        what = f"no version {version}" if version else "no programme"
        raise Refused("not_found", f"{owner.name} has {what}: fiel programme publish makes one.")
    typer.echo(f"# version {found.number}, in force from {rfc3339(found.in_force_from)}", err=True)
    typer.echo(as_json(found.document) if in_json else as_toml(found.document).rstrip())


@refusals_told
def check(
    file: File,
    business: Annotated[str, typer.Option(help="Whether it fits this business too, and what is in use there.")] = "",
) -> None:
    """Reads a programme, and tells everything that cannot be right in it, each with its place."""
    owner = business_named(business) if business else None
    document = read_document(file)
    programme = check_for(owner, document) if owner else read_programme(document)
    _warn(programme)
    rules = {"units": programme.units, "earn": programme.earn, "boosts": programme.boosts, "tiers": programme.tiers}
    counts = ", ".join(f"{name} {len(found)}" for name, found in rules.items())
    typer.echo(f"{programme.name} ({counts}) can be published.")


@refusals_told
def publish(
    business: Slug,
    file: File,
    by: Annotated[str, typer.Option(help="Who publishes it, as the list of versions will say.")] = "command line",
    in_force_from: Annotated[
        str, typer.Option("--from", metavar="RFC3339", help="From when on it counts; left out: from now.")
    ] = "",
) -> None:
    """Publishes a programme as the next version of a business's rules."""
    owner = business_named(business)
    document = read_document(file)
    moment = _moment(in_force_from) if in_force_from else None
    _warn(check_for(owner, document))
    version = publish_version(owner, document, by=by, now=clock.now(), in_force_from=moment)
    typer.echo(f"Version {version.number} of {owner.name} is in force from {rfc3339(version.in_force_from)}.")


@refusals_told
def example(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(EXAMPLES)}; left out: what each is.")] = "",
) -> None:
    """Prints a programme to start from, as TOML."""
    if name:
        typer.echo(example_text(name).rstrip())
        return
    for each in EXAMPLES:
        about = " ".join(line[2:] for line in example_text(each).splitlines() if line.startswith("# "))
        typer.echo(f"{each}: {about}")


def _warn(programme: Programme) -> None:
    for warning in programme.warnings:
        typer.echo(f"warning: {warning}", err=True)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        fault = Fault("/from", "write a moment with its offset, as 2026-12-01T00:00:00-03:00")
        raise Refused("invalid", f"{text!r} is no moment.", [fault])
    return moment
