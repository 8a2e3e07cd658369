"""The words for codes that stand in the books: how was it paid, what moved, where was it sold."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fiel.members.consenting import hash_of_notice
from fiel.members.newcomer import Notice

__all__ = [
    "ASKED",
    "CAPS",
    "CHANNELS",
    "CONSENTS",
    "IDENTIFIERS",
    "PAYMENTS",
    "REWARD_KINDS",
    "REWARD_STATES",
    "ROUNDINGS",
    "SETTLEMENTS",
    "TIER_CHANGES",
    "VOUCHERS",
    "shop_notice",
]

PAYMENTS: dict[str, Promise] = {
    "cash": _("Cash"),
    "card": _("Card"),
    "debit": _("Debit card"),
    "credit": _("Credit card"),
    "pix": _("Pix"),
    "transfer": _("Bank transfer"),
    "cheque": _("Cheque"),
    "food": _("Food voucher"),
    "meal": _("Meal voucher"),
    "gift": _("Gift card"),
    "other": _("Other payment"),
    "points": _("Points"),
    "cashback": _("Cashback"),
    "voucher": _("Voucher"),
    "prepaid": _("Prepaid pack"),
}

CHANNELS: dict[str, Promise] = {
    "till": _("At the till"),
    "counter": _("At the counter"),
    "online": _("Online"),
    "import": _("Brought in from a file"),
    "agent": _("Sent by the shop's agent"),
}

ROUNDINGS: dict[tuple[str, str], Promise] = {
    ("floor", "sale"): _("Rounded down, once for the sale"),
    ("half_up", "sale"): _("Rounded to the nearest, once for the sale"),
    ("ceil", "sale"): _("Rounded up, once for the sale"),
    ("floor", "line"): _("Rounded down on each line"),
    ("half_up", "line"): _("Rounded to the nearest on each line"),
    ("ceil", "line"): _("Rounded up on each line"),
}

CAPS: dict[str, Promise] = {
    "sale": _("Above the limit for one sale (rule %(rule)s)"),
    "day": _("Above the limit for one day (rule %(rule)s)"),
    "month": _("Above the limit for one month (rule %(rule)s)"),
}

VOUCHERS: dict[str, Promise] = {
    "issued": _("Can be used"),
    "redeemed": _("Used"),
    "cancelled": _("Cancelled"),
    "expired": _("Expired"),
    "revoked": _("Taken back"),
}

REWARD_KINDS: dict[str, Promise] = {
    "item": _("Something you sell: a coffee, a cake"),
    "money_off": _("Money off a purchase"),
    "service": _("A service, yours or a partner's"),
    "cashback": _("Points paid out as money"),
}

REWARD_STATES: dict[str, Promise] = {
    "on": _("Can be had"),
    "coming": _("From a later day"),
    "ended": _("Over"),
    "out_of_stock": _("None left"),
}

SETTLEMENTS: dict[str, Promise] = {
    "draft": _("Being made"),
    "sent": _("Sent: the partner looks at it"),
    "accepted": _("Accepted"),
    "disputed": _("Disputed: the partner says that something is wrong"),
    "corrected": _("Corrected: the partner looks at it again"),
    "agreed": _("Agreed"),
}
"""A settlement's states, as the business reads them."""

TIER_CHANGES: dict[str, Promise] = {
    "reached": _("Reached by buying"),
    "returned": _("A purchase came back"),
    "by_hand": _("Given by hand"),
    "merged": _("Merged with another member"),
}
"""Why a tier changed; whatever the daily run changes has run out."""

CONSENTS: dict[str, Promise] = {
    "marketing": _("May send offers"),
    "profiling": _("May look at purchases to choose offers"),
    "partners": _("May share with partners"),
}
_VERSION = "2026-11 shop"


def shop_notice() -> Notice:
    """The words by which the shop's people ask. Whoever changes them gives them a new version."""
    hashes = {purpose: hash_of_notice(str(words)) for purpose, words in CONSENTS.items()}
    return Notice(_VERSION, hashes, get_language() or "")


ASKED: dict[str, Promise] = {
    "export": _("A copy of the data"),
    "correct": _("A correction"),
    "erase": _("To be erased"),
}
"""What a member asks about their data."""

IDENTIFIERS: dict[str, Promise] = {
    "phone": _("Phone"),
    "email": _("E-mail"),
    "tax_id": _("Document"),
}
