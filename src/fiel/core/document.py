"""Reading a programme's document: every value checked, every fault with its path and a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from zoneinfo import ZoneInfo

from fiel.core.conditions import When
from fiel.core.money import CURRENCIES, minor_digits
from fiel.core.programme import (
    Award,
    Boost,
    Cap,
    Cover,
    Earn,
    Expiry,
    Programme,
    Reach,
    Referral,
    Rolling,
    Selector,
    Tier,
    Unit,
    Window,
)
from fiel.core.reading import Faults, Field, Table
from fiel.core.seasons import Season, read_season

__all__ = ["read_programme"]

_WINDOWS: dict[str, Window] = {
    "calendar_month": "calendar_month",
    "calendar_year": "calendar_year",
    "lifetime": "lifetime",
}
_WINDOW_DAYS = {"calendar_month": 31, "calendar_year": 366}
_CENTURY = {"days": 36_600, "months": 1_200, "years": 100}


def read_programme(document: object) -> Programme:
    """The programme that a document states.

    `document` is what JSON or TOML gives, with decimals as text or Decimal. Raises `invalid` with every fault found.
    What is allowed but surely not meant stands in `warnings` of the programme.
    """
    faults = Faults()
    table = Field(document, "", faults).table()
    programme = _Reader(faults).programme(table)
    table.done()
    faults.refuse("The programme has rules that cannot be right.")
    return programme


class _Reader:
    """One reading: the parts that later parts refer to, and the faults."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.units: dict[str, Unit] = {}
        self.tiers: dict[str, Tier] = {}
        self.seasons: dict[str, Season] = {}
        self.minor = 100
        self.digits = 2
        self.warnings: list[str] = []

    def programme(self, table: Table) -> Programme:
        name = table.field("name").text()
        currency = self._currency(table.field("currency"))
        zone = self._zone(table.field("timezone"))
        mix = table.field("boost_mix", "multiply").choice(("multiply", "best", "add"))
        amounts = table.field("amounts", "tax_included").choice(("tax_included", "tax_excluded"))
        discounted = table.field("discounted_lines", "count").choice(("count", "skip"))
        late_days = table.field("late_days", 7).whole(most=3650)
        self._read_units(table)
        self._read_seasons(table)
        self._read_tiers(table)
        earn = tuple(self._earn(row) for row in self._coded(table, "earn"))
        boosts = tuple(self._boost(row, mix, {rule.group for rule in earn}) for row in self._coded(table, "boosts"))
        return Programme(
            name=name,
            currency=currency,
            timezone=zone,
            minor_units=self.minor,
            tax_excluded=amounts == "tax_excluded",
            skip_discounted=discounted == "skip",
            boost_mix=mix,
            late_days=late_days,
            units=self.units,
            seasons=self.seasons,
            tiers=self.tiers,
            earn=earn,
            boosts=boosts,
            covers=tuple(self._cover(row) for row in self._coded(table, "covers")),
            awards=tuple(self._award(row) for row in self._coded(table, "awards")),
            referral=self._referral(table.field("referral").table()) if "referral" in table else None,
            warnings=tuple(self.warnings),
        )

    def _coded(self, table: Table, key: str) -> list[Table]:
        """The rows of a list whose codes must differ."""
        rows = table.rows(key)
        codes = Counter(str(row.field("code", "").value) for row in rows)
        for row in rows:
            code = row.field("code", "").value
            if code and codes[str(code)] > 1:
                row.wrong("code", f"{code!r} is used more than once; codes differ")
        return rows

    def _currency(self, field: Field) -> str:
        if not isinstance(field.value, str) or field.value not in CURRENCIES:
            field.wrong("write the currency's three letters, as in ISO 4217: BRL, EUR, USD")
            return "BRL"
        self.digits = minor_digits(field.value)
        self.minor = 10**self.digits
        return field.value

    def _zone(self, field: Field) -> ZoneInfo:
        try:
            return ZoneInfo(field.text("UTC"))
        except (KeyError, ValueError, OSError):
            field.wrong('write a time zone by its name, as "America/Sao_Paulo" or "Europe/Lisbon"')
            return ZoneInfo("UTC")

    # Units

    def _read_units(self, table: Table) -> None:
        rows = self._coded(table, "units")
        if not rows:
            table.wrong("units", "a programme has at least one unit")
        for row in rows:
            unit = self._unit(row)
            self.units[unit.code] = unit

    def _unit(self, row: Table) -> Unit:
        code = row.field("code").slug()
        kind = row.field("kind").choice(("points", "stamps", "sessions", "money"))
        decimals = self._decimals(row, kind)
        rounding = row.field("rounding", "floor").choice(("floor", "half_up", "ceil", "carry"))
        round_per = row.field("round_per", "sale").choice(("sale", "line"))
        if rounding == "carry" and round_per == "line":
            row.wrong(
                "round_per", "what is carried is rounded per sale; leave round_per out, or choose another rounding"
            )
        if code in ("spend", "visits"):
            row.wrong("code", f"{code!r} is what tiers measure; give the unit another code")
        value = self._unit_value(row, kind, decimals)
        unit = Unit(
            code=code,
            kind=kind,
            decimals=decimals,
            rounding=rounding,
            round_per=round_per,
            pending_days=row.field("pending_days", 0).whole(most=3650),
            value=value,
            visible=row.field("visible", True).flag(),
            on_debt=row.field("on_debt", "allow").choice(("allow", "forgive")),
            expiry=_expiry(row.field("expiry").table()) if "expiry" in row else Expiry(),
            warn_days=row.field("warn_days", 30).whole(most=365),
            warn_required=row.field("warn_required", False).flag(),
        )
        row.done()
        return unit

    def _decimals(self, row: Table, kind: str) -> int:
        if kind != "money":
            return row.field("decimals", 0).whole(most=2)
        return row.field("decimals", self.digits).whole(least=self.digits, most=self.digits)

    def _unit_value(self, row: Table, kind: str, decimals: int) -> Fraction | None:
        """Minor units of money for one step."""
        if "value" not in row and kind != "money":
            return None
        whole = row.field("value", 1).decimal(above_zero=True)
        return whole * Fraction(self.minor, int(10**decimals))

    def _unit_of(self, row: Table, key: str = "unit", kinds: Iterable[str] = ()) -> Unit:
        """The unit that a rule names."""
        field = row.field(key)
        unit = self.units.get(field.value) if isinstance(field.value, str) else None
        if unit is None:
            field.wrong(f"there is no unit {field.value!r}; the units are {', '.join(self.units) or 'none'}")
            return Unit("", "points")
        if kinds and unit.kind not in kinds:
            field.wrong(f"this needs a unit of kind {' or '.join(kinds)}, {unit.code!r} is of kind {unit.kind}")
        return unit

    def _steps(self, field: Field, unit: Unit, *, above_zero: bool = False) -> int:
        """An amount of a unit in whole units, as steps."""
        steps = field.decimal(above_zero=above_zero) * unit.steps
        if steps.denominator != 1:
            field.wrong(f"{unit.code} are counted with {unit.decimals} decimals")
        return steps.numerator // steps.denominator

    def _minor(self, field: Field) -> int:
        """An amount of money in major units, as minor units."""
        minor = field.decimal() * self.minor
        if minor.denominator != 1:
            field.wrong(f"an amount of money has at most {self.digits} decimals")
        return minor.numerator // minor.denominator

    # Seasons and tiers

    def _read_seasons(self, table: Table) -> None:
        for row in self._coded(table, "seasons"):
            season = read_season(row)
            self.seasons[season.code] = season

    def _read_tiers(self, table: Table) -> None:
        for index, row in enumerate(self._coded(table, "tiers")):
            tier = self._tier(row, first=index == 0)
            self._check_rises(row, tier)
            self.tiers[tier.code] = tier

    def _tier(self, row: Table, *, first: bool) -> Tier:
        code = row.field("code").slug()
        factor = row.field("factor", 1).decimal()
        reach = self._reach(row.field("reach").table()) if "reach" in row else None
        if first and reach is not None:
            row.wrong("reach", "everybody starts in the first tier; it is not reached")
        if not first and reach is None:
            row.wrong("reach", "say how this tier is reached; only the first has no reach")
        keep = self._keep(row.field("keep", "next_window"), reach)
        fall = row.field("fall", "requalify").choice(("requalify", "one_step"))
        row.done()
        return Tier(code, factor, reach, keep, fall)

    def _reach(self, table: Table) -> Reach:
        named = table.field("measure")
        measure = named.text()
        window = self._window(table.field("window"))
        amount = table.field("amount")
        table.done()
        if measure == "spend":
            return Reach(measure, self._minor(amount), window)
        if measure == "visits":
            visits = amount.decimal()
            if visits.denominator != 1:
                amount.wrong("visits are counted in whole days")
            return Reach(measure, int(visits), window)
        if measure not in self.units:
            if named.sound:
                named.wrong(f"measure spend, visits, or one of the units: {', '.join(self.units)}")
            return Reach("spend", 0, window)
        return Reach(measure, self._steps(amount, self.units[measure]), window)

    def _window(self, field: Field) -> Window | Rolling:
        if isinstance(field.value, dict):
            table = field.table()
            days = table.field("rolling").whole(least=1, most=3660)
            table.done()
            return Rolling(days)
        return _WINDOWS[field.choice(tuple(_WINDOWS))]

    def _keep(self, field: Field, reach: Reach | None) -> str | int:
        if not isinstance(field.value, dict):
            return field.choice(("next_window", "forever"))
        table = field.table()
        days = table.field("days").whole(least=1, most=36600)
        table.done()
        window = reach.window if reach else "lifetime"
        needed = window.days if isinstance(window, Rolling) else _WINDOW_DAYS.get(window, 0)
        if days < needed and field.sound:
            field.wrong(f"a tier is kept at least as long as its window: {needed} days")
        return days

    def _check_rises(self, row: Table, tier: Tier) -> None:
        reach = row.field("reach", None)
        for lower in self.tiers.values():
            if (
                tier.reach
                and lower.reach
                and reach.sound
                and (tier.reach.measure, tier.reach.window) == (lower.reach.measure, lower.reach.window)
                and tier.reach.amount <= lower.reach.amount
            ):
                reach.wrong(f"this tier asks for more than {lower.code!r}, which stands below it")

    # Rules

    def _selector(self, row: Table, key: str) -> Selector:
        if key not in row:
            return Selector()
        table = row.field(key).table()
        names = {
            name: frozenset(table.field(name, ()).texts()) for name in ("departments", "products", "brands", "tags")
        }
        table.done()
        return Selector(**names)

    def _when(self, row: Table) -> When:
        if "when" not in row:
            return When()
        table = row.field("when").table()
        when = When.read(table)
        known: dict[str, Mapping[str, object]] = {"tiers": self.tiers, "seasons": self.seasons}
        for condition in when:
            for code in condition.named() if condition.refers else ():
                if code not in known[condition.refers]:
                    table.wrong(condition.refers, f"there is no {condition.refers[:-1]} {code!r} in this programme")
        return when

    def _cap(self, row: Table, unit: Unit) -> Cap:
        if "cap" not in row:
            return Cap()
        table = row.field("cap").table()
        limits = {
            span: self._steps(table.field(span), unit) if span in table else None for span in ("sale", "day", "month")
        }
        table.done()
        return Cap(**limits)

    def _earn(self, row: Table) -> Earn:
        unit = self._unit_of(row)
        basis = row.field("basis", "amount").choice(("amount", "quantity", "sale"))
        give = row.field("give").decimal() * unit.steps
        per = row.field("per", 1).decimal(above_zero=True)
        whole = row.field("whole", False).flag()
        if whole and basis != "quantity":
            row.wrong("whole", 'whole multiples are of quantities: basis = "quantity"')
        scaled = per * {"amount": self.minor, "quantity": 1000, "sale": 1}[basis]
        rule = Earn(
            code=row.field("code").slug(),
            unit=unit.code,
            give=give,
            per=scaled,
            rate=give if basis == "sale" else give / scaled,
            basis=basis,
            whole=whole,
            group=row.field("group", "base").slug(),
            items=self._selector(row, "items"),
            excluded=self._selector(row, "except"),
            when=self._when(row),
            cap=self._cap(row, unit),
        )
        row.done()
        return rule

    def _boost(self, row: Table, mix: str, groups: set[str]) -> Boost:
        factor = row.field("factor").decimal()
        named = frozenset(row.field("groups", ()).texts())
        for group in sorted(named - groups):
            row.wrong("groups", f"no earn rule has the group {group!r}")
        boost = Boost(code=row.field("code").slug(), factor=factor, groups=named, when=self._when(row))
        row.done()
        if mix == "best" and factor < 1:
            self.warnings.append(
                f"{row.path}/factor: with boost_mix = best the largest counts, so a factor below 1 changes nothing"
            )
        return boost

    def _cover(self, row: Table) -> Cover:
        unit = self._unit_of(row, kinds=("sessions",))
        cover = Cover(
            code=row.field("code").slug(),
            unit=unit.code,
            items=self._selector(row, "items"),
            take=self._steps(row.field("take", 1), unit, above_zero=True),
        )
        row.done()
        return cover

    def _award(self, row: Table) -> Award:
        unit = self._unit_of(row)
        award = Award(
            code=row.field("code").slug(),
            unit=unit.code,
            every=self._steps(row.field("every"), unit, above_zero=True),
            reward=row.field("reward").text(),
            mode=row.field("mode", "voucher").choice(("voucher", "invite")),
            budget=self._minor(row.field("budget")) if "budget" in row else None,
        )
        row.done()
        return award

    def _referral(self, table: Table) -> Referral:
        unit = self._unit_of(table)
        referral = Referral(
            unit=unit.code,
            referrer=self._steps(table.field("referrer", 0), unit),
            referred=self._steps(table.field("referred", 0), unit),
            after=table.field("after", "first_sale").choice(("first_sale", "every_sale")),
            min_amount=self._minor(table.field("min_amount", 0)),
            max_per_month=table.field("max_per_month").whole() if "max_per_month" in table else None,
        )
        table.done()
        return referral


def _expiry(table: Table) -> Expiry:
    kind = table.field("kind").choice(("never", "days", "end_of_month", "end_of_year", "inactivity"))
    counted = {"days": "days", "end_of_month": "months", "end_of_year": "years", "inactivity": "months"}.get(kind)
    # The year's end may be this year's: 0 years. A century is the most: no lot may lie beyond the calendar.
    least = 0 if kind == "end_of_year" else 1
    count = table.field(counted).whole(least=least, most=_CENTURY[counted]) if counted else 0
    table.done()
    return Expiry(kind, count)
