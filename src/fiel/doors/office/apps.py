"""The office as Django knows it: it has a migration, no models."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["OfficeConfig"]


class OfficeConfig(AppConfig):
    """The office."""

    name = "fiel.doors.office"
    label = "office"
