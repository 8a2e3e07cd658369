"""`--fresh`: the old demo goes, and nothing else. A SQLite file is moved aside, where it can still be had back."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from django.db import connection

from fiel.ops.demo.kept import FILE, Kept, strangers
from fiel.ops.errors import CannotStart

__all__ = ["ASIDE", "move_aside", "refuse_strangers"]

ASIDE = ".old-demo"


def refuse_strangers(kept: Mapping[str, Kept]) -> None:
    """Raises CannotStart where the database holds a business that is not the demo's."""
    others = strangers(kept)
    if others:
        names = ", ".join(others[:5])
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        raise CannotStart(
            f"The database holds {names}{more}, not made by this demo, so the demo does not touch it. "
            "Give the demo a folder of its own: FIEL_DATA=./fiel-demo fiel demo"
        )


def move_aside(folder: Path, kept: Mapping[str, Kept]) -> Path | None:
    """Take the demo's database away, and what was kept of it; where it lies now, or None if there was none.

    Raises CannotStart on PostgreSQL, beside the business of somebody else, and while another process has it open.
    """
    if connection.vendor != "sqlite":
        raise CannotStart(
            "--fresh moves a SQLite file aside, and this is PostgreSQL. Make an empty database "
            "(dropdb and createdb, or another name in FIEL_DATABASE_URL), then start `fiel demo` again."
        )
    database = Path(connection.settings_dict["NAME"])
    if not database.exists():
        return None
    if _has_tables():
        refuse_strangers(kept)
    connection.close()
    _require_alone(database)
    aside = database.with_name(database.name + ASIDE)
    database.replace(aside)
    (folder / FILE).unlink(missing_ok=True)
    return aside


def _has_tables() -> bool:
    return "shops_business" in connection.introspection.table_names()


def _require_alone(database: Path) -> None:
    """Fold the write-ahead log into the file, which SQLite does for nobody who is not alone with it."""
    alone = sqlite3.connect(database, timeout=0, isolation_level=None)
    try:
        [(mode,)] = alone.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError:
        mode = "busy"
    finally:
        alone.close()
    if mode != "delete":
        raise CannotStart(f"Another process has {database} open. Stop it (Ctrl-C where it serves), then try again.")
