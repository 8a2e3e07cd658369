from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Files in."""

    name = "fiel.intake"
    label = "intake"
    default_auto_field = "django.db.models.BigAutoField"
