"""Letters on paper: nothing leaves by itself. They wait until the office prints them, all in one PDF."""

from __future__ import annotations

from fiel.outreach.channels.channel import Channel, Failed, Outgoing

__all__ = ["CHANNEL"]


def _send(_: Outgoing) -> str:
    raise Failed("is_printed")


CHANNEL = Channel("", ready=lambda: False, send=_send)
