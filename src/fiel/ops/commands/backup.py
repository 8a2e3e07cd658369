"""`fiel backup`, `fiel restore`, `fiel export`: save everything, bring it back, take a business along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from fiel import clock
from fiel.ops import backup as saving
from fiel.ops.backup import Restored, Step
from fiel.ops.standing import note_backup
from fiel.ops.told import business_named, refusals_told
from fiel.privacy.leave import deleted_before
from fiel.privacy.whole import export_business

__all__ = ["backup", "export", "restore"]

_KEY = "The secret key is not in it. Keep the file secret-key of FIEL_DATA, or FIEL_SECRET_KEY, in another safe place."


@refusals_told
def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")]) -> None:
    """Saves the database and what the data folder keeps into one file, while servers and workers go on."""
    with _bar() as step:
        manifest = saving.backup(file.absolute(), now=clock.now(), step=step)
    note_backup(Path(settings.DATA_FOLDER), file.absolute(), now=clock.now())
    for slug, digest in manifest.digests.items():
        typer.echo(f"{slug}: books {digest}")
    typer.echo(f"{file} holds everything, {file.stat().st_size:,} bytes. {_KEY}")


@refusals_told
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What fiel backup wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Although there are businesses here: all that is here now is lost.")
    ] = False,
    any_key: Annotated[
        bool, typer.Option("--any-key", help="Although the secret key is not the one that it was made with.")
    ] = False,
) -> None:
    """Brings back what was saved, brings it up to date, erases again who left since, and audits it."""
    with _bar() as step:
        found = saving.restore(file.absolute(), now=clock.now(), replace=replace, any_key=any_key, step=step)
    _tell(file, found)
    if not found.holds:
        raise typer.Exit(1)


@refusals_told
def export(
    business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Writes everything of a business into a folder, to take along; its README says what is where."""
    owner = business_named(business)
    with _bar() as step:
        said = export_business(
            owner, folder, now=clock.now(), progress=lambda done, of: step(f"writing {owner.slug}", done, of)
        )
    rows = sum(file["rows"] for file in said["files"].values())
    typer.echo(f"{folder}: {rows:,} rows in {len(said['files'])} files; books {said['digest']}")


def _tell(file: Path, found: Restored) -> None:
    manifest = found.manifest
    typer.echo(f"{file}, saved {manifest.made_at} by Fiel {manifest.version}, is back.")
    if not manifest.digests:
        typer.echo("Its tables were not up to date when it was saved: the books could not be compared.")
    for slug in manifest.digests:
        typer.echo(f"{slug}: " + ("NOT the books that were saved." if slug in found.differ else "the books as saved."))
    if found.erased_again:
        typer.echo(f"{len(found.erased_again):,} who had left were erased again.")
    for slug in sorted({report.business for report in found.reports} & deleted_before(Path(settings.DATA_FOLDER))):
        typer.echo(f"{slug} had been deleted since, and is back: fiel business delete {slug}, if it is to stay so.")
    for problem in found.problems:
        typer.echo(problem)
    for report in found.reports:
        typer.echo(f"{report.business}: " + ("everything holds." if report.holds else "not everything holds:"))
        for finding in report.findings:
            typer.echo(f"  {finding.code}  {finding.where}: {finding.detail}")


@contextmanager
def _bar() -> Iterator[Step]:
    """One line on a terminal that says what is being done, and how far; nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of or None)
