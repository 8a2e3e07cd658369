"""The formats that are known, and which of them a file is written in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from fiel.core.refusals import Refused
from fiel.intake.formats.cfe import Cfe
from fiel.intake.formats.complete_journey import CompleteJourney
from fiel.intake.formats.csv_file import CsvFile
from fiel.intake.formats.json_lines import JsonLines
from fiel.intake.formats.nfe import Nfe
from fiel.intake.formats.saft import Saft
from fiel.intake.formats.ticketbai import TicketBai
from fiel.intake.rows import Format, Row, Unreadable
from fiel.shops.models import Business

__all__ = ["FORMATS", "Placed", "files_in", "format_of", "rows_of"]

FORMATS: dict[str, Format] = {
    format_.name: format_ for format_ in (CompleteJourney(), Nfe(), Cfe(), Saft(), TicketBai(), JsonLines(), CsvFile())
}


class Placed(NamedTuple):
    """A row, and the file that it is from."""

    file: str
    row: Row


def format_of(path: Path, name: str = "auto") -> Format:
    """The format of a file: the one named, or the one whose content it is. Raises `invalid`."""
    if name != "auto":
        if name not in FORMATS:
            raise Refused("invalid", f"There is no format {name!r}; there are {', '.join(FORMATS)}.")
        return FORMATS[name]
    for format_ in FORMATS.values():
        if format_.sniff(path):
            return format_
    if not path.exists():
        raise Refused("invalid", f"There is no file {path}.")
    raise Refused("invalid", f"{path.name}: nobody can tell what this file holds; name its format with --format.")


def files_in(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """The files, and those in the folders, in the order of their names; each with what it is called in reports."""
    for path in paths:
        if not path.is_dir():
            yield path, path.name
            continue
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                yield file, str(file.relative_to(path))


def rows_of(files: Iterable[tuple[Path, str]], business: Business, name: str = "auto") -> Iterator[Placed]:
    """What the files hold, one after the other. A file that nobody can read is a row that says so."""
    for path, called in files:
        try:
            rows = format_of(path, name).rows(path, business)
        except Refused as refused:
            yield Placed(called, Row("", Unreadable("", refused.detail)))
        except OSError as error:
            yield Placed(called, Row("", Unreadable("", f"the file cannot be opened: {error.strerror}")))
        else:
            for row in rows:
                yield Placed(called, row)
