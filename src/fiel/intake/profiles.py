"""Remembering what a business said of the columns of its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.intake.columns import Columns, header_key, plain, proposed, why_not
from fiel.intake.models import ColumnProfile
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["Said", "columns_for"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a table: our names by theirs (empty: leave the column out), what is fixed, its kind."""

    kind: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.kind or self.columns or self.fixed)


def columns_for(business: Business, header: Sequence[str], said: Said) -> Columns | None:
    """What the columns are: as is said now, else as was said of this header before, else as their names tell.

    What is said is remembered. Raises `invalid`.
    """
    key = header_key(header)
    if not said:
        known = ColumnProfile.objects.filter(business=business, header=key).first()
        return Columns(known.kind, _as_written(header, known.columns), known.fixed) if known else proposed(header)
    columns = _merged(header, said)
    fault = why_not(columns)
    if fault:
        raise Refused("invalid", f"The columns cannot be read so: {fault}.", [Fault("/columns", fault)])
    told = {"kind": columns.kind, "columns": dict(columns.ours), "fixed": dict(columns.fixed)}
    with transaction.atomic():
        was = ColumnProfile.objects.filter(business=business, header=key).values(*told).first()
        ColumnProfile.objects.update_or_create(
            business=business, header=key, defaults={**told, "changed_at": clock.now()}
        )
        note(business.id, "columns.said", about=key, before=was, after=told, now=clock.now())
    return columns


def _merged(header: Sequence[str], said: Said) -> Columns:
    """What is said, and for the other columns what their names tell."""
    named = {plain(theirs): ours for theirs, ours in said.columns.items()}
    missing = sorted(set(named) - set(map(plain, header)))
    if missing:
        raise Refused("invalid", f"The file has no column {missing[0]!r}.", [Fault("/columns", "name one it has")])
    guess = proposed(header, kind=said.kind, whole=False) or Columns(said.kind, {})
    taken = set(named.values())
    ours = {name: meant for name, meant in guess.ours.items() if meant not in taken and plain(name) not in named}
    ours |= {name: named[plain(name)] for name in header if named.get(plain(name))}
    kind = said.kind or guess.kind or "sales"
    return Columns(kind, ours, said.fixed)


def _as_written(header: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """The names as this file writes them: case and accents may differ."""
    meant = {plain(theirs): ours for theirs, ours in known.items()}
    return {name: meant[plain(name)] for name in header if plain(name) in meant}
