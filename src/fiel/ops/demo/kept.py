"""What is kept of the demo: which businesses are its own, their logins and keys. `demo.json` in FIEL_DATA, mode 600."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from fiel.ops.errors import CannotStart
from fiel.shops.models import Business

__all__ = ["FILE", "Kept", "is_ours", "keep", "read_kept", "strangers"]

FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """One business of the demo. `made_at` is the moment its receipts lead up to, and when its row was made.

    `complete`: everything is in; where it is not, making it was interrupted and goes on the next time.
    """

    slug: str
    seed: int
    made_at: datetime
    owner: str
    password: str
    key: str = ""
    complete: bool = False


def read_kept(folder: Path) -> dict[str, Kept]:
    """The demo's businesses by slug; none where there is no demo. Raises CannotStart where the file is spoilt."""
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [Kept(**{**row, "made_at": datetime.fromisoformat(row["made_at"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        detail = f"{path}, which keeps the demo's logins, cannot be read ({error}). Mend it, or take it and the "
        raise CannotStart(f"{detail}demo's database away.") from error
    return {kept.slug: kept for kept in found}


def keep(folder: Path, kept: Mapping[str, Kept]) -> None:
    """Write them all, at once: whoever reads finds the old file or the new one, and only its owner may."""
    rows = [{**asdict(each), "made_at": each.made_at.isoformat()} for each in kept.values()]
    descriptor, draft = tempfile.mkstemp(dir=folder, prefix=f".{FILE}-")  # mkstemp gives mode 600
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=2)
        file.write("\n")
    Path(draft).replace(folder / FILE)


def is_ours(slug: str, created_at: datetime, kept: Mapping[str, Kept]) -> bool:
    """Whether a business is the demo's: it bears the name and was made at the very moment that was kept."""
    return slug in kept and kept[slug].made_at == created_at


def strangers(kept: Mapping[str, Kept]) -> list[str]:
    """The businesses of the database that are not the demo's, by name.

    Asks for what has been there from the first version on: an old database need not be brought up to date for it.
    """
    rows = Business.objects.order_by("slug").values_list("slug", "name", "created_at")
    return [f"{name} ({slug})" for slug, name, created_at in rows if not is_ours(slug, created_at, kept)]
