"""Why Fiel does not start or go on: told to the operator as one sentence, without a stack trace."""

from __future__ import annotations

__all__ = ["CannotStart"]


class CannotStart(Exception):
    """The command cannot do its work as things are set. The message says why, and what to change."""
