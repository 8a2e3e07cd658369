"""What a business of the demo is to be: its name, its rules' beginning, what is brought in, whom to try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from rich.progress import Progress

from fiel.core.identity import Identity
from fiel.ops.demo.kept import Kept
from fiel.shops.models import Business

__all__ = ["Bring", "Plan"]

Bring = Callable[[Business, Kept, Progress], None]
"""Brings in all that a business has besides its rules: stores, catalogue, members, receipts. May be repeated."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A business of the demo. `begins`: when its rules come into force, given the moment its receipts lead up to.

    `guest`: the member to try, `typed` what one types for them; `sample`: an amount to sell, in minor units.
    """

    slug: str
    name: str
    currency: str
    timezone: str
    begins: Callable[[datetime], datetime]
    bring: Bring
    guest: Identity
    typed: str
    sample: int
