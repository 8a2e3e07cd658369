"""Noting what changed for the sums that are kept of receipts and entries, in the transaction in which it did.

Rows of their own, as deliveries are: whoever keeps the sums takes rows in and deletes them in one transaction, so that
each counts exactly once, however late the transaction that wrote it came to its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from fiel.events.models import Change, LotsMoved, UnitsMoved
from fiel.tables.ids import new_id
from fiel.tables.write import insert

__all__ = ["Counted", "Left", "note_lots", "note_merge", "note_receipts", "note_units", "quarter_of"]

Left = Mapping[str, Sequence[int | None]] | None
"""What is left of a receipt's lines, as `Receipt.standing` has it under "left" and "net"; None: everything."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A receipt as it is to be counted (`sign` 1), or was and no longer is (-1)."""

    receipt_id: UUID
    member_id: UUID | None
    left: Left = None
    sign: int = 1


def note_receipts(business_id: int, counted: Iterable[Counted]) -> None:
    """Note receipts that are to be counted otherwise than before: one statement."""
    rows = [
        (business_id, new_id(), each.receipt_id, each.member_id, _left_of_lines(each.left), each.sign)
        for each in counted
    ]
    insert(Change, ("business", "id", "receipt_id", "member_id", "left", "sign"), rows)


def _left_of_lines(left: Left) -> dict[str, Sequence[int | None]] | None:
    return None if left is None else {"left": left["left"], "net": left["net"]}


def note_merge(business_id: int, gone: UUID) -> None:
    """Note that a member was merged into another."""
    insert(Change, ("business", "id", "member_id", "sign"), [(business_id, new_id(), gone, 1)])


def note_units(business_id: int, moved: Iterable[tuple[str, str, datetime, int]]) -> None:
    """Note what entries moved: unit, kind, when, steps. One statement, a row for what belongs together."""
    sums: dict[tuple[str, str, datetime], tuple[int, int, int]] = {}
    for unit, kind, at, steps in moved:
        key = (unit, kind, quarter_of(at))
        entries, steps_in, steps_out = sums.get(key, (0, 0, 0))
        sums[key] = (entries + 1, steps_in + max(0, steps), steps_out + max(0, -steps))
    rows = [(business_id, new_id(), *key, *each) for key, each in sums.items()]
    insert(UnitsMoved, ("business", "id", "unit", "kind", "quarter", "entries", "steps_in", "steps_out"), rows)


def note_lots(business_id: int, moved: Iterable[tuple[str, date, date, int]]) -> None:
    """Note by how much lots changed: unit, when they lapse, from when they can be spent, steps. One statement."""
    sums: dict[tuple[str, date, date], int] = {}
    for unit, expires_on, available_on, steps in moved:
        key = (unit, expires_on, available_on)
        sums[key] = sums.get(key, 0) + steps
    rows = [(business_id, new_id(), *key, steps) for key, steps in sums.items() if steps]
    insert(LotsMoved, ("business", "id", "unit", "expires_on", "available_on", "steps"), rows)


def quarter_of(moment: datetime) -> datetime:
    """The beginning of the quarter of an hour, in UTC."""
    moment = moment.astimezone(UTC)
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
