"""Chance that can be had again: the same seed and subject throw the same dice, on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

__all__ = ["Dice", "dice_for", "one_of"]

T = TypeVar("T")

Dice = Random


def dice_for(seed: int, *subject: object) -> Dice:
    """Dice for one subject, so that a change in one business moves no receipt of another."""
    return Random("/".join(map(str, (seed, *subject))))  # noqa: S311 - made-up receipts, no secrets


def one_of(dice: Dice, options: Sequence[tuple[T, int]]) -> T:
    """One of the options, each as often as its weight says."""
    return dice.choices([option for option, _ in options], [weight for _, weight in options])[0]
