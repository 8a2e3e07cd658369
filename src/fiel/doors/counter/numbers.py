"""Numbers of the counter's receipts, made by the form before anything is sent, so that a repeat is known as one."""

from __future__ import annotations

import secrets
from datetime import datetime

__all__ = ["new_number"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's, in the order of its figures
_TAIL = 6


def new_number(moment: datetime) -> str:
    """A number that nobody else makes: the moment in milliseconds and 30 bits of chance ("1M2N3P4Q5R-7T8V9W").

    The browser makes the same kind (`static/counter/outbox.js`).
    """
    milliseconds = int(moment.timestamp() * 1000)
    head = ""
    while milliseconds:
        milliseconds, digit = divmod(milliseconds, len(_ALPHABET))
        head = _ALPHABET[digit] + head
    return f"{head}-{''.join(secrets.choice(_ALPHABET) for _ in range(_TAIL))}"
