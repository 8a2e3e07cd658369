"""The formats that are known, one module each."""

from __future__ import annotations

from pathlib import Path

from fiel.core.refusals import Refused
from fiel.intake.formats.complete_journey import CompleteJourney
from fiel.intake.formats.csv_file import CsvFile
from fiel.intake.formats.json_lines import JsonLines
from fiel.intake.rows import Format

__all__ = ["FORMATS", "format_of"]

FORMATS: dict[str, Format] = {format_.name: format_ for format_ in (CompleteJourney(), JsonLines(), CsvFile())}


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
