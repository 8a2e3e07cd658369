"""`when.tiers`: for members of which tiers."""

from __future__ import annotations

from typing import ClassVar

from fiel.core.conditions.codes import Codes
from fiel.core.conditions.moment import Moment


class Tiers(Codes):
    """For members of one of these tiers, as they stood before the sale."""

    __slots__ = ()
    noun: ClassVar[str] = "for tier"
    refers: ClassVar[str] = "tiers"

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return moment.facts.tier in self.codes
