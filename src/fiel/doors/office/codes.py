"""Codes that nobody has to type: made of a name's own letters."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.text import slugify

__all__ = ["code_for"]

_LONGEST = 40


def code_for(name: str, taken: Iterable[str], *, unnamed: str) -> str:
    """A code of the name's own letters that is not taken; `unnamed`: for a name that has none of ours."""
    stem, used = slugify(name)[:_LONGEST] or unnamed, set(taken)
    numbered = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(used) + 2))
    return next(code for code in numbered if code not in used)
