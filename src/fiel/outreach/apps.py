from __future__ import annotations

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """Whom to invite, what is written to members, and what came of it."""

    name = "fiel.outreach"
    label = "outreach"
    default_auto_field = "django.db.models.BigAutoField"
