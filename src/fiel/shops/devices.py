"""Paired devices: a code from the office makes a browser one of the shop's, until the office takes it back."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from fiel.core.refusals import Fault, Refused
from fiel.shops.models import Business, Device, Store, Till
from fiel.tables.walls import unwalled, within
from fiel.trail.note import note

__all__ = ["CODE_LASTS", "device_with", "make_code", "pair", "revoke_device", "waiting_for"]

CODE_LASTS = timedelta(minutes=15)
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that could be another
_CODE_LETTERS = 8
_SEEN_EVERY = timedelta(minutes=5)


def make_code(
    business: Business, *, name: str, store: str, till: str, now: datetime, device_id: UUID | None = None
) -> tuple[Device, str]:
    """A device to be paired, and its code (as ABCD-EFGH), good for some minutes and once.

    `device_id`: an existing one gets a new code; until that is used its browser stays as it is. Raises `invalid`,
    `not_found`.
    """
    name, till = name.strip(), till.strip()
    faults = []
    if not 0 < len(name) <= 100:
        faults.append(Fault("/name", "name the device, so that you know it again"))
    if not 0 < len(till) <= 50:
        faults.append(Fault("/till", "name the till"))
    if not Store.objects.filter(business=business, code=store).exists():
        faults.append(Fault("/store", "choose a store"))
    if faults:
        raise Refused("invalid", f"The device cannot be paired: {faults[0].detail}.", faults)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS))
    said = {"name": name, "store": store, "till": till, "code_hash": _hash(code), "code_until": now + CODE_LASTS}
    with transaction.atomic():
        if device_id is None:
            device = Device.objects.create(business=business, made_at=now, **said)
        else:
            rows = Device.objects.filter(business=business, id=device_id, revoked_at=None)
            if not rows.update(**said):
                raise Refused("not_found", "There is no such device.")
            device = rows.get()
        told = {"name": name, "store": store, "till": till}
        note(business.id, "device.code_made", about=device.id, after=told, now=now)
    return device, f"{code[:4]}-{code[4:]}"


@unwalled()
def waiting_for(code: str, *, now: datetime) -> Device | None:
    """The device that a code pairs, while it is good."""
    rows = Device.objects.select_related("business")
    return rows.filter(code_hash=_hash(_plain(code)), code_until__gt=now, revoked_at=None).first()


def pair(code: str, *, now: datetime) -> tuple[Device, str] | None:
    """Use a code up: the device, and the secret that its browser keeps. None for a code that is not good."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        device = waiting_for(code, now=now)
        if device is None:
            return None
        with within(device.business_id):
            return (device, secret) if _paired(device, secret, now) else None


def _paired(device: Device, secret: str, now: datetime) -> bool:
    """Whether it was this browser that used the code up."""
    ours = Device.objects.filter(business=device.business, id=device.id, code_hash=device.code_hash)
    if not ours.update(code_hash=None, code_until=None, hash=_hash(secret), paired_at=now, last_seen_at=now):
        return False
    known = Till.objects.filter(business=device.business, store=device.store, code=device.till)
    if not known.exists():
        Till.objects.create(business=device.business, store=device.store, code=device.till, name=device.name)
    note(device.business_id, "device.paired", about=device.id, after={"name": device.name}, now=now)
    return True


@unwalled()
def device_with(secret: str, *, now: datetime) -> Device | None:
    """The paired device whose browser holds a secret."""
    rows = Device.objects.select_related("business")
    device = rows.filter(hash=_hash(secret), revoked_at=None).first()
    if device and (device.last_seen_at is None or now - device.last_seen_at >= _SEEN_EVERY):
        Device.objects.filter(business_id=device.business_id, id=device.id).update(last_seen_at=now)
    return device


def revoke_device(business: Business, device_id: UUID, *, now: datetime) -> None:
    """Take a device out of use, at once and for good. Raises `not_found`."""
    with transaction.atomic():
        rows = Device.objects.filter(business=business, id=device_id)
        if not rows.filter(revoked_at=None).update(revoked_at=now, hash=None, code_hash=None):
            raise Refused("not_found", "There is no such device.")
        note(business.id, "device.revoked", about=device_id, before={"name": rows.get().name}, now=now)


def _plain(code: str) -> str:
    return code.upper().replace("-", "").replace(" ", "")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
