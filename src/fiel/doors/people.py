"""Who is at the door: how long a session lasts, which language is spoken, and a person's place in a business."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.functional import Promise
from django.views.decorators.cache import never_cache

from fiel import clock
from fiel.doors.look import ROLES
from fiel.shops.models import Business, Person, Staff

__all__ = ["Place", "own_language", "person_of", "places_of", "session_limits", "with_place"]

Answer = Callable[[HttpRequest], HttpResponseBase]
P = ParamSpec("P")

IDLE = timedelta(minutes=30)
AT_MOST = timedelta(hours=12)
_NOTE_EVERY = timedelta(minutes=1)  # not with each page: it is a write


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

    @property
    def role_name(self) -> str | Promise:
        """The role as the person calls it."""
        return ROLES.get(self.role, self.role)


def places_of(request: HttpRequest) -> list[Staff]:
    """The places that the person has who is signed in, by the business's name; looked up once a request."""
    found: list[Staff] | None = getattr(request, "places", None)
    if found is None:
        rows = cast("Person", request.user).places.select_related("business")
        found = list(rows.order_by("business__name", "business_id"))
        request.places = found  # type: ignore[attr-defined]
    return found


def with_place(
    view: Callable[Concatenate[HttpRequest, Place, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """For pages of a business: hands the view the person's place in it.

    Who is not signed in is asked to; who has no place there is answered as if there were no such business.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, business: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        places = places_of(request)
        staff = next((staff for staff in places if staff.business.slug == business), None)
        if staff is None:
            raise Http404
        if not cast("Person", request.user).language:
            speak(request, staff.business.language)
        place = Place(staff.business, staff.role, tuple(staff.stores), elsewhere=len(places) > 1)
        request.place = place  # type: ignore[attr-defined]
        return view(request, place, *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", never_cache(login_required(wrapped)))
