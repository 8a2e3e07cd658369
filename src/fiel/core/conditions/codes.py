"""What conditions that name codes have in common: the sale has one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from fiel.core.conditions.moment import Condition
from fiel.core.reading import Field

__all__ = ["Codes"]


@dataclass(frozen=True, slots=True)
class Codes(Condition):
    """A list of codes, of which one must be the sale's."""

    codes: frozenset[str]

    noun: ClassVar[str] = ""

    @classmethod
    def read(cls, field: Field) -> Self:
        """A list of texts, at least one."""
        codes = frozenset(field.texts())
        if not codes and field.sound:
            field.wrong("name at least one, or leave the condition out")
        return cls(codes)

    def because(self) -> str:
        """ "at S1, S2"."""
        return f"{self.noun} {', '.join(sorted(self.codes))}"

    def named(self) -> tuple[str, ...]:
        """The codes, in order."""
        return tuple(sorted(self.codes))


def choose(field: Field, options: tuple[str, ...]) -> frozenset[str]:
    """A list of words out of a fixed few, at least one."""
    chosen = frozenset(item.choice(options) for item in field.items())
    if not chosen and field.sound:
        field.wrong("name at least one, or leave the condition out")
    return chosen
