"""Letters that a worker sends: asked for in the transaction in which they arise, tried again while the post is away.

A task that writes letters takes `tries` as its last argument, and ends with `again()` where one did not go:

    @task
    def write_link(email: str, tries: int = 0) -> None:
        if not send(subject, body, email):
            again(write_link, tries, email)
"""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django_tasks.base import Task

from fiel import clock

__all__ = ["again", "send"]

_PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))

log = logging.getLogger("fiel.letters")


def send(subject: str, body: str, to: str) -> bool:
    """Send a letter; False where it did not go, which is logged without saying to whom."""
    try:
        EmailMessage(subject.strip(), body.strip() + "\n", to=[to]).send()
    except (OSError, SMTPException) as error:
        log.error("a letter could not be sent", extra={"fields": {"error": type(error).__name__}})
        return False
    return True


def again(task: Task[..., None], tries: int, *said: object) -> None:
    """Have a task's letters tried again after a while, four times in all; `said`: its arguments before `tries`."""
    if tries < len(_PAUSES):
        task.using(run_after=clock.now() + _PAUSES[tries]).enqueue(*said, tries + 1)
