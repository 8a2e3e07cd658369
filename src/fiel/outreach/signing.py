"""Signatures as Standard Webhooks has them: HMAC-SHA256 over id, timestamp and body, with each secret in use."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from fiel.tables import sealed

__all__ = ["headers", "new_secret", "open_secret", "seal_secret"]

_PREFIX = "whsec_"
_BYTES = 32
_PURPOSE = b"webhook secret"


def new_secret() -> str:
    """A new secret as it is shown, once: "whsec_…"."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def seal_secret(secret: str) -> str:
    """The secret as it is kept."""
    return sealed.seal(secret, purpose=_PURPOSE)


def open_secret(kept: str) -> str:
    """The secret of what is kept."""
    return sealed.open_sealed(kept, purpose=_PURPOSE)


def headers(event_id: UUID, body: bytes, live: Iterable[str], *, now: datetime) -> dict[str, str]:
    """The headers of a signed request. `live`: the secrets in use, of which a receiver needs to know one."""
    message_id, timestamp = f"msg_{event_id.hex}", str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = [
        base64.b64encode(
            hmac.new(base64.b64decode(secret.removeprefix(_PREFIX)), signed, hashlib.sha256).digest()
        ).decode()
        for secret in live
    ]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
