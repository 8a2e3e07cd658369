"""`fiel watch`: the shop's agent. It needs neither Django nor a database of the server."""

from __future__ import annotations

import logging
import logging.handlers
import signal
import sys
from pathlib import Path
from threading import Event
from typing import Annotated

import typer

from fiel.intake.agent import Agent
from fiel.intake.folder import Folder
from fiel.intake.journal import Journal, JournalTaken
from fiel.intake.sending import Backoff, BadAddress, Line, address_of
from fiel.ops.errors import CannotStart

__all__ = ["watch"]

_HOME = ".fiel-watch"
_LOG_BYTES = 1024 * 1024
_LOGS = 5


def watch(
    address: Annotated[str, typer.Argument(metavar="BUSINESS-URL", help="Where your Fiel is: https://…")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder into which the till writes its receipts.")],
    key: Annotated[
        str, typer.Option(help="A key with the scope import; or @FILE, a file that holds it.", envvar="FIEL_KEY")
    ],
    state: Annotated[Path | None, typer.Option(help=f"Where to keep journal and log; left out: DIR/{_HOME}.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Read and send what is there, then end.")] = False,
    again: Annotated[bool, typer.Option("--again", help="First try again what was refused.")] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between looks into the folder.")] = 2.0,
    longest_wait: Annotated[
        float, typer.Option(min=0.1, help="Seconds between tries at most, while it fails.")
    ] = 300.0,
    settle: Annotated[float, typer.Option(min=0.0, help="Seconds for which a file must not change.")] = 2.0,
) -> None:
    """Follows a folder of receipts and sends them on; survives restarts and days without network."""
    if not folder.is_dir():
        raise CannotStart(f"There is no folder {folder}.")
    home = state or folder / _HOME
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = Line(address_of(address), _key(key))
        _log_to(home / "watch.log", once=once)
        journal = Journal(home / "journal.sqlite3")
    except OSError as error:
        raise CannotStart(f"{home} cannot be written ({error.strerror}); name another folder with --state.") from error
    except BadAddress as error:
        raise CannotStart(str(error)) from error
    except JournalTaken as error:
        raise CannotStart(f"{error}. Is another fiel watch at work here?") from error
    agent = Agent(
        folder=Folder(folder, settle=settle, every=every),
        journal=journal,
        line=line,
        report=home / "refused.csv",
        tell=_Status(home / "status.txt"),
        stop=_stop_on_signals(),
        backoff=Backoff(most=longest_wait),
    )
    try:
        if again:
            journal.try_refused_again()
        if once:
            raise typer.Exit(0 if agent.run_once() else 1)
        agent.run()
    finally:
        journal.close()


class _Status:
    """The status line: on a terminal, and in a file for whoever looks later."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._said = ""

    def __call__(self, line: str) -> None:
        if line == self._said:
            return
        self._said = line
        self._file.write_text(f"{line}\n", encoding="utf-8")
        if sys.stderr.isatty():
            print(f"\r\033[K{line[:200]}", end="", file=sys.stderr, flush=True)


def _key(text: str) -> str:
    """The key, or what stands in the file that is named."""
    if not text.startswith("@"):
        return text.strip()
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"The key cannot be read from {text[1:]}.") from error


def _stop_on_signals() -> Event:
    stop = Event()
    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):  # the last is how Windows ends a service's process
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, lambda *_: stop.set())
    return stop


def _log_to(path: Path, *, once: bool) -> None:
    """Log to a file that does not grow for ever, and to whoever started us. File names, never what is in them."""
    log = logging.getLogger("fiel.watch")
    log.setLevel(logging.INFO)
    kept = logging.handlers.RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_LOGS, encoding="utf-8")
    kept.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(kept)
    if not sys.stderr.isatty() and not once:
        said = logging.StreamHandler()
        said.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        log.addHandler(said)
