"""`when.tills`: at which tills."""

from __future__ import annotations

from typing import ClassVar

from fiel.core.conditions.codes import Codes
from fiel.core.conditions.moment import Moment


class Tills(Codes):
    """At one of these tills."""

    __slots__ = ()
    noun: ClassVar[str] = "at till"

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return moment.sale.till in self.codes
