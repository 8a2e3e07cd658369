from __future__ import annotations

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Sums and indicators that are kept up beside the receipts."""

    name = "fiel.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"
