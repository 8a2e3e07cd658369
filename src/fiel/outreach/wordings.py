"""The words of each kind of message, in each language: the business's own, else Fiel's; with fields in braces.

A field stands for what is known of the member: {name}, {business}, {gift} and so on. A line that names something that
is not known of a member is left out for them. Nothing in a wording is run: fields are replaced, no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from fiel.core.refusals import Fault, Refused
from fiel.outreach.models import Wording
from fiel.shops.models import Business

__all__ = ["FIELDS", "KINDS", "Kind", "Words", "check_fields", "fill", "put_words", "words_in", "words_of"]

FIELDS: Mapping[str, Promise] = {
    "name": gettext_lazy("the first name"),
    "business": gettext_lazy("the name of your business"),
    "gift": gettext_lazy("the gift"),
    "amount": gettext_lazy("the amount, with its unit"),
    "balance": gettext_lazy("the balance"),
    "day": gettext_lazy("the day"),
    "tier": gettext_lazy("the tier"),
    "code": gettext_lazy("the voucher's code"),
    "link": gettext_lazy("the address of the member's own pages"),
}
"""What a wording can name, and what it stands for."""

_FIELD = re.compile(r"\{(\w+)\}")
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text, with fields or with them filled in."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message: what it is called, what its words can name, and Fiel's own words, in English."""

    name: Promise
    fields: tuple[str, ...]
    subject: str
    body: str


_ALWAYS = ("name", "business")
KINDS: Mapping[str, Kind] = {
    "invite.goal": Kind(
        gettext_lazy("Invitation: the goal is reached"),
        (*_ALWAYS, "gift"),
        gettext_noop("A treat waits for you at {business}"),
        gettext_noop(
            "Hi {name}!\nYou come to {business} so often that a treat waits for you: {gift}.\n"
            "Come by and say your phone number."
        ),
    ),
    "invite.birthday": Kind(
        gettext_lazy("Invitation: birthday"),
        (*_ALWAYS, "gift", "day"),
        gettext_noop("Happy birthday from {business}"),
        gettext_noop(
            "Hi {name}!\nHappy birthday from all of us at {business}! Come by, we would like to celebrate with you.\n"
            "A treat waits for you: {gift}."
        ),
    ),
    "invite.away": Kind(
        gettext_lazy("Invitation: long away"),
        (*_ALWAYS, "gift", "day"),
        gettext_noop("We miss you at {business}"),
        gettext_noop(
            "Hi {name}!\nWe have not seen you at {business} for a while, and would be glad to.\n"
            "A treat waits for you: {gift}."
        ),
    ),
    "invite.lapsing": Kind(
        gettext_lazy("Invitation: about to lapse"),
        (*_ALWAYS, "gift", "amount", "day"),
        gettext_noop("Use them before they lapse: {amount}"),
        gettext_noop(
            "Hi {name}!\n{amount} at {business} can be used until {day}. Come by before.\n"
            "A treat waits for you: {gift}."
        ),
    ),
    "invite.tier": Kind(
        gettext_lazy("Invitation: close to the next tier"),
        (*_ALWAYS, "gift", "tier"),
        gettext_noop("You are close to {tier}"),
        gettext_noop(
            "Hi {name}!\nVery little is missing and you are {tier} at {business}.\nA treat waits for you: {gift}."
        ),
    ),
    "notice.earned": Kind(
        gettext_lazy("Notice: points earned"),
        (*_ALWAYS, "amount", "balance", "link"),
        gettext_noop("You earned {amount} at {business}"),
        gettext_noop("Hi {name}!\nYour purchase at {business} brought you {amount}.\nYou have {balance}.\n{link}"),
    ),
    "notice.lapsing": Kind(
        gettext_lazy("Notice: about to lapse"),
        (*_ALWAYS, "amount", "day", "link"),
        gettext_noop("{amount} lapse after {day}"),
        gettext_noop("Hi {name}!\n{amount} of yours at {business} lapse after {day}.\nUse them before: {link}"),
    ),
    "notice.tier": Kind(
        gettext_lazy("Notice: another tier"),
        (*_ALWAYS, "tier", "link"),
        gettext_noop("You are {tier} at {business}"),
        gettext_noop("Hi {name}!\nFrom now on you are {tier} at {business}.\n{link}"),
    ),
    "notice.voucher": Kind(
        gettext_lazy("Notice: a voucher for you"),
        (*_ALWAYS, "gift", "code", "day", "link"),
        gettext_noop("A voucher for you: {gift}"),
        gettext_noop(
            "Hi {name}!\n{business} has a voucher for you: {gift}.\nShow this code: {code}\nIt is good until {day}."
        ),
    ),
    "notice.used": Kind(
        gettext_lazy("Notice: a voucher was used"),
        (*_ALWAYS, "gift", "link"),
        gettext_noop("Your voucher was used: {gift}"),
        gettext_noop(
            "Hi {name}!\nYour voucher was used at {business}: {gift}.\nWas it not you? Tell us at once.\n{link}"
        ),
    ),
    "statement": Kind(
        gettext_lazy("Statement by e-mail"),
        (*_ALWAYS, "day", "link"),
        gettext_noop("Your statement of {business} up to {day}"),
        gettext_noop("Hi {name}!\nEnclosed is your statement of {business} up to {day}.\nMore at {link}"),
    ),
}
"""Every kind of message there is, in the order in which it is shown."""


def words_in(kind: str, language: str) -> Words:
    """Fiel's own words for a kind of message."""
    with translation.override(language):
        return Words(gettext(KINDS[kind].subject), gettext(KINDS[kind].body))


def words_of(business_id: int, kinds: Iterable[str], languages: Iterable[str]) -> dict[tuple[str, str], Words]:
    """The words of kinds in languages, the business's own where it has some; one query."""
    wanted, spoken = list(kinds), list(languages)
    rows = Wording.objects.filter(business_id=business_id, kind__in=wanted, language__in=spoken)
    own = {(row.kind, row.language): Words(row.subject, row.body) for row in rows}
    pairs = [(kind, language) for kind in wanted for language in spoken]
    return {pair: own.get(pair) or words_in(*pair) for pair in pairs}


def put_words(business: Business, kind: str, language: str, words: Words) -> None:
    """Keep a business's own words; empty ones bring Fiel's back. Raises `invalid` for a field that there is not."""
    ours = Wording.objects.filter(business=business, kind=kind, language=language)
    if not words.body.strip():
        ours.delete()
        return
    check_fields(words, KINDS[kind].fields)
    said = {"subject": words.subject.strip()[:200], "body": words.body.strip()[:_LONGEST]}
    Wording.objects.update_or_create(business=business, kind=kind, language=language, defaults=said)


def check_fields(words: Words, fields: Iterable[str]) -> None:
    """Raise `invalid` where words name something that is none of the fields."""
    unknown = sorted(set(_FIELD.findall(words.subject + words.body)) - set(fields))
    if unknown:
        names = ", ".join(f"{{{each}}}" for each in unknown)
        raise Refused("invalid", f"This message knows no {names}.", [Fault("/body", "use the fields that are listed")])


def fill(words: Words, known: Mapping[str, str]) -> Words:
    """The words with their fields filled in, without the lines that name what is not known."""
    return Words(_filled(words.subject, known), _filled(words.body, known))


def _filled(text: str, known: Mapping[str, str]) -> str:
    lines = [line for line in text.splitlines() if all(known.get(name) for name in _FIELD.findall(line))]
    return "\n".join(_FIELD.sub(lambda found: known[found[1]], line) for line in lines).strip()
