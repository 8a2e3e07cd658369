"""`when.channels`: by which way the sale came in."""

from __future__ import annotations

from typing import ClassVar, Self

from fiel.core.conditions.codes import Codes, choose
from fiel.core.conditions.moment import Moment
from fiel.core.reading import Field
from fiel.core.sale import CHANNELS


class Channels(Codes):
    """By one of these ways: till, counter, online, import, agent."""

    __slots__ = ()
    noun: ClassVar[str] = "by"

    @classmethod
    def read(cls, field: Field) -> Self:
        """A list of channels."""
        return cls(choose(field, CHANNELS))

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return moment.sale.channel in self.codes
