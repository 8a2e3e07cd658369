"""What a replay found, as it is told: a draft's figures beside those of today's rules, exact, as text."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from fiel.core.compiled import Compiled
from fiel.core.programme import Programme
from fiel.core.written import amount_text, exact_text, fraction_text
from fiel.sales.replay import Figures, Replayed

__all__ = ["compared"]


def compared(replayed: Replayed, draft: Compiled, today: Compiled | None) -> dict[str, Any]:
    """Both sides by name ("draft", "today"), amounts in whole units; only the draft where there are no rules today."""
    sides = {"draft": (replayed.draft, draft), "today": (replayed.today, today)}
    return {name: _side(figures, rules.programme) for name, (figures, rules) in sides.items() if figures and rules}


def _side(figures: Figures, programme: Programme) -> dict[str, Any]:
    units = programme.units
    unit_of = {rule.code: units[rule.unit] for rule in programme.earn}
    return {
        "sales": figures.sales,
        "refused": figures.refused,
        "given": {unit: amount_text(steps, units[unit]) for unit, steps in figures.given.items()},
        "spent": {unit: amount_text(steps, units[unit]) for unit, steps in figures.spent.items()},
        "value": {
            unit: fraction_text(value)
            for unit, steps in figures.given.items()
            if (value := _worth(steps, programme, unit)) is not None
        },
        "by_month": {
            month: {unit: amount_text(steps, units[unit]) for unit, steps in by_unit.items()}
            for month, by_unit in sorted(figures.by_month.items())
        },
        "by_rule": {rule: exact_text(steps, unit_of[rule]) for rule, steps in figures.by_rule.items()},
        "awards": dict(figures.awards),
        "rose": dict(figures.rose),
        "stand": dict(figures.stand),
    }


def _worth(steps: int, programme: Programme, unit: str) -> Fraction | None:
    """What steps are worth, in the currency's major units."""
    value = programme.units[unit].value
    return None if value is None else steps * value / programme.minor_units
