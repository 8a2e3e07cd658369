"""Coming in: signing in by password or code, joining, and leaving the session.

Whether somebody is known shows nowhere: not in the answer, nor in the time it takes.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fiel.core.identity import Identity, display_name, email, phone
from fiel.core.refusals import Refused
from fiel.doors import tries
from fiel.doors.portal.place import Here, address_of, at_portal, keep_session, leave_session, sentence_of
from fiel.doors.portal.sending import can_text, send_code
from fiel.doors.portal.words import CONSENT_WORDS, notice
from fiel.doors.said import said
from fiel.members.change import enrol_one
from fiel.members.consenting import answer_consents
from fiel.members.find import find_one
from fiel.members.logins import begin_session, knows_password, make_code, set_password, use_code
from fiel.members.models import LoginCode, Member
from fiel.members.newcomer import NOTICE, Newcomer
from fiel.sales.bringing import referrer_of_code
from fiel.shops.models import Business
from fiel.shops.texts import text_of

__all__ = ["code", "identity_of", "join", "sign_in", "sign_out"]


class JoinForm(forms.Form):
    """Who joins. Nothing is ticked beforehand."""

    name = forms.CharField(label=gettext_lazy("Your name"), required=False, max_length=200)
    who = forms.CharField(label=gettext_lazy("E-mail address or mobile number"), max_length=254)
    password = forms.CharField(
        label=gettext_lazy("Password (you can also do without)"),
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters. Without one we send you a code whenever you sign in."),
    )
    adult = forms.BooleanField()

    def __init__(self, *said: Any, business: Business) -> None:
        super().__init__(*said)
        self.fields["adult"].label = _("I am at least %(years)s years old") % {"years": business.minimum_age}

    def clean_password(self) -> str:
        """A password that is not easily guessed, if there is one."""
        password = str(self.cleaned_data["password"])
        if password:
            validate_password(password)
        return password


def identity_of(here: Here, text: str) -> Identity:
    """What somebody typed, as an e-mail address or a phone. Raises `invalid`, in the reader's language."""
    try:
        if "@" in text:
            return Identity("email", email(text))
        return Identity("phone", phone(text, region=here.business.country))
    except Refused:
        sentence = _("Write an e-mail address like ana@example.com, or a mobile number with its area code.")
        raise said("invalid", sentence, "/who") from None


@sensitive_post_parameters("password")
@require_http_methods(["POST"])
@at_portal
def sign_in(request: HttpRequest, here: Here) -> HttpResponse:
    """By password; or, with the other button, by a code that is sent to whoever is known by it."""
    typed, password = request.POST.get("who", "")[:254], request.POST.get("password", "")[:200]
    try:
        identity = identity_of(here, typed)
        account = f"member:{here.business.pk}:{identity.kind}:{identity.value}"
        if "by_code" not in request.POST and password:
            return _by_password(request, here, identity, account, password)
        return _ask_code(request, here, identity, account, purpose="sign_in")
    except Refused as refused:
        page = {"who": typed, "refused": sentence_of(refused)}
        return render(request, "portal/welcome.html", page, status=refused.kind.status)


def _by_password(request: HttpRequest, here: Here, identity: Identity, account: str, password: str) -> HttpResponse:
    if tries.take(address_of(request), account) is not None:
        raise Refused("rate_limited", "Too many tries.")
    member_id = _known(here, identity)
    if not knows_password(here.business, member_id, password) or member_id is None:
        raise said("invalid", _("This is not the right password, or nobody is known by this."), "/password")
    tries.forget(address_of(request), account)
    return _signed_in(here, member_id, by_code=False)


def _ask_code(
    request: HttpRequest, here: Here, identity: Identity, account: str, *, purpose: str, payload: Any = None
) -> HttpResponse:
    """Send a code, and lead to where it is typed. Five in a quarter of an hour, wherever they are asked for from."""
    if tries.take("", f"code:{account}") is not None or tries.take(address_of(request), f"code:{account}") is not None:
        raise Refused("rate_limited", "Too many tries.")
    member_id = _known(here, identity)
    made = {"purpose": purpose, "member_id": member_id, "now": here.moment, "payload": payload}
    code_id, secret = make_code(here.business, identity, **made)
    send_code(here.business, code_id, secret, joins=purpose == "join")
    return redirect("portal-code", here.business.slug, code_id)


