"""What must be kept but not readable: encrypted, or as a keyed hash. Each purpose has a key of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet
from django.conf import settings

__all__ = ["keyed_hash", "open_sealed", "seal"]


def seal(text: str, *, purpose: bytes) -> str:
    """The text, encrypted."""
    return _fernet(purpose).encrypt(text.encode()).decode()


def open_sealed(sealed: str, *, purpose: bytes) -> str:
    """The text that was sealed for this purpose."""
    return _fernet(purpose).decrypt(sealed.encode()).decode()


def keyed_hash(text: str, *, purpose: bytes) -> str:
    """What tells a text from any other, and nothing of it to who has not the secret key: 64 hex digits."""
    return hmac.new(_key(settings.SECRET_KEY, purpose), text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=16)
def _key(secret: str, purpose: bytes) -> bytes:
    return hmac.new(secret.encode(), purpose, hashlib.sha256).digest()


def _fernet(purpose: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(settings.SECRET_KEY, purpose)))
