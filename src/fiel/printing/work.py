"""Printing for many members at once, as a job: it says how far it is, can be left alone, and ends with a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext
from django_tasks import task

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.jobs.models import Job
from fiel.jobs.work import Working, do, start
from fiel.members.choosing import Chosen, chosen_members, how_many
from fiel.members.models import Member
from fiel.members.read import members_by_id
from fiel.printing.cards import LABELS, cards_pdf, labels_pdf, tracks_csv
from fiel.printing.members import faces_of, list_csv, list_rows, list_xlsx
from fiel.printing.slips import Slip, slips_pdf
from fiel.printing.statement import Rules, rules_now, statements_of, statements_pdf
from fiel.programme.versions import zone_now
from fiel.rewards.codes import open_code
from fiel.rewards.lists import vouchers_listed
from fiel.rewards.models import Reward, Voucher
from fiel.shops.models import Business, Person
from fiel.trail.note import note

__all__ = ["KIND", "PAPERS", "SLIPS", "Options", "portal_of", "slip_of", "start_printing", "start_slips"]

KIND = "printing"
SLIPS = "slips"
_AT_ONCE = 100
_PDF, _CSV = "application/pdf", "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Options:
    """`give`: a card to whoever has none. `sheet`, `skip`: of labels. `first`, `last`: of statements."""

    give: bool = False
    sheet: str = "24"
    skip: int = 0
    first: date | None = None
    last: date | None = None


@dataclass(slots=True)
class _Run:
    """A job in hand: for whom, by which rules, and how many were printed."""

    job: Working
    business: Business
    chosen: Chosen
    options: Options
    rules: Rules
    printed: int = 0
    left_out: int = 0
    total: int = field(default=0)

    def parts(self) -> Iterator[list[Member]]:
        """The members, a part at a time, with how far it is noted between the parts."""
        self.total = how_many(self.business, self.chosen)
        for looked, found in chosen_members(self.business, self.chosen, self.rules.programme, self.rules.today):
            for begin in range(0, len(found), _AT_ONCE):
                yield found[begin : begin + _AT_ONCE]
                self.job.progress(looked - len(found) + begin, self.total, gettext("Printing"))

    def count(self, printed: int) -> None:
        """Note how many were printed."""
        self.printed = printed


def start_printing(
    business: Business, what: str, chosen: Chosen, options: Options, *, person: Person, language: str
) -> Job:
    """Have something of `PAPERS` printed for the members that are chosen. Raises `invalid`."""
    if what not in PAPERS:
        raise Refused("invalid", "There is no such paper.", [Fault("/what", "choose one")])
    if options.sheet not in LABELS:
        raise Refused("invalid", "There is no such sheet.", [Fault("/sheet", "choose one")])
    if options.first and options.last and options.first > options.last:
        raise Refused("invalid", "The time ends before it begins.", [Fault("/last", "not before the first day")])
    said = {
        "give": options.give,
        "sheet": options.sheet,
        "skip": options.skip,
        "first": options.first.isoformat() if options.first else None,
        "last": options.last.isoformat() if options.last else None,
    }
    note(business.pk, "printing.asked", about=what, after={"chosen": _limits(chosen)}, now=clock.now())
    return start(
        business,
        print_members,
        kind=KIND,
        person=person,
        language=language,
        what=what,
        chosen=chosen.as_json(),
        said=said,
    )


def _limits(chosen: Chosen) -> dict[str, Any]:
    """What limits the choice, without anybody's name or number."""
    said = {name: value for name, value in chosen.as_json().items() if value and name not in ("typed", "ids")}
    return said | ({"typed": True} if chosen.typed else {}) | ({"members": len(chosen.ids)} if chosen.ids else {})


@task
def print_members(business_id: int, job_id: str, what: str, chosen: dict[str, Any], said: dict[str, Any]) -> None:
    """Print for the members that are chosen, and keep the file."""
    do(business_id, job_id, partial(_print, what=what, chosen=chosen, said=said))


def _print(job: Working, *, what: str, chosen: dict[str, Any], said: dict[str, Any]) -> None:
    business = Business.objects.get(pk=job.job.business_id)
    days = {name: date.fromisoformat(said[name]) if said[name] else None for name in ("first", "last")}
    options = Options(**{**said, **days})
    run = _Run(job, business, Chosen.of_json(chosen), options, rules_now(business, clock.now()))
    name, content_type, make = PAPERS[what]
    content = make(run)
    job.keep_file(f"{business.slug}-{name}", content_type, content)
    job.keep_result({"what": what, "printed": run.printed, "left_out": run.left_out})
    job.progress(run.total, run.total, gettext("Printed"))


