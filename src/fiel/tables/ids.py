"""Ids that outsiders see: UUIDv7, in the order of time, known before the insert."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7

__all__ = ["new_id"]


def new_id() -> UUID:
    """A new id. Ids made one after the other sort in that order, so that indexes grow at their end."""
    return uuid7()
