"""ZIP archives from strangers: one file unpacked at a time, into a folder that goes away, bounded in every way.

What an archive calls its files is shown and never used as a path.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["Budget", "Unpacked", "files_within", "is_zip", "unpacked"]

GIBI = 1024**3
_CHUNK = 1024 * 1024
_MOST_FILES = 200_000
_MOST_LEVELS = 2
# XML of receipts packs to a thirtieth at best; ten zeros in a row pack to a thousandth.
_MOST_RATIO = 200
_SMALL = 16 * 1024 * 1024
_LONGEST_NAME = 150


@dataclass(slots=True)
class Budget:
    """What may still be unpacked, of one archive and those within it."""

    bytes: int = 8 * GIBI
    files: int = _MOST_FILES


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file of an archive: what it is called, and where it lies until the next is asked for, or why not."""

    called: str
    path: Path | None
    fault: str = ""


def is_zip(path: Path) -> bool:
    """Whether it begins as an archive does, and is not a spreadsheet, which is one too."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(4) not in (b"PK\x03\x04", b"PK\x05\x06"):
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "[Content_Types].xml" not in archive.NameToInfo
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True  # a broken one; reading it says so


def files_within(path: Path) -> int | None:
    """How many files an archive says that it holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(not part.is_dir() and not _hidden(part.filename) for part in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None


def unpacked(path: Path, called: str, budget: Budget, level: int = 1) -> Iterator[Unpacked]:
    """The files of an archive, one after the other."""
    if level > _MOST_LEVELS:
        yield Unpacked(called, None, f"archives within archives are read {_MOST_LEVELS} levels deep")
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield Unpacked(called, None, "the ZIP is broken or not whole")
        return
    with archive, tempfile.TemporaryDirectory(prefix="fiel-zip-") as folder:
        for part in archive.infolist():
            if part.is_dir() or _hidden(part.filename):
                continue
            name = f"{called}:{_shown(part.filename)}"
            budget.files -= 1
            if budget.files < 0:
                yield Unpacked(name, None, f"more than {_MOST_FILES:,} files; the rest was not read")
                return
            target = Path(folder) / "part"
            yield Unpacked(name, target, _unpack(archive, part, target, budget))
            target.unlink(missing_ok=True)


def _unpack(archive: zipfile.ZipFile, part: zipfile.ZipInfo, target: Path, budget: Budget) -> str:
    """Unpack one file; why not, where it cannot be."""
    if part.flag_bits & 1:
        return "it is locked with a password"
    try:
        with archive.open(part) as source, target.open("wb") as sink:
            return _copy(source, sink, part.compress_size, budget)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError, RuntimeError):
        return "this file of the ZIP is broken"


def _copy(source: IO[bytes], sink: IO[bytes], packed: int, budget: Budget) -> str:
    """Copy as much as may be; what a ZIP says of its sizes is not to be believed."""
    size = 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        budget.bytes -= len(chunk)
        if budget.bytes < 0:
            return "the archive unpacks to more than 8 GB; the rest was not read"
        if size > _SMALL and size > packed * _MOST_RATIO:
            return f"it unpacks to more than {_MOST_RATIO} times its size, as no receipt does; it was not read on"
        sink.write(chunk)
    return ""


def _hidden(name: str) -> bool:
    last = name.rpartition("/")[2]
    return name.startswith("__MACOSX/") or (last.startswith(".") and not last.startswith(".."))


def _shown(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[-_LONGEST_NAME:]
