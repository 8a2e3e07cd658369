"""The shop's agent: follows a folder of receipts, reads them where they lie, and sends them on until they arrived.

Whatever happens between two steps (a kill, a power cut, a network that is away), the journal says where to go on;
what the server took without our learning of it is sent again, and known there.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic

from fiel import clock
from fiel.intake.folder import Folder
from fiel.intake.journal import Counts, Journal, Refusal, Seen, Waiting
from fiel.intake.reading import Bundle, bundles_in
from fiel.intake.sending import Answered, Backoff, Line, NotSent

__all__ = ["Agent"]

log = logging.getLogger("fiel.watch")

_MOST_ITEMS = 200
_MOST_BYTES = 4 * 1024 * 1024
# A till that writes slowly, or a copy that stalls: a file that cannot be read is judged after so long.
_PATIENCE_S = 60.0
_TERMS_EVERY_S = 3600.0
_MOST_WAITING = 20_000
_MOST_REFUSALS = 10_000
_TELL_EVERY_S = 2.0


@dataclass(frozen=True, slots=True)
class _Terms:
    """What readers must know of the business."""

    country: str
    currency: str
    timezone: str


@dataclass(slots=True)
class Agent:
    """One folder, one journal, one line. `tell`: takes the status as one line, whenever it has changed."""

    folder: Folder
    journal: Journal
    line: Line
    report: Path
    tell: Callable[[str], None]
    stop: Event = field(default_factory=Event)
    patience: float = _PATIENCE_S
    backoff: Backoff = field(default_factory=Backoff)
    _most: int = _MOST_ITEMS
    _trouble: str = ""
    _told_at: float = 0.0
    _not_before: float = 0.0
    _terms_at: float = 0.0
    _report_due: bool = True

    def run(self) -> None:
        """Follow the folder until told to stop."""
        known = self.journal.files()
        while not self.stop.is_set():
            pause = self._look(known)
            while not self.stop.is_set() and self._send():
                pass
            self._say(force=True)
            self.stop.wait(pause)

    def run_once(self) -> bool:
        """Read what is there and send it; whether all of it arrived. Waits for nothing but files being written."""
        known = self.journal.files()
        self.patience = 0.0
        while not self.stop.is_set():
            self._look(known)
            while not self.stop.is_set() and self._send():
                pass
            if self._trouble or not self._unread(known):
                break
            self.stop.wait(self.folder.settle)
        self._say(force=True)
        return not self._trouble and not self.journal.next(1, 1)

    # Reading

    def _unread(self, known: dict[str, Seen]) -> int:
        look = self.folder.look(known)
        return len(look.ready) + look.unsettled

    def _look(self, known: dict[str, Seen]) -> float:
        """Read what is ready, as far as it is good to keep; the seconds until the next look."""
        terms = self._terms()
        if terms is None:
            return self.folder.every
        try:
            look = self.folder.look(known)
        except OSError as error:
            self._in_trouble(f"the folder cannot be read: {error.strerror}")
            return self.folder.every
        if look.gone:
            self.journal.forget_files(look.gone)
            for path in look.gone:
                del known[path]
        for path, seen in look.ready:
            # The server is asked now and then, so that a year of files does not lie here twice.
            if self.stop.is_set() or self.journal.waiting() > _MOST_WAITING:
                return 0.0 if not self._trouble else look.pause
            if self._read(path, seen, terms):
                known[path] = seen
            self._say()
        return look.pause

    def _read(self, path: str, seen: Seen, terms: _Terms) -> bool:
        """Read one file and keep what it says; False where it may still be being written."""
        where = self.folder.root / path
        may_wait = self.folder.still_for(path) < self.patience
        try:
            self.journal.read(path, seen, _whole(bundles_in(where, path, terms), wait=may_wait), _now())
        except _Unfinished:
            return False
        self._report_due = True
        log.info("read %s", path)
        return True

    def _terms(self) -> _Terms | None:
        """How the business writes and counts: as the server says, or as it said before the network went away."""
        said = self.journal.said("terms")
        if monotonic() >= max(self._terms_at, self._not_before):
            try:
                me = self.line.me()
                business = me["business"]
                fresh = {"country": business["country"], "timezone": business["timezone"], "currency": me["currency"]}
                if fresh != said:
                    self.journal.note("terms", fresh)
                said = fresh
                self._terms_at = monotonic() + _TERMS_EVERY_S
                self._well()
            except NotSent as failed:
                self._failed(failed)
        return _Terms(**said) if said else None

    # Sending

    def _send(self) -> bool:
        """Send the next group; whether there may be more to send now."""
        if monotonic() < self._not_before:
            return False
        waiting = self.journal.next(self._most, _MOST_BYTES)
        if not waiting:
            return False
        try:
            answers = self.line.send(waiting)
        except NotSent as failed:
            return self._not_taken(waiting, failed)
        self._note(waiting, answers)
        passing = next((each for each in answers if each.passes), None)
        if passing is not None:
            self._failed(NotSent(passing.reason))
            return False
        self._most = min(self._most * 2, _MOST_ITEMS)
        self._well()
        self._say()
        return True

    def _not_taken(self, waiting: list[Waiting], failed: NotSent) -> bool:
        if failed.smaller and len(waiting) > 1:
            self._most = max(1, len(waiting) // 2)
            return True
        if failed.smaller and failed.for_good:
            self._note(waiting, [Answered("refused", "invalid", str(failed))])
            return True
        self._failed(failed)
        return False

    def _note(self, waiting: list[Waiting], answers: list[Answered]) -> None:
        pairs = [(sent, each) for sent, each in zip(waiting, answers, strict=True) if not each.passes]
        self.journal.answer([(sent, each.state, each.code, each.reason) for sent, each in pairs], _now())
        log.info("sent %d: %s", len(pairs), _summed([each.state for _, each in pairs]))
        for sent, each in pairs:
            if each.state in ("refused", "waits"):
                log.warning("%s %s %s: %s", each.state, sent.file, sent.row, each.code)
        self._report_due = self._report_due or any(each.state == "refused" for each in answers)

    # Telling

    def _failed(self, failed: NotSent) -> None:
        wait = self.backoff.failed(failed.wait)
        self._not_before = monotonic() + wait
        self._in_trouble(f"{failed}{'; somebody must look' if failed.for_good else ''}")

    def _well(self) -> None:
        self.backoff.worked()
        self._not_before = 0.0
        if self._trouble:
            log.info("it works again")
        self._trouble = ""

    def _in_trouble(self, reason: str) -> None:
        if reason != self._trouble:
            log.warning("%s; trying again", reason)
        self._trouble = reason
        self._say(force=True)

    def _say(self, *, force: bool = False) -> None:
        if force or monotonic() >= self._told_at + _TELL_EVERY_S:
            self._told_at = monotonic()
            self._report()
            self.tell(_status(self.journal.counts(), self._trouble))

    def _report(self) -> None:
        """Write the file that tells what did not come in, anew: it says what the journal says, whatever happens."""
        if not self._report_due:
            return
        self._report_due = False
        refusals = self.journal.refusals(_MOST_REFUSALS)
        if refusals or self.report.exists():
            _write_report(self.report, refusals)


class _Unfinished(Exception):
    """A file that cannot be read as it is, and may be whole in a minute."""


def _whole(bundles: Iterator[Bundle], *, wait: bool) -> Iterator[Bundle]:
    for bundle in bundles:
        if bundle.broken and wait:
            raise _Unfinished
        yield bundle


def _now() -> str:
    return clock.now().isoformat(timespec="seconds")


def _summed(states: list[str]) -> str:
    return ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))


def _status(counts: Counts, trouble: str) -> str:
    said = (
        f"{counts.files} files read, {counts.to_send} to send, {counts.taken} taken, {counts.aside} kept aside, "
        f"{counts.refused} refused"
    )
    return f"{said}; {trouble}" if trouble else said


def _write_report(path: Path, refusals: list[Refusal]) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "file", "place", "code", "reason"])
        for each in refusals:
            writer.writerow([_neutral(cell) for cell in (each.at, each.file, each.row, each.code, each.reason)])
    try:
        draft.replace(path)
    except OSError:
        log.warning("the report is open elsewhere: %s holds the new one", draft.name)


def _neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
