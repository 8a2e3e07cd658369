from __future__ import annotations

from django.apps import AppConfig


class ShopsConfig(AppConfig):
    """Businesses, their stores and tills, the people who work there, and the keys that tills hold."""

    name = "fiel.shops"
    label = "shops"
    default_auto_field = "django.db.models.BigAutoField"
