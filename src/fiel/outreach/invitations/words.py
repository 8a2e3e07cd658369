"""What is written to whom is invited, in their language; and what it is about, for whoever invites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils import translation
from django.utils.formats import date_format

from fiel.core.programme import Unit
from fiel.core.written import amount_text
from fiel.ledger.read import balances
from fiel.members.models import Member
from fiel.outreach.campaigns.words import campaign_words
from fiel.outreach.wordings import Words, fill, words_of
from fiel.programme.units import units_of
from fiel.rewards.models import Invitation, Reward
from fiel.shops.models import Business

__all__ = ["About", "about", "gift_name", "spoken_by", "words_for"]

_ID = 36  # a campaign's invitations begin their occasion with its id


@dataclass(frozen=True, slots=True)
class About:
    """What an invitation is about. `day`: of the birthday, the last visit, the lapse; `gift`: its reward.

    `unit`, `steps`: what is about to lapse; `tier`: the one within reach.
    """

    invitation: Invitation
    day: date | None = None
    gift: Reward | None = None
    unit: Unit | None = None
    steps: int = 0
    tier: str = ""


def about(business: Business, invitations: Sequence[Invitation]) -> list[About]:
    """What each is about; a few queries, however many they are."""
    gifts = {each.gift for each in invitations if each.gift}
    rewards = {row.code: row for row in Reward.objects.filter(business=business, code__in=gifts)} if gifts else {}
    lapsing = [each for each in invitations if each.why == "lapsing"]
    units = units_of(business.id) if lapsing else {}
    held = _held(business.id, [each.member_id for each in lapsing])
    return [_about(each, rewards, units, held) for each in invitations]


def _held(business_id: int, member_ids: Sequence[UUID]) -> dict[tuple[UUID, str, date], int]:
    """What members hold of each unit, by the day on which it lapses."""
    held: dict[tuple[UUID, str, date], int] = {}
    for each in balances(business_id, member_ids) if member_ids else ():
        for lot, steps in each.holding.lots.items():
            key = (each.member_id, each.unit, lot.expires_on)
            held[key] = held.get(key, 0) + steps
    return held


def _about(
    invitation: Invitation,
    rewards: Mapping[str, Reward],
    units: Mapping[str, Unit],
    held: Mapping[tuple[UUID, str, date], int],
) -> About:
    gift = rewards.get(invitation.gift)
    if invitation.why in ("birthday", "away"):
        return About(invitation, date.fromisoformat(invitation.occasion), gift)
    if invitation.why == "lapsing":
        unit, _, on = invitation.occasion.rpartition(" ")
        day = date.fromisoformat(on)
        return About(invitation, day, gift, units.get(unit), held.get((invitation.member_id, unit, day), 0))
    if invitation.why == "tier":
        return About(invitation, None, gift, tier=invitation.occasion.rpartition(" ")[0])
    return About(invitation, None, gift)


def spoken_by(business: Business, member: Member) -> str:
    """The language to write to a member in: one that there is."""
    for language in (member.language, business.language):
        try:
            return translation.get_supported_language_variant(language)
        except LookupError:
            continue
    return "en"


def words_for(business: Business, members: Mapping[UUID, Member], items: Iterable[About]) -> dict[UUID, Words]:
    """What to write about each, filled in, by the invitation's id."""
    listed = list(items)
    spoken = {member_id: spoken_by(business, member) for member_id, member in members.items()}
    kinds = {f"invite.{each.invitation.why}" for each in listed} - {"invite.campaign"}
    words = words_of(business.id, kinds, set(spoken.values()))
    campaigns = {each.invitation.occasion[:_ID] for each in listed if each.invitation.why == "campaign"}
    for language in set(spoken.values()) if campaigns else ():
        for campaign in campaigns:
            own = campaign_words(business.id, UUID(campaign), language)
            words[campaign, language] = own or Words("", "")
    told = {}
    for each in listed:
        member = members[each.invitation.member_id]
        language = spoken[member.id]
        with translation.override(language):
            known = _known(business, member, each)
        why, occasion = each.invitation.why, each.invitation.occasion
        told[each.invitation.id] = fill(
            words[occasion[:_ID] if why == "campaign" else f"invite.{why}", language], known
        )
    return told


def _known(business: Business, member: Member, item: About) -> dict[str, str]:
    unit = f"{amount_text(item.steps, item.unit)} {item.unit.code.replace('-', ' ')}" if item.unit else ""
    return {
        "name": (member.name.split() or [""])[0],
        "business": business.name,
        "gift": gift_name(item.gift),
        "amount": unit,
        "day": date_format(item.day, "DATE_FORMAT") if item.day else "",
        "tier": item.tier,
    }


def gift_name(gift: Reward | None) -> str:
    """A gift as it is called in the language that is spoken."""
    if gift is None:
        return ""
    own = gift.translations.get(translation.get_language() or "", {})
    return str(own.get("name") or gift)
