"""What a demo shop sells: its assortment, as it lies in a file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from fiel.core.sale import Line, half_up

__all__ = ["PIECE", "Ware", "line_of", "read_wares"]

ASSORTMENTS = Path(__file__).parent / "assortments"
PIECE = 1000


@dataclass(frozen=True, slots=True)
class Ware:
    """One product. `price` in minor units for a piece or a kilogram; `appeal`: how often it is bought, against others.

    `when`: the months or the times of day to which it belongs; none: always.
    """

    code: str
    name: str
    department: str
    price: int
    weighed: bool
    tax_rate: int
    brand: str
    tags: tuple[str, ...]
    appeal: int
    when: frozenset[str]


def read_wares(shop: str) -> tuple[Ware, ...]:
    """The assortment of a shop."""
    with (ASSORTMENTS / f"{shop}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(map(_ware, csv.DictReader(file)))


def _ware(row: dict[str, str]) -> Ware:
    return Ware(
        code=row["code"],
        name=row["name"],
        department=row["department"],
        price=int(Decimal(row["price"]) * 100),
        weighed=row["sold_by"] == "kg",
        tax_rate=int(Decimal(row["tax_rate"]) * 1000),
        brand=row["brand"],
        tags=tuple(row["tags"].split()),
        appeal=int(row["appeal"]),
        when=frozenset(row["when"].split()),
    )


def line_of(number: int, ware: Ware, quantity: int = PIECE, *, percent_off: int = 0) -> Line:
    """A receipt's line: so many pieces or grams (in 1/1000), with a discount of its own."""
    amount = half_up(ware.price * quantity, PIECE)
    return Line(
        number=number,
        amount=amount,
        quantity=quantity,
        discount=amount * percent_off // 100,
        tax_rate=ware.tax_rate,
        product=ware.code,
        departments=(ware.department,),
        brand=ware.brand,
        tags=frozenset(ware.tags),
        description=ware.name,
    )
