from __future__ import annotations

from django.apps import AppConfig


class MembersConfig(AppConfig):
    """Customers in the programme."""

    name = "fiel.members"
    label = "members"
    default_auto_field = "django.db.models.BigAutoField"
