"""Letters of the doors: from a template whose first line is the subject."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from fiel.jobs.letters import send

__all__ = ["letters_leave", "send_letter"]


def send_letter(letter: str, to: str, *, language: str, **said: Any) -> bool:
    """Write `letters/<letter>.txt` in somebody's language and send it; False where that fails, which is logged."""
    with translation.override(translation.get_supported_language_variant(language) if language else None):
        subject, _, body = render_to_string(f"letters/{letter}.txt", said).strip().partition("\n")
    return send(subject, body, to)


def letters_leave() -> bool:
    """Whether letters go out, and are not just printed where the server runs."""
    return not settings.EMAIL_BACKEND.endswith(".console.EmailBackend")
