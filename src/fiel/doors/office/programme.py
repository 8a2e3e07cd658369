"""The programme in the office: the draft in plain sentences, its rules as forms, publishing, history, files."""

from __future__ import annotations

import difflib
from copy import deepcopy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.doors.asked import number_in
from fiel.doors.office.picking import Choice, choices_of
from fiel.doors.office.programme_form import GROUPS, SECTIONS, Field, item_of, typed_of
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.rules import lines_of, sentences_of
from fiel.programme.drafts import checked, discard, draft_of, keep, publish_draft
from fiel.programme.examples import EXAMPLES, example
from fiel.programme.files import as_toml, read_text
from fiel.programme.models import Version
from fiel.programme.versions import latest, rules_of
from fiel.rewards.models import Reward
from fiel.shops.roles import May

__all__ = ["change_draft", "history", "programme", "programme_file", "publish", "rule"]

with_place = with_place_(may=May.RULES)

_LONGEST = 20_000
_MOST_REWARDS = 500
_LARGEST_FILE = 1024 * 1024
_PAGE = 10


@require_safe
@with_place
def programme(request: HttpRequest, place: Place) -> HttpResponse:
    """The draft, each rule as a sentence, and what is wrong with it."""
    draft = draft_of(place.business)
    stated, faults = checked(place.business, draft.document)
    told = sentences_of(stated) if stated else {}
    groups = [
        (section, label, _rows(section, draft.document, told.get(section, [])), section not in ("general", "referral"))
        for section, label in GROUPS.items()
    ]
    page = {
        "draft": draft,
        "kept": draft.changed_at is not None,
        "groups": groups,
        "faults": faults,
        "warnings": stated.warnings if stated else (),
        "examples": EXAMPLES if not draft.document.get("units") else (),
        "published": latest(place.business.id),
        "zone": place.business.timezone,
    }
    return render(request, "office/draft.html", page)


def _rows(section: str, document: dict[str, Any], told: list[str]) -> list[tuple[str, str, str]]:
    """Of each item of a section: its number, its code, and its sentence, where it can be told."""
    if section == "general":
        return [("0", str(document.get("name", "")), f"{document.get('currency')} · {document.get('timezone')}")]
    items = document.get(section) or []
    items = [items] if isinstance(items, dict) else items
    said = told if len(told) == len(items) else [""] * len(items)
    return [
        (str(number), str(item.get("code", "")), sentence)
        for number, (item, sentence) in enumerate(zip(items, said, strict=True))
    ]


# One rule


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def rule(request: HttpRequest, place: Place, section: str, number: str) -> HttpResponse:
    """One item of a section: changed, added (`number` is "new"), or taken out. What is wrong stands at its field."""
    if section not in SECTIONS:
        raise Http404
    draft = draft_of(place.business)
    item = _item(draft.document, section, number)
    typed, wrong = typed_of(section, item), {}
    if number == "new":  # a report may suggest one: what its address says stands in the form
        typed |= {name: request.GET[name][:_LONGEST] for name in typed.keys() & request.GET.keys()}
    if request.method == "POST":
        typed = {field.name: ", ".join(request.POST.getlist(field.name))[:_LONGEST] for field in SECTIONS[section]}
        said = None if "remove" in request.POST else item_of(section, typed)
        document, at = _with_item(draft.document, section, number, said)
        faults = checked(place.business, document)[1] if said is not None else ()
        wrong = _wrong(section, at, faults)
        if not wrong:
            keep(place.business, document, base=draft.base, by=place.person.email, now=clock.now())
            return redirect("programme", place.business.slug)
    rare = [field for field in SECTIONS[section] if field.rare]
    page = {
        "section": section,
        "label": GROUPS[section],
        "rare": {"open": any(typed.get(field.name) or field.pointer in wrong for field in rare)} if rare else None,
        "code": item.get("code", ""),
        "new": number == "new",
        "fields": [
            (
                field,
                typed.get(field.name, ""),
                wrong.get(field.pointer, ""),
                _choices(place, draft.document, field, typed),
            )
            for field in SECTIONS[section]
        ],
        "others": [text for pointer, text in wrong.items() if pointer not in {f.pointer for f in SECTIONS[section]}],
    }
    return render(request, "office/rule.html", page, status=422 if wrong else 200)


def _choices(place: Place, document: dict[str, Any], field: Field, typed: dict[str, str]) -> list[Choice]:
    """What can be picked or ticked for a field; empty where it is typed. What stands in it is always among them."""
    value = typed.get(field.name, "")
    parts = value.split(",") if field.kind == "list" else [value]
    ticked = [part.strip() for part in parts if part.strip()]
    if field.picked:
        return choices_of(place.business.pk, field.picked, ticked)
    known = field.known(document)
    if field.name == "reward":
        rewards = Reward.objects.filter(business=place.business).order_by("name", "code")[:_MOST_REWARDS]
        known = [(each.code, str(each)) for each in rewards]
    if not known:
        return []
    codes = [code for code, _name in known]
    unknown = [(code, code) for code in ticked if code not in codes]
    return [Choice(code, str(name), ticked=code in ticked) for code, name in (*known, *unknown)]


