"""`when.stores`: in which branches."""

from __future__ import annotations

from typing import ClassVar

from fiel.core.conditions.codes import Codes
from fiel.core.conditions.moment import Moment


class Stores(Codes):
    """In one of these branches."""

    __slots__ = ()
    noun: ClassVar[str] = "at"

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return moment.sale.store in self.codes
