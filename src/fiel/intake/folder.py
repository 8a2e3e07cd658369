"""Following a folder: which files are new or changed, and have stood still long enough to be read.

By looking again and again: notices of the system are not sent for folders on another machine, and are lost when many
files come at once. A look costs one `stat` for each file; the next one waits at least ten times as long as it took.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from fiel.intake.journal import Seen

__all__ = ["Folder", "Look"]

_SHARE = 10
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: files to read, the oldest first, and those that were read and are gone.

    `unsettled`: how many are still being written. `pause`: seconds until the next look is due.
    """

    ready: list[tuple[str, Seen]]
    gone: list[str]
    unsettled: int
    pause: float


@dataclass(slots=True)
class Folder:
    """A folder and those in it. A file is ready once it has not changed between looks for `settle` seconds."""

    root: Path
    settle: float = 2.0
    every: float = 2.0
    _since: dict[str, tuple[Seen, float]] = field(default_factory=dict)

    def look(self, known: Mapping[str, Seen]) -> Look:
        """Look once. `known`: the files that were read, as they lay there then. Raises `OSError`."""
        begun = monotonic()
        os.scandir(self.root).close()  # a folder that is away is no folder that is empty
        there = dict(_files(self.root, ""))
        changed = {path: seen for path, seen in there.items() if known.get(path) != seen}
        self._since = {path: self._first_seen(path, seen, begun) for path, seen in changed.items()}
        ready = [(path, seen) for path, seen in changed.items() if begun - self._since[path][1] >= self.settle]
        ready.sort(key=lambda each: (each[1].mtime_ns, each[0]))
        gone = [path for path in known if path not in there]
        pause = max(self.every, (monotonic() - begun) * _SHARE)
        return Look(ready, gone, len(changed) - len(ready), pause)

    def still_for(self, path: str) -> float:
        """For how many seconds a file has not changed, as far as was seen."""
        found = self._since.get(path)
        return monotonic() - found[1] if found else 0.0

    def _first_seen(self, path: str, seen: Seen, now: float) -> tuple[Seen, float]:
        before = self._since.get(path)
        return before if before and before[0] == seen else (seen, now)


def _files(folder: Path, within: str) -> Iterator[tuple[str, Seen]]:
    """The files of a folder and those in it, by their paths with slashes; hidden and unfinished ones are none."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return  # gone, or not for us; what it held is looked for elsewhere
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path), f"{within}{entry.name}/")
            elif entry.is_file() and not entry.name.lower().endswith(_UNFINISHED):
                stat = entry.stat()
                yield f"{within}{entry.name}", Seen(stat.st_size, stat.st_mtime_ns)
        except OSError:
            continue  # moved while we looked
