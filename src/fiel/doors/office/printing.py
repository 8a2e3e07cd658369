"""Printing in the office: cards, labels, statements, letters and lists of many members; one member's at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.look import figure
from fiel.doors.office.members import named_member
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.jobs.models import ENDED, Job
from fiel.jobs.work import ask_to_stop, file_of
from fiel.members.choosing import Chosen
from fiel.members.read import members_by_id
from fiel.printing.cards import cards_pdf
from fiel.printing.members import faces_of
from fiel.printing.slips import slip_pdf
from fiel.printing.statement import rules_now, statements_of, statements_pdf
from fiel.printing.work import KIND, PAPERS, SLIPS, Options, portal_of, slip_of, start_printing, start_slips
from fiel.rewards.models import Reward, Voucher
from fiel.shops.roles import May

__all__ = [
    "NAMES",
    "card",
    "printed",
    "printed_file",
    "printing",
    "reward_slips",
    "statement",
    "voucher_slip",
]

with_place = with_place_(may=May.MEMBERS)

_LONGEST = 100
_STATEMENT = timedelta(days=92)

NAMES: dict[str, Promise] = {
    "cards": gettext_lazy("Cards, ten a page, front and back"),
    "labels": gettext_lazy("Labels with a barcode, for cards of any make"),
    "tracks": gettext_lazy("Data for a card printer (CSV, with the magnetic stripe)"),
    "statements": gettext_lazy("Statements (PDF)"),
    "letters": gettext_lazy("Statements as letters, with the address for a window envelope"),
    "list_csv": gettext_lazy("List of members (CSV)"),
    "list_xlsx": gettext_lazy("List of members (Excel)"),
    SLIPS: gettext_lazy("Voucher slips"),
}


def _nothing(progress: int) -> None:
    """One paper is there at once: nobody waits."""


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def printing(request: HttpRequest, place: Place) -> HttpResponse:
    """What is printed for whom; and what was printed lately."""
    now = Present(place.business, clock.now())
    typed: dict[str, str] = {
        "what": "statements",
        "first": now.today.replace(day=1).isoformat(),
        "last": now.today.isoformat(),
        "give": "1",
        "typed": request.GET.get("q", "").strip()[:_LONGEST],
    }
    if request.GET.get("what") in PAPERS:
        typed["what"] = request.GET["what"]
    wrong: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
        try:
            job = _start(place, typed)
        except ValueError as error:
            wrong = {str(error): _("Choose a day.")}
        except Refused as refused:
            wrong = {fault.pointer[1:]: _("The time ends before it begins.") for fault in refused.faults}
        else:
            return redirect("printed", place.business.slug, job.id)
    page = {
        "papers": [(code, NAMES[code]) for code in PAPERS],
        "typed": typed,
        "wrong": wrong,
        "tiers": list(now.programme.tiers) if now.programme else [],
        "jobs": _jobs(place),
        "zone": place.business.timezone,
    }
    return render(request, "office/printing.html", page, status=422 if wrong else 200)


_FIELDS = ("what", "typed", "tier", "type", "joined_from", "joined_to", "give", "sheet", "skip", "first", "last")


def _start(place: Place, typed: dict[str, str]) -> Job:
    """Start what was asked for. Raises `ValueError`, naming the field of a day that is none; `invalid`."""
    chosen = Chosen(
        typed=typed["typed"],
        tier=typed["tier"],
        type=typed["type"],
        joined_from=_day(typed, "joined_from"),
        joined_to=_day(typed, "joined_to"),
    )
    options = Options(
        give=bool(typed["give"]),
        sheet=typed["sheet"] or "24",
        skip=int(typed["skip"]) if typed["skip"].isdecimal() and typed["skip"].isascii() else 0,
        first=_day(typed, "first"),
        last=_day(typed, "last"),
    )
    language = get_language() or ""
    return start_printing(place.business, typed["what"], chosen, options, person=place.person, language=language)


def _day(typed: dict[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(typed[name]) if typed[name] else None
    except ValueError:
        raise ValueError(name) from None


def _jobs(place: Place) -> list[tuple[Job, str]]:
    rows = Job.objects.filter(business=place.business, kind=KIND).order_by("-created_at")[:10]
    return [(job, _named(job)) for job in rows]


def _named(job: Job) -> str:
    """What a job prints, as far as it says."""
    return str(NAMES.get((job.result or {}).get("what", ""), _("Printing")))


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def printed(request: HttpRequest, place: Place, job_id: UUID) -> HttpResponse:
    """How far it is, then the file; posted: it is not wanted any more."""
    job = Job.objects.filter(business=place.business, id=job_id, kind=KIND).first()
    if job is None:
        raise Http404
    if request.method == "POST":
        ask_to_stop(place.business.pk, job.id)
        return redirect("printed", place.business.slug, job.id)
    ended, result = job.state in ENDED, job.result or {}
    page: dict[str, Any] = {
        "job": job,
        "ended": ended,
        "name": _named(job),
        "count": figure(result.get("printed", 0)),
        "left_out": figure(result["left_out"]) if result.get("left_out") else "",
        "of": result.get("what", ""),
        "there": ended and file_of(place.business.pk, job.id) is not None,
    }
    fragment = "HX-Request" in request.headers and not ended
    answer = render(request, "office/printed_progress.html" if fragment else "office/printed.html", page)
    if "HX-Request" in request.headers and ended:
        answer["HX-Refresh"] = "true"
    return answer


@require_safe
@with_place
def printed_file(request: HttpRequest, place: Place, job_id: UUID) -> HttpResponse:
    """The file that was printed."""
    job = Job.objects.filter(business=place.business, id=job_id, kind=KIND, state="done").first()
    file = file_of(place.business.pk, job_id) if job else None
    if file is None:
        raise Http404
    return _file(bytes(file.content), file.content_type, file.name)


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=content_type, headers=disposition)


# One member's, one voucher's


@require_safe
@with_place
def statement(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """A member's statement of the last three months; as a letter where `letter` is asked for."""
    found, rules = named_member(place, member_id), rules_now(place.business, clock.now())
    told = statements_of(place.business, [found], rules, rules.today - _STATEMENT, rules.today)
    content = statements_pdf(place.business, told, letters="letter" in request.GET, progress=_nothing)
    return _file(content, "application/pdf", f"{_stem(str(found))}-{rules.today.isoformat()}.pdf")


