"""The units of a business: those of its rules now, and those that older rules counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fiel.core.programme import Programme, Unit
from fiel.programme.versions import Versions, rules_of, versions_of

__all__ = ["current_programme", "units_of"]


def current_programme(versions: Versions, now: datetime) -> tuple[int, Programme] | None:
    """The number and the rules in force now; None before the first version."""
    number = versions.number_at(now)
    return (number, rules_of(versions.business_id, number).programme) if number is not None else None


def units_of(business_id: int, versions: Versions | None = None) -> Mapping[str, Unit]:
    """Every unit that a version ever had, as the last one that has it says.

    An account can be older, or younger, than the rules that one looks at: its unit is in here. A unit in use keeps its
    kind and decimals, so that old figures are written as they were.
    """
    versions = versions or versions_of(business_id)
    units: dict[str, Unit] = {}
    for number in sorted(versions.numbers):
        units.update(rules_of(business_id, number).programme.units)
    return units
