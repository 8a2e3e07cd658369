"""The file that a backup is: a ZIP with the database, what else the data folder keeps, and what all of it is.

`manifest.json` says who made it, from which database, with which migrations, the digest of each business's books, and
the size and SHA-256 of every other file in it. Nothing is taken from the file before all of them were read and agree.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from fiel.ops.errors import CannotStart

__all__ = ["DATABASE", "FOLDER", "Manifest", "Saved", "opened", "written"]

DATABASE = "database"
"""The database's name in the file: a SQLite file, or what pg_dump writes."""

FOLDER = "data/"
"""What names of files of the data folder begin with."""

_KIND = "fiel backup"
_FORMAT = 1
_MANIFEST = "manifest.json"
_AT_ONCE = 1 << 20

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is. `digests`: of each business's books, empty where the tables were not up to date.

    `key`: what tells the secret key from another. `migrations`: those that were applied, as "app.name". `files`: size
    in bytes and SHA-256 of each.
    """

    version: str
    made_at: str
    engine: str
    key: str
    migrations: tuple[str, ...]
    digests: dict[str, str]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


class Saved:
    """An open backup, being written or read."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self._archive = archive

    def put(self, name: str, source: Path, *, progress: Progress = lambda done: None) -> None:
        """Add a file under a name."""
        # A dump is compressed already.
        packing = zipfile.ZIP_STORED if self.manifest.engine == "postgresql" else zipfile.ZIP_DEFLATED
        entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        entry.compress_type, entry.external_attr = packing, 0o600 << 16
        with source.open("rb") as file, self._archive.open(entry, "w", force_zip64=True) as kept:
            size, digest = _copied(file, kept.write, progress)
        self.manifest.files[name] = {"size": size, "sha256": digest}

    def take(self, name: str, target: Path) -> None:
        """Write a file of the backup to where it is wanted, on the disk before this returns."""
        with self._archive.open(name) as kept, target.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            _copied(kept, file.write, lambda done: None)
            file.flush()
            os.fsync(file.fileno())

    def text(self, name: str) -> str:
        """A short file of the backup; nothing where it has none."""
        return self._archive.read(name).decode() if name in self.manifest.files else ""

    def prove(self, *, progress: Progress = lambda done: None) -> None:
        """Read everything. Raises CannotStart where something is not as it was saved."""
        for name, said in self.manifest.files.items():
            try:
                with self._archive.open(name) as kept:
                    found = _copied(kept, lambda piece: None, progress)
            except (KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                raise CannotStart(f"{self.path} is damaged at {name}: {error}. Take another backup.") from error
            if found != (said["size"], said["sha256"]):
                raise CannotStart(f"{self.path} is damaged: {name} is not what was saved. Take another backup.")


@contextmanager
def written(path: Path, manifest: Manifest) -> Iterator[Saved]:
    """A new backup, for its owner's eyes alone; there is a file of that name only when all of it is on the disk."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            with zipfile.ZipFile(file, "w", compresslevel=1) as archive:
                yield Saved(path, archive, manifest)
                said = {"kind": _KIND, "format": _FORMAT, **asdict(manifest)}
                archive.writestr(_MANIFEST, json.dumps(said, indent=1))
            file.flush()
            os.fsync(file.fileno())
        _name(draft, path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def opened(path: Path) -> Iterator[Saved]:
    """A backup to read. Raises CannotStart where the file is none, or was made by a Fiel that is too new."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise CannotStart(f"There is no file {path}.") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise CannotStart(f"{path} is no whole backup of Fiel: {error}.") from error
    with archive:
        yield Saved(path, archive, _manifest(path, archive))


def _manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        said = json.loads(archive.read(_MANIFEST))
        if said.pop("kind") != _KIND:
            raise ValueError("it says that it is something else")
        if said.pop("format") > _FORMAT:
            raise CannotStart(f"{path} was made by a newer Fiel ({said['version']}): restore it with that one.")
        return Manifest(**{**said, "migrations": tuple(said["migrations"])})
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise CannotStart(f"{path} is no backup of Fiel: {error}.") from error


def _copied(source: IO[bytes], write: Callable[[bytes], object], progress: Progress) -> tuple[int, str]:
    """Hand everything on; its size and its SHA-256."""
    size, digest = 0, hashlib.sha256()
    while piece := source.read(_AT_ONCE):
        write(piece)
        digest.update(piece)
        size += len(piece)
        progress(len(piece))
    return size, digest.hexdigest()


def _name(draft: Path, path: Path) -> None:
    """Give the finished file its name, never over a backup that is there."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # the file system of a stick may know no links
        if path.exists():
            raise
        draft.rename(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
