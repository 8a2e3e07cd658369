"""PINs: four to six digits, by which somebody of the staff serves at a paired device. Kept as Argon2 alone."""

from __future__ import annotations

import re
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from fiel.core.refusals import Fault, Refused
from fiel.shops.models import Staff
from fiel.trail.note import note

__all__ = ["MOST_WRONG", "check_pin", "is_locked", "set_pin"]

MOST_WRONG = 10
"""So many wrong ones without a right one between, and the PIN is locked until somebody sets another."""

_PIN = re.compile(r"[0-9]{4,6}\Z")


def set_pin(staff: Staff, pin: str, *, now: datetime) -> None:
    """Give somebody a PIN, or none (empty); it is then no longer locked. Raises `invalid`."""
    if pin and (not _PIN.match(pin) or len(set(pin)) == 1 or pin in "0123456789" or pin in "9876543210"):
        fault = Fault("/pin", "four to six digits, not all the same and not in a row")
        raise Refused("invalid", "A PIN has four to six digits, not all the same and not in a row.", [fault])
    with transaction.atomic():
        hashed = make_password(pin) if pin else ""
        Staff.objects.filter(business_id=staff.business_id, person_id=staff.person_id).update(pin=hashed, pin_wrong=0)
        note(staff.business_id, "staff.pin_set" if pin else "staff.pin_removed", about=staff.person_id, now=now)


def is_locked(staff: Staff) -> bool:
    """Whether no PIN is taken any more."""
    return staff.pin_wrong >= MOST_WRONG


def check_pin(staff: Staff, pin: str) -> bool:
    """Whether it is theirs. A wrong one counts before it is looked at, so that many at once get no more tries."""
    row = Staff.objects.filter(business_id=staff.business_id, person_id=staff.person_id)
    if not row.filter(pin_wrong__lt=MOST_WRONG).exclude(pin="").update(pin_wrong=F("pin_wrong") + 1):
        return False
    if not check_password(pin, staff.pin):
        return False
    row.update(pin_wrong=0)
    return True