def _faces(run: _Run) -> Iterator[Any]:
    for part in run.parts():
        faces = list(faces_of(run.business, part, give=run.options.give))
        run.left_out += len(part) - len(faces)
        yield from faces


def _cards(run: _Run) -> bytes:
    return cards_pdf(run.business, _faces(run), portal=portal_of(run.business), progress=run.count)


def _labels(run: _Run) -> bytes:
    options = run.options
    return labels_pdf(run.business, _faces(run), sheet=options.sheet, skip=options.skip, progress=run.count)


def _tracks(run: _Run) -> bytes:
    faces = list(_faces(run))
    run.printed = len(faces)
    return tracks_csv(faces).encode("utf-8")


def _statements(run: _Run, *, letters: bool = False) -> bytes:
    last = run.options.last or run.rules.today
    first = run.options.first or last.replace(day=1)

    def each() -> Iterator[Any]:
        for part in run.parts():
            wanted = [member for member in part if member.address or not letters]
            run.left_out += len(part) - len(wanted)
            yield from statements_of(run.business, wanted, run.rules, first, last)

    return statements_pdf(run.business, each(), letters=letters, progress=run.count)


def _list(run: _Run, *, write: Callable[..., bytes]) -> bytes:
    def each() -> Iterator[list[list[str]]]:
        for part in run.parts():
            rows = list_rows(run.business, part, run.rules)
            run.printed += len(rows)
            yield rows

    return write(each(), run.rules)


PAPERS: Mapping[str, tuple[str, str, Callable[[_Run], bytes]]] = {
    "cards": ("cards.pdf", _PDF, _cards),
    "labels": ("labels.pdf", _PDF, _labels),
    "tracks": ("cards.csv", _CSV, _tracks),
    "statements": ("statements.pdf", _PDF, _statements),
    "letters": ("letters.pdf", _PDF, partial(_statements, letters=True)),
    "list_csv": ("members.csv", _CSV, partial(_list, write=list_csv)),
    "list_xlsx": ("members.xlsx", _XLSX, partial(_list, write=list_xlsx)),
}
"""What can be printed of many members: the file's name and type, and how it is made."""


def portal_of(business: Business) -> str:
    """The address of the customers' pages, as it stands on cards."""
    return f"{settings.PUBLIC_URL.rstrip('/').partition('://')[2]}/c/{business.slug}/"


# Slips


def start_slips(business: Business, reward: str, *, person: Person, language: str) -> Job:
    """Have the slips of a reward's vouchers printed that can be used."""
    note(business.pk, "printing.asked", about=SLIPS, after={"reward": reward}, now=clock.now())
    return start(business, print_slips, kind=KIND, person=person, language=language, reward=reward)


@task
def print_slips(business_id: int, job_id: str, reward: str) -> None:
    """Print the slips of a reward's vouchers, and keep the file."""
    do(business_id, job_id, partial(_print_slips, code=reward))


def _print_slips(job: Working, *, code: str) -> None:
    business = Business.objects.get(pk=job.job.business_id)
    reward = Reward.objects.get(business=business, code=code)
    today = clock.now().astimezone(zone_now(business, clock.now())).date()
    total, printed = Voucher.objects.filter(business=business, reward=code, state="issued").count(), 0

    def count(number: int) -> None:
        nonlocal printed
        printed = number
        job.progress(min(number, total - 1), total, gettext("Printing"))

    content = slips_pdf(business, _slips(business, reward, today), progress=count)
    job.keep_file(f"{business.slug}-vouchers.pdf", _PDF, content)
    job.keep_result({"what": SLIPS, "printed": printed, "left_out": 0})


def _slips(business: Business, reward: Reward, today: date) -> Iterator[Slip]:
    before = None
    while found := vouchers_listed(business.pk, reward=reward.code, state="issued", before=before, limit=_AT_ONCE):
        members = members_by_id(business.pk, [each.member_id for each in found])
        for each in found:
            if each.valid_until is None or each.valid_until >= today:
                yield slip_of(business, each, reward, members[each.member_id])
        before = found[-1].id


def slip_of(business: Business, voucher: Voucher, reward: Reward, member: Member) -> Slip:
    """A voucher's slip, in its member's language."""
    language = member.language or business.language
    told = reward.translations.get(language, {})
    return Slip(
        code=open_code(voucher.sealed),
        name=told.get("name") or str(reward),
        text=told.get("text") or reward.text,
        valid_until=voucher.valid_until,
        whose=member.name,
        language=language,
    )
