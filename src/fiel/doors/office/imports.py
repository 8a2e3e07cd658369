"""Bringing files in: sent, looked at, their columns said once, then brought in while one does something else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.asked import uuid_in
from fiel.doors.office.import_columns import COLUMNS
from fiel.doors.office.import_reasons import reason_in_words, refused_in_words
from fiel.doors.office.import_words import TABLES, counts_of, reasons_of, told, what_is_missing
from fiel.doors.people import Place, stores_of
from fiel.doors.people import with_place as with_place_
from fiel.intake.aside import listed
from fiel.intake.background import options_of, outcome_of, start_import
from fiel.intake.columns import NAMES_OF, Columns, missing, why_not
from fiel.intake.models import Import
from fiel.intake.preview import MOST_ROWS, Look, Table, look_at
from fiel.intake.profiles import Said, columns_for
from fiel.intake.uploads import MOST_BYTES, PIECE, drop_import, files_of, import_by_id, keep_upload
from fiel.jobs.models import ENDED, Job
from fiel.jobs.work import ask_to_stop, file_of
from fiel.shops.roles import May

__all__ = [
    "columns",
    "import_begin",
    "import_page",
    "import_refused",
    "import_stop",
    "imports",
    "of_all_stores",
    "refused_file",
]

with_place = with_place_(may=May.MEMBERS)

_PAGE = 20


def of_all_stores(place: Place) -> None:
    """What is about the whole business is for those who work in all of it."""
    if place.stores:
        raise PermissionDenied


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def imports(request: HttpRequest, place: Place) -> HttpResponse:
    """Send files, and see what was brought in before."""
    of_all_stores(place)
    page: dict[str, Any] = {"most_mb": MOST_BYTES // 1024**2}
    if request.method == "POST":
        sent = [(str(file.name), file.size or 0, file.chunks(PIECE)) for file in request.FILES.getlist("files")]
        history = "history" in request.POST
        try:
            kept = keep_upload(
                place.business,
                sent,
                history=history,
                by_first_version=history and "by_first_version" in request.POST,
                person=place.person,
            )
        except Refused as refused:
            page |= {"wrong": refused.detail, "history": history}
        else:
            return redirect("import", place.business.slug, kept.id)
    after = uuid_in(request.GET.get("after", ""))
    last = import_by_id(place.business, after) if after else None
    rows = Import.objects.filter(business=place.business).order_by("-made_at", "-id")
    if last:
        rows = rows.filter(Q(made_at__lt=last.made_at) | Q(made_at=last.made_at, id__lt=last.id))
    found = list(rows[: _PAGE + 1])
    page |= {
        "rows": found[:_PAGE],
        "after": found[_PAGE - 1].id if len(found) > _PAGE else None,
        "running": _running(place, found),
        "aside": listed(place.business).count(),
        "zone": place.business.timezone,
    }
    return render(request, "office/imports.html", page, status=422 if "wrong" in page else 200)


def _running(place: Place, rows: list[Import]) -> set[UUID]:
    jobs = Job.objects.filter(business=place.business, id__in=[row.job_id for row in rows if row.job_id])
    return set(jobs.exclude(state__in=ENDED).values_list("id", flat=True))


def _kept(place: Place, import_id: UUID) -> Import:
    of_all_stores(place)
    kept = import_by_id(place.business, import_id)
    if kept is None:
        raise Http404
    return kept


@require_safe
@with_place
def import_page(request: HttpRequest, place: Place, import_id: UUID) -> HttpResponse:
    """Before: what the files hold and what would become of it. Meanwhile: how far it is. Then: what became of it."""
    kept = _kept(place, import_id)
    job = Job.objects.filter(business=place.business, id=kept.job_id).first() if kept.job_id else None
    page: dict[str, Any] = {"kept": kept, "job": job, "zone": place.business.timezone}
    if job and job.state not in ENDED:
        fragment = "HX-Request" in request.headers
        return render(
            request, "office/job_progress.html" if fragment else "office/import.html", page | {"running": True}
        )
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Refresh": "true"})
    if kept.outcome is not None:
        return render(request, "office/import.html", page | _became(kept))
    return render(request, "office/import.html", page | _looked_at(place, kept))


def _became(kept: Import) -> dict[str, Any]:
    outcome = kept.outcome or {}
    has_file = kept.job_id is not None and file_of(kept.business_id, kept.job_id) is not None
    return {"has_file": has_file, **_told_outcome(outcome)}


def _told_outcome(outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "counts": counts_of(outcome),
        "refused": reasons_of(outcome["refused"]),
        "aside": reasons_of(outcome["aside"]),
        "left_out": [(reason_in_words(reason), count) for reason, count in outcome["left_out"].items()],
        "again": outcome.get("again", False),
        "undone": outcome.get("undone", False),
    }


def _looked_at(place: Place, kept: Import) -> dict[str, Any]:
    with files_of(kept) as files:
        seen = look_at(place.business, files, options_of(kept, dry_run=True))
    first = [row for placed in seen.first if (row := told(placed.row.item, place.business))]
    return {
        "seen": seen,
        "first": first,
        "tables": [_table(place, table) for table in seen.tables.values()],
        "most_rows": MOST_ROWS,
        **_told_outcome(_clear_reasons(seen)),
    }


def _clear_reasons(seen: Look) -> dict[str, Any]:
    """What would become of the rows; that a table is not clear is said at its columns."""
    outcome = outcome_of(seen.report)
    if not seen.clear:
        outcome["refused"] = [reason for reason in outcome["refused"] if reason[0] != "malformed"]
    return outcome


def _table(place: Place, table: Table, wrong: str = "") -> dict[str, Any]:
    kind = table.columns.kind
    samples = [[row[at] if at < len(row) else "" for row in table.samples] for at in range(len(table.header))]
    names = NAMES_OF.get(kind) or tuple(dict.fromkeys(name for each in NAMES_OF.values() for name in each))
    lines = [
        (theirs, [sample for sample in shown if sample], table.columns.ours.get(theirs, ""))
        for theirs, shown in zip(table.header, samples, strict=True)
    ]
    if not wrong and not table.clear:
        wrong = what_is_missing(table.columns) if kind in NAMES_OF else _("Say what the table holds.")
    return {
        "key": table.key,
        "kind": kind,
        "kinds": TABLES.items(),
        "lines": lines,
        "names": [(name, COLUMNS[name]) for name in names],
        "stores": stores_of(place) if kind in ("", "sales") else [],
        "store": table.columns.fixed.get("store", ""),
        "wrong": wrong,
    }


@require_POST
@with_place
def columns(request: HttpRequest, place: Place, import_id: UUID) -> HttpResponse:
    """Say what a table's columns are; it is remembered for the next file with the same header."""
    kept = _kept(place, import_id)
    header = request.POST.getlist("theirs")
    ours = request.POST.getlist("ours")
    kind, store = request.POST.get("kind", ""), request.POST.get("store", "")
    said = dict(zip(header, ours, strict=False))
    fixed = {"store": store} if store and kind == "sales" and "store" not in said.values() else {}
    meant = Columns(kind, {theirs: name for theirs, name in said.items() if name}, fixed)
    if kind not in NAMES_OF:
        messages.error(request, _("Say what the table holds."))
    elif missing(meant):
        messages.error(request, what_is_missing(meant))
    elif why_not(meant):
        messages.error(request, _("Two columns cannot be the same. Leave one of them out."))
    else:
        columns_for(place.business, header, Said(kind, said, fixed))
        messages.success(request, _("Remembered, also for the next file with these columns."))
    return redirect("import", place.business.slug, kept.id)


