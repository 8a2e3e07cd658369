"""`fiel settings`"""

from __future__ import annotations

import os

import typer

from fiel.ops import environment
from fiel.ops.environment import SETTINGS, SettingError, shown

__all__ = ["settings"]


def settings() -> None:
    """Lists every setting: its value, where it comes from, and what it does. Secrets are not shown."""
    set_outside = dict(os.environ)  # before the `.env` files fill in theirs
    problem = _problem()
    for setting in SETTINGS:
        value = os.environ.get(setting.name, "").strip()
        source = "default" if not value else "environment" if setting.name in set_outside else ".env"
        typer.echo(f"{setting.name}={shown(setting, value or setting.default)}  ({source})")
        typer.echo(f"    {setting.does}")
    if problem:
        raise SettingError(problem)


def _problem() -> str:
    try:
        environment.load()
    except SettingError as error:
        return str(error)
    return ""
