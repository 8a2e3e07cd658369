"""Finding who stands at the counter, by whatever they give: one field for all of it. Enrolling who is new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fiel import clock
from fiel.core.identity import Identity, guesses, mask_phone
from fiel.core.refusals import Fault, Refused
from fiel.doors.counter.desk import Desk, at_desk, note_shown
from fiel.doors.counter.sentences import Said, faults_of, said, sentence_of
from fiel.doors.words import shop_notice
from fiel.members.change import enrol_one
from fiel.members.enrol import CONSENTS, Newcomer
from fiel.members.read import member_by_id, profiles
from fiel.members.search import members_named
from fiel.members.turning import find_typed, is_turning
from fiel.rewards.codes import plain
from fiel.rewards.models import Voucher
from fiel.rewards.vouchers import find_voucher
from fiel.wire.identities import ways_of

__all__ = ["enrol", "find"]

_LONGEST = 200
_PAGE = 20
_WRONG_CODES_A_MINUTE = 10


@require_POST
@at_desk
def find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Lead to the member, offer those of a name, or offer to enrol. A POST: no phone stands in a log of addresses."""
    typed = request.POST.get("q", "").strip()[:_LONGEST]
    if not typed:
        return redirect("counter", desk.business.slug)
    try:
        desk.count_lookup()
        member_id = _known(desk, typed)
        if member_id is not None and is_turning(typed):
            note_shown(request, desk, member_id)
        if member_id is not None:
            return _to_member(desk, member_id, "?shown" if is_turning(typed) else "")
        voucher = _voucher(desk, typed)
    except Refused as refused:
        return render(
            request, "counter/home.html", {"q": typed, "refused": sentence_of(refused)}, status=refused.kind.status
        )
    if voucher is not None:
        return _to_member(desk, voucher.member_id, f"?voucher={voucher.id}")
    if _is_name(typed):
        return _named(request, desk, typed)
    return _offer(request, desk, typed)


def _known(desk: Desk, typed: str) -> UUID | None:
    """The member that a phone, card, tax id, e-mail address, member number or turning code leads to.

    Raises `card_blocked`, and `invalid` for a code that is over.
    """
    try:
        found = find_typed(desk.business, typed, now=clock.now())
    except Refused:
        raise said("invalid", _("This code is over. Ask for the card on the phone to be opened anew.")) from None
    if found is not None and found.blocked:
        raise said("card_blocked", _("This card is blocked. Ask for another card or the phone number."))
    return found.member_id if found else None


def _voucher(desk: Desk, typed: str) -> Voucher | None:
    """The voucher whose code this is; None for what is no code, and for one that there is not."""
    if not plain(typed):
        return None
    try:
        return find_voucher(desk.business, typed)
    except Refused:
        desk.count("codes", _WRONG_CODES_A_MINUTE, _("Too many wrong codes: wait a minute."))
        return None


def _is_name(typed: str) -> bool:
    return "@" not in typed and sum(map(str.isdigit, typed)) < 3 and any(map(str.isalpha, typed))


def _named(request: HttpRequest, desk: Desk, typed: str) -> HttpResponse:
    """Those of a name, a page at a time; the only one at once."""
    after = request.POST.get("after", "")
    last = member_by_id(desk.business.id, after) if after else None
    found = members_named(desk.business.id, typed, after=(last.name_key, last.id) if last else None, limit=_PAGE + 1)
    if not found:
        return _offer(request, desk, typed)
    if len(found) == 1 and last is None:
        return _to_member(desk, found[0].id)
    shown = profiles(desk.business.id, found[:_PAGE])
    page = {
        "q": typed,
        "found": [(each, desk.name_of(each.member), mask_phone(each.identifiers.get("phone", ""))) for each in shown],
        "after": shown[-1].member.id if len(found) > _PAGE else None,
    }
    return render(request, "counter/found.html", page)


def _to_member(desk: Desk, member_id: UUID, query: str = "") -> HttpResponse:
    return redirect(reverse("counter-member", args=[desk.business.slug, member_id]) + query)


# Who is new


@dataclass(slots=True)
class Form:
    """What was typed to enrol somebody, and what is wrong with it, by field."""

    phone: str = ""
    name: str = ""
    card: str = ""
    tax_id: str = ""
    email: str = ""
    birth_date: str = ""
    consents: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def wrong(self) -> dict[str, str]:
        """What to say at each field."""
        return {fault.pointer.strip("/"): fault.detail for fault in self.faults}

    @property
    def more(self) -> bool:
        """Whether something beside phone and name is filled in, or wrong."""
        return bool(self.birth_date or self.consents or self.email or self.tax_id or "birth_date" in self.wrong)


@require_http_methods(["GET", "POST"])
@at_desk
def enrol(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make a customer a member: a phone and a name will do."""
    if request.method == "GET":
        return render(request, "counter/enrol.html", {"form": Form()})
    form = _form(request.POST)
    try:
        newcomer = _newcomer(desk, form)
        now = clock.now()
        member = enrol_one(desk.business, newcomer, now=now, today=desk.day(now), source="counter", by=desk.cashier)
    except Refused as refused:
        form.faults = tuple(faults_of(refused)) or (Fault("/phone", sentence_of(refused)),)
        return render(request, "counter/enrol.html", {"form": form}, status=refused.kind.status)
    return _to_member(desk, member.id, "?new")


def _offer(request: HttpRequest, desk: Desk, typed: str) -> HttpResponse:
    """Nobody is known by this: offer to enrol, with what was typed in its field."""
    form = Form()
    country = desk.business.country
    by_kind = {guess.kind: guess.value for guess in reversed(guesses(typed, region=country, country=country))}
    for kind in ("phone", "tax_id", "email", "card"):
        if kind in by_kind:
            setattr(form, kind, typed if kind != "card" else by_kind[kind])
            break
    if _is_name(typed):
        form.name = typed
    return render(request, "counter/enrol.html", {"form": form, "unknown": typed})


def _form(typed: QueryDict) -> Form:
    form = Form(consents=tuple(each for each in CONSENTS if typed.get(f"consent-{each}")))
    for name in ("phone", "name", "card", "tax_id", "email", "birth_date"):
        setattr(form, name, typed.get(name, "").strip()[:_LONGEST])
    return form


def _newcomer(desk: Desk, form: Form) -> Newcomer:
    """The newcomer that the form describes. Raises `invalid` with a fault for each field that is wrong."""
    faults: list[Fault] = []
    identities: list[Identity] = []
    for kind in ("phone", "card", "tax_id", "email"):
        text = getattr(form, kind)
        try:
            identities += ways_of(desk.business, kind, text, at=f"/{kind}")[:1] if text else ()
        except Refused as refused:
            faults.extend(faults_of(refused))
    born = None
    try:
        born = date.fromisoformat(form.birth_date) if form.birth_date else None
    except ValueError:
        faults.append(Fault("/birth_date", _("Write the day, month and year.")))
    if not identities and not faults:
        faults.append(Fault("/phone", _("Type a phone number: it is what the customer is known by.")))
    if faults:
        raise Said("invalid", faults[0].detail, faults)
    # Not ticked is not a no: it was not asked.
    consents = dict.fromkeys(form.consents, True)
    return Newcomer(
        identities=tuple(identities), name=form.name, birth_date=born, consents=consents, notice=shop_notice()
    )
