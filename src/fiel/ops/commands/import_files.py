"""`fiel import`, and `fiel aside` for what was kept aside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Annotated
from uuid import UUID

import typer
from django.db import connection
from rich.console import Console
from rich.table import Table

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.intake.aside import drop, listed
from fiel.intake.columns import KINDS
from fiel.intake.known import FORMATS, files_in, size_of
from fiel.intake.models import Aside
from fiel.intake.profiles import Said
from fiel.intake.refused_rows import write_refused
from fiel.intake.run import Options, Report, bring, take_aside
from fiel.ops.durability import require_durable
from fiel.ops.progress import progress_bar
from fiel.ops.told import business_named, refusals_told, rfc3339

__all__ = ["aside_drop", "aside_list", "aside_take", "import_files"]

_MOST_TOLD = 20

Slug = Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Only these; all where none is named.")]
History = Annotated[bool, typer.Option(help="Receipts from before, however old.")]
Json = Annotated[bool, typer.Option("--json", help="The answer for machines.")]
First = Annotated[str, typer.Option(help="first: sales from before the programme count by its first version.")]
Whole = Annotated[bool, typer.Option("--all-or-nothing", help="Where one row is refused or would wait, bring in none.")]
DryRun = Annotated[bool, typer.Option(help="Tell what would happen, and change nothing.")]


@refusals_told
def import_files(
    business: Slug,
    files: Annotated[
        list[Path], typer.Argument(help="Files and folders, or complete-journey for a year of real receipts.")
    ],
    format_name: Annotated[str, typer.Option("--format", help=f"auto, or one of: {', '.join(FORMATS)}.")] = "auto",
    history: History = False,
    programme: First = "",
    kind: Annotated[str, typer.Option(help=f"What a table holds: {', '.join(KINDS)}.")] = "",
    column: Annotated[
        list[str] | None, typer.Option(help="What a column is, as 'Celular=phone'; remembered for the next file.")
    ] = None,
    value: Annotated[list[str] | None, typer.Option(help="What holds for every row, as store=S1; remembered.")] = None,
    all_or_nothing: Whole = False,
    dry_run: DryRun = False,
    refused: Annotated[Path | None, typer.Option(help="Where rows that were refused go.")] = None,
    as_json: Json = False,
) -> None:
    """Brings in members, products and sales from files. Repeating it does no harm."""
    require_durable(connection)
    owner = business_named(business)
    said = Said(kind, dict(map(_pair, column or ())), dict(map(_pair, value or ())))
    options = Options(history=history, by_first_version=programme == "first", whole=all_or_nothing, dry_run=dry_run)
    found = list(files_in(files))
    total = size_of(found[0][0], format_name) if len(found) == 1 else len(found)
    began = perf_counter()
    with progress_bar(files[0].name, total=total, quiet=as_json) as advance:
        report = bring(owner, found, format_name=format_name, said=said, options=options, progress=advance)
    _tell(report, perf_counter() - began, dry_run=dry_run, as_json=as_json)
    _end(report, refused or Path(f"{files[0].stem}.refused.csv"), business)


@refusals_told
def aside_list(business: Slug, as_json: Json = False) -> None:
    """Lists what was kept aside: too late, in doubt, or before its sale; the oldest first."""
    rows = listed(business_named(business))
    if as_json:
        typer.echo(json.dumps([_aside(kept) for kept in rows], ensure_ascii=False))
        return
    table = Table("id", "since", "what", "code", "reason", "file")
    for kept in rows:
        since = f"{kept.kept_at:%Y-%m-%d}"
        table.add_row(str(kept.id), since, f"{kept.kind} {kept.name}", kept.code, kept.reason, kept.file)
    Console().print(table)


@refusals_told
def aside_take(
    business: Slug,
    ids: Ids = None,
    history: History = False,
    programme: First = "",
    anyway: Annotated[bool, typer.Option(help="Count receipts that do not add up by their lines.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Tries again what was kept aside; what is taken waits no more."""
    require_durable(connection)
    owner = business_named(business)
    rows = list(_chosen(business, ids))
    options = Options(history=history, by_first_version=programme == "first", anyway=anyway, dry_run=dry_run)
    began = perf_counter()
    with progress_bar("aside", total=len(rows), quiet=as_json) as advance:
        report = take_aside(owner, rows, options=options, progress=advance)
    _tell(report, perf_counter() - began, dry_run=dry_run, as_json=as_json)
    if report.kept:
        raise typer.Exit(1)


