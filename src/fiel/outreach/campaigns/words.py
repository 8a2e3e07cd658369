"""The words of a campaign in somebody's language, else in the business's."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from fiel.outreach.models import Campaign
from fiel.outreach.wordings import Words

__all__ = ["FIELDS", "campaign_words", "words_for_language"]

FIELDS = ("name", "business", "gift", "amount", "code", "day", "link")
"""What the words of a campaign can name."""


def campaign_words(business_id: int, campaign_id: UUID, language: str) -> Words | None:
    """What a campaign says; None where there is no such campaign or it says nothing."""
    campaign = Campaign.objects.filter(business_id=business_id, id=campaign_id).select_related("business").first()
    return words_for_language(campaign.words, language, campaign.business.language) if campaign else None


def words_for_language(words: Mapping[str, Mapping[str, str]], language: str, own: str) -> Words | None:
    """Of a campaign's words by language, those for whoever speaks `language`: else the business's `own`, else any.

    A subject that was left empty is the business's too.
    """
    usual = words.get(own) or next(iter(words.values()), {})
    told = words.get(language) or usual
    return Words(told.get("subject") or usual.get("subject", ""), told["body"]) if told else None
