"""Looking products up: by the beginning of a code, by a part of the name, by department; a page at a time."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from fiel.catalogue.models import Product

__all__ = ["products_by"]


def products_by(
    business_id: int, q: str = "", *, department: str = "", without_department: bool = False, after: str = ""
) -> QuerySet[Product]:
    """Products by their code, those behind `after`."""
    rows = Product.objects.filter(business_id=business_id, code__gt=after)
    if q:
        rows = rows.filter(Q(code__startswith=q) | Q(name__icontains=q) | Q(brand__istartswith=q))
    if without_department:
        rows = rows.filter(department=None)
    elif department:
        rows = rows.filter(department=department)
    return rows.order_by("code")
