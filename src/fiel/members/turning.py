"""The turning code: a QR code on a member's phone that changes every half minute, so that a photograph of it is worth
nothing. It says who it is and when, and only this installation can have made it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from fiel.core.identity import guesses
from fiel.core.refusals import Fault, Refused
from fiel.members.find import Found, find_one, follow
from fiel.shops.models import Business
from fiel.tables.sealed import keyed_hash

__all__ = ["TURNS", "find_typed", "is_turning", "proves", "turning_code"]

TURNS = timedelta(seconds=30)
"""How long a code is shown. It is taken while it is, and while the next one is: scanning takes its time."""

_BEGINS = "FQ"
_LENGTH = 50  # letters and digits alone: every keyboard's layout types them alike
_MAC_BYTES = 10


def turning_code(business: Business, member_id: UUID, *, now: datetime) -> str:
    """The member's code at this moment."""
    turn = int(now.timestamp()) // int(TURNS.total_seconds())
    said = member_id.bytes + turn.to_bytes(4)
    return _BEGINS + base64.b32encode(said + _mac(business.pk, said)).decode()


def is_turning(text: str) -> bool:
    """Whether a text has the form of such a code."""
    return len(text) == _LENGTH and text.upper().startswith(_BEGINS)


def find_typed(business: Business, text: str, *, now: datetime) -> Found | None:
    """Whom a text leads to that somebody typed or scanned: a turning code, or a phone, card, tax id, e-mail, number.

    Raises `invalid` for a turning code that is over, wrong, or another business's.
    """
    text = text.strip()
    if not is_turning(text):
        found = find_one(business.pk, guesses(text, region=business.country, country=business.country))
        return found[1] if found else None
    member_id = _proved(business, text.upper().removeprefix(_BEGINS), now)
    leads_to = follow(business.pk, [member_id]).get(member_id) if member_id else None
    if leads_to is None:
        raise Refused("invalid", "This code is over.", [Fault("/q", "ask for the card on the phone to be opened anew")])
    return Found(leads_to)


def proves(business: Business, text: str, member_id: UUID, *, now: datetime) -> bool:
    """Whether a text is the code that the member's phone shows at this moment."""
    text = text.strip()
    return is_turning(text) and _proved(business, text.upper().removeprefix(_BEGINS), now) == member_id


def _proved(business: Business, text: str, now: datetime) -> UUID | None:
    try:
        raw = base64.b32decode(text)
    except binascii.Error:
        return None
    said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    age = int(now.timestamp()) // int(TURNS.total_seconds()) - int.from_bytes(said[16:])
    return UUID(bytes=said[:16]) if hmac.compare_digest(mac, _mac(business.pk, said)) and age in (0, 1) else None


def _mac(business_id: int, said: bytes) -> bytes:
    return bytes.fromhex(keyed_hash(f"{business_id}.{said.hex()}", purpose=b"turning code"))[:_MAC_BYTES]
