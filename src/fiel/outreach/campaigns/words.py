"""The words of a campaign in somebody's language, else in the business's."""

from __future__ import annotations

from uuid import UUID

from fiel.outreach.models import Campaign
from fiel.outreach.wordings import Words

__all__ = ["FIELDS", "campaign_words"]

FIELDS = ("name", "business", "gift", "amount", "code", "day", "link")
"""What the words of a campaign can name."""


def campaign_words(business_id: int, campaign_id: UUID, language: str) -> Words | None:
    """What a campaign says; None where there is no such campaign or it says nothing."""
    campaign = Campaign.objects.filter(business_id=business_id, id=campaign_id).select_related("business").first()
    if campaign is None:
        return None
    told = campaign.words.get(language) or campaign.words.get(campaign.business.language)
    told = told or next(iter(campaign.words.values()), None)
    return Words(told.get("subject", ""), told.get("body", "")) if told else None
