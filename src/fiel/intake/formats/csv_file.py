"""Spreadsheets saved as text: comma, semicolon or tab between the columns; UTF-8, UTF-16 or Windows-1252.

Read line by line, so that the file's size does not matter.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from fiel.intake.columns import Columns, Meaning, proposed
from fiel.intake.formats.tables import Numbered, items
from fiel.intake.rows import Row, Unreadable

if TYPE_CHECKING:
    from fiel.intake.rows import Terms

__all__ = ["CsvFile", "unknown_columns"]

_DELIMITERS = ",;\t|"
_LONGEST_LINE = 1 << 20
_MOST_COLUMNS = 500
_HEAD = 64 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class CsvFile:
    """A text whose first row names the columns."""

    name = "csv"

    def sniff(self, path: Path) -> bool:
        """It is a text, and its first row has two names at least."""
        if not path.is_file() or not _is_text(path):
            return False
        return len(self.header(path)) > 1

    def size(self, path: Path) -> int | None:
        """Rows after the first; rows of one sale are counted each."""
        with path.open("rb") as file:
            return max(0, sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) - 1)

    def header(self, path: Path) -> tuple[str, ...]:
        """The names of the columns."""
        try:
            with _open(path) as file:
                return tuple(name.strip() for name in next(_reader(file), []))
        except (csv.Error, ValueError):
            return ()

    def tables(self, path: Path, most: int) -> Iterator[tuple[tuple[str, ...], list[list[str]]]]:
        """Its header and its first rows, as they stand."""
        try:
            with _open(path) as file:
                reader = _reader(file)
                header = tuple(name.strip() for name in next(reader, []))
                yield header, [[value.strip() for value in row] for row in islice(reader, most)]
        except (csv.Error, ValueError):
            return

    def rows(self, path: Path, business: Terms) -> Iterator[Row]:
        """Its rows, by what the columns probably are."""
        return self.read(path, business, proposed)

    def read(self, path: Path, business: Terms, meaning: Meaning) -> Iterator[Row]:
        """Its rows, by what the columns of its header mean."""
        header = self.header(path)
        columns = meaning(header)
        if columns is None:
            yield Row("row 1", unknown_columns(header))
            return
        at = ["row 1"]
        try:
            with _open(path) as file:
                yield from items(_numbered(file, columns, at), columns, business)
        except (csv.Error, ValueError) as error:
            yield Row(at[0], Unreadable("", f"what follows cannot be read: {error}"))


def unknown_columns(header: Sequence[str]) -> Unreadable:
    """That nobody can tell what the columns are, and what to do."""
    names = ", ".join(name[:40] for name in header[:20])
    reason = (
        f"nobody can tell what these columns are: {names}. Say it once, it will be remembered: "
        "--column 'Their name=ours', and --kind sales, members, products or groups"
    )
    return Unreadable("", reason)


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip() or head.lstrip(codecs.BOM_UTF8).lstrip()[:1] in (b"<", b"{", b"["):
        return False
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _plain(head)


def _plain(head: bytes) -> bool:
    """Whether its first row has no NUL; UTF-16 without its mark has one in every pair."""
    return b"\0" not in head.partition(b"\n")[0] or _encoding_by_nuls(head) != ""


def _encoding_by_nuls(head: bytes) -> str:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 4 and not odd else ""


def _open(path: Path) -> TextIO:
    return path.open(encoding=_encoding(path), errors="replace", newline="")


def _encoding(path: Path) -> str:
    """UTF-8 where all of it is; the two bytes that begin UTF-16 tell that; else what Windows wrote for decades."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return name
        if b"\0" in head and (found := _encoding_by_nuls(head)):
            return found
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while head:
                decoder.decode(head)
                head = file.read(1 << 20)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "windows-1252"
    return "utf-8"


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise ValueError("a line of more than a million characters")
        yield line


def _reader(file: TextIO) -> Iterator[list[str]]:
    lines = _lines(file)
    first = next(lines, "")
    # Some Excels say it themselves: "sep=;".
    if first.lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        delimiter, first = first.strip()[-1], next(lines, "")
    else:
        delimiter = max(_DELIMITERS, key=first.count)

    def all_lines() -> Iterator[str]:
        yield first
        yield from lines

    return csv.reader(all_lines(), delimiter=delimiter)


def _numbered(file: TextIO, columns: Columns, at: list[str]) -> Iterator[Numbered]:
    reader = _reader(file)
    header = [name.strip() for name in next(reader, [])][:_MOST_COLUMNS]
    for number, values in enumerate(reader, 2):
        stripped = [value.strip() for value in values[:_MOST_COLUMNS]]
        at[0] = f"after row {number}"
        if any(stripped):
            yield Numbered("", number, columns.cells(header, stripped), ",".join(stripped))
