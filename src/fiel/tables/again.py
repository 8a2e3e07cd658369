"""Writes that two may begin at once: whoever comes second begins anew, and sees what the first has done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, transaction

__all__ = ["in_transaction"]

T = TypeVar("T")
_TRIES = 5


def in_transaction(do: Callable[[], T]) -> T:
    """Do it in a transaction; where a row was taken in the meantime, or two waited for each other, all over again."""
    tries = _TRIES
    while True:
        try:
            with transaction.atomic():
                return do()
        except (IntegrityError, OperationalError):
            tries -= 1
            if not tries:
                raise
