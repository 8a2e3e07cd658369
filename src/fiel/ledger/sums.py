"""Sums over the books of many members at once, for figures."""

from __future__ import annotations

from datetime import date

from django.db.models import BooleanField, Case, Q, Sum, Value, When

from fiel.ledger.models import Lot

__all__ = ["held_by_day"]


def held_by_day(business_id: int, today: date) -> list[tuple[str, date, bool, int]]:
    """What all accounts hold together: unit, when it lapses, whether it cannot be spent yet, and how many steps."""
    pending = Case(When(Q(available_on__gt=today), then=Value(True)), default=Value(False), output_field=BooleanField())
    rows = Lot.objects.filter(business_id=business_id, steps__gt=0)
    return list(rows.values_list("unit", "expires_on", pending).annotate(held=Sum("steps")).order_by())
