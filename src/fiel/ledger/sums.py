"""Sums over the books of many members at once, for figures."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, Q, QuerySet, Sum, Value, When

from fiel.ledger.models import Entry, Lot

__all__ = ["earned_by_span", "held_by_day"]


def earned_by_span(business_id: int, causes: QuerySet[Any, Any], span: Case) -> list[tuple[int, str, int]]:
    """What some causes (a query of their ids) earned: by span and unit, in steps.

    `span` tells by `occurred_at` which of the caller's spans an entry falls in.
    """
    rows = Entry.objects.filter(business_id=business_id, kind="earn", cause__in=causes)
    return list(rows.values_list(span, "unit").annotate(steps=Sum("steps")).order_by())


def held_by_day(business_id: int, today: date) -> list[tuple[str, date, bool, int]]:
    """What all accounts hold together: unit, when it lapses, whether it cannot be spent yet, and how many steps."""
    pending = Case(When(Q(available_on__gt=today), then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = Lot.objects.filter(business_id=business_id, steps__gt=0)
    return list(rows.values_list("unit", "expires_on", pending).annotate(held=Sum("steps")).order_by())
