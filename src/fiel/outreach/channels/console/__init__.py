"""For trying: what would go to a phone is written where the server runs."""

from __future__ import annotations

import sys

from fiel.outreach.channels.channel import Outgoing

__all__ = ["write"]


def write(channel: str, message: Outgoing) -> str:
    """Write it; its own id."""
    sys.stdout.write(f"--- {channel} to {message.to}\n{message.words.body}\n---\n")
    sys.stdout.flush()
    return message.id.hex
