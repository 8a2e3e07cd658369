"""The formats that are known, and what files, folders and archives hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from fiel.core.refusals import Refused
from fiel.intake.files import Placed, rows_in, sniffed
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
from fiel.intake.rows import Format, Row
from fiel.intake.zips import files_within, is_zip
from fiel.shops.models import Business

__all__ = ["FORMATS", "files_in", "format_of", "rows_of", "size_of"]

FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (CompleteJourney(), Nfe(), Cfe(), Saft(), TicketBai(), Odoo(), JsonLines(), Xlsx(), CsvFile())
}


def format_of(path: Path, name: str = "auto") -> Format:
    """The format of a file: the one named, or the one whose content it is. Raises `invalid`."""
    if name != "auto":
        if name not in FORMATS:
            raise Refused("invalid", f"There is no format {name!r}; there are {', '.join(FORMATS)}.")
        return FORMATS[name]
    return sniffed(path, FORMATS.values())


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
    """How many rows a file has, as far as can be told; of an archive how many files."""
    try:
        return files_within(path) if is_zip(path) else format_of(path, name).size(path)
    except (Refused, OSError):
        return None


def rows_of(
    files: Iterable[tuple[Path, str]],
    business: Business,
    name: str = "auto",
    said: Said | None = None,
    *,
    look: Callable[[Path, Format], None] = lambda path, format_: None,
) -> Iterator[Placed]:
    """What the files hold, one after the other; archives are unpacked. A file that nobody can read is a row saying so.

    `said`: what a person says of the columns of the tables among them. `look`: is shown each file before it is read.
    """

    def read(path: Path) -> Iterator[Row]:
        format_ = format_of(path, name)
        look(path, format_)
        return _table_or_not(format_, path, business, said or Said())

    for path, called in files:
        yield from rows_in(path, called, read)


def _table_or_not(format_: Format, path: Path, business: Business, said: Said) -> Iterator[Row]:
    if isinstance(format_, CsvFile | Xlsx):
        return format_.read(path, business, lambda header: columns_for(business, header, said))
    return format_.rows(path, business)
