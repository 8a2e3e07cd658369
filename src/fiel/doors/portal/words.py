"""What a member is asked to agree to, word by word. Whoever changes the words gives them a new version."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fiel.members.consenting import hash_of_notice
from fiel.members.newcomer import NOTICE, Notice

__all__ = ["CONSENT_WORDS", "notice"]

VERSION = "2026-11"

CONSENT_WORDS: tuple[tuple[str, Promise, Promise], ...] = (
    ("marketing", _("Offers and news"), _("The shop may write to me about offers, treats and invitations.")),
    ("profiling", _("Fitting to my habits"), _("The shop may look at what I buy to choose what it offers me.")),
    ("partners", _("Sharing with partners"), _("The shop may tell its partners that I am a member.")),
)
"""The purposes, what each is called, and what it allows."""


def notice(privacy: str = "") -> Notice:
    """The words as they stand in the language that is spoken; `privacy`: what the business tells about data."""
    words = {purpose: f"{name}\n{text}" for purpose, name, text in CONSENT_WORDS}
    words[NOTICE] = privacy or "\n".join(words.values())
    hashes = {purpose: hash_of_notice(text) for purpose, text in words.items()}
    return Notice(VERSION, hashes, get_language() or "")
