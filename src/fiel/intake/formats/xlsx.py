"""Excel workbooks (.xlsx): each sheet a table; values as they stand, formulas never run."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook

from fiel.intake.columns import Meaning, proposed
from fiel.intake.formats.csv_file import unknown_columns
from fiel.intake.formats.tables import Numbered, items
from fiel.intake.rows import Row, Unreadable

if TYPE_CHECKING:
    from fiel.intake.rows import Terms

__all__ = ["Xlsx"]

_MOST_COLUMNS = 200
# What a part may unpack to: the shared texts are held in memory, sheets are read as a stream.
_MOST_BYTES = {"sheet": 2 * 1024**3, "other": 64 * 1024**2}
_PARTS = frozenset({"[Content_Types].xml", "xl/workbook.xml"})


class Xlsx:
    """A workbook; the first row of each sheet names the columns."""

    name = "xlsx"

    def sniff(self, path: Path) -> bool:
        """It is a ZIP with the parts of a workbook."""
        return path.is_file() and _parts(path).keys() >= _PARTS

    def size(self, path: Path) -> int | None:
        """Nobody knows before reading."""
        return None

    def tables(self, path: Path, most: int) -> Iterator[tuple[tuple[str, ...], list[list[str]]]]:
        """The header and the first rows of each sheet, as they stand. A broken workbook has none."""
        if _too_large(path):
            return
        # openpyxl fails on a broken workbook in as many ways as there are.
        with suppress(Exception):
            for _, rows in _sheets(path):
                first = next(rows, None)
                if first is not None:
                    yield tuple(first[1]), [row for _, row in islice(rows, most)]

    def rows(self, path: Path, business: Terms) -> Iterator[Row]:
        """Its rows, by what the columns of each sheet probably are."""
        return self.read(path, business, proposed)

    def read(self, path: Path, business: Terms, meaning: Meaning) -> Iterator[Row]:
        """Its rows, by what the columns of each sheet's header mean."""
        fault = _too_large(path)
        if fault:
            yield Row("", Unreadable("", fault))
            return
        try:
            for sheet, rows in _sheets(path):
                yield from _of_sheet(sheet, rows, business, meaning)
        except Exception as error:
            yield Row("", Unreadable("", f"the workbook is broken: {type(error).__name__}"))


def _of_sheet(sheet: str, rows: Iterator[tuple[int, list[str]]], business: Terms, meaning: Meaning) -> Iterator[Row]:
    first = next(rows, None)
    if first is None:
        return
    header = first[1]
    meant = meaning(header)
    if meant is None:
        yield Row(f"{sheet} row {first[0]}", unknown_columns(header))
        return
    numbered = (Numbered(sheet, number, meant.cells(header, row), ",".join(row)) for number, row in rows)
    yield from items(numbered, meant, business)


def _sheets(path: Path) -> Iterator[tuple[str, Iterator[tuple[int, list[str]]]]]:
    with path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a file says of its size is not to be believed
            yield sheet.title[:40], _filled(sheet)


def _filled(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, values in enumerate(sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS), 1):
        texts = _texts(values)
        if any(texts):
            yield number, texts


def _texts(values: Sequence[Any]) -> list[str]:
    texts = [_text(value) for value in values]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _text(value: Any) -> str:
    """A value as a person would write it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            # 7.9 is 7.9000000000000003 to a computer; nobody sells in millionths.
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date() | time():
            return value.isoformat()
    return str(value).strip()


def _parts(path: Path) -> dict[str, int]:
    """The parts of a ZIP, and what each unpacks to."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {part.filename: part.file_size for part in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return {}


def _too_large(path: Path) -> str:
    parts = _parts(path)
    for name, size in parts.items():
        most = _MOST_BYTES["sheet" if name.startswith("xl/worksheets/") else "other"]
        if size > most:
            return f"{name[:60]} unpacks to {size // 1024**2:,} MB; at most {most // 1024**2:,} MB are read"
    return ""
