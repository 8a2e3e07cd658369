"""What a file holds, whatever its format: members, departments, products, sales, papers, and rows that say nothing.

Nothing here knows the database, nor do the readers that make it: they run in the shop too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fiel.intake.papers import GoodsBack, Paper, Void
from fiel.members.newcomer import Newcomer
from fiel.sales.incoming import Incoming

if TYPE_CHECKING:
    from fiel.shops.models import Business

__all__ = [
    "Brought",
    "DepartmentRow",
    "Format",
    "GroupRow",
    "Item",
    "LeftOut",
    "Passed",
    "ProductRow",
    "Row",
    "StoreRow",
    "Terms",
    "Unreadable",
]


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
class GroupRow:
    """Which department a kind of goods belongs to, in the terms of files: an NCM code, a product group."""

    scheme: str
    code: str
    department: str


@dataclass(frozen=True, slots=True)
class Brought:
    """A customer of another system, with what the account held there. `unit` empty: the programme's only one."""

    newcomer: Newcomer
    amount: Fraction
    unit: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that means nothing to us: which column, and why. `code`: of the refusal that it is told as."""

    column: str
    reason: str
    code: str = "malformed"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is well, and not for us: a summary, a debit note."""

    reason: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A till's own sale in the till API's JSON: in the shop nobody looks into it, the server does."""

    document: Mapping[str, Any]


Item = (
    StoreRow
    | DepartmentRow
    | ProductRow
    | GroupRow
    | Newcomer
    | Brought
    | Incoming
    | Paper
    | Void
    | GoodsBack
    | LeftOut
    | Passed
    | Unreadable
)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that a file holds. `place`: where, as a person finds it ("row 12"); `text`: as it stands there."""

    place: str
    item: Item
    text: str = ""


class Terms(Protocol):
    """What a reader must know of the business: how its country writes, what its money is, and its clock."""

    @property
    def country(self) -> str:
        """Two letters."""
        ...

    @property
    def currency(self) -> str:
        """Three letters."""
        ...

    @property
    def timezone(self) -> str:
        """The name of a time zone."""
        ...


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
