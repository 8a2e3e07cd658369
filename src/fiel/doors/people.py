"""Who is at the door: how long a session lasts, which language is spoken, and a person's place in a business."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, cast, overload
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.views.decorators.cache import never_cache

from fiel import clock
from fiel.doors.brand import wear
from fiel.doors.devices import cashier_at, device_of
from fiel.doors.look import ROLES
from fiel.shops.models import Business, Device, Person, Staff, Store
from fiel.shops.roles import May, may_open
from fiel.tables.walls import enter, unwalled
from fiel.trail.acting import Actor, act_as, actor

__all__ = [
    "COUNTER_TILL",
    "CounterPlace",
    "Place",
    "acting_person",
    "choose_store",
    "open_stores_of",
    "own_language",
    "person_of",
    "place_of",
    "places_of",
    "session_limits",
    "stores_of",
    "with_counter",
    "with_place",
]

Answer = Callable[[HttpRequest], HttpResponseBase]
P = ParamSpec("P")

IDLE = timedelta(minutes=30)
AT_MOST = timedelta(hours=12)
_NOTE_EVERY = timedelta(minutes=1)  # not with each page: it is a write
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_STORE = "counter_store"

COUNTER_TILL = "counter"
"""The till of whoever serves in an ordinary session."""


def session_limits(get_response: Answer) -> Answer:
    """Signs a person out after 30 idle minutes, and after 12 hours whatever they do."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if SESSION_KEY in request.session:
            now = clock.now()
            began = _moment(request, "began") or now
            seen = _moment(request, "seen") or now
            if now - seen >= IDLE or now - began >= AT_MOST:
                logout(request)
            elif "seen" not in request.session or now - seen >= _NOTE_EVERY:
                request.session["began"] = began.isoformat()
                request.session["seen"] = now.isoformat()
        return get_response(request)

    return middleware


def _moment(request: HttpRequest, name: str) -> datetime | None:
    text = request.session.get(name)
    return datetime.fromisoformat(text) if text else None


def own_language(get_response: Answer) -> Answer:
    """Speaks the language that a person chose. Where they chose none, their business's; see `with_place`."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        person = person_of(request)
        if person and person.language:
            speak(request, person.language)
        return get_response(request)

    return middleware


def acting_person(get_response: Answer) -> Answer:
    """Lets whoever is signed in act, so that the trail says who did it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if person := person_of(request):
            act_as(Actor(person.email, person.pk, actor().address))
        return get_response(request)

    return middleware


def speak(request: HttpRequest, language: str) -> None:
    """Answer this request in a language, or the nearest one that there is; where none is near, stay with the last."""
    with suppress(LookupError):
        translation.activate(translation.get_supported_language_variant(language))
        request.LANGUAGE_CODE = translation.get_language()


def person_of(request: HttpRequest) -> Person | None:
    """Who is signed in."""
    return request.user if request.user.is_authenticated else None


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place in a business. `stores` empty: all of them. `elsewhere`: whether they have other places."""

    business: Business
    role: str
    stores: tuple[str, ...]
    elsewhere: bool
    person: Person
    member_id: UUID | None
    """The member that this person is, where that is known: nobody credits their own card."""

    @property
    def role_name(self) -> str | Promise:
        """The role as the person calls it."""
        return ROLES.get(self.role, self.role)

    def may(self, may: May) -> bool:
        """Whether this place lets somebody change what `may` is about."""
        return may_open(self.role, may, changes=True)

    @property
    def can(self) -> dict[str, bool]:
        """The same for templates: `{% if request.place.can.staff %}`."""
        return {may.value: self.may(may) for may in May}

    @property
    def opens(self) -> dict[str, bool]:
        """Which pages it opens, if only to look: `{% if request.place.opens.staff %}`."""
        return {may.value: may_open(self.role, may, changes=False) for may in May}

    def has_store(self, code: str) -> bool:
        """Whether a store is one of those that the person works in."""
        return not self.stores or code in self.stores


@dataclass(frozen=True, slots=True)
class CounterPlace(Place):
    """Who serves, and where: at a paired device by PIN, or in an ordinary session."""

    store: str
    """The store's code; empty where the person works in several and has yet to choose (`choose_store`)."""
    till: str
    """The till that sales are recorded at: the device's own, else `COUNTER_TILL`."""
    device: UUID | None
    """The paired device; None in an ordinary session."""

    @property
    def cashier(self) -> str:
        """Who sells, as it stands on the receipt."""
        return str(self.person)


def places_of(request: HttpRequest) -> list[Staff]:
    """The places that the person has who is signed in, by the business's name; looked up once a request."""
    found: list[Staff] | None = getattr(request, "places", None)
    if found is None:
        rows = cast("Person", request.user).places.select_related("business", "person")
        with unwalled():
            found = list(rows.order_by("business__name", "business_id"))
        request.places = found  # type: ignore[attr-defined]
    return found


View = Callable[Concatenate[HttpRequest, Place, P], HttpResponse]
CounterView = Callable[Concatenate[HttpRequest, CounterPlace, P], HttpResponse]
Routed = Callable[Concatenate[HttpRequest, str, P], HttpResponse]