def _known(here: Here, identity: Identity) -> UUID | None:
    found = find_one(here.business.pk, [identity])
    return found[1].member_id if found else None


def _signed_in(here: Here, member_id: UUID, *, by_code: bool) -> HttpResponse:
    answer = redirect("portal", here.business.slug)
    secret = begin_session(here.business, member_id, by_code=by_code, now=here.moment)
    keep_session(answer, here.business, secret)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@at_portal
def code(request: HttpRequest, here: Here, code_id: UUID) -> HttpResponse:
    """Type the code that came: it signs in, and makes whoever joins a member."""
    if request.method != "POST":
        return render(request, "portal/code.html")
    try:
        used = use_code(here.business, code_id, request.POST.get("code", "")[:20], now=here.moment)
        if used.purpose == "change":
            raise Refused("invalid", "This code is for something else.")
        member_id = _joined(here, used) if used.purpose == "join" else _known(here, Identity(used.kind, used.value))
        if member_id is None:
            raise Refused("invalid", "Nobody is known by this.")
    except Refused:
        page = {"refused": _("This code is wrong, used up or too old. Look again, or ask for a new one.")}
        return render(request, "portal/code.html", page, status=422)
    return _signed_in(here, member_id, by_code=True)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@at_portal
def join(request: HttpRequest, here: Here) -> HttpResponse:
    """Become a member; who was one already, and proves it, comes in as that."""
    by = (request.POST.get("by") or request.GET.get("by") or "")[:20]
    form = JoinForm(request.POST if request.method == "POST" else None, business=here.business)
    ticked = [purpose for purpose, *_rest in CONSENT_WORDS if purpose in request.POST.getlist("consent")]
    status = 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            identity = identity_of(here, given["who"])
            if identity.kind == "phone" and not can_text():
                raise said("invalid", _("Write your e-mail address: we cannot send messages to phones yet."), "/who")
            payload = {
                "name": given["name"].strip(),
                "password": make_password(given["password"] or None),
                "has_password": bool(given["password"]),
                "language": get_language() or "",
                "consents": ticked,
                "by": by,
            }
            account = f"member:{here.business.pk}:{identity.kind}:{identity.value}"
            return _ask_code(request, here, identity, account, purpose="join", payload=payload)
        except Refused as refused:
            form.add_error(None if refused.code == "rate_limited" else "who", sentence_of(refused))
            status = refused.kind.status
    elif request.method == "POST":
        status = 422
    page = {"form": form, "by": by, "friend": _friend(here, by), "words": CONSENT_WORDS, "ticked": ticked}
    page["privacy"] = text_of(here.business, "privacy", get_language() or "")
    return render(request, "portal/join.html", page, status=status)


def _friend(here: Here, by: str) -> str:
    """Who brings somebody, as a stranger may see it; empty where it is nobody's code."""
    referrer = referrer_of_code(here.business.pk, by) if by else None
    member = Member.objects.filter(business=here.business, id=referrer).first() if referrer else None
    return display_name(member.name) or _("A friend") if member else ""


def _joined(here: Here, used: LoginCode) -> UUID:
    """Make a member of who joins, or find the one they are; what they chose is kept."""
    given, identity = used.payload, Identity(used.kind, used.value)
    member_id = _known(here, identity)
    if member_id is None:
        newcomer = Newcomer(
            identities=(identity,),
            name=given["name"],
            language=given["language"],
            referred_by=referrer_of_code(here.business.pk, given["by"]) if given["by"] else None,
            new_card=True,
        )
        now, today = here.moment, here.today
        member_id = enrol_one(here.business, newcomer, now=now, today=today, source="portal", by="member").id
    if given["has_password"]:
        set_password(here.business, member_id, given["password"])
    member = Member.objects.get(business=here.business, id=member_id)
    answers = dict.fromkeys([NOTICE, *given["consents"]], True)
    told = notice(text_of(here.business, "privacy", get_language() or ""))
    answer_consents([(member, answers, told)], now=here.moment, source="portal", by="member")
    LoginCode.objects.filter(business=here.business, id=used.id).update(payload={})
    return member_id


@require_http_methods(["POST"])
@at_portal
def sign_out(request: HttpRequest, here: Here) -> HttpResponse:
    """Leave the session."""
    answer = redirect("portal", here.business.slug)
    leave_session(request, answer, here.business)
    return answer


# IMPORT
