from __future__ import annotations

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """Events, where they are to be sent, and what became of it."""

    name = "fiel.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"
