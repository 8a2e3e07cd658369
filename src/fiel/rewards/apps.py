from __future__ import annotations

from django.apps import AppConfig


class RewardsConfig(AppConfig):
    """What units can be exchanged for."""

    name = "fiel.rewards"
    label = "rewards"
    default_auto_field = "django.db.models.BigAutoField"