@refusals_told
def aside_drop(business: Slug, ids: Annotated[list[str], typer.Argument(metavar="ID", help="What to drop.")]) -> None:
    """Drops what was kept aside, for good."""
    rows = list(_chosen(business, ids))
    drop(business_named(business), [kept.id for kept in rows], now=clock.now())
    for kept in rows:
        typer.echo(f"dropped: {kept.kind} {kept.name}")


def _pair(text: str) -> tuple[str, str]:
    left, _, right = text.partition("=")
    return left.strip(), right.strip()


def _chosen(slug: str, ids: Sequence[str] | None) -> Sequence[Aside]:
    owner = business_named(slug)
    if not ids:
        return list(listed(owner))
    try:
        wanted = {UUID(text) for text in ids}
    except ValueError:
        raise Refused("invalid", "An id is written as fiel aside list shows it.", [Fault("/id", "copy it")]) from None
    found = list(listed(owner, wanted))
    if len(found) < len(wanted):
        raise Refused("not_found", "Nothing is kept aside under one of these ids.")
    return found


def _aside(kept: Aside) -> dict[str, str]:
    return {
        "id": str(kept.id),
        "kind": kept.kind,
        "name": kept.name,
        "code": kept.code,
        "reason": kept.reason,
        "file": kept.file,
        "place": kept.place,
        "since": rfc3339(kept.kept_at),
    }


def _tell(report: Report, seconds: float, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        said = {
            "files": report.files,
            "new": dict(report.new),
            "known": dict(report.known),
            "left_out": dict(report.left_out),
            "aside": report.aside,
            "refused": len(report.kept) - report.aside,
            "undone": report.undone,
            "lines": report.lines,
            "seconds": round(seconds, 3),
            "dry_run": dry_run,
        }
        typer.echo(json.dumps(said))
        return
    undone = "Nothing was brought in, because not all of it can be; it would be:" if report.undone else None
    table = Table("what", "new", "known", title="Dry run: nothing was changed" if dry_run else undone)
    for kind in sorted({*report.new, *report.known}):
        table.add_row(kind, f"{report.new[kind]:,}", f"{report.known[kind]:,}")
    Console().print(table)
    for reason, count in report.left_out.most_common():
        typer.echo(f"left out, {count:,} times: {reason}")
    for kept in report.kept[:_MOST_TOLD]:
        typer.echo(f"{'kept aside' if kept.aside else 'refused'}: {kept.file} {kept.place}: {kept.reason}", err=True)
    per_second = f"{report.rows / seconds:,.0f} rows and {report.lines / seconds:,.0f} receipt lines a second"
    typer.echo(
        f"{report.rows:,} rows with {report.lines:,} receipt lines of {report.files:,} files in {seconds:,.1f} s: "
        f"{per_second}"
    )


def _end(report: Report, where: Path, slug: str) -> None:
    """Tell what did not come in; the exit status is then 1."""
    if not report.kept:
        return
    with where.open("w", newline="", encoding="utf-8") as file:
        write_refused(report.kept, file)
    waits = "" if not report.aside or report.undone else f"; {report.aside} of them wait: fiel aside list {slug}"
    typer.echo(f"{len(report.kept)} rows were refused; they stand, each with its reason, in {where}{waits}", err=True)
    raise typer.Exit(1)