@require_POST
@with_place
def import_begin(request: HttpRequest, place: Place, import_id: UUID) -> HttpResponse:
    """Have the files brought in."""
    kept = _kept(place, import_id)
    try:
        start_import(kept, whole=request.POST.get("how") == "whole", person=place.person, language=get_language() or "")
    except Refused as refused:
        messages.error(request, refused.detail)
    return redirect("import", place.business.slug, kept.id)


@require_POST
@with_place
def import_stop(request: HttpRequest, place: Place, import_id: UUID) -> HttpResponse:
    """Stop bringing in; or drop files of which nothing was brought in."""
    kept = _kept(place, import_id)
    if kept.job_id:
        ask_to_stop(place.business.id, kept.job_id)
        return redirect("import", place.business.slug, kept.id)
    drop_import(kept, now=clock.now())
    messages.success(request, _("The files are dropped; nothing was brought in."))
    return redirect("imports", place.business.slug)


@require_safe
@with_place
def import_refused(request: HttpRequest, place: Place, import_id: UUID) -> HttpResponse:
    """The rows that did not come in, as a table to correct."""
    kept = _kept(place, import_id)
    if kept.job_id is None:
        raise Http404
    return refused_file(place, kept.job_id)


def refused_file(place: Place, job_id: UUID) -> HttpResponse:
    """The rows that a job could not bring in, as a file."""
    file = file_of(place.business.id, job_id)
    if file is None:
        raise Http404
    named = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return HttpResponse(refused_in_words(bytes(file.content)), content_type=file.content_type, headers=named)
