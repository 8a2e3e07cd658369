"""How long each kind of data is kept: set by the business within bounds, kept to by the daily run, and reported.

Receipts, movements and consents are not among the kinds: the books rest on the first two, and the last are the proof of
what may be done. Of who leaves they keep a random reference alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.insight.models import Suspicion
from fiel.jobs.models import ENDED, Job, JobFile
from fiel.jobs.work import forget_files
from fiel.ledger.read import members_who_hold
from fiel.members.models import ERASED, Member
from fiel.outreach.models import Message
from fiel.printing.work import KIND as PRINTING
from fiel.privacy.erase import erase
from fiel.privacy.models import Clearing, Retention
from fiel.rewards.models import Invitation, Voucher
from fiel.sales.models import Receipt
from fiel.shops.models import Business, Staff
from fiel.tables.clear import delete_in_parts
from fiel.tables.write import upsert
from fiel.trail.note import note

__all__ = ["KINDS", "Kind", "clear_by_retention", "cleared_lately", "kept_for", "set_retention"]

_ERASED_A_NIGHT = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data: for how many days it is kept unless the business says otherwise (None: without end), its bounds,
    and what deletes what is from before a moment."""

    days: int | None
    least: int
    most: int
    clear: Callable[[Business, datetime, Path], int]


def _papers(business: Business, before: datetime, record: Path) -> int:
    """What was printed names members, and vouchers by their codes: it is taken soon, or printed anew."""
    return forget_files(business.id, PRINTING, before=before)


def _jobs(business: Business, before: datetime, record: Path) -> int:
    jobs = Job.objects.filter(business=business, created_at__lt=before, state__in=ENDED)
    return delete_in_parts(jobs, "id", first=(JobFile.objects.filter(business=business), "job_id"))


def _messages(business: Business, before: datetime, record: Path) -> int:
    ended = Message.objects.filter(business=business, created_at__lt=before).exclude(state__in=("waiting", "sending"))
    return delete_in_parts(ended, "id")


def _invitations(business: Business, before: datetime, record: Path) -> int:
    return delete_in_parts(Invitation.objects.filter(business=business, closed_at__lt=before), "id")


def _suspicions(business: Business, before: datetime, record: Path) -> int:
    return delete_in_parts(Suspicion.objects.filter(business=business, dismissed_at__lt=before), "id")


def _members(business: Business, before: datetime, record: Path) -> int:
    """Erase who did not buy since, and has nothing left to lose; so many a night, each as if they left."""
    came = Receipt.objects.filter(business=business, occurred_at__gte=before, member_id__isnull=False)
    usable = Voucher.objects.filter(business=business, state="issued")
    staff = Staff.objects.filter(business=business, member_id__isnull=False)
    idle = Member.objects.filter(business=business, updated_at__lt=before, joined__lt=before.date(), merged_into=None)
    idle = idle.exclude(code__startswith=ERASED)
    idle = idle.exclude(id__in=came.values("member_id")).exclude(id__in=usable.values("member_id"))
    idle = idle.exclude(id__in=staff.values("member_id"))
    merged_lately = Member.objects.filter(business=business, merged_into__isnull=False, id__in=came.values("member_id"))
    idle = idle.exclude(id__in=merged_lately.values("merged_into")).exclude(id__in=members_who_hold(business.id))
    due = list(idle.order_by("id").values_list("id", flat=True)[:_ERASED_A_NIGHT])
    for member_id in due:
        erase(business, member_id, now=clock.now(), by="retention", record=record)
    return len(due)


KINDS: dict[str, Kind] = {
    "papers": Kind(7, 1, 30, _papers),
    "jobs": Kind(30, 7, 365, _jobs),
    "messages": Kind(730, 400, 3650, _messages),
    "invitations": Kind(730, 400, 3650, _invitations),
    "suspicions": Kind(365, 90, 3650, _suspicions),
    "members": Kind(None, 365, 3650, _members),
}
"""Messages and invitations are kept for more than a year at least, or a birthday could be told twice."""


def kept_for(business_id: int) -> dict[str, int | None]:
    """For how many days each kind is kept; None: without end."""
    said = dict(Retention.objects.filter(business_id=business_id).values_list("kind", "days"))
    return {kind: said.get(kind, each.days) for kind, each in KINDS.items()}


def set_retention(business: Business, wanted: Mapping[str, int | None]) -> None:
    """Say for how many days kinds are kept, from the next daily run on. Raises `invalid`."""
    wrong = [kind for kind, days in wanted.items() if not _can_be(KINDS[kind], days)]
    faults = [Fault(f"/{kind}", f"from {KINDS[kind].least} to {KINDS[kind].most} days") for kind in wrong]
    if faults:
        raise Refused("invalid", "It cannot be kept for so long, or for so short a time.", faults)
    with transaction.atomic():
        was = kept_for(business.id)
        upsert(Retention, ("business", "kind"), ("days",), [(business.id, *said) for said in wanted.items()])
        before = {kind: was[kind] for kind in wanted}
        note(business.id, "retention.set", about=business.slug, before=before, after=dict(wanted), now=clock.now())


def _can_be(kind: Kind, days: int | None) -> bool:
    return kind.days is None if days is None else kind.least <= days <= kind.most


def clear_by_retention(business: Business, *, now: datetime, record: Path) -> dict[str, int]:
    """Delete what is past its time, and report it; how many of each kind. `record`: as `erase` has it."""
    cleared = {}
    for kind, days in kept_for(business.id).items():
        if days is None:
            continue
        before = now - timedelta(days=days)
        cleared[kind] = KINDS[kind].clear(business, before, record)
        if cleared[kind]:
            Clearing.objects.create(business=business, at=now, kind=kind, before=before, rows=cleared[kind])
    return cleared


def cleared_lately(business_id: int, *, limit: int) -> list[Clearing]:
    """What went, the latest first."""
    return list(Clearing.objects.filter(business_id=business_id).order_by("-at", "kind")[:limit])
