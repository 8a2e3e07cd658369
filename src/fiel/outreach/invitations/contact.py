"""Reaching somebody in one touch: addresses that open WhatsApp, the phone, a text message or a letter, words ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fiel.outreach.wordings import Words

__all__ = ["HOWS", "Way", "ways"]

HOWS = ("whatsapp", "call", "sms", "email", "person")
"""How somebody can be invited; `person`: at the counter, or otherwise by word of mouth."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach a member, and the address that opens it."""

    how: str
    url: str


def ways(identifiers: Mapping[str, str], words: Words) -> Iterator[Way]:
    """The ways that there are to a member, the handiest first. `identifiers`: by kind; phones are E.164."""
    phone, email = identifiers.get("phone", ""), identifiers.get("email", "")
    if phone:
        text = quote(words.body, safe="")
        yield Way("whatsapp", f"https://wa.me/{phone.removeprefix('+')}?text={text}")
        yield Way("call", f"tel:{phone}")
        yield Way("sms", f"sms:{phone}?body={text}")
    if email:
        subject, body = quote(words.subject, safe=""), quote(words.body, safe="")
        yield Way("email", f"mailto:{quote(email, safe='@')}?subject={subject}&body={body}")
