"""Hooks: addresses to which web shops send their orders, signed with a secret that only they and we know."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import UUID

from cryptography.fernet import Fernet
from django.conf import settings

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.intake.models import Hook
from fiel.shops.models import Business, Store
from fiel.tables.walls import unwalled

__all__ = ["KINDS", "create_hook", "hook_signed"]

KINDS = ("shopify",)


def create_hook(business: Business, *, kind: str, store: str, secret: str) -> Hook:
    """Make an address for a web shop's orders. Raises `invalid`."""
    faults = []
    if kind not in KINDS:
        faults.append(Fault("/kind", f"choose one of: {', '.join(KINDS)}"))
    if not Store.objects.filter(business=business, code=store).exists():
        faults.append(Fault("/store", f"there is no store {store!r}"))
    if not secret.strip():
        faults.append(Fault("/secret", "copy the secret that the web shop shows beside its webhooks"))
    if faults:
        raise Refused("invalid", f"The hook cannot be made: {faults[0].detail}.", faults)
    sealed = _fernet().encrypt(secret.strip().encode()).decode()
    return Hook.objects.create(business=business, kind=kind, store=store, secret=sealed, created_at=clock.now())


@unwalled()
def hook_signed(hook_id: UUID, kind: str, body: bytes, signature: str) -> Hook:
    """The hook whose secret signed the body (HMAC-SHA256, in base64). Raises `unauthenticated`, whatever is wrong."""
    hook = Hook.objects.select_related("business").filter(id=hook_id, kind=kind, revoked_at=None).first()
    # An unknown hook costs the same time as a wrong signature.
    secret = _fernet().decrypt(hook.secret.encode()) if hook else b"nobody's"
    expected = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
    if hook is None or not hmac.compare_digest(expected, signature.encode("ascii", "replace")):
        raise Refused("unauthenticated", "This is not signed with the secret of a hook that is in use.")
    return hook


def _fernet() -> Fernet:
    key = hmac.new(settings.SECRET_KEY.encode(), b"hook secret", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
