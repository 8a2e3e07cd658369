"""Deleting what is past its time, however much it is, without keeping anybody waiting."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

__all__ = ["delete_in_parts"]

_AT_ONCE = 1_000


def delete_in_parts(rows: QuerySet[Any], key: str, *, first: tuple[QuerySet[Any], str] | None = None) -> int:
    """Delete rows a thousand at a time; how many. `first`: the rows that lead to them, and by what."""
    deleted = 0
    while some := list(rows.order_by(key).values_list(key, flat=True)[:_AT_ONCE]):
        with transaction.atomic():
            if first is not None:
                leading, by = first
                leading.filter(**{f"{by}__in": some}).delete()
            rows.filter(**{f"{key}__in": some}).delete()
        deleted += len(some)
    return deleted
