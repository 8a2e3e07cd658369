"""`when.payments`: paid how."""

from __future__ import annotations

from typing import ClassVar, Self

from fiel.core.conditions.codes import Codes, choose
from fiel.core.conditions.moment import Moment
from fiel.core.reading import Field
from fiel.core.sale import PAYMENT_KINDS, REWARD_PAYMENTS


class Payments(Codes):
    """Every payment that is not itself a reward is of one of these kinds; a sale without any does not hold."""

    __slots__ = ()
    noun: ClassVar[str] = "paid by"

    @classmethod
    def read(cls, field: Field) -> Self:
        """A list of payment kinds."""
        return cls(choose(field, tuple(kind for kind in PAYMENT_KINDS if kind not in REWARD_PAYMENTS)))

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        kinds = {payment.kind for payment in moment.sale.payments} - REWARD_PAYMENTS
        return bool(kinds) and kinds <= self.codes
