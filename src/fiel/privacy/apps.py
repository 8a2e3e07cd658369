from __future__ import annotations

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Export and erasure."""

    name = "fiel.privacy"
    label = "privacy"
    default_auto_field = "django.db.models.BigAutoField"
