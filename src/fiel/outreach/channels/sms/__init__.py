"""Text messages, by the provider that `FIEL_SMS_URL` names."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext, override

from fiel.outreach.channels.channel import Channel, Outgoing
from fiel.outreach.channels.http import hand_over, tells_repeats
from fiel.outreach.wordings import Words

__all__ = ["CHANNEL"]


def _send(message: Outgoing) -> str:
    body = message.words.body
    if message.stop:
        with override(message.language):
            body += "\n" + gettext("Stop: %(link)s") % {"link": message.stop}
    return hand_over(settings.SMS_URL, "sms", replace(message, words=Words(message.words.subject, body)))


CHANNEL = Channel(
    "phone",
    ready=lambda: bool(settings.SMS_URL),
    send=_send,
    tells_repeats=lambda: tells_repeats(settings.SMS_URL),
)
