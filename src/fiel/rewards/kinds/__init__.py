"""Kinds of rewards: one explicit list. What differs between them is here, and nowhere else.

To add one: its module with a `KIND`, its line in `KINDS`, a story.
"""

from __future__ import annotations

from fiel.rewards.kinds import cashback, item, money_off, service
from fiel.rewards.kinds.kind import Kind

__all__ = ["KINDS", "Kind"]

KINDS: dict[str, Kind] = {
    "item": item.KIND,
    "money_off": money_off.KIND,
    "service": service.KIND,
    "cashback": cashback.KIND,
}
