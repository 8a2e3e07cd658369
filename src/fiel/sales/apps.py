from __future__ import annotations

from django.apps import AppConfig


class SalesConfig(AppConfig):
    """Receipts, and recording them."""

    name = "fiel.sales"
    label = "sales"
    default_auto_field = "django.db.models.BigAutoField"
