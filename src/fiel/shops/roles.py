"""What each role may do in a business: the one table that every door asks.

A view says what it needs (`with_place(may=May.STAFF)`), never which roles. To read needs less than to change: the
auditor opens every page of the office and changes nothing, whatever a page needs.
"""

from __future__ import annotations

from enum import StrEnum

from fiel.shops.models import Role

__all__ = ["MAY", "May", "may_open", "roles_that"]


class May(StrEnum):
    """What somebody can be allowed to do."""

    SEE = "see"
    """Look at how the business stands: figures, receipts, members."""
    SELL = "sell"
    """Serve at the counter: enrol, record sales and returns, redeem vouchers."""
    MARKET = "market"
    """Rewards, invitations, campaigns, segments."""
    MEMBERS = "members"
    """Change what a member has: adjustments, tiers by hand, merging, imports."""
    RULES = "rules"
    """Draft and publish the programme."""
    SHOP = "shop"
    """Stores, tills, paired devices, catalogue, partners."""
    STAFF = "staff"
    """Invite people, change what they may, remove them; set a cashier's PIN."""
    BUSINESS = "business"
    """The business itself: its name, its limits, what it tells customers about their data."""
    KEYS = "keys"
    """API keys and webhooks."""
    LOG = "log"
    """Read who did what."""
    PARTNER = "partner"
    """Stand at a partner's desk: check and redeem a voucher."""


MAY: dict[str, frozenset[May]] = {
    Role.OWNER: frozenset(May) - {May.PARTNER},
    Role.MANAGER: frozenset(May) - {May.PARTNER, May.BUSINESS, May.KEYS, May.LOG},
    Role.MARKETING: frozenset({May.SEE, May.MARKET}),
    Role.CASHIER: frozenset({May.SEE, May.SELL}),
    Role.AUDITOR: frozenset({May.SEE, May.LOG}),
    Role.PARTNER: frozenset({May.PARTNER}),
}


def may_open(role: str, may: May, *, changes: bool) -> bool:
    """Whether a role may open what needs `may`; `changes`: the request may change something."""
    if role == Role.AUDITOR:
        return not changes and may is not May.PARTNER
    return may in MAY.get(role, frozenset())


def roles_that(may: May) -> list[str]:
    """The roles that may do it, the one that may most first."""
    return [role for role, allowed in MAY.items() if may in allowed]
