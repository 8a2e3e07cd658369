"""Wrong voucher codes: ten a minute for each person, as at the till's door."""

from __future__ import annotations

from django.core.cache import cache
from django.utils.translation import gettext as _

from fiel import clock
from fiel.doors.counter.desk import Desk
from fiel.doors.counter.sentences import said

__all__ = ["count_guess", "refuse_guessing"]

MOST = 10


def refuse_guessing(desk: Desk) -> None:
    """Raise `rate_limited` for who has named too many codes of this minute that there are not."""
    if cache.get(_name(desk), 0) >= MOST:
        raise said("rate_limited", _("Too many wrong codes; wait a minute."))


def count_guess(desk: Desk) -> None:
    """Note a code that there is not. Each process counts for itself."""
    cache.add(_name(desk), 0, timeout=120)
    cache.incr(_name(desk))


def _name(desk: Desk) -> str:
    return f"counter:guesses:{desk.business.id}:{desk.person_id}:{clock.now():%Y%m%d%H%M}"