@require_safe
@with_place
def card(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """A member's card, front and back, at its place on the sheet; who has none is given one first."""
    found = named_member(place, member_id)
    faces = list(faces_of(place.business, [found], give=False))
    if not faces:
        messages.error(request, _("There is no card to print: give one first."))
        return redirect("member", place.business.slug, found.id)
    content = cards_pdf(place.business, faces, portal=portal_of(place.business), progress=_nothing)
    return _file(content, "application/pdf", f"{_stem(str(found))}-card.pdf")


def _stem(name: str) -> str:
    return slugify(name)[:40] or "member"


@require_safe
@with_place_(may=May.MARKET)
def voucher_slip(request: HttpRequest, place: Place, voucher_id: UUID) -> HttpResponse:
    """A voucher on the paper of a receipt printer."""
    found = Voucher.objects.filter(business=place.business, id=voucher_id, state="issued").first()
    if found is None:
        raise Http404
    reward = Reward.objects.get(business=place.business, code=found.reward)
    member = members_by_id(place.business.pk, [found.member_id])[found.member_id]
    content = slip_pdf(place.business, slip_of(place.business, found, reward, member))
    return _file(content, "application/pdf", f"{_stem(str(reward))}.pdf")


@require_POST
@with_place
def reward_slips(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """The slips of all vouchers of a reward that can be used, as a job."""
    if not Reward.objects.filter(business=place.business, code=code).exists():
        raise Http404
    job = start_slips(place.business, code, person=place.person, language=get_language() or "")
    return redirect("printed", place.business.slug, job.id)
