"""The invitation list as the office and the counter show it, and what is done there about somebody on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fiel import clock
from fiel.core.identity import display_name
from fiel.core.refusals import Refused
from fiel.doors.asked import number_in, uuid_in
from fiel.doors.look import day as day_said
from fiel.doors.look import money, with_unit
from fiel.doors.people import Place
from fiel.doors.present import Present
from fiel.doors.said import said
from fiel.members.models import Member
from fiel.members.read import Profile, profiles
from fiel.outreach.consent import who_may_be_told
from fiel.outreach.invitations.contact import ways
from fiel.outreach.invitations.due import NEEDS
from fiel.outreach.invitations.listing import SHOWS, Page, count_due, open_ones_of, page_of
from fiel.outreach.invitations.outcome import find_invitation, give_gift, invited, not_interested, put_off, take_on
from fiel.outreach.invitations.words import About, about, words_for
from fiel.outreach.wordings import Words
from fiel.rewards.give import Issued
from fiel.rewards.models import Invitation
from fiel.shops.models import Role

__all__ = ["HOWS", "WHYS", "Done", "Row", "act_on", "listed", "open_rows", "rows_of", "shown_by", "to_invite"]

WHYS: Mapping[str, Promise] = {
    "goal": gettext_lazy("Goal reached"),
    "birthday": gettext_lazy("Birthday"),
    "away": gettext_lazy("Long away"),
    "lapsing": gettext_lazy("About to lapse"),
    "tier": gettext_lazy("Close to the next tier"),
    "campaign": gettext_lazy("Campaign"),
}
HOWS: Mapping[str, Promise] = {
    "whatsapp": gettext_lazy("WhatsApp"),
    "call": gettext_lazy("Call"),
    "sms": gettext_lazy("Text message"),
    "email": gettext_lazy("E-mail"),
    "person": gettext_lazy("in person"),
}
_ENDS: Mapping[str, Promise] = {
    "given": gettext_lazy("The gift was given"),
    "came": gettext_lazy("Came back"),
    "not_due": gettext_lazy("No longer due"),
    "not_interested": gettext_lazy("Not interested"),
    "over": gettext_lazy("Its time is over"),
    "erased": gettext_lazy("The member left"),
    "merged": gettext_lazy("Two members became one"),
}
_LATER_DAYS = frozenset({1, 3, 7, 30})
_PAGE = 20
_KNOWS_NAMES = frozenset({Role.OWNER, Role.MANAGER, Role.MARKETING, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody on the list: who, why, with which gift, how to reach them, and what was done so far.

    `ways`: (how, what it is called, address); `quiet`: that they want no messages, so that nobody writes to them.
    """

    invitation: Invitation
    name: str
    why: str
    gift: str
    budget: str
    words: Words
    ways: tuple[tuple[str, str, str], ...]
    quiet: bool
    mine: bool
    ended: str


def listed(request: HttpRequest, place: Place) -> dict[str, object]:
    """What a page of the list shows: what was asked for of it, and the rows."""
    show = shown_by(request.GET)
    today = Present(place.business, clock.now()).today
    mine = request.GET.get("mine") == "1"
    page: Page = page_of(
        place.business.id,
        show,
        today=today,
        person_id=place.person.pk if mine else None,
        stores=place.stores,
        after=uuid_in(request.GET.get("after", "")),
        limit=_PAGE,
    )
    counts = count_due(place.business.id, today=today, stores=place.stores)
    return {
        "show": show,
        "mine": mine,
        "shows": [(each, SHOW_NAMES[each], counts.get(each)) for each in SHOWS],
        "rows": rows_of(place, page.rows, today),
        "after": page.after,
        "zone": place.business.timezone,
        "laters": [(1, _("tomorrow")), (3, _("in 3 days")), (7, _("in a week")), (30, _("in a month"))],
    }


SHOW_NAMES: Mapping[str, Promise] = {
    "due": gettext_lazy("To invite"),
    "invited": gettext_lazy("Invited"),
    "later": gettext_lazy("Later"),
    "done": gettext_lazy("Done"),
}


def shown_by(asked: QueryDict) -> str:
    """Which part of the list is asked for."""
    show = asked.get("show", "")
    return show if show in SHOWS else SHOWS[0]


