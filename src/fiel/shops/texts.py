"""A business's own words, in each language: what it tells customers about their data. What was told before stays."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fiel.core.refusals import Fault, Refused
from fiel.shops.models import Business, BusinessText
from fiel.trail.note import note

__all__ = ["MOST_LETTERS", "TEXTS", "put_text", "text_of", "texts_of"]

TEXTS = ("privacy",)
MOST_LETTERS = 20_000


def texts_of(business_id: int, what: str) -> dict[str, str]:
    """The words that hold now, by language."""
    rows = BusinessText.objects.filter(business_id=business_id, what=what).order_by("since")
    return {language: text for language, text in rows.values_list("language", "text") if text}


def text_of(business: Business, what: str, language: str) -> str:
    """The words in a language, else in the business's own; empty where there are none."""
    texts = texts_of(business.id, what)
    return texts.get(language) or texts.get(business.language, "")


def put_text(business: Business, what: str, language: str, text: str, *, now: datetime) -> None:
    """Say it so from now on; an empty text takes it away. Raises `invalid`."""
    text = text.strip().replace("\r\n", "\n")
    if len(text) > MOST_LETTERS:
        detail = f"A text has at most {MOST_LETTERS:,} characters."
        raise Refused("invalid", detail, [Fault("/text", "make it shorter")])
    with transaction.atomic():
        before = texts_of(business.id, what).get(language, "")
        if text == before:
            return
        BusinessText.objects.update_or_create(
            business=business, what=what, language=language, since=now, defaults={"text": text}
        )
        said = {"before": {"text": before}, "after": {"text": text}}
        note(business.id, "business.text_set", about=f"{what} {language}", **said, now=now)
