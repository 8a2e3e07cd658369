"""What a member decides: consents, contact data, password, language; taking the data along, and leaving."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from fiel.core.identity import display_name
from fiel.core.refusals import Refused
from fiel.doors import tries
from fiel.doors.look import LANGUAGES
from fiel.doors.portal.entering import identity_of
from fiel.doors.portal.place import Here, address_of, leave_session, sentence_of, with_member
from fiel.doors.portal.sending import can_text, send_code, tell_of_leaving
from fiel.doors.portal.words import CONSENT_WORDS, notice
from fiel.doors.said import said
from fiel.doors.words import ASKED
from fiel.ledger.read import balances
from fiel.members.change import Change, change_member
from fiel.members.consenting import answer_consents
from fiel.members.logins import knows_password, make_code, set_password, use_code
from fiel.members.models import Login, LoginCode, Member
from fiel.members.telling import secure
from fiel.outreach.statements import choose, wish_of
from fiel.printing.statement import rules_now, statements_of, statements_pdf
from fiel.privacy.erase import erase
from fiel.privacy.export import export_member, export_tables
from fiel.privacy.requests import ask, requests_of
from fiel.sales.bringing import brought_by, referral_code, referral_link

__all__ = [
    "bring",
    "change_code",
    "consent",
    "contact",
    "export",
    "leave",
    "me",
    "password",
    "request_of",
    "settings_of",
    "statements",
]

_LONGEST_NAME = 200
_MOST_BROUGHT = 50


@require_safe
@with_member
def me(request: HttpRequest, here: Here) -> HttpResponse:
    """Everything that is one's own to decide."""
    return _me(request, here)


def _me(request: HttpRequest, here: Here, *, refused: str = "", at: str = "", status: int = 200) -> HttpResponse:
    granted = here.profile.consents
    login = Login.objects.filter(business=here.business, member_id=here.member.id).first()
    page = {
        "consents": [(purpose, name, text, granted.get(purpose, False)) for purpose, name, text in CONSENT_WORDS],
        "known": here.profile.identifiers,
        "has_password": bool(login and login.password),
        "by_code": bool(here.session and here.session.by_code),
        "spoken": get_language(),
        "statements": _statements(here),
        "asked": [(ASKED[each.what], each) for each in requests_of(here.business.pk, here.member.id)],
        "refused": refused,
        "at": at,
    }
    return render(request, "portal/me.html", page, status=status)


def _statements(here: Here) -> list[tuple[str, str, bool]]:
    """The ways to get statements, and which one was chosen; none of them where figures are not shown."""
    if here.hides:
        return []
    wish = wish_of(here.business, here.member.id)
    chosen = f"{wish.by}.{wish.months}" if wish else ""
    ways = {
        "": _("None"),
        "email.1": _("By e-mail, each month"),
        "email.3": _("By e-mail, each quarter"),
        "letter.1": _("By letter, each month"),
        "letter.3": _("By letter, each quarter"),
    }
    return [(code, name, code == chosen) for code, name in ways.items()]


@require_http_methods(["POST"])
@with_member
def consent(request: HttpRequest, here: Here) -> HttpResponse:
    """Yes or no to one purpose; a row is added, with the words that were shown."""
    purpose = request.POST.get("purpose", "")
    if purpose not in {each for each, *_rest in CONSENT_WORDS}:
        raise Refused("not_found", "There is no such purpose.")
    answers = {purpose: request.POST.get("granted") == "1"}
    answer_consents([(here.member, answers, notice())], now=here.moment, source="portal", by="member")
    return redirect("portal-me", here.business.slug)


@require_http_methods(["POST"])
@with_member
def settings_of(request: HttpRequest, here: Here) -> HttpResponse:
    """Name and language."""
    fields: dict[str, object] = {"name": request.POST.get("name", "").strip()[:_LONGEST_NAME]}
    if request.POST.get("language") in LANGUAGES:
        fields["language"] = request.POST["language"]
    _change(here, Change(fields=fields))
    return redirect("portal-me", here.business.slug)


@require_http_methods(["POST"])
@with_member
def statements(request: HttpRequest, here: Here) -> HttpResponse:
    """Statements: by e-mail or letter, each month or quarter, or none."""
    by, _dot, months = request.POST.get("statements", "").partition(".")
    choose(here.business, here.member.id, by, int(months) if months in ("1", "3") else 0, today=here.today)
    return redirect("portal-me", here.business.slug)


def _change(here: Here, change: Change) -> None:
    now, today, session = here.moment, here.today, _session(here)
    change_member(
        here.business, here.member.id, change, now=now, today=today, source="portal", by="member", session=session
    )


def _session(here: Here) -> str:
    """What is changed here signs the member out everywhere else."""
    return here.session.hash if here.session else ""


@require_http_methods(["POST"])
@with_member
def contact(request: HttpRequest, here: Here) -> HttpResponse:
    """Another phone or e-mail address: a code goes there first. That it is somebody else's shows nowhere."""
    try:
        identity = identity_of(here, request.POST.get("who", "")[:254])
        if identity.kind == "phone" and not can_text():
            raise said("invalid", _("We cannot send messages to phones yet: ask at the counter to change it."))
        account = f"change:{here.business.pk}:{here.member.id}"
        if tries.take("", account) is not None:
            raise Refused("rate_limited", "Too many tries.")
    except Refused as refused:
        return _me(request, here, refused=sentence_of(refused), at="contact", status=refused.kind.status)
    made: dict[str, Any] = {"purpose": "change", "member_id": here.member.id, "now": here.moment}
    code_id, code = make_code(here.business, identity, **made)
    send_code(here.business, code_id, code, joins=True)
    return redirect("portal-change", here.business.slug, code_id)


