from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Jobs, their files, and what is done every night."""

    name = "fiel.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
