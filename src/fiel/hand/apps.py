from __future__ import annotations

from django.apps import AppConfig


class HandConfig(AppConfig):
    """What people enter themselves."""

    name = "fiel.hand"
    label = "hand"
    default_auto_field = "django.db.models.BigAutoField"
