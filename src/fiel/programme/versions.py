"""Versions of the rules: publishing one, and finding those in force."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from fiel.core.compiled import Compiled, compile_programme
from fiel.core.document import read_programme
from fiel.core.programme import Programme
from fiel.core.refusals import Fault, Refused
from fiel.ledger.read import units_in_use
from fiel.programme.models import Version
from fiel.shops.models import Business
from fiel.tables.read import rows_of
from fiel.trail.note import note

__all__ = ["Versions", "check", "latest", "publish", "rules_now", "rules_of", "versions_of", "zone_now"]


@dataclass(frozen=True, slots=True)
class Versions:
    """A business's versions, by the moments from which they are in force."""

    business_id: int
    moments: tuple[datetime, ...]
    numbers: tuple[int, ...]

    def number_at(self, moment: datetime) -> int | None:
        """The number of the version in force at a moment; None before the first."""
        index = bisect_right(self.moments, moment)
        return self.numbers[index - 1] if index else None

    @property
    def first(self) -> int | None:
        """The number of the first version."""
        return self.numbers[0] if self.numbers else None


def versions_of(business_id: int) -> Versions:
    """The versions of a business."""
    columns = ("in_force_from", "number")
    rows = rows_of(Version, business_id, columns, order=columns)
    return Versions(business_id, tuple(row[0] for row in rows), tuple(row[1] for row in rows))


@lru_cache(maxsize=256)
def rules_of(business_id: int, number: int) -> Compiled:
    """A version's rules, ready for counting. A published version never changes, so it is compiled once."""
    document = Version.objects.values_list("document", flat=True).get(business_id=business_id, number=number)
    return compile_programme(read_programme(document))


def rules_now(business_id: int, moment: datetime) -> Compiled | None:
    """The rules in force at a moment; None before the first version."""
    number = versions_of(business_id).number_at(moment)
    return rules_of(business_id, number) if number is not None else None


def zone_now(business: Business, moment: datetime) -> ZoneInfo:
    """The clock by which days, months and ends are told: the programme's, and before there is one the business's."""
    compiled = rules_now(business.id, moment)
    return compiled.programme.timezone if compiled else ZoneInfo(business.timezone)


def latest(business_id: int) -> Version | None:
    """The version that was published last."""
    return Version.objects.filter(business_id=business_id).order_by("-number").first()


def check(business: Business, document: Mapping[str, Any]) -> Programme:
    """The programme that a document states, checked for this business. Raises `invalid` with every fault."""
    programme = read_programme(document)
    faults = []
    if programme.currency != business.currency:
        faults.append(Fault("/currency", f"{business.name} counts in {business.currency}"))
    published = latest(business.id)
    before = rules_of(business.id, published.number).programme.units if published else {}
    used = units_in_use(business.id) if before else set()
    for code, unit in before.items():
        now = programme.units.get(code)
        if code in used and now is None:
            faults.append(Fault("/units", f"{code!r} is in use and cannot be left out"))
        elif code in used and now is not None and (now.kind, now.decimals) != (unit.kind, unit.decimals):
            index = list(programme.units).index(code)
            faults.append(Fault(f"/units/{index}", f"{code!r} is in use: it keeps its kind and its decimals"))
    if faults:
        raise Refused("invalid", "The programme does not fit this business.", faults)
    return programme


def publish(
    business: Business,
    document: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    in_force_from: datetime | None = None,
    after: int | None = None,
) -> Version:
    """Publish a programme as the next version, in force from now, or from another moment for history.

    `after`: the number of the version that the change was made from; raises `stale` if another came between.
    """
    with transaction.atomic():
        Business.objects.select_for_update(no_key=True).get(pk=business.pk)
        check(business, document)
        before = latest(business.id)
        number = before.number if before else 0
        if after is not None and after != number:
            raise Refused(
                "stale", f"Version {number} was published in the meantime; your change was made from {after}."
            )
        version = Version.objects.create(
            business=business,
            number=number + 1,
            document=document,
            in_force_from=in_force_from or now,
            published_at=now,
            published_by=by,
        )
        # The documents stand with the versions, which never change.
        told = {"by": by, "in_force_from": version.in_force_from.isoformat()}
        note(business.id, "programme.published", about=version.number, after=told, now=now)
        return version
