"""What files and archives hold, one after the other. Neither Django nor a database: it runs in the shop too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from fiel.core.refusals import Refused
from fiel.intake.rows import Format, Row, Unreadable
from fiel.intake.zips import Budget, is_zip, unpacked

__all__ = ["Placed", "not_read", "rows_in", "sniffed"]

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


class Placed(NamedTuple):
    """A row, and the file that it is from."""

    file: str
    row: Row


def rows_in(
    path: Path, called: str, read: Callable[[Path], Iterator[Row]], budget: Budget | None = None, level: int = 1
) -> Iterator[Placed]:
    """What a file holds, or each file of an archive. One that nobody can read is a row saying so."""
    try:
        if is_zip(path):
            yield from _rows_of_parts(path, called, read, budget or Budget(), level)
            return
        for row in read(path):
            yield Placed(called, row)
    except Refused as refused:
        yield not_read(called, refused.detail.replace(str(path), called).replace(path.name, called))
    except OSError as error:
        yield not_read(called, f"the file cannot be opened: {error.strerror}")


def _rows_of_parts(
    path: Path, called: str, read: Callable[[Path], Iterator[Row]], budget: Budget, level: int
) -> Iterator[Placed]:
    for part in unpacked(path, called, budget, level):
        if part.fault or part.path is None:
            yield not_read(part.called, part.fault)
        else:
            yield from rows_in(part.path, part.called, read, budget, level + 1)


def sniffed(path: Path, formats: Iterable[Format]) -> Format:
    """The format whose content a file is. Raises `invalid`."""
    for format_ in formats:
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


def not_read(called: str, reason: str) -> Placed:
    """That a file was not read, and why."""
    return Placed(called, Row("", Unreadable("", reason)))
