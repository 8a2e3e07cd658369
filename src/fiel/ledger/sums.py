"""Sums over the books of many members at once, for figures."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, QuerySet, Sum

from fiel.ledger.models import Entry

__all__ = ["earned_by_span"]


def earned_by_span(business_id: int, causes: QuerySet[Any, Any], span: Case) -> list[tuple[int, str, int]]:
    """What some causes (a query of their ids) earned: by span and unit, in steps.

    `span` tells by `occurred_at` which of the caller's spans an entry falls in.
    """
    rows = Entry.objects.filter(business_id=business_id, kind="earn", cause__in=causes)
    return list(rows.values_list(span, "unit").annotate(steps=Sum("steps")).order_by())
