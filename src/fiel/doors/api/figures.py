"""The figures of the reports, for a system of the business's own: from the sums that are kept, so they cost little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.core.written import amount_text, thousandths_text
from fiel.doors.api.access import key_of
from fiel.doors.api.figure_shapes import (
    DaysSoldAnswer,
    GoodsAnswer,
    MonthsAnswer,
    OwedAnswer,
    UnitMonthsAnswer,
)
from fiel.doors.api.once import reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.insight.assortment import Goods, departments, products_by_code
from fiel.insight.days import Days
from fiel.insight.overview import kept_at, sold_by_day
from fiel.insight.owed import owed
from fiel.insight.programme import activity, units_by_month
from fiel.insight.sold import Asked
from fiel.programme.units import units_of
from fiel.sales.answer import time_text
from fiel.shops.models import ApiKey
from fiel.wire.fields import Day

__all__ = ["router"]

router = Router(tags=["Figures"])

_USUAL = timedelta(days=364)
_LONGEST = timedelta(days=3 * 366)
_NEVER = ""
"""In place of a month: what never lapses."""

From = Annotated[Day | None, Query(None, alias="from", description="The first day; left out: 364 days earlier.")]
To = Annotated[Day | None, Query(None, description="The last day; left out: today.")]
OfStore = Annotated[
    str, Query("", max_length=50, description="Of this store alone; left out: the key's store, or all of them.")
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a call is about: the key, its days and stores (none: all), and where the page begins."""

    key: ApiKey
    days: Days
    stores: tuple[str, ...]

    @property
    def sold(self) -> Asked:
        """What is asked of the sums."""
        return Asked(self.key.business_id, self.days, stores=self.stores)


@router.get("/figures/days", response=DaysSoldAnswer, operation_id="figures_by_day", summary="What was sold, by day")
def get_days(request: HttpRequest, limit: Limit, cursor: Cursor, from_: From, to: To, store: OfStore) -> HttpResponse:
    """Sales and what was paid, day by day, and of them those of members. Days without a sale are left out."""
    asked = _asked(request, from_, to, store)
    found = sold_by_day(asked.key.business_id, asked.days, asked.stores)
    items = [
        {
            "day": day.isoformat(),
            "sales": each.sales,
            "total": each.total,
            "member_sales": each.member_sales,
            "member_total": each.member_total,
        }
        for day, each in found
    ]
    return _paged(asked.key, items, limit, cursor, "day")


@router.get(
    "/figures/departments",
    response=GoodsAnswer,
    operation_id="figures_by_department",
    summary="What sold, by department",
)
def get_departments(
    request: HttpRequest, limit: Limit, cursor: Cursor, from_: From, to: To, store: OfStore
) -> HttpResponse:
    """What was sold of each department, by its code; the empty code: of no department."""
    asked = _asked(request, from_, to, store)
    found = departments(asked.sold)
    return _paged(asked.key, _goods(found), limit, cursor, "code")


@router.get(
    "/figures/products", response=GoodsAnswer, operation_id="figures_by_product", summary="What sold, by product"
)
def get_products(
    request: HttpRequest, limit: Limit, cursor: Cursor, from_: From, to: To, store: OfStore
) -> HttpResponse:
    """What was sold of each product, by its code, in the whole months that the days touch."""
    asked = _asked(request, from_, to, store)
    ended = read_cursor(cursor, str)
    after = ended[0] if ended else None
    found = products_by_code(asked.sold, after=after, most=limit + 1)
    kept, next_cursor = page(found, limit, lambda each: (each.code,))
    return _reply(asked.key, _goods(kept), next_cursor)


