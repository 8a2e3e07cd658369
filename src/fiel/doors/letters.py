"""Letters that a page sends at once: from a template whose first line is the subject."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

__all__ = ["letters_leave", "send_letter"]

log = logging.getLogger("fiel.letters")


def send_letter(name: str, to: str, *, language: str, **said: Any) -> bool:
    """Write `letters/<name>.txt` in somebody's language and send it; False, and a line in the log, where that fails."""
    with translation.override(translation.get_supported_language_variant(language) if language else None):
        subject, _, body = render_to_string(f"letters/{name}.txt", said).strip().partition("\n")
    try:
        EmailMessage(subject.strip(), body.strip() + "\n", to=[to]).send()
    except (OSError, SMTPException) as error:
        log.error("a letter could not be sent", extra={"fields": {"letter": name, "error": type(error).__name__}})
        return False
    return True


def letters_leave() -> bool:
    """Whether letters go out, and are not just printed where the server runs."""
    return not settings.EMAIL_BACKEND.endswith(".console.EmailBackend")
