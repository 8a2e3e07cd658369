"""Erasing a member: the person goes, the sums stay.

What identifies goes: names, identifiers, cards, logins, free text, kept answers of the API. The books keep a random
reference; what was on the accounts is forfeited by entries like any other. Each erasure is recorded beside the
database too, in `erasures.jsonl`, so that a backup from before can be made to forget again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from fiel.core.refusals import Refused
from fiel.hand.models import HandEntry
from fiel.insight.keep import forget
from fiel.jobs.work import forget_files
from fiel.ledger.post import Cause, open_books, post
from fiel.members.find import known_as, lock_one
from fiel.members.models import (
    ERASED,
    Card,
    CardBlock,
    Identifier,
    Login,
    LoginCode,
    Member,
    MemberSession,
    TierChange,
)
from fiel.outreach.models import Message, StatementWish
from fiel.printing.work import KIND as PRINTING
from fiel.privacy.models import ASKS, Erasure, Request
from fiel.privacy.requests import is_done
from fiel.programme.versions import zone_now
from fiel.rewards.models import Invitation, Voucher
from fiel.rewards.stock import give_stock_back, stock_freed_by
from fiel.rewards.vouchers import close, give_price_back
from fiel.sales.models import ReferralCode
from fiel.shops.models import Business, IdempotencyKey, Staff
from fiel.tables.ids import new_id
from fiel.trail.note import note

__all__ = ["FILE", "Gone", "erase", "read_record", "repeat"]

FILE = "erasures.jsonl"
"""The record's file, in the data folder."""


@dataclass(frozen=True, slots=True)
class Gone:
    """One line of the record: the business's short name, the reference, and when."""

    business: str
    member_id: UUID
    at: datetime


def erase(business: Business, member_id: UUID, *, now: datetime, by: str, record: Path | None = None) -> Erasure:
    """Erase a member, and those merged into them. Raises `member_not_found`.

    `record`: the folder in which the record's file is kept up.
    """
    today = now.astimezone(zone_now(business, now)).date()
    with transaction.atomic():
        member = lock_one(business.pk, member_id)
        everyone = list(known_as(business.pk, [member.id]))
        erasure = Erasure.objects.create(business=business, id=new_id(), member_id=member.id, at=now, by=by)
        _close_what_is_open(business, erasure, everyone, today=today)
        _forget(business, everyone, now=now)
        forget(business.pk, everyone)
        is_done(business, everyone, ASKS, by=by, now=now)
        note(business.pk, "member.erased", about=member.id, now=now)
    if record is not None:
        _write_record(record, Gone(business.slug, member.id, now))
    return erasure


def _close_what_is_open(business: Business, erasure: Erasure, everyone: Sequence[UUID], *, today: date) -> None:
    """Vouchers are called back and invitations end; what that gives back, and all else, is forfeited."""
    now, member_id = erasure.at, erasure.member_id
    books = open_books(business.pk, [member_id])
    open_ones = list(Voucher.objects.filter(business=business, member_id__in=everyone, state="issued").order_by("id"))
    for voucher in open_ones:
        over = voucher.valid_until is not None and voucher.valid_until < today
        close(voucher, "expired" if over else "revoked", at=now, by="erasure", today=today)
        if not over:
            give_price_back(books, member_id, voucher, at=now)
    give_stock_back(business.pk, stock_freed_by(open_ones))
    invitations = Invitation.objects.filter(business=business, member_id__in=everyone, closed_at=None)
    invitations.update(closed_at=now, closed_why="erased")
    cause = Cause("erasure", erasure.id, now)
    for unit in books.units(member_id):
        books.lapse(member_id, unit, list(books.holding(member_id, unit).lots), kind="forfeit", cause=cause)
    post(books, recorded_at=now)


def _forget(business: Business, everyone: Sequence[UUID], *, now: datetime) -> None:
    ours = {"business": business, "member_id__in": everyone}
    known = list(Identifier.objects.filter(**ours).values_list("value", flat=True))
    cards = Card.objects.filter(**ours)
    CardBlock.objects.filter(business=business, number__in=list(cards.values_list("number", flat=True))).delete()
    cards.delete()
    for model in (Identifier, Login, MemberSession, ReferralCode):
        model.objects.filter(**ours).delete()
    LoginCode.objects.filter(Q(member_id__in=everyone) | Q(value__in=known), business=business).delete()
    TierChange.objects.filter(**ours).update(reason="")
    HandEntry.objects.filter(**ours).update(reason="", refused_why="")
    Staff.objects.filter(**ours).update(member_id=None)
    StatementWish.objects.filter(**ours).delete()
    Message.objects.filter(**ours, state="waiting").update(state="dropped", reason="member_left")
    Message.objects.filter(**ours).update(facts={}, reference="")
    Request.objects.filter(**ours).update(words="", answer="")
    _forget_answers(business, everyone)
    forget_files(business.pk, PRINTING)  # some of them may name the member
    for member_id in everyone:
        row = Member.objects.filter(business=business, id=member_id)
        row.update(name="", name_key="", birth_date=None, language="", address="", types=[])
        row.update(code=f"{ERASED}{new_id().hex}", updated_at=now)


def _forget_answers(business: Business, everyone: Iterable[UUID]) -> None:
    """Kept answers of the API that tell of the member; a repeat of their requests is refused from then on."""
    rows = IdempotencyKey.objects.filter(business=business).exclude(answer=None)
    told = rows.annotate(told=Cast("answer", TextField()))
    about = Q(pk__in=[])
    for member_id in everyone:
        about |= Q(told__contains=str(member_id))
    keys = list(told.filter(about).values_list("key", flat=True))
    IdempotencyKey.objects.filter(business=business, key__in=keys).update(answer=None)


# The record


def repeat(gone: Iterable[Gone], *, now: datetime, by: str) -> list[Gone]:
    """Erase again who is back, from a backup; gives whom. Who is not there, or was erased, is left as they are."""
    businesses = {business.slug: business for business in Business.objects.all()}
    done = []
    for each in gone:
        business = businesses.get(each.business)
        if business is None or Erasure.objects.filter(business=business, member_id=each.member_id).exists():
            continue
        try:
            erase(business, each.member_id, now=now, by=by)
        except Refused:
            continue
        done.append(each)
    return done


def read_record(file: Path) -> list[Gone]:
    """The lines of a record. Raises `invalid`."""
    gone = []
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            gone.append(Gone(str(told["business"]), UUID(told["member"]), datetime.fromisoformat(told["at"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused("invalid", f"{file} is no record of erasures: {error}.") from error
    return gone


def _write_record(folder: Path, gone: Gone) -> None:
    """Add a line, on the disk before this returns."""
    told = {"business": gone.business, "member": str(gone.member_id), "at": gone.at.isoformat()}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")
        file.flush()
        os.fsync(file.fileno())
