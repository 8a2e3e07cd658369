"""`when.seasons`: in which seasons, by the store's clock."""

from __future__ import annotations

from typing import ClassVar

from fiel.core.conditions.codes import Codes
from fiel.core.conditions.moment import Moment


class Seasons(Codes):
    """In one of these seasons."""

    __slots__ = ()
    noun: ClassVar[str] = "in"
    refers: ClassVar[str] = "seasons"

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return any(moment.seasons[code].holds(moment.day) for code in self.codes)
