"""What a report is asked for: days, stores, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest

from fiel.doors.people import Place, stores_of
from fiel.insight.days import Days
from fiel.shops.models import Store
from fiel.shops.roles import May

__all__ = ["Choice", "choice_of"]

_USUAL = timedelta(days=364)
_LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Choice:
    """The days, the stores chosen (none: all), and those to choose from. `against`: "before", "year", or nothing."""

    days: Days
    today: date
    stores: tuple[str, ...]
    all_stores: tuple[Store, ...]
    against: str
    within: tuple[str, ...]
    drafts: bool
    """Whether who asks may draft rules."""

    @property
    def before(self) -> Days | None:
        """What it is held against."""
        if self.against == "year":
            return self.days.a_year_before()
        return self.days.before() if self.against == "before" else None

    @property
    def asked(self) -> str:
        """The choice as an address has it."""
        said = [("from", self.days.first.isoformat()), ("to", self.days.last.isoformat()), ("against", self.against)]
        return urlencode([*said, *(("store", store) for store in self.stores)])

    @property
    def in_stores(self) -> tuple[str, ...]:
        """The stores to count; empty: all of the business."""
        return self.stores or self.within

    def store_name(self, code: str) -> str:
        """How a store is called."""
        return next((str(store) for store in self.all_stores if store.code == code), code)


def choice_of(request: HttpRequest, place: Place, today: date) -> Choice:
    """What the address says; what makes no sense there is as if it were not said."""
    last = min(_day(request.GET.get("to", "")) or today, today)
    first = _day(request.GET.get("from", "")) or last - _USUAL
    first = max(min(first, last), last - _LONGEST)
    stores = tuple(stores_of(place))
    codes = {store.code for store in stores}
    chosen = tuple(code for code in request.GET.getlist("store") if code in codes)
    against = request.GET.get("against", "before")
    return Choice(
        Days(first, last),
        today,
        chosen if len(chosen) < len(codes) else (),
        stores,
        against if against in ("before", "year") else "",
        tuple(sorted(codes)) if place.stores else (),
        place.may(May.RULES),
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 < day.year < 9000 else None
