"""Writes that two may begin at once: whoever comes second begins anew, and sees what the first has done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, transaction

__all__ = ["in_transaction"]

T = TypeVar("T")
_TRIES = 5
_WAITED_FOR_EACH_OTHER = frozenset({"40P01", "40001"})  # PostgreSQL's codes; on SQLite one writes at a time


def in_transaction(do: Callable[[], T]) -> T:
    """Do it in a transaction; where a row was taken in the meantime, or two waited for each other, all over again.

    Where the database is away nothing is tried again: each try would wait for it anew, and whoever asked with it.
    """
    tries = _TRIES
    while True:
        try:
            with transaction.atomic():
                return do()
        except (IntegrityError, OperationalError) as error:
            tries -= 1
            if not tries or not _met_another(error):
                raise


def _met_another(error: Exception) -> bool:
    return isinstance(error, IntegrityError) or getattr(error.__cause__, "sqlstate", "") in _WAITED_FOR_EACH_OTHER
