"""Static files under names that tell their content, served from where they lie.

`theme.js` is asked for as `theme.5f2c….js`: browsers keep it for ever, and after an update ask for another name.
Nothing is collected or written at the start: an installed package serves its own files, on any machine, under any
user, in tests as in production. Large files that never change lie beside their `.gz`, which WhiteNoise sends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage

__all__ = ["ByContent", "NamedByContent", "name_by_content"]

_LETTERS = 12


def name_by_content(name: str) -> str:
    """The name with a digest of the content before its last ending. Raises ValueError for an unknown file."""
    path = finders.find(name)
    if path is None:
        raise ValueError(f"There is no static file {name!r}.")
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{_digest(path, Path(path).stat().st_mtime_ns)}{dot}{ending}"


@lru_cache(maxsize=256)
def _digest(path: str, changed: int) -> str:
    # `changed` is part of the key alone: who edits a file while Fiel runs gets its new name.
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:_LETTERS]


class NamedByContent(StaticFilesStorage):
    """What `{% static %}` asks."""

    def url(self, name: str | None) -> str:
        """The address under which a file may be kept for ever."""
        return super().url(name_by_content(name or ""))


class ByContent(finders.BaseFinder):
    """Finds the files of the other finders by their names with a digest."""

    def check(self, **options: Any) -> list[Any]:
        """Nothing of its own can be set wrongly."""
        return []

    def find(self, path: str, find_all: bool = False, **options: Any) -> Any:
        """The file that a name with a digest stands for."""
        stem, _, ending = path.rpartition(".")
        name = f"{stem.rpartition('.')[0]}.{ending}"
        others = (found for finder in _others() if (found := finder.find(name)))
        found = next(others, None)
        if found is None or name_by_content(name) != path:
            return []
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Every file by its name with a digest, for WhiteNoise."""
        for finder in _others():
            for name, storage in finder.list(ignore_patterns):
                if not name.endswith(".gz"):
                    yield name_by_content(name), _One(storage.path(name))


class _One:
    """A single file, where a finder's storage is asked for."""

    prefix = ""

    def __init__(self, path: str) -> None:
        self._path = path

    def path(self, name: str) -> str:
        """Where the file lies, whatever name it goes by."""
        return self._path


def _others() -> Iterator[finders.BaseFinder]:
    return (finder for finder in finders.get_finders() if not isinstance(finder, ByContent))
