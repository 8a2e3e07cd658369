"""Where somebody serves: the business, the store, the till, and who it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from fiel import clock
from fiel.core.identity import display_name
from fiel.core.refusals import Refused
from fiel.doors.counter.sentences import said, sentence_of
from fiel.doors.people import CounterPlace, with_counter
from fiel.members.models import Member
from fiel.members.turning import turning_code
from fiel.shops.models import Business, Role, Store

__all__ = ["Desk", "at_desk"]

P = ParamSpec("P")

_KNOWS_NAMES = frozenset({Role.OWNER, Role.MANAGER})
_LOOKUPS_A_MINUTE = 60
_LONGEST_CASHIER = 100
_SHOWN = "shown_codes"
_SHOWN_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Desk:
    """One person serving at one till."""

    place: CounterPlace
    store: Store
    shown: Mapping[str, str]
    """The moment at which members showed the code on their phone here, by their id."""

    @property
    def business(self) -> Business:
        """The business that is sold for."""
        return self.place.business

    @property
    def till(self) -> str:
        """The till's code: with store and number what a receipt is known by."""
        return self.place.till

    @property
    def cashier(self) -> str:
        """Who serves, as it stands on the receipt."""
        return self.place.cashier[:_LONGEST_CASHIER]

    @property
    def own_member(self) -> UUID | None:
        """The member that this person is, who may not sell to themselves."""
        return self.place.member_id

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

    def proof_of(self, member_id: UUID) -> str:
        """The code of this moment, for a member who showed theirs here some minutes ago; empty for anybody else."""
        now, shown = clock.now(), self.shown.get(str(member_id))
        if shown is None or not now - _SHOWN_LASTS <= datetime.fromisoformat(shown) <= now:
            return ""
        return turning_code(self.business, member_id, now=now)

    def name_of(self, member: Member) -> str:
        """A member as this person may see them: whole to who runs the shop, else the first name and an initial."""
        name = member.name if self.place.role in _KNOWS_NAMES else display_name(member.name)
        return name or member.code

    def count(self, what: str, most: int, sentence: str) -> None:
        """Note that this person did something once more within this minute. Raises `rate_limited` past `most`."""
        # Each process counts for itself: several let one in so many times more.
        name = f"counter:{what}:{self.business.id}:{self.place.person.pk}:{clock.now():%Y%m%d%H%M}"
        cache.add(name, 0, timeout=120)
        if cache.incr(name) > most:
            raise said("rate_limited", sentence)

    def count_lookup(self) -> None:
        """Note that a customer is looked up. Raises `rate_limited`: nobody serves one a second for long."""
        self.count("lookups", _LOOKUPS_A_MINUTE, _("Many look-ups within a minute: wait a moment."))


def note_shown(request: HttpRequest, desk: Desk, member_id: UUID) -> None:
    """Remember for some minutes that a member showed the code on their phone. Of the others only those that count."""
    now = clock.now()
    lately = {who: at for who, at in desk.shown.items() if now - datetime.fromisoformat(at) <= _SHOWN_LASTS}
    lately[str(member_id)] = now.isoformat()
    request.session[_SHOWN] = {**request.session.get(_SHOWN, {}), desk.business.slug: lately}


def at_desk(
    view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """For pages of the counter: hands the view where the person serves; who has not chosen a store is asked to."""

    @wraps(view)
    def wrapped(request: HttpRequest, place: CounterPlace, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        store = Store.objects.filter(business=place.business, code=place.store).first()
        if store is None:
            return redirect("counter-store", place.business.slug)
        desk = Desk(place, store, request.session.get(_SHOWN, {}).get(place.business.slug, {}))
        request.desk = desk  # type: ignore[attr-defined]
        request.META["CSP_WASM"] = "yes"  # what reads barcodes where the browser itself cannot
        try:
            return view(request, desk, *args, **kwargs)
        except Refused as refused:  # no page of its own to be said on
            told = {"refused": sentence_of(refused), "back": reverse("counter", args=[place.business.slug])}
            return render(request, "counter/no.html", told, status=refused.kind.status)

    return with_counter(cast("Callable[Concatenate[HttpRequest, CounterPlace, P], HttpResponse]", wrapped))
