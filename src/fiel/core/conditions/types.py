"""`when.types`: for which kinds of customer."""

from __future__ import annotations

from typing import ClassVar

from fiel.core.conditions.codes import Codes
from fiel.core.conditions.moment import Moment


class Types(Codes):
    """For members of one of these types."""

    __slots__ = ()
    noun: ClassVar[str] = "for"

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return not self.codes.isdisjoint(moment.facts.types)
