"""One-time links: looking at one uses nothing up, the button on the page does, once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from fiel.shops.models import Person, SignInLink

__all__ = ["is_good", "use"]


def is_good(secret: str, *, now: datetime) -> bool:
    """Whether the link can still be used."""
    return SignInLink.objects.filter(hash=_hash(secret), used_at=None, expires_at__gt=now).exists()


def use(secret: str, *, now: datetime) -> Person | None:
    """Use the link up: who it signs in. Of two who try at once, one does: the update decides."""
    ours = SignInLink.objects.filter(hash=_hash(secret))
    if not ours.filter(used_at=None, expires_at__gt=now).update(used_at=now):
        return None
    person = ours.select_related("person").get().person
    return person if person.is_active else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