def _item(document: dict[str, Any], section: str, number: str) -> dict[str, Any]:
    if section == "general":
        return document
    if section == "referral":
        return document.get("referral") or {}
    items = document.get(section) or []
    if number == "new":
        return {}
    place = number_in(number)
    if place is None or place >= len(items):
        raise Http404
    found: dict[str, Any] = items[place]
    return found


def _with_item(
    document: dict[str, Any], section: str, number: str, said: dict[str, Any] | None
) -> tuple[dict[str, Any], str]:
    """The document with an item as it was typed, without it where that is None; and where it then stands."""
    changed = deepcopy(document)
    if section == "general":
        named = {field.name for field in SECTIONS["general"]}
        return {**{key: value for key, value in changed.items() if key not in named}, **(said or {})}, ""
    if section == "referral":
        changed["referral"] = said
        return {key: value for key, value in changed.items() if value is not None}, "/referral"
    items = list(changed.get(section) or [])
    place = len(items) if number == "new" else int(number)
    items[place : place + 1] = [] if said is None else [said]
    changed[section] = items
    return {key: value for key, value in changed.items() if value != []}, f"/{section}/{place}"


def _wrong(section: str, at: str, faults: tuple[Fault, ...]) -> dict[str, str]:
    """What is wrong in this item, by its place in it; what is wrong elsewhere stands with the draft."""
    own = {field.pointer for field in SECTIONS[section]}
    found: dict[str, str] = {}
    for fault in faults:
        inside = fault.pointer.removeprefix(at)
        if at and not fault.pointer.startswith(at + "/") and fault.pointer != at:
            continue
        if not at and inside not in own:
            continue
        # A place inside a list, and one inside a field that has two ways to be filled, stand at the field.
        near = next((name for name in sorted(own, key=len, reverse=True) if inside.startswith(name)), inside)
        found.setdefault(near, fault.detail)
    return found


# The draft as a whole


@require_POST
@with_place
def change_draft(request: HttpRequest, place: Place) -> HttpResponse:
    """Begin with an example, with a version from before, or with a file; or forget the draft."""
    business, posted = place.business, request.POST
    base = published.number if (published := latest(business.id)) else 0
    try:
        if "example" in posted:
            document = {**example(posted["example"]), "currency": business.currency, "timezone": business.timezone}
        elif "version" in posted:
            document = _version(place, posted["version"]).document
        elif file := request.FILES.get("file"):
            if (file.size or 0) > _LARGEST_FILE:
                raise Refused("too_large", _("The file is too large to be a programme."))
            document = read_text(file.read().decode("utf-8-sig", "replace"), name=file.name or "")
        else:
            discard(business)
            return redirect("programme", business.slug)
    except Refused as refused:
        messages.error(request, refused.detail)
        return redirect("programme", business.slug)
    keep(business, document, base=base, by=place.person.email, now=clock.now())
    messages.success(request, _("The draft is replaced. Nothing counts by it until it is published."))
    return redirect("programme", business.slug)


@require_POST
@with_place
def publish(request: HttpRequest, place: Place) -> HttpResponse:
    """Let the draft count from now on."""
    try:
        version = publish_draft(place.business, by=place.person.email, now=clock.now())
    except Refused as refused:
        stale = _("Another version was published in the meantime. Forget this draft, or go through the differences.")
        wrong = _("The draft has rules that cannot be right; they are named below.")
        messages.error(request, stale if refused.code == "stale" else wrong)
        return redirect("programme", place.business.slug)
    messages.success(request, _("Version %(number)s counts from now on.") % {"number": version.number})
    return redirect("programme-history", place.business.slug)


@require_safe
@with_place
def history(request: HttpRequest, place: Place) -> HttpResponse:
    """The versions, the latest first, each with what it changed."""
    before = number_in(request.GET.get("before", ""))
    rows = Version.objects.filter(business=place.business).order_by("-number")
    if before is not None:
        rows = rows.filter(number__lt=before)
    versions = list(rows[: _PAGE + 1])
    told = {row.number: lines_of(rules_of(place.business.id, row.number).programme) for row in versions}
    page = {
        "rows": [(row, _differences(told.get(row.number - 1, []), told[row.number])) for row in versions[:_PAGE]],
        "next": versions[_PAGE - 1].number if len(versions) > _PAGE else None,
        "zone": place.business.timezone,
    }
    return render(request, "office/history.html", page)


def _differences(before: list[str], after: list[str]) -> list[tuple[bool, str]]:
    """What went (False) and what came (True), as sentences."""
    return [(line[0] == "+", line[2:]) for line in difflib.ndiff(before, after) if line[:2] in ("+ ", "- ")]


@require_safe
@with_place
def programme_file(request: HttpRequest, place: Place) -> HttpResponse:
    """The draft, or the version named, as TOML."""
    number = request.GET.get("version")
    document = _version(place, number).document if number else draft_of(place.business).document
    name = slugify(str(document.get("name", ""))) or "programme"
    headers = {"Content-Disposition": f'attachment; filename="{name}.toml"'}
    return HttpResponse(as_toml(document), content_type="application/toml; charset=utf-8", headers=headers)


def _version(place: Place, number: str) -> Version:
    known = number_in(number)
    version = Version.objects.filter(business=place.business, number=known).first() if known else None
    if version is None:
        raise Http404
    return version
