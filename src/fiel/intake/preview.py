"""Looking at files before they are brought in: their tables, the first rows, and what would become of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from fiel.intake.columns import Columns, header_key, proposed
from fiel.intake.files import Placed
from fiel.intake.formats.csv_file import CsvFile
from fiel.intake.formats.xlsx import Xlsx
from fiel.intake.known import rows_of
from fiel.intake.profiles import Said, columns_for
from fiel.intake.rows import Format
from fiel.intake.run import Options, Report, bring_rows
from fiel.shops.models import Business

__all__ = ["MOST_ROWS", "Look", "Table", "look_at"]

MOST_ROWS = 1000
_SHOWN = 8
_SAMPLES = 3
_MOST_TABLES = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it stands in a file, and what its columns are, as was said or as their names tell.

    `clear` False: nobody can tell what it holds, or something is missing; `columns` then has what could be guessed.
    """

    key: str
    header: tuple[str, ...]
    samples: list[list[str]]
    columns: Columns
    clear: bool


@dataclass(slots=True)
class Look:
    """What was seen. `report`: what would become of the rows looked at; `whole`: whether these are all."""

    formats: Counter[str] = field(default_factory=Counter)
    tables: dict[str, Table] = field(default_factory=dict)
    first: list[Placed] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    whole: bool = True

    @property
    def clear(self) -> bool:
        """Whether it can be told what every table holds."""
        return all(table.clear for table in self.tables.values())


def look_at(business: Business, files: Iterable[tuple[Path, str]], options: Options) -> Look:
    """Look at files; the first rows are brought in and taken back again. `options`: how they would be brought in."""
    seen = Look()

    def look(path: Path, format_: Format) -> None:
        seen.formats[format_.name] += 1
        if isinstance(format_, CsvFile | Xlsx):
            for header, samples in format_.tables(path, _SAMPLES):
                _note_table(seen, business, header, samples)

    rows = rows_of(files, business, look=look)
    seen.report = bring_rows(business, _first(rows, seen), options)
    return seen


def _first(rows: Iterator[Placed], seen: Look) -> Iterator[Placed]:
    """The first rows; a few of them are shown."""
    for row in islice(rows, MOST_ROWS):
        if len(seen.first) < _SHOWN:
            seen.first.append(row)
        yield row
    seen.whole = next(rows, None) is None


def _note_table(seen: Look, business: Business, header: tuple[str, ...], samples: list[list[str]]) -> None:
    key = header_key(header)
    if key in seen.tables or len(seen.tables) == _MOST_TABLES:
        return
    known = columns_for(business, header, Said())
    columns = known or proposed(header, whole=False) or Columns("", {})
    seen.tables[key] = Table(key, header, samples, columns, known is not None)
