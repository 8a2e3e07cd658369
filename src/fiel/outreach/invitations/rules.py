"""For what a business invites: the reasons that the daily run looks for, each with its figure, gift and budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from fiel.core.refusals import Fault, Refused
from fiel.outreach.models import InvitationRule
from fiel.rewards.models import Reward
from fiel.shops.models import Business

__all__ = ["USUAL", "Rule", "change_rule", "rules_of"]

_MOST_FIGURE = {"birthday": 31, "away": 730, "tier": 90}


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason: whether it counts, its figure (see `InvitationRule`), the gift, and what it may cost."""

    why: str
    active: bool = True
    figure: int = 0
    gift: str = ""
    budget: int | None = None


USUAL: Mapping[str, Rule] = {
    rule.why: rule
    for rule in (Rule("birthday", figure=7), Rule("away", figure=45), Rule("lapsing"), Rule("tier", figure=20))
}
"""What counts where a business has settled nothing else; in the order in which it is shown."""


def rules_of(business_id: int) -> dict[str, Rule]:
    """A business's reasons, by why; one query."""
    own = {
        row.why: Rule(row.why, row.active, row.figure, row.gift, row.budget)
        for row in InvitationRule.objects.filter(business_id=business_id)
    }
    return {why: own.get(why, usual) for why, usual in USUAL.items()}


def change_rule(business: Business, rule: Rule) -> None:
    """Settle a reason anew. Raises `invalid`."""
    most = _MOST_FIGURE.get(rule.why)
    if rule.why not in USUAL:
        raise Refused("invalid", "Nobody is invited for this.", [Fault("/why", "name another reason")])
    if most is not None and not 1 <= rule.figure <= most:
        raise Refused("invalid", f"Write a number from 1 to {most}.", [Fault("/figure", f"from 1 to {most}")])
    with transaction.atomic():
        if rule.gift and not Reward.objects.filter(business=business, code=rule.gift).exists():
            raise Refused("invalid", "There is no such reward.", [Fault("/gift", "choose one of the rewards")])
        said = {"active": rule.active, "figure": rule.figure, "gift": rule.gift, "budget": rule.budget}
        InvitationRule.objects.update_or_create(business=business, why=rule.why, defaults=said)
