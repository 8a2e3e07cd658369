"""Wrong codes: ten a minute for whoever tries them, counted by all processes together.

Else each process would give a guesser its own ten. To be counted outside of a transaction: what a refusal takes back
must not take back the count.
"""

from __future__ import annotations

from django.core.cache import caches

from fiel import clock

__all__ = ["MOST_GUESSES", "places_left", "take_places"]

MOST_GUESSES = 10


def places_left(who: str) -> int:
    """How many wrong codes somebody may still name within this minute."""
    return MOST_GUESSES - len(caches["guesses"].get_many(_places(who)))


def take_places(who: str, count: int) -> None:
    """Take the first places that are free: many at once get no more."""
    taken = 0
    for place in _places(who) if count else ():
        if taken < count:
            taken += caches["guesses"].add(place, 1, timeout=120)


def _places(who: str) -> list[str]:
    return [f"{who}:{clock.now():%Y%m%d%H%M}:{number}" for number in range(MOST_GUESSES)]
