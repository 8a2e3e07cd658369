"""The command line, `fiel`: one explicit list of commands, which stand under `commands/`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer

from fiel.ops import environment
from fiel.ops.errors import CannotStart
from fiel.ops.loading import loading

__all__ = ["PLAIN", "WITH_DJANGO", "Command", "application", "commands", "main"]

# What `fiel` says of itself and of each group of commands.
ABOUT = "Fiel: a self-hosted loyalty platform. Points, stamps and prepaid sessions, counted exactly."
GROUPS: dict[str, str] = {
    "aside": "What imports kept aside: too late, in doubt, or before its sale.",
    "business": "Businesses: open one, list them.",
    "erasures": "Members who were erased: forget them again after a backup was restored.",
    "hook": "Addresses to which web shops send their orders.",
    "insight": "What the receipts tell: sums and indicators that are kept beside them.",
    "key": "API keys of tills and other systems.",
    "staff": "The staff: a new link for who is locked out.",
    "programme": "The rules of a business, as a file.",
}


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the words typed for it, at most a group and a name, and the function that does it."""

    words: str
    function: Callable[..., Any]


# The words typed, and where under `commands/` the function stands.

# These need neither database nor data folder, so they work before anything is set up, and on a till's computer.
PLAIN: dict[str, str] = {"settings": "settings.settings", "watch": "watch.watch"}

WITH_DJANGO: dict[str, str] = {
    "demo": "demo.demo",
    "serve": "serve.serve",
    "worker": "worker.worker",
    "migrate": "migrate.migrate",
    "import": "import_files.import_files",
    "hook create": "hook.create",
    "hook list": "hook.list_all",
    "hook revoke": "hook.revoke",
    "aside list": "import_files.aside_list",
    "aside take": "import_files.aside_take",
    "aside drop": "import_files.aside_drop",
    "daily": "daily.daily",
    "audit": "audit.audit",
    "backup": "backup.backup",
    "restore": "backup.restore",
    "export": "backup.export",
    "erasures repeat": "erasures.repeat_erasures",
    "settlement": "settlement.settlement",
    "insight rebuild": "insight.rebuild",
    "insight night": "insight.night",
    "insight extract": "insight.extract",
    "business create": "business.create",
    "business change": "business.change",
    "business list": "business.list_all",
    "business delete": "business.delete",
    "staff link": "staff.link",
    "key create": "key.create",
    "key list": "key.list_all",
    "key revoke": "key.revoke",
    "programme show": "programme.show",
    "programme check": "programme.check",
    "programme publish": "programme.publish",
    "programme example": "programme.example",
    "programme replay": "replay.replay",
}


def commands(places: Mapping[str, str], word: str = "") -> tuple[Command, ...]:
    """All of a table; those alone that begin with a word, where any does.

    Their modules are imported here: most import models, which Django must be set up for, and to import all of them
    takes longer than most commands do.
    """
    wanted = {words: place for words, place in places.items() if words.split()[0] == word} or places
    return tuple(Command(words, _imported(place)) for words, place in wanted.items())


def _imported(place: str) -> Callable[..., Any]:
    module, _, name = place.partition(".")
    function: Callable[..., Any] = getattr(import_module(f"fiel.ops.commands.{module}"), name)
    return function


def application(known: Sequence[Command]) -> typer.Typer:
    """The command line that knows these commands."""
    app = _typer(ABOUT)
    groups: dict[str, typer.Typer] = {}
    for command in known:
        group, _, name = command.words.rpartition(" ")
        if group and group not in groups:
            groups[group] = _typer(GROUPS[group])
            app.add_typer(groups[group], name=group)
        (groups[group] if group else app).command(name)(command.function)
    return app


def main() -> None:
    """Runs what was typed. What stops it is told in one sentence on stderr; the exit status is 1."""
    try:
        with loading():
            needed = _needed_for(sys.argv[1:])
        application(needed)()
    except CannotStart as refusal:
        typer.echo(f"fiel: {refusal}", err=True)
        sys.exit(1)


def _needed_for(typed: Sequence[str]) -> Sequence[Command]:
    word = typed[0] if typed else ""
    if word in PLAIN:
        return commands(PLAIN, word)
    try:
        import django  # noqa: PLC0415
    except ImportError:
        if word and not word.startswith("-"):
            alone = ", ".join(f"fiel {words}" for words in PLAIN)
            raise CannotStart(f"This computer has the shop's agent alone ({alone}), not the server.") from None
        return commands(PLAIN)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fiel.ops.settings")
    environment.keep_secret_key()
    django.setup()
    return commands(PLAIN | WITH_DJANGO, word)


def _typer(about: str) -> typer.Typer:
    # Typer's own traceback prints the values of local variables, and those can be a person's.
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback(help=about)(lambda: None)  # keeps the words of a command even where there is but one
    return app
