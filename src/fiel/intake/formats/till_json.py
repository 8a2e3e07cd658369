"""A till's own sales, one JSON document a line, as the shop's agent passes them on: the server reads what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fiel.intake.json_text import document
from fiel.intake.rows import Item, Passed, Row, Unreadable
from fiel.intake.xml import Wrong

if TYPE_CHECKING:
    from fiel.intake.rows import Terms

__all__ = ["TillJson"]

_LONGEST_LINE = 1 << 20


class TillJson:
    """A file of JSON documents, one a line, in UTF-8; empty lines mean nothing."""

    name = "jsonl"

    def sniff(self, path: Path) -> bool:
        """It begins with an object."""
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.readline(_LONGEST_LINE).lstrip(b"\xef\xbb\xbf \t").startswith(b"{")

    def size(self, path: Path) -> int | None:
        """Nobody knows before reading."""
        return None

    def rows(self, path: Path, business: Terms) -> Iterator[Row]:
        """What each line holds."""
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ""), 1):
                if len(line) == _LONGEST_LINE:
                    yield Row(f"line {number}", Unreadable("", "the line has more than a million characters"))
                    return
                if line.strip():
                    yield Row(f"line {number}", _read(line))


def _read(line: str) -> Item:
    try:
        said = document(line)
    except Wrong as wrong:
        return Unreadable(wrong.place, wrong.reason)
    if not isinstance(said, dict) or "lines" not in said:
        return Unreadable("", "this line is no sale")
    return Passed(said)
