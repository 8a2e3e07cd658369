"""What the catalogue says of a line: its department and those above, brand and tags."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fiel.catalogue.models import Department, Product, UnknownProduct
from fiel.core.sale import Line
from fiel.tables.read import matching, rows_of
from fiel.tables.write import upsert

__all__ = ["Catalogue", "note_unknown", "read_catalogue"]


class Catalogue:
    """The departments, and those products that were asked for, as they are now."""

    def __init__(
        self, parents: dict[str, str | None], products: dict[str, tuple[str | None, str, frozenset[str]]]
    ) -> None:
        self._parents = parents
        self._products = products
        self._ways: dict[str, tuple[str, ...]] = {}

    def knows(self, product: str) -> bool:
        """Whether the product is in the catalogue."""
        return product in self._products

    def way_up(self, department: str) -> tuple[str, ...]:
        """A department and those above it, nearest first. One that is not in the tree stands alone."""
        if department not in self._ways:
            way = [department] if department else []
            parent = self._parents.get(department)
            while parent and parent not in way:
                way.append(parent)
                parent = self._parents.get(parent)
            self._ways[department] = tuple(way)
        return self._ways[department]

    def classify(self, line: Line) -> Line:
        """The line with department, brand and tags from the catalogue where it knows them, else as it was sent."""
        known = self._products.get(line.product)
        own = line.departments[0] if line.departments else ""
        if known is None:
            way = self.way_up(own)
            return line if way == line.departments else _with(line, way, line.brand, line.tags)
        department, brand, tags = known
        return _with(line, self.way_up(department or own), brand or line.brand, tags or line.tags)


def _with(line: Line, way: tuple[str, ...], brand: str, tags: frozenset[str]) -> Line:
    # dataclasses.replace costs three times as much, for each line of every import.
    return Line(
        line.number,
        line.amount,
        line.quantity,
        line.discount,
        line.tax_rate,
        line.product,
        way,
        brand,
        tags,
        line.description,
    )


def read_catalogue(business_id: int, products: Iterable[str]) -> Catalogue:
    """The catalogue as far as the products named are concerned: two queries."""
    parents: dict[str, str | None] = dict(rows_of(Department, business_id, ("code", "parent")))
    wanted = [(product,) for product in products if product]
    rows = matching(Product, business_id, ("code",), wanted, ("department", "brand", "tags"))
    return Catalogue(parents, {code: (department, brand, frozenset(tags)) for code, department, brand, tags in rows})


def note_unknown(business_id: int, lines: Iterable[Line], seen_at: datetime) -> None:
    """Keep products that the catalogue does not know, for somebody to give them a department."""
    by_code = {line.product: line for line in lines}
    kept = {code for (code,) in matching(UnknownProduct, business_id, ("code",), [(code,) for code in by_code], ())}
    upsert(
        UnknownProduct,
        ("business", "code"),
        ("description", "department", "first_seen_at"),
        [
            (business_id, code, line.description, line.departments[0] if line.departments else "", seen_at)
            for code, line in sorted(by_code.items())
            if code not in kept
        ],
    )
