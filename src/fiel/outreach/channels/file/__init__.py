"""For trying: what would go to a phone becomes a file in a folder, one for each message."""

from __future__ import annotations

import json
from pathlib import Path

from fiel.outreach.channels.channel import Outgoing, Passing

__all__ = ["write"]


def write(folder: Path, channel: str, message: Outgoing) -> str:
    """Write it under its id: a message that comes twice is one file. Raises Passing where the disk does not take it."""
    told = {
        "channel": channel,
        "to": message.to,
        "from": message.sender,
        "text": message.words.body,
        "stop": message.stop,
    }
    file = folder / f"{message.id.hex}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise Passing("disk") from error
    return message.id.hex
