from __future__ import annotations

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """Who did what, from where, before and after."""

    name = "fiel.trail"
    label = "trail"
    default_auto_field = "django.db.models.BigAutoField"
