"""Rows that did not come in, as a table to correct and send again, and how many of them for which reason."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import IO

from fiel.intake.run import Kept

__all__ = ["as_csv", "by_reason", "write_refused"]

_HEADER = ("file", "place", "code", "reason", "kept aside", "row")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_BYTES = 48 * 1024 * 1024
_MOST_REASONS = 50


def write_refused(kept: Iterable[Kept], file: IO[str]) -> None:
    """Write the rows, each with its file, its place, the stable code and the reason."""
    writer = csv.writer(file)
    writer.writerow(_HEADER)
    for row in kept:
        writer.writerow(_cells(row))


def as_csv(kept: Sequence[Kept]) -> bytes:
    """The rows as a file; of very many, as many as fit, with a last line that says how many more there are."""
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(_HEADER)
    for number, row in enumerate(kept):
        if file.tell() > _MOST_BYTES:
            writer.writerow(("", "", "", f"{len(kept) - number} more rows", "", ""))
            break
        writer.writerow(_cells(row))
    return ("\ufeff" + file.getvalue()).encode()  # with the mark by which Excel knows UTF-8


def by_reason(kept: Iterable[Kept]) -> list[tuple[str, int, str, str]]:
    """For each code: how often, and the first row's place and reason; the most frequent first."""
    times: Counter[str] = Counter()
    first: dict[str, Kept] = {}
    for row in kept:
        times[row.code] += 1
        first.setdefault(row.code, row)
    return [
        (code, count, f"{first[code].file} {first[code].place}".strip(), first[code].reason)
        for code, count in times.most_common(_MOST_REASONS)
    ]


def _cells(row: Kept) -> list[str]:
    cells = (row.file, row.place, row.code, row.reason, "yes" if row.aside else "no", row.text)
    return [_harmless(cell) for cell in cells]


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
