"""The command line, `fiel`: one explicit list of commands, each in its own module under `commands/`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from fiel.ops import environment
from fiel.ops.commands.settings import settings
from fiel.ops.commands.watch import watch
from fiel.ops.errors import CannotStart

__all__ = ["Command", "application", "main"]

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


# These need neither database nor data folder, so they work before anything is set up, and on a till's computer.
PLAIN = (Command("settings", settings), Command("watch", watch))


def commands_with_django() -> tuple[Command, ...]:
    """All others. They are imported here, after Django is set up, because they import models."""
    from fiel.ops.commands import business, hook, insight, key, programme, staff  # noqa: PLC0415
    from fiel.ops.commands.audit import audit  # noqa: PLC0415
    from fiel.ops.commands.daily import daily  # noqa: PLC0415
    from fiel.ops.commands.demo import demo  # noqa: PLC0415
    from fiel.ops.commands.erasures import repeat_erasures  # noqa: PLC0415
    from fiel.ops.commands.import_files import aside_drop, aside_list, aside_take, import_files  # noqa: PLC0415
    from fiel.ops.commands.migrate import migrate  # noqa: PLC0415
    from fiel.ops.commands.replay import replay  # noqa: PLC0415
    from fiel.ops.commands.serve import serve  # noqa: PLC0415
    from fiel.ops.commands.settlement import settlement  # noqa: PLC0415
    from fiel.ops.commands.worker import worker  # noqa: PLC0415

    return (
        Command("demo", demo),
        Command("serve", serve),
        Command("worker", worker),
        Command("migrate", migrate),
        Command("import", import_files),
        Command("hook create", hook.create),
        Command("hook list", hook.list_all),
        Command("hook revoke", hook.revoke),
        Command("aside list", aside_list),
        Command("aside take", aside_take),
        Command("aside drop", aside_drop),
        Command("daily", daily),
        Command("audit", audit),
        Command("erasures repeat", repeat_erasures),
        Command("settlement", settlement),
        Command("insight rebuild", insight.rebuild),
        Command("insight night", insight.night),
        Command("insight extract", insight.extract),
        Command("business create", business.create),
        Command("business change", business.change),
        Command("business list", business.list_all),
        Command("staff link", staff.link),
        Command("key create", key.create),
        Command("key list", key.list_all),
        Command("key revoke", key.revoke),
        Command("programme show", programme.show),
        Command("programme check", programme.check),
        Command("programme publish", programme.publish),
        Command("programme example", programme.example),
        Command("programme replay", replay),
    )


def application(commands: Sequence[Command]) -> typer.Typer:
    """The command line that knows these commands."""
    app = _typer(ABOUT)
    groups: dict[str, typer.Typer] = {}
    for command in commands:
        group, _, name = command.words.rpartition(" ")
        if group and group not in groups:
            groups[group] = _typer(GROUPS[group])
            app.add_typer(groups[group], name=group)
        (groups[group] if group else app).command(name)(command.function)
    return app


def main() -> None:
    """Runs what was typed. What stops it is told in one sentence on stderr; the exit status is 1."""
    try:
        application(_needed_for(sys.argv[1:]))()
    except CannotStart as refusal:
        typer.echo(f"fiel: {refusal}", err=True)
        sys.exit(1)


def _needed_for(typed: Sequence[str]) -> Sequence[Command]:
    if typed and typed[0] in {command.words for command in PLAIN}:
        return PLAIN
    try:
        import django  # noqa: PLC0415
    except ImportError:
        if typed and not typed[0].startswith("-"):
            alone = ", ".join(f"fiel {command.words}" for command in PLAIN)
            raise CannotStart(f"This computer has the shop's agent alone ({alone}), not the server.") from None
        return PLAIN
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fiel.ops.settings")
    environment.keep_secret_key()
    django.setup()
    return (*PLAIN, *commands_with_django())


def _typer(about: str) -> typer.Typer:
    # Typer's own traceback prints the values of local variables, and those can be a person's.
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback(help=about)(lambda: None)  # keeps the words of a command even where there is but one
    return app
