"""Where somebody serves: the business, the store, the till, and who it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from fiel import clock
from fiel.core.identity import display_name
from fiel.doors.counter.sentences import said
from fiel.doors.people import Place, person_of, places_of, with_place
from fiel.members.models import Member
from fiel.shops.models import Business, Role, Store

__all__ = ["Desk", "at_desk", "choose_store", "stores_of"]

P = ParamSpec("P")

TILL = "counter"
SERVES = frozenset({Role.OWNER, Role.MANAGER, Role.CASHIER})
_KNOWS_NAMES = frozenset({Role.OWNER, Role.MANAGER})
_LOOKUPS_A_MINUTE = 60
_LONGEST_CASHIER = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """One person serving at one till. `own_member`: the member that this person is, who may not sell to themselves."""

    place: Place
    store: Store
    till: str
    cashier: str
    person_id: int
    own_member: UUID | None
    stores: int

    @property
    def business(self) -> Business:
        """The business that is sold for."""
        return self.place.business

    @property
    def zone(self) -> ZoneInfo:
        """The store's clock."""
        return ZoneInfo(self.zone_name)

    @property
    def zone_name(self) -> str:
        """The store's clock, by name."""
        return self.store.timezone or self.business.timezone

    def day(self, moment: datetime) -> date:
        """The store's date."""
        return moment.astimezone(self.zone).date()

    def name_of(self, member: Member) -> str:
        """A member as this person may see them: whole to who runs the shop, else the first name and an initial."""
        name = member.name if self.place.role in _KNOWS_NAMES else display_name(member.name)
        return name or member.code

    def count_lookup(self) -> None:
        """Note that a customer is looked up. Raises `rate_limited`: nobody serves more than one a second for long."""
        # Each process counts for itself: several let one in so many times more.
        name = f"counter:{self.business.id}:{self.person_id}:{clock.now():%Y%m%d%H%M}"
        cache.add(name, 0, timeout=120)
        if cache.incr(name) > _LOOKUPS_A_MINUTE:
            raise said("rate_limited", _("Many look-ups within a minute: wait a moment."))


def at_desk(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """For pages of the counter: hands the view where the person serves; who has not chosen a store is asked to."""

    @wraps(view)
    def wrapped(request: HttpRequest, place: Place, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if place.role not in SERVES:
            raise Http404
        desk = _desk(request, place)
        if desk is None:
            return redirect("counter-store", place.business.slug)
        request.desk = desk  # type: ignore[attr-defined]
        return view(request, desk, *args, **kwargs)

    return with_place(cast("Callable[Concatenate[HttpRequest, Place, P], HttpResponse]", wrapped))


def stores_of(place: Place) -> list[Store]:
    """The stores in which the person may serve."""
    rows = Store.objects.filter(business=place.business).order_by("name", "code")
    return list(rows.filter(code__in=place.stores) if place.stores else rows)


def choose_store(request: HttpRequest, place: Place, code: str) -> None:
    """Serve in this store from now on, in this browser."""
    request.session[_chosen(place)] = code


def _chosen(place: Place) -> str:
    return f"counter-store-{place.business.id}"


def _desk(request: HttpRequest, place: Place) -> Desk | None:
    """The desk, where it is clear which store it stands in."""
    stores = {store.code: store for store in stores_of(place)}
    only = next(iter(stores.values())) if len(stores) == 1 else None
    store = stores.get(request.session.get(_chosen(place), ""), only)
    person = person_of(request)
    if store is None or person is None:
        return None
    staff = next(each for each in places_of(request) if each.business_id == place.business.id)
    return Desk(
        place=place,
        store=store,
        till=TILL,
        cashier=str(person)[:_LONGEST_CASHIER],
        person_id=person.pk,
        own_member=staff.member_id,
        stores=len(stores),
    )