@overload
def with_place(view: View[P]) -> Routed[P]: ...
@overload
def with_place(*, may: May) -> Callable[[View[P]], Routed[P]]: ...
def with_place(view: View[P] | None = None, *, may: May = May.SEE) -> Routed[P] | Callable[[View[P]], Routed[P]]:
    """For pages of a business: hands the view the person's place in it, as `@with_place` or `@with_place(may=…)`.

    Who is not signed in is asked to; who has no place there is answered as if there were no such business; whose role
    does not let them is told so. The auditor may open the page, and nothing that changes something.
    """

    def wrap(view: View[P]) -> Routed[P]:
        @wraps(view)
        def wrapped(request: HttpRequest, business: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            return view(request, _place_in(request, business, may), *args, **kwargs)

        return cast("Routed[P]", never_cache(login_required(wrapped)))

    return wrap if view is None else wrap(view)


def with_counter(view: CounterView[P]) -> Routed[P]:
    """For pages of the counter: hands the view who serves and where.

    At a paired device of the business that is whoever gave their PIN; else whoever is signed in, as
    `with_place(may=May.SELL)`. Where nobody is, the PIN is asked for at a paired device, the password elsewhere. What
    a script asks (htmx, or for JSON) is then answered 401, with the page to go to in `HX-Redirect`.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, business: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        device = device_of(request)
        if device and device.business.slug != business:
            device = None
        if device:
            enter(device.business_id)
        cashier = cashier_at(request, device) if device else None
        if not cashier and not person_of(request):
            return _ask_who(request, reverse("pin") if device else str(settings.LOGIN_URL))
        if cashier:
            place = place_of(cashier)
            act_as(Actor(place.person.email, place.person.pk, actor().address))
            speak(request, place.person.language or place.business.language)
        else:
            place = _place_in(request, business, May.SELL)
        counter = _counter(request, place, device)
        request.place = counter  # type: ignore[attr-defined]
        wear(request, counter.business)
        return view(request, counter, *args, **kwargs)

    return cast("Routed[P]", never_cache(wrapped))


def _counter(request: HttpRequest, place: Place, device: Device | None) -> CounterPlace:
    """Who serves, at the device's store and till where there is a device in a store of theirs."""
    said = {field.name: getattr(place, field.name) for field in fields(Place)}
    if device is None or not place.has_store(device.store):
        return CounterPlace(**said, store=_chosen_store(request, place), till=COUNTER_TILL, device=None)
    return CounterPlace(**{**said, "stores": (device.store,)}, store=device.store, till=device.till, device=device.id)


def _ask_who(request: HttpRequest, url: str) -> HttpResponse:
    """To the page where one says who one is, and from there back to what was asked."""
    asked = request.get_full_path() if request.method in _SAFE else ""
    to_page = redirect_to_login(asked, resolve_url(url)) if asked else HttpResponseRedirect(resolve_url(url))
    if "HX-Request" not in request.headers and "application/json" not in request.headers.get("Accept", ""):
        return to_page
    return HttpResponse(status=401, headers={"HX-Redirect": resolve_url(url)})


def choose_store(request: HttpRequest, place: Place, code: str) -> bool:
    """Serve in a store from now on, in this session; False where it is none that the person works in."""
    if code not in {store.code for store in open_stores_of(place)}:
        return False
    request.session[_STORE] = {**request.session.get(_STORE, {}), str(place.business.id): code}
    return True


def open_stores_of(place: Place) -> list[Store]:
    """The stores that the person works in and that are not closed, by name."""
    return [store for store in stores_of(place) if store.closed_at is None]


def stores_of(place: Place) -> list[Store]:
    """The stores that the person works in, by name; closed ones too."""
    rows = Store.objects.filter(business=place.business).order_by("name", "code")
    return list(rows.filter(code__in=place.stores) if place.stores else rows)


def _chosen_store(request: HttpRequest, place: Place) -> str:
    """The store that was chosen, else the only one; empty where there are several and none was chosen."""
    codes = [store.code for store in open_stores_of(place)]
    chosen = str(request.session.get(_STORE, {}).get(str(place.business.id), ""))
    return chosen if chosen in codes else codes[0] if len(codes) == 1 else ""


def _place_in(request: HttpRequest, business: str, may: May) -> Place:
    """The person's place, where it lets them do this with what is asked."""
    places = places_of(request)
    staff = next((staff for staff in places if staff.business.slug == business), None)
    if staff is None:
        raise Http404
    enter(staff.business_id)
    if not cast("Person", request.user).language:
        speak(request, staff.business.language)
    place = place_of(staff, elsewhere=len(places) > 1)
    request.place = place  # type: ignore[attr-defined]
    wear(request, place.business)
    if not may_open(place.role, may, changes=request.method not in _SAFE):
        raise PermissionDenied
    return place


def place_of(staff: Staff, *, elsewhere: bool = False) -> Place:
    """What somebody's row of the staff gives them."""
    stores = tuple(staff.stores)
    return Place(staff.business, staff.role, stores, elsewhere, staff.person, staff.member_id)