def rows_of(place: Place, invitations: Sequence[Invitation], today: date) -> list[Row]:
    """Invitations as they are shown; as many queries for a page as for one."""
    business = place.business
    members = {each.member_id: each.member for each in invitations}
    known = {each.member.id: each for each in profiles(business.id, list(members.values()))}
    may = {
        why: who_may_be_told(business, members.values(), NEEDS[why], today)
        for why in {each.why for each in invitations}
    }
    items = about(business, invitations)
    words = words_for(business, members, items)
    return [_row(place, item, known, words, may, today) for item in items]


def _row(
    place: Place,
    item: About,
    known: Mapping[UUID, Profile],
    words: Mapping[UUID, Words],
    may: Mapping[str, set[UUID]],
    today: date,
) -> Row:
    invitation, member = item.invitation, item.invitation.member
    allowed = member.id in may[invitation.why]
    own = words[invitation.id]
    found = ways(known[member.id].identifiers, own) if allowed and invitation.closed_at is None else ()
    return Row(
        invitation=invitation,
        name=_name(place, member),
        why=why_said(item, place.business.currency, today),
        gift=str(item.gift or ""),
        budget=money(invitation.budget, place.business.currency) if invitation.budget is not None else "",
        words=own,
        ways=tuple((way.how, str(HOWS[way.how]), way.url) for way in found),
        quiet=not allowed,
        mine=invitation.person_id == place.person.pk,
        ended=str(_ENDS.get(invitation.closed_why, "")),
    )


def _name(place: Place, member: Member) -> str:
    whole = place.role in _KNOWS_NAMES
    return (member.name if whole else display_name(member.name)) or member.code


def why_said(item: About, currency: str, today: date) -> str:
    """Why somebody is to be invited, in a few words."""
    why = item.invitation.why
    when = day_said(item.day, today=today) if item.day else ""
    if why == "birthday" and item.day == today:
        return _("Birthday today!")
    if why == "birthday":
        return _("Birthday: %(day)s") % {"day": when}
    if why == "away":
        return _("Last here: %(day)s") % {"day": when}
    if why == "lapsing" and item.unit:
        return _("%(amount)s lapse after %(day)s") % {
            "amount": with_unit(item.steps, item.unit, currency),
            "day": when,
        }
    if why == "tier":
        return _("Close to %(tier)s") % {"tier": item.tier}
    return str(WHYS[why])


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence; the voucher where a gift was given."""

    text: str
    issued: Issued | None = None


def act_on(request: HttpRequest, place: Place, member_id: UUID, invitation_id: UUID) -> Done:
    """Do what a form says about an invitation. Raises refusals."""
    now = clock.now()
    try:
        invitation = find_invitation(place.business, member_id, invitation_id)
    except Refused:
        raise Http404 from None
    if place.member_id == member_id:
        raise said("forbidden", _("This is your own account: a colleague has to do it."))
    match request.POST.get("act", ""):
        case "invited":
            invited(invitation, request.POST.get("how", ""), by=str(place.person), now=now)
            return Done(_("Noted as invited."))
        case "give":
            issued = give_gift(invitation, now=now)
            text = _("The gift is given: voucher %(code)s.") % {"code": issued.code} if issued else _("Done.")
            return Done(text, issued)
        case "later":
            return _later(place, invitation, request.POST.get("days", ""))
        case "no":
            not_interested(invitation, now=now)
            return Done(_("Taken off the list."))
        case "take" | "leave" as which:
            take_on(invitation, place.person if which == "take" else None, now=now)
            return Done(_("It is yours now.") if which == "take" else _("It is everybody's again."))
    raise said("invalid", _("Choose what to do."))


def _later(place: Place, invitation: Invitation, days: str) -> Done:
    chosen = number_in(days)
    if chosen not in _LATER_DAYS:
        raise said("invalid", _("Choose until when."))
    now = clock.now()
    today = Present(place.business, now).today
    put_off(invitation, today + timedelta(days=chosen), today=today, now=now)
    return Done(_("Put off."))


def to_invite(place: Place) -> int:
    """How many are to be invited now."""
    today = Present(place.business, clock.now()).today
    return count_due(place.business.id, today=today, stores=place.stores)["due"]


def open_rows(place: Place, member: Member) -> list[Row]:
    """What stands on the list for a member who is here now."""
    today = Present(place.business, clock.now()).today
    found = open_ones_of(place.business.id, member.id, today=today)
    return rows_of(place, found, today) if found else []
