"""How a business writes to its members: by which channels, which notices, when not, how much at most."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from fiel.core.refusals import Fault, Refused
from fiel.outreach.channels import CHANNELS
from fiel.outreach.messages.notices import NOTICES, listen_for
from fiel.outreach.models import Messaging
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["channels_ready", "messaging_of", "settle_messaging"]

_HOURS = 24
_MOST_A_WEEK = 20


def channels_ready() -> list[str]:
    """The channels by which this installation can write, the handiest first."""
    return [name for name, channel in CHANNELS.items() if channel.ready()]


def messaging_of(business: Business) -> Messaging:
    """How the business writes; not yet settled: nothing is sent."""
    return Messaging.objects.filter(business=business).first() or Messaging(business=business)


def settle_messaging(how: Messaging, *, now: datetime) -> None:
    """Keep it. Raises `invalid`."""
    if not set(how.channels) <= CHANNELS.keys() or not set(how.notices) <= NOTICES.keys():
        raise Refused("invalid", "There is no such channel or notice.", [Fault("/channels", "choose from the list")])
    if not (0 <= how.quiet_from < _HOURS and 0 <= how.quiet_until < _HOURS):
        raise Refused("invalid", "Hours go from 0 to 23.", [Fault("/quiet_from", "from 0 to 23")])
    if how.most_a_week > _MOST_A_WEEK:
        raise Refused("invalid", f"At most {_MOST_A_WEEK} a week.", [Fault("/most_a_week", f"at most {_MOST_A_WEEK}")])
    with transaction.atomic():
        how.save()
        listen_for(how.business, how.notices, now=now)
        after = {"channels": list(how.channels), "notices": list(how.notices), "most_a_week": how.most_a_week}
        note(how.business_id, "messaging.settled", after=after, now=now)
