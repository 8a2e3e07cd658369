"""API keys: `fiel_` and 256 random bits with a check, shown once; only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.db import transaction

from fiel.core.refusals import Fault, Refused
from fiel.shops.models import ApiKey, Business, Store
from fiel.tables.ids import new_id
from fiel.tables.read import by_unique
from fiel.tables.walls import unwalled
from fiel.trail.note import note

__all__ = ["SCOPES", "authenticate", "create_key", "remember_keys", "revoke_key"]

SCOPES = ("till", "office", "read", "import")
_PREFIX = "fiel_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LETTERS = 43  # 62^43 > 2^256
_CHECK_LETTERS = 6
_NOTE_USE_EVERY = timedelta(minutes=1)
_REMEMBER_S = 1.0
_REMEMBER_AT_MOST = 10_000

_remembering = False
_remembered: dict[str, tuple[float, ApiKey]] = {}


def create_key(
    business: Business,
    *,
    scopes: Sequence[str],
    now: datetime,
    store: str = "",
    till: str = "",
    name: str = "",
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown now and never again.

    `store`, `till`: what the key is bound to; a till key without them names them with each sale.
    """
    wrong = [scope for scope in scopes if scope not in SCOPES]
    if wrong or not scopes:
        raise Refused("invalid", f"A key's scopes are some of {', '.join(SCOPES)}.", [Fault("/scopes", "choose")])
    if store and not Store.objects.filter(business=business, code=store).exists():
        raise Refused("invalid", f"There is no store {store!r}.", [Fault("/store", "name one of your stores")])
    if till and not store:
        raise Refused("invalid", "A till is in a store: name it too.", [Fault("/store", "name the till's store")])
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LETTERS))
    secret = f"{_PREFIX}{body}{_check(body)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            business=business,
            id=new_id(),
            hash=_hash(secret),
            hint=f"{secret[:9]}…{secret[-4:]}",
            name=name,
            scopes=list(scopes),
            store=store,
            till=till,
            created_at=now,
            expires_at=expires_at,
        )
        after = {"hint": key.hint, "name": name, "scopes": key.scopes, "store": store, "till": till}
        note(business.id, "key.made", about=key.id, after=after, now=now)
    return key, secret


def revoke_key(business: Business, key_id: UUID, *, now: datetime) -> None:
    """Take a key out of use, for good, in servers within a second. One that is out of use keeps the moment."""
    with transaction.atomic():
        rows = ApiKey.objects.filter(business=business, id=key_id)
        if rows.filter(revoked_at=None).update(revoked_at=now):
            note(business.id, "key.revoked", about=key_id, before={"hint": rows.get().hint}, now=now)


@unwalled()
def authenticate(secret: str, *, now: datetime) -> ApiKey:
    """The key that a secret belongs to, with its business. Raises `unauthenticated` for any other text."""
    key = _key_with(_hash(secret)) if _well_formed(secret) else None
    if key is None or not _in_use(key, now):
        raise Refused("unauthenticated", "Send Authorization: Bearer with a key that is in use.")
    if key.last_used_at is None or now - key.last_used_at >= _NOTE_USE_EVERY:
        ApiKey.objects.filter(business_id=key.business_id, id=key.id).update(last_used_at=now)
        key.last_used_at = now
    return key


def remember_keys() -> None:
    """Let this process, which is a server, read a key and its business once a second instead of with each request."""
    global _remembering  # noqa: PLW0603 - once, before the first request
    _remembering = True


def _key_with(hashed: str) -> ApiKey | None:
    read_at, key = _remembered.get(hashed, (-_REMEMBER_S, None))
    if key is not None and monotonic() - read_at < _REMEMBER_S:
        return key
    now = monotonic()
    key = by_unique(ApiKey, "hash", hashed, along="business")
    if _remembering and key is not None:
        if len(_remembered) >= _REMEMBER_AT_MOST:
            _remembered.clear()
        _remembered[hashed] = now, key
    return key


def _in_use(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _well_formed(secret: str) -> bool:
    """Whether the check letters are right: a wrong or cut key never asks the database."""
    body, check = secret[len(_PREFIX) : -_CHECK_LETTERS], secret[-_CHECK_LETTERS:]
    return secret.startswith(_PREFIX) and len(body) == _SECRET_LETTERS and check == _check(body)


def _check(body: str) -> str:
    number, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK_LETTERS):
        number, rest = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[rest]
    return letters


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
