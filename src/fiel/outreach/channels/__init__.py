"""The ways to reach members, by name. A new one is a folder beside these and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from fiel.outreach.channels import email, letter, sms, whatsapp
from fiel.outreach.channels.channel import Channel

__all__ = ["CHANNELS"]

CHANNELS: Mapping[str, Channel] = {
    "whatsapp": whatsapp.CHANNEL,
    "sms": sms.CHANNEL,
    "email": email.CHANNEL,
    "letter": letter.CHANNEL,
}
