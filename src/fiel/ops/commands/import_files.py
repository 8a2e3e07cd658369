"""`fiel import`"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from django.db import connection
from rich.console import Console
from rich.table import Table

from fiel.intake.formats import FORMATS, format_of
from fiel.intake.run import Kept, Report, run
from fiel.ops.durability import require_durable
from fiel.ops.progress import progress_bar
from fiel.ops.told import business_named, refusals_told

__all__ = ["import_files"]


@refusals_told
def import_files(
    business: Annotated[str, typer.Argument(help="The business's short name.")],
    files: Annotated[list[Path], typer.Argument(help="Files, or complete-journey for a year of real receipts.")],
    format_name: Annotated[str, typer.Option("--format", help=f"auto, or one of: {', '.join(FORMATS)}.")] = "auto",
    history: Annotated[bool, typer.Option(help="Receipts from before, however old.")] = False,
    programme: Annotated[
        str, typer.Option(help="first: sales from before the programme count by its first version.")
    ] = "",
    dry_run: Annotated[bool, typer.Option(help="Tell what would happen, and change nothing.")] = False,
    refused: Annotated[Path | None, typer.Option(help="Where rows that were refused go.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report for machines.")] = False,
) -> None:
    """Brings in members, products and sales from files. Repeating it does no harm."""
    require_durable(connection)
    owner = business_named(business)
    began = perf_counter()
    reports: dict[str, Report] = {}
    for path in files:
        format_ = format_of(path, format_name)
        with progress_bar(path.name, total=format_.size(path), quiet=as_json) as advance:
            reports[path.name] = run(
                owner,
                path,
                format_,
                history=history,
                by_first_version=programme == "first",
                dry_run=dry_run,
                progress=advance,
            )
    _tell(reports, perf_counter() - began, dry_run=dry_run, as_json=as_json)
    kept = [row for report in reports.values() for row in report.kept]
    if kept:
        where = refused or Path(f"{files[0].stem}.refused.csv")
        _write_refused(kept, where)
        typer.echo(f"{len(kept)} rows were refused; they stand, each with its reason, in {where}", err=True)
        raise typer.Exit(1)


def _tell(reports: dict[str, Report], seconds: float, *, dry_run: bool, as_json: bool) -> None:
    rows = sum(report.rows for report in reports.values())
    lines = sum(report.lines for report in reports.values())
    if as_json:
        said = {
            name: {
                "new": dict(report.new),
                "known": dict(report.known),
                "refused": len(report.kept),
                "lines": report.lines,
            }
            for name, report in reports.items()
        }
        typer.echo(json.dumps({"files": said, "seconds": round(seconds, 3), "dry_run": dry_run}))
        return
    table = Table("file", "what", "new", "known", title="Dry run: nothing was changed" if dry_run else None)
    for name, report in reports.items():
        for kind in sorted({*report.new, *report.known}):
            table.add_row(name, kind, f"{report.new[kind]:,}", f"{report.known[kind]:,}")
    Console().print(table)
    per_second = f"{rows / seconds:,.0f} rows and {lines / seconds:,.0f} receipt lines a second"
    typer.echo(f"{rows:,} rows with {lines:,} receipt lines in {seconds:,.1f} s: {per_second}")


def _write_refused(kept: list[Kept], where: Path) -> None:
    with where.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "place", "code", "reason", "row"])
        writer.writerows([row.file, row.place, row.code, row.reason, row.text] for row in kept)
