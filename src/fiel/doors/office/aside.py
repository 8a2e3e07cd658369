"""What was kept aside: why each waits, trying again, and dropping what is not wanted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fiel import clock
from fiel.core.refusals import REFUSALS
from fiel.doors.asked import uuid_in
from fiel.doors.office.import_reasons import place_in_words, reason_in_words
from fiel.doors.office.import_words import WAITING, counts_of, reasons_of
from fiel.doors.office.imports import of_all_stores, refused_file
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.intake.aside import drop, listed
from fiel.intake.background import ASIDE, start_retry
from fiel.jobs.models import ENDED, Job
from fiel.jobs.work import file_of
from fiel.shops.roles import May

__all__ = ["kept_aside", "retried", "retried_refused"]

with_place = with_place_(may=May.MEMBERS)

_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def kept_aside(request: HttpRequest, place: Place) -> HttpResponse:
    """What waits, the oldest first."""
    of_all_stores(place)
    if request.method == "POST":
        return _do(request, place)
    waiting = listed(place.business)
    code = request.GET.get("code", "")
    rows = waiting.filter(code=code) if code in REFUSALS else waiting
    last = listed(place.business, _ids([request.GET.get("after", "")])).first()
    if last:
        rows = rows.filter(Q(kept_at__gt=last.kept_at) | Q(kept_at=last.kept_at, id__gt=last.id))
    found = list(rows[: _PAGE + 1])
    times = waiting.order_by("code").values_list("code").annotate(Count("id"))
    page: dict[str, Any] = {
        "rows": [
            (
                row,
                WAITING[row.kind],
                _(REFUSALS[row.code].title),
                place_in_words(row.place),
                reason_in_words(row.reason),
            )
            for row in found[:_PAGE]
        ],
        "after": found[_PAGE - 1].id if len(found) > _PAGE else None,
        "codes": [(each, _(REFUSALS[each].title), count) for each, count in times],
        "code": code,
        "zone": place.business.timezone,
    }
    return render(request, "office/aside.html", page)


def _ids(texts: list[str]) -> list[UUID]:
    """The ids among what was sent."""
    return [id_ for text in texts if (id_ := uuid_in(text))]


def _do(request: HttpRequest, place: Place) -> HttpResponse:
    ids = _ids(request.POST.getlist("ids")[:_PAGE])
    if "drop" in request.POST:
        dropped = drop(place.business, ids, now=clock.now())
        text = ngettext("%(n)s is dropped.", "%(n)s are dropped.", dropped)
        messages.success(request, text % {"n": dropped})
        return redirect("aside", place.business.slug)
    if "all" not in request.POST and not ids:
        messages.error(request, _("Tick what is to be tried again."))
        return redirect("aside", place.business.slug)
    job = start_retry(
        place.business,
        [] if "all" in request.POST else ids,
        history="history" in request.POST,
        anyway="anyway" in request.POST,
        person=place.person,
        language=get_language() or "",
    )
    return redirect("aside-retried", place.business.slug, job.id)


@require_safe
@with_place
def retried(request: HttpRequest, place: Place, job_id: UUID) -> HttpResponse:
    """How far trying again is, then what came of it."""
    of_all_stores(place)
    job = Job.objects.filter(business=place.business, id=job_id, kind=ASIDE).first()
    if job is None:
        raise Http404
    page: dict[str, Any] = {"job": job, "running": job.state not in ENDED}
    if "HX-Request" in request.headers:
        if page["running"]:
            return render(request, "office/job_progress.html", page)
        return HttpResponse(headers={"HX-Refresh": "true"})
    if job.result:
        page["counts"] = counts_of(job.result)
        page["still"] = reasons_of([*job.result["aside"], *job.result["refused"]])
        page["has_file"] = file_of(place.business.id, job.id) is not None
    return render(request, "office/aside_retried.html", page)


@require_safe
@with_place
def retried_refused(request: HttpRequest, place: Place, job_id: UUID) -> HttpResponse:
    """What still waits of it, as a table."""
    of_all_stores(place)
    if not Job.objects.filter(business=place.business, id=job_id, kind=ASIDE).exists():
        raise Http404
    return refused_file(place, job_id)
