"""The page on which an owner sees whether the installation runs as it should, and what to do where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fiel import clock
from fiel.doors.people import Place, with_place
from fiel.ops.durability import check_durability
from fiel.ops.nightly import last_audits
from fiel.ops.standing import Standing, Waiting, standing
from fiel.sales.models import DailyRun
from fiel.shops.models import Business
from fiel.shops.roles import May
from fiel.tables.walls import walled

__all__ = ["Light", "lights", "status"]

LATE_S = 5 * 60
STUCK_S = 60 * 60
SILENT_S = 5 * 60
_NIGHT_S = 26 * 60 * 60
_TWO_NIGHTS_S = 50 * 60 * 60
_LITTLE_ROOM = 10
_NO_ROOM = 3


@dataclass(frozen=True, slots=True)
class Light:
    """One thing that is looked at: `state` is good, look or wrong; `do`: what to do, where it is not good."""

    what: str
    state: str
    said: str
    do: str = ""

    @property
    def word(self) -> str:
        """The state as a word, since a colour alone says nothing to many."""
        return {"good": _("Good"), "look": _("Look at it"), "wrong": _("Wrong")}[self.state]

    @property
    def colour(self) -> str:
        """The state as Tabler's colour."""
        return {"good": "green", "look": "yellow", "wrong": "red"}[self.state]


@require_safe
@with_place(may=May.BUSINESS)
def status(request: HttpRequest, place: Place) -> HttpResponse:
    """Everything that is looked at, what is wrong first."""
    order = ("wrong", "look", "good")
    found = sorted(lights(place), key=lambda each: order.index(each.state))
    page = {"lights": found, "version": version("fiel"), "worst": found[0]}
    return render(request, "office/status.html", page)


def lights(place: Place) -> list[Light]:
    """How everything stands, for whoever looks from this business."""
    now = standing(clock.now())
    return [
        _database(),
        *_wall(),
        _worker(now),
        _queue(_("Jobs"), now.jobs),
        _queue(_("Events for webhooks"), now.events),
        _queue(_("Messages to members"), now.messages),
        *_nights(place),
        _disk(now),
        _backup(now),
    ]


def _database() -> Light:
    problems = check_durability(connection)
    kind = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[connection.vendor]
    if problems:
        return Light(_("Database"), "wrong", _("%(kind)s may lose a sale.") % {"kind": kind}, " ".join(problems))
    return Light(_("Database"), "good", _("%(kind)s keeps what it has confirmed.") % {"kind": kind})


def _wall() -> Iterator[Light]:
    """Whether PostgreSQL keeps businesses apart too. Where there is one alone nobody needs it; SQLite never does it."""
    if connection.vendor != "postgresql":
        return
    what = _("Businesses kept apart")
    if walled():
        yield Light(what, "good", _("Fiel does it, and PostgreSQL once more."))
    elif Business.objects.count() > 1:
        do = _("Give PostgreSQL two roles and name both, in FIEL_DATABASE_URL and FIEL_DATABASE_OWNER_URL.")
        yield Light(what, "look", _("Fiel does it alone."), do)


def _worker(now: Standing) -> Light:
    if not now.workers:
        do = _("Start fiel worker, or fiel serve without --no-worker. Until then no message leaves and nothing lapses.")
        return Light(_("Background work"), "wrong", _("Nobody is at work."), do)
    if now.silent_s >= SILENT_S:
        do = _("It lives and does nothing: stop it and start it anew. What it had in hand is taken up again.")
        silent = _("A worker has not been heard of for %(time)s.") % {"time": _ago(now.silent_s)}
        return Light(_("Background work"), "wrong", silent, do)
    said = ngettext("%(n)s worker is at work.", "%(n)s workers are at work.", now.workers) % {"n": now.workers}
    return Light(_("Background work"), "good", said)


def _queue(what: str, waiting: Waiting) -> Light:
    if not waiting.count:
        return Light(what, "good", _("Nothing waits."))
    said = _("%(n)s wait, the oldest for %(time)s.") % {"n": waiting.count, "time": _ago(waiting.age_s)}
    if waiting.age_s < LATE_S:
        return Light(what, "good", said)
    do = _("See whether a worker is alive and the receiver answers; the log of the worker says what fails.")
    return Light(what, "wrong" if waiting.age_s >= STUCK_S else "look", said, do)


def _nights(place: Place) -> Iterator[Light]:
    now, business = clock.now(), place.business
    ran = DailyRun.objects.filter(business=business).order_by("-at").first()
    audit = last_audits([business])[business]
    age = int((now - ran.at).total_seconds()) if ran else None
    do = _("It is done each night by a worker: see whether one is alive, or run fiel daily.")
    yield _night(_("Daily run"), age, do)
    age = int((now - audit.ended_at).total_seconds()) if audit and audit.ended_at else None
    findings = audit.result["findings"] if audit and audit.result else 0
    if findings:
        said = ngettext("%(n)s difference was found.", "%(n)s differences were found.", findings) % {"n": findings}
        do = _("Run fiel audit %(business)s: it lists them. Change nothing by hand, and ask for help with the list.")
        yield Light(_("Audit of the books"), "wrong", said, do % {"business": business.slug})
    else:
        do = _("It is done each night by a worker: see whether one is alive, or run fiel audit.")
        yield _night(_("Audit of the books"), age, do)


def _night(what: str, age_s: int | None, do: str) -> Light:
    if age_s is None:
        return Light(what, "look", _("It has not been done yet."), do)
    said = _("Done %(time)s ago, nothing to complain about.") % {"time": _ago(age_s)}
    if age_s < _NIGHT_S:
        return Light(what, "good", said)
    return Light(what, "wrong" if age_s >= _TWO_NIGHTS_S else "look", said, do)


def _disk(now: Standing) -> Light:
    share = 100 * now.disk_free // now.disk_total
    said = _("%(free)s of %(total)s are free.") % {
        "free": filesizeformat(now.disk_free),
        "total": filesizeformat(now.disk_total),
    }
    if share >= _LITTLE_ROOM:
        return Light(_("Room on the disk"), "good", said)
    do = _("Make room before it is full: sales are refused then, none is lost.")
    return Light(_("Room on the disk"), "wrong" if share < _NO_ROOM else "look", said, do)


def _backup(now: Standing) -> Light:
    do = _("Run fiel backup each night, and keep the file elsewhere; see docs/running-it.md.")
    if now.backup_age_s is None:
        return Light(_("Backup"), "look", _("None is on record here."), do)
    said = _("The last one was made %(time)s ago.") % {"time": _ago(now.backup_age_s)}
    if now.backup_age_s < _NIGHT_S:
        return Light(_("Backup"), "good", said)
    return Light(_("Backup"), "wrong" if now.backup_age_s >= _TWO_NIGHTS_S else "look", said, do)


def _ago(seconds: int) -> str:
    """So long, in words: 3 hours."""
    now = clock.now()
    return timesince(now - timedelta(seconds=seconds), now, depth=1) if seconds >= 60 else _("less than a minute")
