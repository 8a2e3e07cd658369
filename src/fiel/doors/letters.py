"""Letters that a page sends at once: from a template whose first line is the subject."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import translation

__all__ = ["later", "letters_leave", "send_letter"]

_pool = ThreadPoolExecutor(2, thread_name_prefix="letters")
log = logging.getLogger("fiel.letters")


def send_letter(letter: str, to: str, *, language: str, **said: Any) -> bool:
    """Write `letters/<letter>.txt` in somebody's language and send it; False where that fails, which is logged."""
    with translation.override(translation.get_supported_language_variant(language) if language else None):
        subject, _, body = render_to_string(f"letters/{letter}.txt", said).strip().partition("\n")
    try:
        EmailMessage(subject.strip(), body.strip() + "\n", to=[to]).send()
    except (OSError, SMTPException) as error:
        log.error("a letter could not be sent", extra={"fields": {"letter": letter, "error": type(error).__name__}})
        return False
    return True


def later(do: Callable[..., object], *said: object) -> None:
    """Do it after the answer, in a thread of its own: nobody can tell by the time whether there was something to do."""

    def doing() -> None:
        try:
            do(*said)
        except Exception:
            log.exception("a letter could not be written")
        finally:
            connection.close()

    transaction.on_commit(lambda: _pool.submit(doing))


def letters_leave() -> bool:
    """Whether letters go out, and are not just printed where the server runs."""
    return not settings.EMAIL_BACKEND.endswith(".console.EmailBackend")