@router.get("/figures/months", response=MonthsAnswer, operation_id="figures_by_month", summary="Members, by month")
def get_months(request: HttpRequest, limit: Limit, cursor: Cursor, from_: From, to: To) -> HttpResponse:
    """How many members bought, bought for the first time, and lapsed (for 90 days not seen again), in whole months."""
    asked = _asked(request, from_, to)
    items = [
        {
            "month": f"{each.month:%Y-%m}",
            "active": each.active,
            "visits": each.visits,
            "new": each.new,
            "lapsed": each.lapsed,
        }
        for each in activity(asked.key.business_id, asked.days)
    ]
    return _paged(asked.key, items, limit, cursor, "month")


@router.get("/figures/units", response=UnitMonthsAnswer, operation_id="figures_of_units", summary="What moved, by unit")
def get_units(request: HttpRequest, limit: Limit, cursor: Cursor, from_: From, to: To) -> HttpResponse:
    """What was given, taken back by returns, spent and lapsed of each unit, month by month, in these days."""
    asked = _asked(request, from_, to)
    units = units_of(asked.key.business_id)
    items = [
        {
            "unit": code,
            "month": f"{month:%Y-%m}",
            **{name: amount_text(getattr(moved, name), units[code]) for name in _MOVED},
        }
        for code, months in units_by_month(asked.key.business_id, asked.days).items()
        for month, moved in months
        if code in units
    ]
    return _paged(asked.key, items, limit, cursor, "unit", "month")


_MOVED = ("given", "taken_back", "spent", "lapsed")


@router.get("/figures/owed", response=OwedAnswer, operation_id="figures_owed", summary="What is owed to members")
def get_owed(request: HttpRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    """What members hold, by unit and the month in which it lapses, and what it is worth: exact, as of now."""
    key = key_of(request)
    items = [
        {
            "unit": code,
            "lapses": f"{month:%Y-%m}" if month else _NEVER,
            "amount": amount_text(steps, each.unit),
            "worth": each.worth(steps),
        }
        for code, each in owed(key.business_id, _today(key)).items()
        for month, steps in each.by_month.items()
    ]
    return _paged(key, items, limit, cursor, "unit", "lapses")


def _asked(request: HttpRequest, first: date | None, last: date | None, store: str = "") -> _Asked:
    """Raises `invalid` for days that cannot be, `forbidden` for a store that is not the key's."""
    key = key_of(request)
    if key.store and store not in ("", key.store):
        fault = Fault("/store", f"the key is bound to {key.store!r}: leave this out")
        raise Refused("forbidden", f"This key is for the store {key.store!r} alone.", [fault])
    last = last or _today(key)
    first = first or last - _USUAL
    if first > last:
        raise Refused("invalid", "The time ends before it begins.", [Fault("/to", "not before the first day")])
    if last - first > _LONGEST:
        raise Refused("invalid", "The time is too long.", [Fault("/from", "at most three years before the last day")])
    chosen = store or key.store
    return _Asked(key, Days(first, last), (chosen,) if chosen else ())


def _today(key: ApiKey) -> date:
    return clock.now().astimezone(ZoneInfo(key.business.timezone)).date()


def _goods(found: Sequence[Goods]) -> list[dict[str, Any]]:
    return [
        {
            "code": each.code,
            "quantity": thousandths_text(each.quantity),
            "total": each.total,
            "member_total": each.member_total,
        }
        for each in found
    ]


def _paged(key: ApiKey, items: list[dict[str, Any]], limit: int, cursor: str, *by: str) -> HttpResponse:
    """A page of them in the order of these values, which are texts."""
    place: Callable[[dict[str, Any]], tuple[str, ...]] = lambda item: tuple(item[name] for name in by)  # noqa: E731
    ended = read_cursor(cursor, *(str for _ in by))
    rest = sorted((each for each in items if ended is None or place(each) > ended), key=place)
    return _reply(key, *page(rest[: limit + 1], limit, place))


def _reply(key: ApiKey, items: Sequence[dict[str, Any]], next_cursor: str | None) -> HttpResponse:
    """A page; `as_of`: up to when sales are counted."""
    at = kept_at(key.business_id)
    return reply(200, {"items": items, "next_cursor": next_cursor, "as_of": time_text(at) if at else None})
