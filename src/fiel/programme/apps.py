from __future__ import annotations

from django.apps import AppConfig


class ProgrammeConfig(AppConfig):
    """Stored versions of a business's rules."""

    name = "fiel.programme"
    label = "programme"
    default_auto_field = "django.db.models.BigAutoField"
