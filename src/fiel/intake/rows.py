"""What a file holds, whatever its format: members, departments, products, sales, and rows that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fiel.members.enrol import Newcomer
from fiel.sales.incoming import Incoming
from fiel.shops.models import Business

__all__ = ["DepartmentRow", "Format", "Item", "ProductRow", "Row", "StoreRow", "Unreadable"]


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A store that must be there before its sales."""

    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """A department and the one above it."""

    code: str
    name: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product as the catalogue keeps it."""

    code: str
    name: str = ""
    department: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that means nothing to us: which column, and why."""

    column: str
    reason: str


Item = StoreRow | DepartmentRow | ProductRow | Newcomer | Incoming | Unreadable


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that a file holds. `place`: where, as a person finds it ("row 12"); `text`: as it stands there."""

    place: str
    item: Item
    text: str = ""


class Format(Protocol):
    """A way in which files are written. `size`: how many rows there will be, as far as can be told beforehand."""

    name: str

    def sniff(self, path: Path) -> bool:
        """Whether the file is written so, by its content."""
        ...

    def size(self, path: Path) -> int | None:
        """How many rows there will be; None if nobody knows before reading."""
        ...

    def rows(self, path: Path, business: Business) -> Iterator[Row]:
        """What the file holds, in its order. Rows that cannot be read come as `Unreadable`."""
        ...
