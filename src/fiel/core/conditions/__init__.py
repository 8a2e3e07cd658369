"""When a rule or a boost holds. One module a condition; `CONDITIONS` names them all; `When` is several at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fiel.core.conditions.birthday import Birthday
from fiel.core.conditions.channels import Channels
from fiel.core.conditions.dates import Dates
from fiel.core.conditions.every_nth_sale import EveryNthSale
from fiel.core.conditions.first_sale import FirstSale
from fiel.core.conditions.hours import Hours
from fiel.core.conditions.member_days import MemberDays
from fiel.core.conditions.min_amount import MinAmount
from fiel.core.conditions.min_items import MinItems
from fiel.core.conditions.moment import Condition, Moment
from fiel.core.conditions.payments import Payments
from fiel.core.conditions.seasons import Seasons
from fiel.core.conditions.stores import Stores
from fiel.core.conditions.tiers import Tiers
from fiel.core.conditions.tills import Tills
from fiel.core.conditions.types import Types
from fiel.core.conditions.weekdays import Weekdays
from fiel.core.reading import Table

__all__ = ["ALWAYS", "CONDITIONS", "Condition", "Moment", "When"]

CONDITIONS: dict[str, type[Condition]] = {
    "stores": Stores,
    "tills": Tills,
    "types": Types,
    "tiers": Tiers,
    "seasons": Seasons,
    "dates": Dates,
    "weekdays": Weekdays,
    "hours": Hours,
    "payments": Payments,
    "min_amount": MinAmount,
    "min_items": MinItems,
    "birthday": Birthday,
    "first_sale": FirstSale,
    "every_nth_sale": EveryNthSale,
    "member_days": MemberDays,
    "channels": Channels,
}


@dataclass(frozen=True, slots=True)
class When:
    """Conditions that must all hold; none: always.

    Hours stand apart: what wraps midnight belongs to the day it began, also for the days and seasons beside it.
    """

    hours: Hours | None = None
    others: tuple[Condition, ...] = ()

    @classmethod
    def read(cls, table: Table) -> When:
        """The conditions of a `when` table."""
        read = [condition.read(table.field(name)) for name, condition in CONDITIONS.items() if name in table]
        table.done()
        hours = next((condition for condition in read if isinstance(condition, Hours)), None)
        return cls(hours, tuple(condition for condition in read if condition is not hours))

    def holds(self, moment: Moment) -> bool:
        """Whether all hold for this sale, on one and the same day."""
        if self.hours is None:
            return not self.others or all(condition.holds(moment) for condition in self.others)
        return any(
            all(condition.holds(belonging) for condition in self.others)
            for belonging in map(moment.on, self.hours.days(moment))
        )

    def __iter__(self) -> Iterator[Condition]:
        if self.hours is not None:
            yield self.hours
        yield from self.others


ALWAYS = When()
