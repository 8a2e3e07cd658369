"""What time it is: the one place in Fiel that asks.

Everything else takes its moments from here or is handed them, so that a test can put the whole program at any
moment, and so that "now" is the server's, never a till's.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["ClockRefused", "now"]


class ClockRefused(Exception):
    """The clock file may not be used, or holds no time. The message says what to do."""


def now() -> datetime:
    """The present moment, aware, in UTC.

    For tests alone, `FIEL_CLOCK_FILE` names a file whose RFC 3339 time is taken instead, read anew at each call.
    """
    clock_file = os.environ.get("FIEL_CLOCK_FILE")
    if not clock_file:
        return datetime.now(UTC)
    # A shop that serves people must not be put at another time by a file, or nothing would ever expire.
    if os.environ.get("FIEL_PUBLIC_URL", "").lower().startswith("https:"):
        raise ClockRefused("FIEL_CLOCK_FILE is for tests: unset it where FIEL_PUBLIC_URL is https.")
    return _time_in(Path(clock_file))


def _time_in(clock_file: Path) -> datetime:
    try:
        text = clock_file.read_text(encoding="ascii").strip()
        moment = datetime.fromisoformat(text)
    except (OSError, ValueError) as error:
        raise ClockRefused(f"FIEL_CLOCK_FILE: no RFC 3339 time can be read from {clock_file} ({error}).") from error
    if moment.tzinfo is None:
        raise ClockRefused(f"FIEL_CLOCK_FILE: the time in {clock_file} lacks its offset; write Z or +00:00 after it.")
    return moment.astimezone(UTC)
