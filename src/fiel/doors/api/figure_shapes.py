"""What calls about figures answer."""

from __future__ import annotations

from pydantic import Field

from fiel.wire.fields import Answer

__all__ = ["DaysSoldAnswer", "GoodsAnswer", "MonthsAnswer", "OwedAnswer", "UnitMonthsAnswer"]


class _Figures(Answer):
    """A page of figures."""

    next_cursor: str | None
    as_of: str | None = Field(
        description="Up to when sales are counted, usually some seconds ago; null while all are being counted anew."
    )


class DaySold(Answer):
    """A day's sales of which something is left after returns."""

    day: str
    sales: int
    total: int = Field(description="What was paid for the lines, after discounts, in minor units.")
    member_sales: int
    member_total: int


class DaysSoldAnswer(_Figures):
    """Days with sales."""

    items: list[DaySold]


class GoodsSold(Answer):
    """What was sold of a department or a product, after returns."""

    code: str
    quantity: str
    total: int = Field(description="What was paid for it, after discounts, in minor units.")
    member_total: int = Field(description="Of that, by members.")


class GoodsAnswer(_Figures):
    """Departments or products."""

    items: list[GoodsSold]


class MonthActive(Answer):
    """A month of the members."""

    month: str
    active: int
    visits: int = Field(description="Days on which members bought, added up.")
    new: int
    lapsed: int


class MonthsAnswer(_Figures):
    """Months."""

    items: list[MonthActive]


class UnitMonth(Answer):
    """A month of a unit, in whole units."""

    unit: str
    month: str
    given: str
    taken_back: str
    spent: str
    lapsed: str


class UnitMonthsAnswer(_Figures):
    """Units by month."""

    items: list[UnitMonth]


class OwedMonth(Answer):
    """What members hold of a unit that lapses in a month."""

    unit: str
    lapses: str = Field(description="The month, as 2026-11; empty: never.")
    amount: str
    worth: int | None = Field(description="In minor units; null for a unit without a value.")


class OwedAnswer(_Figures):
    """What is owed."""

    items: list[OwedMonth]
