"""What a door itself refuses, in the person's language; what comes from below speaks English, to till makers."""

from __future__ import annotations

from fiel.core.refusals import Fault, Refused

__all__ = ["Said", "said"]


class Said(Refused):
    """A refusal whose sentences are in the person's language already."""


def said(code: str, sentence: str, at: str = "") -> Said:
    """A refusal of a door's own, at a field."""
    return Said(code, sentence, [Fault(at, sentence)])
