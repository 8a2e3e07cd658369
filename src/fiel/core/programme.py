"""The programme: what a business's rules are, as frozen values. `document.py` reads and checks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from fiel.core.conditions import ALWAYS, When
from fiel.core.sale import Line
from fiel.core.seasons import Season

__all__ = [
    "Award",
    "Boost",
    "Cap",
    "Cover",
    "Earn",
    "Expiry",
    "Programme",
    "Reach",
    "Referral",
    "Rolling",
    "Selector",
    "Tier",
    "Unit",
]

UnitKind = Literal["points", "stamps", "sessions", "money"]
Window = Literal["calendar_month", "calendar_year", "lifetime"]


@dataclass(frozen=True, slots=True)
class Expiry:
    """When what was earned lapses: never, or so many days, months or years on, or after months without a sale."""

    kind: str = "never"
    count: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted. `steps`: the steps that make one whole unit. `value`: minor units of money for one step."""

    code: str
    kind: str
    decimals: int = 0
    rounding: str = "floor"
    round_per: str = "sale"
    pending_days: int = 0
    value: Fraction | None = None
    visible: bool = True
    on_debt: str = "allow"
    expiry: Expiry = Expiry()
    warn_days: int = 30
    warn_required: bool = False

    @property
    def steps(self) -> int:
        """How many steps make one whole unit."""
        return int(10**self.decimals)

    @property
    def is_currency_like(self) -> bool:
        """Points and money: what tiers and boosts multiply, and what discounted lines may be kept out of."""
        return self.kind in ("points", "money")


@dataclass(frozen=True, slots=True)
class Rolling:
    """A window of so many days, ending today."""

    days: int


@dataclass(frozen=True, slots=True)
class Reach:
    """What lifts a member into a tier: so much of a measure within a window.

    `measure`: spend (minor units), visits (days), or a unit's code (steps); `amount` in the same.
    """

    measure: str
    amount: int
    window: Window | Rolling


@dataclass(frozen=True, slots=True)
class Tier:
    """A standing in the programme. `keep`: next_window, forever, or days."""

    code: str
    factor: Fraction = Fraction(1)
    reach: Reach | None = None
    keep: str | int = "next_window"
    fall: str = "requalify"


@dataclass(frozen=True, slots=True)
class Selector:
    """Which lines: any of these departments (or below them), products, brands or tags. Empty: every line."""

    departments: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether it names nothing."""
        return not (self.departments or self.products or self.brands or self.tags)

    def names(self, line: Line) -> bool:
        """Whether something it names is the line's."""
        return (
            line.product in self.products
            or line.brand in self.brands
            or not self.tags.isdisjoint(line.tags)
            or not self.departments.isdisjoint(line.departments)
        )

    def holds(self, line: Line) -> bool:
        """Whether the line is one of these."""
        return self.empty or self.names(line)


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that a rule gives a member, in steps: per sale, day, month; None: no limit."""

    sale: int | None = None
    day: int | None = None
    month: int | None = None

    @property
    def counts_days(self) -> bool:
        """Whether earlier sales matter."""
        return self.day is not None or self.month is not None

    def __bool__(self) -> bool:
        return self.sale is not None or self.counts_days


@dataclass(frozen=True, slots=True)
class Earn:
    """A rule that gives. `rate`: steps for one minor unit, 1/1000 piece, or sale, by `basis`.

    `per`: for whole multiples, in 1/1000 pieces; `give` then in steps.
    """

    code: str
    unit: str
    give: Fraction
    per: Fraction
    rate: Fraction
    basis: str = "amount"
    whole: bool = False
    group: str = "base"
    items: Selector = Selector()
    excluded: Selector = Selector()
    when: When = ALWAYS
    cap: Cap = Cap()

    def holds(self, line: Line) -> bool:
        """Whether the rule is about this line."""
        return self.items.holds(line) and not self.excluded.names(line)


@dataclass(frozen=True, slots=True)
class Boost:
    """A factor on what rules give. `groups` empty: every group of points and money units."""

    code: str
    factor: Fraction
    groups: frozenset[str] = frozenset()
    when: When = ALWAYS


@dataclass(frozen=True, slots=True)
class Cover:
    """Prepaid sessions pay for a line. `take`: steps for each whole piece."""

    code: str
    unit: str
    items: Selector
    take: int


@dataclass(frozen=True, slots=True)
class Award:
    """An automatic reward: each `every` steps, a voucher or an invitation. `budget` in minor units."""

    code: str
    unit: str
    every: int
    reward: str
    mode: str
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class Referral:
    """Gifts for bringing a customer, in steps of the unit; `min_amount` in minor units."""

    unit: str
    referrer: int
    referred: int
    after: str = "first_sale"
    min_amount: int = 0
    max_per_month: int | None = None


@dataclass(frozen=True, slots=True)
class Programme:
    """All rules of a business at one time."""

    name: str
    currency: str
    timezone: ZoneInfo
    minor_units: int
    tax_excluded: bool = False
    skip_discounted: bool = False
    boost_mix: str = "multiply"
    late_days: int = 7
    units: Mapping[str, Unit] = field(default_factory=dict)
    seasons: Mapping[str, Season] = field(default_factory=dict)
    tiers: Mapping[str, Tier] = field(default_factory=dict)
    earn: tuple[Earn, ...] = ()
    boosts: tuple[Boost, ...] = ()
    covers: tuple[Cover, ...] = ()
    awards: tuple[Award, ...] = ()
    referral: Referral | None = None
    warnings: tuple[str, ...] = ()

    @property
    def first_tier(self) -> str:
        """Where everybody starts; empty in a programme without tiers."""
        return next(iter(self.tiers), "")
