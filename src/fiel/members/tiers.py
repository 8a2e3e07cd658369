"""Members' tiers as they are kept: read as a state, written with a row for each change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fiel.core.tiers import TierState
from fiel.events.tell import Happened, listen, tell
from fiel.members.models import Member, TierChange
from fiel.tables.ids import new_id
from fiel.tables.write import insert, update

__all__ = ["TierBook", "tier_state"]


def tier_state(member: Member) -> TierState:
    """Where a member stands."""
    return TierState(member.tier, member.tier_kept_until, member.tier_floor, member.tier_floor_until)


@dataclass(slots=True)
class TierBook:
    """Changes of tiers, noted one after the other, written together."""

    business_id: int
    states: dict[UUID, TierState] = field(default_factory=dict)
    changes: list[tuple[Any, ...]] = field(default_factory=list)

    def move(
        self,
        member: Member,
        state: TierState,
        *,
        before: str,
        after: str,
        day: date,
        why: str,
        cause: UUID | None = None,
        reason: str = "",
        by: str = "",
    ) -> None:
        """Give a member a new state; a row of history where the tier that counts changed (`before` to `after`)."""
        member.tier, member.tier_kept_until = state.tier, state.kept_until
        member.tier_floor, member.tier_floor_until = state.floor, state.floor_until
        self.states[member.id] = state
        if before != after:
            self.changes.append((self.business_id, member.id, new_id(), before, after, day, why, cause, reason, by))

    def write(self, *, recorded_at: datetime) -> None:
        """Write the states and the history, in the caller's transaction."""
        keys = ("business", "id")
        columns = ("tier", "tier_kept_until", "tier_floor", "tier_floor_until", "updated_at")
        rows: Iterable[tuple[object, ...]] = (
            (self.business_id, member_id, s.tier, s.kept_until, s.floor, s.floor_until, recorded_at)
            for member_id, s in self.states.items()
        )
        update(Member, keys, columns, list(rows))
        insert(TierChange, _CHANGE, [(*change, recorded_at) for change in self.changes])
        if self.changes:
            told = [_told(*change) for change in self.changes]
            tell(listen(self.business_id), "tier.changed", told, at=recorded_at)


def _told(
    _: int, member_id: UUID, change_id: UUID, before: str, after: str, day: date, why: str, *more: object
) -> Happened:
    return Happened(member_id, {"before": before, "after": after, "on": day.isoformat(), "why": why})


_CHANGE = (
    "business",
    "member_id",
    "id",
    "before",
    "after",
    "day",
    "why",
    "cause",
    "reason",
    "changed_by",
    "recorded_at",
)
