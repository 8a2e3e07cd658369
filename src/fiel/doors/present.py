"""A business as it is at this moment, for whoever tells about its members."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from fiel.core.programme import Programme, Unit
from fiel.core.tiers import effective
from fiel.members.models import Member
from fiel.members.tiers import tier_state
from fiel.programme.units import current_programme, units_of
from fiel.programme.versions import versions_of
from fiel.shops.models import Business

__all__ = ["Present"]


class Present:
    """A business at this moment: the rules in force, every unit there is, the day of the programme's clock."""

    def __init__(self, business: Business, moment: datetime) -> None:
        versions = versions_of(business.id)
        current = current_programme(versions, moment)
        self.version = current[0] if current else None
        self.programme: Programme | None = current[1] if current else None
        self.units = units_of(business.id, versions)
        zone = self.programme.timezone if self.programme else ZoneInfo(business.timezone)
        self.today = moment.astimezone(zone).date()

    @property
    def shown(self) -> Iterable[Unit]:
        """The units of the rules in force, in their order."""
        return self.programme.units.values() if self.programme else ()

    def tier(self, member: Member) -> str | None:
        """The tier that counts today; None where there are none."""
        return (effective(self.programme, tier_state(member), self.today) if self.programme else "") or None
