"""The formats that are known, and what files, folders and archives hold."""

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
from fiel.intake.formats.odoo import Odoo
from fiel.intake.formats.saft import Saft
from fiel.intake.formats.ticketbai import TicketBai
from fiel.intake.formats.xlsx import Xlsx
from fiel.intake.profiles import Said, columns_for
from fiel.intake.rows import Format, Row, Unreadable
from fiel.intake.zips import Budget, is_zip, unpacked
from fiel.shops.models import Business

__all__ = ["FORMATS", "Placed", "files_in", "format_of", "rows_of", "size_of"]

FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (CompleteJourney(), Nfe(), Cfe(), Saft(), TicketBai(), Odoo(), JsonLines(), Xlsx(), CsvFile())
}

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


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
    if path.stat().st_size == 0:
        raise Refused("invalid", f"{path.name} is empty.")
    with path.open("rb") as file:
        if file.read(4) == _OLD_EXCEL:
            raise Refused("invalid", f"{path.name} is of an old Excel: save it as .xlsx or .csv.")
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


def size_of(path: Path, name: str = "auto") -> int | None:
    """How many rows a file has, as far as can be told."""
    try:
        return None if is_zip(path) else format_of(path, name).size(path)
    except (Refused, OSError):
        return None


def rows_of(
    files: Iterable[tuple[Path, str]], business: Business, name: str = "auto", said: Said | None = None
) -> Iterator[Placed]:
    """What the files hold, one after the other; archives are unpacked. A file that nobody can read is a row saying so.

    `said`: what a person says of the columns of the tables among them.
    """
    for path, called in files:
        try:
            yield from _rows(path, called, business, name, said or Said(), Budget())
        except OSError as error:
            yield _not_read(called, f"the file cannot be opened: {error.strerror}")


def _rows(
    path: Path, called: str, business: Business, name: str, said: Said, budget: Budget, level: int = 1
) -> Iterator[Placed]:
    if is_zip(path):
        for part in unpacked(path, called, budget, level):
            if part.fault or part.path is None:
                yield _not_read(part.called, part.fault)
            else:
                yield from _rows(part.path, part.called, business, name, said, budget, level + 1)
        return
    try:
        for row in _table_or_not(format_of(path, name), path, business, said):
            yield Placed(called, row)
    except Refused as refused:
        yield _not_read(called, refused.detail.replace(str(path), called).replace(path.name, called))


def _table_or_not(format_: Format, path: Path, business: Business, said: Said) -> Iterator[Row]:
    if isinstance(format_, CsvFile | Xlsx):
        return format_.read(path, business, lambda header: columns_for(business, header, said))
    return format_.rows(path, business)


def _not_read(called: str, reason: str) -> Placed:
    return Placed(called, Row("", Unreadable("", reason)))
