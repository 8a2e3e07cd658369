"""`fiel audit`"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from fiel.ledger.audit import Finding
from fiel.ledger.digest import digest_of
from fiel.ops.audit import Report, audit_database
from fiel.ops.audit import audit as run
from fiel.ops.nightly import last_audits
from fiel.ops.told import business_named, refusals_told, require_tables
from fiel.shops.models import Business
from fiel.tables.spans import snapshot

__all__ = ["audit"]


@refusals_told
def audit(
    business: Annotated[str, typer.Argument(help="The business's short name; left out: all.", show_default=False)] = "",
    recount: Annotated[bool, typer.Option("--recount", help="Count every sale again too.")] = False,
    digest: Annotated[bool, typer.Option("--digest", help="Only print the SHA-256 of the books.")] = False,
    last: Annotated[bool, typer.Option("--last", help="Only print what the last nightly audit found.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report for machines.")] = False,
) -> None:
    """Recomputes everything that must hold. Where something does not: a list, and exit status 1."""
    require_tables()
    audited = [business_named(business)] if business else list(Business.objects.order_by("slug"))
    if last:
        if not _tell_last(audited, as_json=as_json):
            raise typer.Exit(1)
        return
    if digest:
        _tell_digests(audited, as_json=as_json)
        return
    found = audit_database()
    reports = _run(audited, recount=recount)
    if as_json:
        _tell_json(found, reports)
    else:
        _tell(found, reports)
    if found or not all(report.holds for report in reports):
        raise typer.Exit(1)


def _run(audited: Sequence[Business], *, recount: bool) -> list[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    shown = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), disable=not shown, transient=True) as bar:
        return [
            run(business, recount=recount, progress=partial(_advance, bar, bar.add_task(business.slug, total=None)))
            for business in audited
        ]


def _advance(bar: Progress, task: TaskID, done: int, of: int) -> None:
    bar.update(task, completed=done, total=of)


def _tell(found: Sequence[Finding], reports: Sequence[Report]) -> None:
    for finding in found:
        typer.echo(f"{finding.code}  {finding.where}: {finding.detail}")
    for report in reports:
        sizes = ", ".join(f"{count:,} {what}" for what, count in report.sizes.items())
        holds = "everything holds" if report.holds else f"{report.found.total():,} findings"
        typer.echo(f"{report.business}: {sizes}; {holds}.")
        for finding in report.findings:
            typer.echo(f"  {finding.code}  {finding.where}: {finding.detail}")
        kept = len(report.findings)
        if kept < report.found.total():
            typer.echo(f"  … and {report.found.total() - kept:,} more of the same kinds.")
    if not reports:
        typer.echo("There is no business yet.")


def _tell_json(found: Sequence[Finding], reports: Sequence[Report]) -> None:
    said = {
        "ok": not found and all(report.holds for report in reports),
        "findings": [{"code": x.code, "where": x.where, "detail": x.detail} for x in found],
        "businesses": [report.as_json() for report in reports],
    }
    typer.echo(json.dumps(said, ensure_ascii=False))


def _tell_digests(audited: Sequence[Business], *, as_json: bool) -> None:
    digests = {}
    for business in audited:
        with snapshot():
            digests[business.slug] = digest_of(business.id)
    if as_json:
        typer.echo(json.dumps(digests))
        return
    for slug, digest in digests.items():
        typer.echo(f"{digest}  {slug}")


def _tell_last(audited: Sequence[Business], *, as_json: bool) -> bool:
    """Tell what the nightly audits found last; whether everything held."""
    found = last_audits(audited)
    told = {
        business.slug: {"at": f"{job.ended_at:%Y-%m-%dT%H:%M:%SZ}", **job.result} if job and job.result else None
        for business, job in found.items()
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    for slug, report in () if as_json else told.items():
        if report is None:
            typer.echo(f"{slug}: no nightly audit has ended yet.")
            continue
        typer.echo(f"{slug}, {report['at']}: " + ("everything holds." if report["ok"] else "not everything holds:"))
        for each in (*report["database"], *report["list"]):
            typer.echo(f"  {each['code']}  {each['where']}: {each['detail']}")
    return all(report["ok"] for report in told.values() if report is not None)
