"""What a campaign did: who came and spent, beside those who were held back by lot, and how sure that is.

The difference of two shares has Newcombe's score interval (1998, method 10), which holds for few members and for
shares near 0 and 1; the difference of two means the usual one of Welch with the normal quantile, told from 30 members
a side on. Both at 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from fiel.outreach.models import Campaign
from fiel.tables.spans import rows

__all__ = ["LEAST_FOR_MEANS", "Range", "Result", "Side", "newcombe", "result_of", "welch"]

_Z = 1.959964
LEAST_FOR_MEANS = 30


@dataclass(frozen=True, slots=True)
class Side:
    """Members on one side: how many, how many came, what they spent (minor units), and its squares' sum."""

    members: int = 0
    came: int = 0
    spent: int = 0
    squares: float = 0.0

    @property
    def share(self) -> float:
        """How many of them came, 0 to 1."""
        return self.came / self.members if self.members else 0.0

    @property
    def mean(self) -> float:
        """What each spent."""
        return self.spent / self.members if self.members else 0.0

    @property
    def variance(self) -> float:
        """Of what each spent."""
        if self.members < 2:
            return 0.0
        return max(0.0, (self.squares - self.members * self.mean**2) / (self.members - 1))


@dataclass(frozen=True, slots=True)
class Range:
    """A difference, and from where to where it may well lie."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether nothing at all lies outside of it."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Result:
    """Both sides; `uplift`: of the share that came, `more`: of what each spent. None: there is nobody to compare."""

    told: Side
    control: Side
    uplift: Range | None
    more: Range | None


_OF_IT = "business_id = %(business)s AND campaign_id = %(campaign)s AND occasion <> 'others'"

_SPAN = f"SELECT min(at), max(counts_until) FROM outreach_inclusion WHERE {_OF_IT}"  # noqa: S608 - stands above

# That no receipt outside of all spans can count is said apart: where most of the members came in a short time it is far
# quicker to go through the receipts of that time than through those of each member.
_SIDES = f"""
    SELECT control, count(*), sum(came), sum(spent), sum(CAST(spent AS double precision) * spent) FROM (
        SELECT n.control, n.member_id, n.occasion, max(CASE WHEN r.id IS NULL THEN 0 ELSE 1 END) AS came,
            coalesce(sum(r.spend), 0) AS spent
        FROM (SELECT * FROM outreach_inclusion WHERE {_OF_IT}) n
        LEFT JOIN sales_receipt r ON r.business_id = %(business)s
            AND r.member_id = n.member_id AND r.occurred_at > n.at AND r.occurred_at <= n.counts_until AND NOT r.gone
            AND r.occurred_at > %(first)s AND r.occurred_at <= %(last)s
        GROUP BY n.control, n.member_id, n.occasion
    ) each_ GROUP BY control
"""  # noqa: S608 - stands above


def result_of(campaign: Campaign) -> Result:
    """What came of a campaign so far; two queries."""
    asked = {"business": campaign.business_id, "campaign": campaign.id}
    [(first, last)] = rows(_SPAN, **asked)
    sides = {
        bool(control): Side(int(members), int(came), int(spent), float(squares))
        for control, members, came, spent, squares in rows(_SIDES, **asked, first=first, last=last)
    }
    told, control = sides.get(False, Side()), sides.get(True, Side())
    return Result(told, control, newcombe(told, control), welch(told, control))


def newcombe(told: Side, control: Side) -> Range | None:
    """The difference of the shares that came."""
    if not told.members or not control.members:
        return None
    (low_1, high_1), (low_2, high_2) = _wilson(told), _wilson(control)
    difference = told.share - control.share
    below = sqrt((told.share - low_1) ** 2 + (high_2 - control.share) ** 2)
    above = sqrt((high_1 - told.share) ** 2 + (control.share - low_2) ** 2)
    return Range(difference, difference - below, difference + above)


def _wilson(side: Side) -> tuple[float, float]:
    n, p = side.members, side.share
    middle = p + _Z**2 / (2 * n)
    reach = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2))
    whole = 1 + _Z**2 / n
    return (middle - reach) / whole, (middle + reach) / whole


def welch(told: Side, control: Side) -> Range | None:
    """The difference of what each spent, in minor units; None below 30 members a side."""
    if min(told.members, control.members) < LEAST_FOR_MEANS:
        return None
    difference = told.mean - control.mean
    reach = _Z * sqrt(told.variance / told.members + control.variance / control.members)
    return Range(difference, difference - reach, difference + reach)
