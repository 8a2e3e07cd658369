"""Which tables hold what belongs to a business, found in the models, so that a new one cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import TopologicalSorter

from django.apps import apps
from django.db.models import Model

from fiel.tables.keys import WithinBusiness

__all__ = ["tables_of_businesses"]


def tables_of_businesses() -> list[type[Model]]:
    """The models whose rows belong to a business, each after those that its rows point to."""
    ours = {model._meta.db_table: model for model in apps.get_models() if _names_business(model)}
    order = TopologicalSorter({table: set(_points_to(model)) & set(ours) for table, model in sorted(ours.items())})
    return [ours[table] for table in order.static_order()]


def _names_business(model: type[Model]) -> bool:
    return any(field.name == "business" for field in model._meta.concrete_fields)


def _points_to(model: type[Model]) -> Iterator[str]:
    """The tables that the database's foreign keys lead to; a table that leads to itself needs no order."""
    for constraint in model._meta.constraints:
        if isinstance(constraint, WithinBusiness) and constraint.table != model._meta.db_table:
            yield constraint.table
    for field in model._meta.concrete_fields:
        if field.remote_field is not None and field.related_model not in (None, model, "self"):
            yield field.related_model._meta.db_table