@require_http_methods(["GET", "HEAD", "POST"])
@with_member
def change_code(request: HttpRequest, here: Here, code_id: UUID) -> HttpResponse:
    """Type the code that came to the new phone or address: from then on it is the member's."""
    if request.method != "POST":
        return render(request, "portal/code.html")
    ours = LoginCode.objects.filter(business=here.business, id=code_id, purpose="change", member_id=here.member.id)
    try:
        if not ours.exists():
            raise Refused("invalid", "There is no such code.")
        used = use_code(here.business, code_id, request.POST.get("code", "")[:20], now=here.moment)
        _change(here, Change(identifiers={used.kind: used.value}))
    except Refused:
        page = {"refused": _("This code is wrong, used up or too old. Look again, or ask for a new one.")}
        return render(request, "portal/code.html", page, status=422)
    return redirect("portal-me", here.business.slug)


@sensitive_post_parameters()
@require_http_methods(["POST"])
@with_member
def password(request: HttpRequest, here: Here) -> HttpResponse:
    """Set a password: with the old one, or in a session that began by a code."""
    old, new = request.POST.get("old", "")[:200], request.POST.get("new", "")[:200]
    try:
        if not (here.session and here.session.by_code):
            if tries.take(address_of(request), f"password:{here.business.pk}:{here.member.id}") is not None:
                raise Refused("rate_limited", "Too many tries.")
            if not knows_password(here.business, here.member.id, old):
                raise said("invalid", _("This is not your password."))
        try:
            validate_password(new)
        except ValidationError as wrong:
            raise said("invalid", " ".join(wrong.messages)) from None
    except Refused as refused:
        return _me(request, here, refused=sentence_of(refused), at="password", status=refused.kind.status)
    with transaction.atomic():
        set_password(here.business, here.member.id, make_password(new))
        secure(here.business, here.member.id, email="", now=here.moment, session=_session(here))
    return redirect("portal-me", here.business.slug)


@require_safe
@with_member
def export(request: HttpRequest, here: Here, kind: str) -> HttpResponse:
    """Everything that is kept, as JSON, as CSV tables in a ZIP, or as the statement on paper."""
    if kind not in _EXPORTS:
        raise Http404
    ending, content_type, made = _EXPORTS[kind]
    disposition = {"Content-Disposition": f'attachment; filename="{here.business.slug}.{ending}"'}
    return HttpResponse(made(here), content_type=content_type, headers=disposition)


def _as_json(here: Here) -> bytes:
    return json.dumps(export_member(here.business, here.member), ensure_ascii=False, indent=1).encode()


def _as_tables(here: Here) -> bytes:
    return export_tables(export_member(here.business, here.member))


def _as_statement(here: Here) -> bytes:
    """Since the member joined."""
    rules = rules_now(here.business, here.moment)
    told = statements_of(here.business, [here.member], rules, here.member.joined, rules.today)
    return statements_pdf(here.business, told, letters=False, progress=lambda done: None)


_EXPORTS: dict[str, tuple[str, str, Callable[[Here], bytes]]] = {
    "json": ("json", "application/json", _as_json),
    "csv": ("zip", "application/zip", _as_tables),
    "pdf": ("pdf", "application/pdf", _as_statement),
}
"""How the data can be taken along: the file's ending and type, and what makes it."""


@require_http_methods(["POST"])
@with_member
def request_of(request: HttpRequest, here: Here) -> HttpResponse:
    """Ask the shop to put something right that one cannot change oneself."""
    try:
        words = request.POST.get("words", "")[:1001]
        member_id, source = here.member.id, "portal"
        ask(here.business, member_id, "correct", words=words, source=source, now=here.moment, today=here.today)
    except Refused:
        wrong = _("Say what is wrong, and how it should be, in at most 1,000 letters.")
        return _me(request, here, refused=wrong, at="request", status=422)
    return redirect("portal-me", here.business.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@with_member
def leave(request: HttpRequest, here: Here) -> HttpResponse:
    """Leave, and be erased; what is lost is said first, and ticked."""
    if request.method == "POST" and request.POST.get("sure") == "1":
        to = here.profile.identifiers.get("email", "")
        erase(here.business, here.member.id, now=here.moment, by="member", record=Path(settings.DATA_FOLDER))
        if to:
            tell_of_leaving(here.business, to)
        here.signed_in = None
        answer = render(request, "portal/left.html")
        leave_session(request, answer, here.business)
        return answer
    held = [each for each in balances(here.business.pk, [here.member.id]) if each.holding.balance > 0]
    visible = {unit.code: unit for unit in here.units}
    lost = [here.said(each.holding.balance, visible[each.unit]) for each in held if each.unit in visible]
    return render(request, "portal/leave.html", {"lost": lost, "unsure": request.method == "POST"})


@require_safe
@with_member
def bring(request: HttpRequest, here: Here) -> HttpResponse:
    """The member's link for friends, how it looks to them, and what became of those who came."""
    if not here.bringing:
        raise Http404
    now = here.now
    rows = brought_by(here.business.pk, here.member.id, now.programme, now.today, limit=_MOST_BROUGHT)
    brought = [
        {
            "name": display_name(each.member.name) or _("A friend"),
            "joined": each.member.joined,
            "state": each.state,
            "gift": here.said(each.steps, now.units[each.unit]) if each.steps and each.unit in now.units else "",
        }
        for each in rows
    ]
    link = referral_link(here.business, referral_code(here.business, here.member.id))
    name = _as_seen(here.member)
    return render(request, "portal/bring.html", {"link": link, "brought": brought, "friend": name})


def _as_seen(member: Member) -> str:
    return display_name(member.name) or _("A friend")
