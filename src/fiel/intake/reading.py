"""What the files of a shop's folder say, ready to be sent. No Django, no database, no network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fiel.intake.files import rows_in, sniffed
from fiel.intake.formats.cfe import Cfe
from fiel.intake.formats.csv_file import CsvFile
from fiel.intake.formats.nfe import Nfe
from fiel.intake.formats.odoo import Odoo
from fiel.intake.formats.saft import Saft
from fiel.intake.formats.ticketbai import TicketBai
from fiel.intake.formats.till_json import TillJson
from fiel.intake.formats.xlsx import Xlsx
from fiel.intake.parcels import parcel_of, written
from fiel.intake.rows import Format, LeftOut, Row, Terms, Unreadable

__all__ = ["Bundle", "bundles_in"]

_FORMATS: tuple[Format, ...] = (
    Nfe(), Cfe(), Saft(), TicketBai(), Odoo(), TillJson(), Xlsx(), CsvFile()
)  # fmt: skip
_OTHER = "The agent sends receipts alone: bring this file in with fiel import, or in the office."
_LONGEST = 200
_LONGEST_ROW = 100


@dataclass(frozen=True, slots=True)
class Bundle:
    """One thing to send, as it is written, or why there is nothing to send (`code`, `reason`).

    `broken`: the file, or what is left of it, cannot be read; where it is still being written, that will pass.
    """

    file: str
    row: str
    body: str = ""
    code: str = ""
    reason: str = ""
    broken: bool = False


def bundles_in(path: Path, called: str, terms: Terms) -> Iterator[Bundle]:
    """What a file holds, in its order; what is well and not for us (a summary) is left out."""

    def read(part: Path) -> Iterator[Row]:
        # Readers ask no more of a business than its terms.
        return sniffed(part, _FORMATS).rows(part, terms)  # type: ignore[arg-type]

    others: set[str] = set()
    for file, row in rows_in(path, called, read):
        where = (file[-_LONGEST:], row.place[:_LONGEST_ROW])
        if isinstance(row.item, LeftOut):
            continue
        if isinstance(row.item, Unreadable):
            reason = f"{row.item.column}: {row.item.reason}" if row.item.column else row.item.reason
            yield Bundle(*where, code=row.item.code, reason=reason, broken=row.item.code == "malformed")
            continue
        parcel = parcel_of(row.item)
        if parcel is not None:
            yield Bundle(*where, body=written(parcel))
        elif file not in others:
            others.add(file)
            yield Bundle(*where, code="invalid", reason=_OTHER)
