"""Who is at the portal of which business: a member's own session, apart from those of the staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property, wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from fiel import clock
from fiel.core.programme import Unit
from fiel.core.refusals import Refused
from fiel.doors.brand import wear
from fiel.doors.look import with_unit
from fiel.doors.people import speak
from fiel.doors.present import Present
from fiel.doors.said import Said
from fiel.members.logins import end_session, held_until, member_of_session
from fiel.members.models import Member, MemberSession
from fiel.members.read import Profile, profiles
from fiel.shops.models import Business
from fiel.tables.walls import enter
from fiel.trail.acting import Actor, act_as, actor

__all__ = ["Here", "address_of", "at_portal", "keep_session", "leave_session", "sentence_of", "with_member"]

P = ParamSpec("P")
_COOKIE_AGE = 180 * 24 * 60 * 60
_SENTENCES = {
    "not_enough": _("There is not enough on your account for this."),
    "reward_not_available": _("This cannot be had now."),
    "voucher_not_redeemable": _("This voucher was used, or its time is over."),
    "member_exists": _("Somebody here has this already."),
    "not_found": _("There is no such thing here. Load the page anew."),
    "rate_limited": _("Too many tries. Wait a quarter of an hour, then try again."),
}


class Here:
    """A business's portal in one request, and who is signed in; what a page does not show is not looked up."""

    def __init__(self, business: Business, member: Member | None = None, session: MemberSession | None = None) -> None:
        self.business = business
        self.signed_in = member
        self.session = session
        self.moment: datetime = clock.now()

    @property
    def member(self) -> Member:
        """The member; only for pages that ask for one."""
        if self.signed_in is None:
            raise Http404
        return self.signed_in

    @cached_property
    def now(self) -> Present:
        """The rules in force, every unit, the day."""
        return Present(self.business, self.moment)

    @property
    def today(self) -> date:
        """The day by the programme's clock."""
        return self.now.today

    @cached_property
    def profile(self) -> Profile:
        """What identifies the member."""
        return profiles(self.business.pk, [self.member])[0]

    @cached_property
    def units(self) -> list[Unit]:
        """The units that members may see."""
        return [unit for unit in self.now.shown if unit.visible]

    @property
    def hides(self) -> bool:
        """Whether the programme shows its members no figures: then card, rewards given and consents are all."""
        return not self.units

    @cached_property
    def held_until(self) -> datetime | None:
        """Until when nothing can be spent from here."""
        return held_until(self.business, self.member.id, now=self.moment)

    @property
    def bringing(self) -> bool:
        """Whether the programme thanks members for bringing others."""
        return bool(self.now.programme and self.now.programme.referral)

    @property
    def zone(self) -> str:
        """The clock by which times are told."""
        return str(self.now.programme.timezone if self.now.programme else self.business.timezone)

    def said(self, steps: int, unit: Unit, *, sign: bool = False) -> str:
        """Steps of a unit in words."""
        return with_unit(steps, unit, self.business.currency, sign=sign)


def sentence_of(refused: Refused) -> str:
    """What to say of a refusal, in the member's language."""
    known = None if isinstance(refused, Said) else _SENTENCES.get(refused.code)
    return str(known) if known else refused.detail


def address_of(request: HttpRequest) -> str:
    """From where somebody comes, to count their tries."""
    return str(request.META.get("REMOTE_ADDR", ""))


PortalView = Callable[Concatenate[HttpRequest, Here, P], HttpResponse]
Routed = Callable[Concatenate[HttpRequest, str, P], HttpResponse]


def at_portal(view: PortalView[P]) -> Routed[P]:
    """For pages that anybody may open: hands the view the portal, with who is signed in, if somebody is."""

    @wraps(view)
    def wrapped(request: HttpRequest, business: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return _answer(request, _here(request, business), view, *args, **kwargs)

    return cast("Routed[P]", never_cache(wrapped))


def with_member(view: PortalView[P]) -> Routed[P]:
    """For pages of a member: who is not signed in is led to where one signs in."""

    @wraps(view)
    def wrapped(request: HttpRequest, business: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        here = _here(request, business)
        if here.signed_in is None:
            return redirect("portal", business)
        return _answer(request, here, view, *args, **kwargs)

    return cast("Routed[P]", never_cache(wrapped))


def _answer(request: HttpRequest, here: Here, view: PortalView[P], *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
    try:
        return view(request, here, *args, **kwargs)
    except Refused as refused:  # no page of its own to be said on
        return render(request, "portal/no.html", {"refused": sentence_of(refused)}, status=refused.kind.status)


def _here(request: HttpRequest, slug: str) -> Here:
    business = Business.objects.filter(slug=slug).first()
    if business is None:
        raise Http404
    enter(business.pk)
    here = Here(business)
    secret = request.COOKIES.get(_cookie(business), "")
    found = member_of_session(business, secret, now=here.moment) if secret else None
    if found is not None:
        here.signed_in, here.session = found
        act_as(Actor(f"member {here.member.id}", None, actor().address))
    if here.signed_in and here.signed_in.language:
        speak(request, here.signed_in.language)
    elif settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and "Accept-Language" not in request.headers:
        speak(request, business.language)
    request.here = here  # type: ignore[attr-defined]
    wear(request, business)
    return here


def _cookie(business: Business) -> str:
    """One for each business: somebody may be a member of two."""
    prefix = settings.SESSION_COOKIE_NAME.removesuffix("session")
    return f"{prefix}member-{business.slug}"


def keep_session(answer: HttpResponse, business: Business, secret: str) -> None:
    """Let the browser keep a session's secret, out of every script's reach."""
    answer.set_cookie(
        _cookie(business),
        secret,
        max_age=_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def leave_session(request: HttpRequest, answer: HttpResponse, business: Business) -> None:
    """Sign this browser out."""
    end_session(business, request.COOKIES.get(_cookie(business), ""))
    answer.delete_cookie(_cookie(business), samesite="Lax")
