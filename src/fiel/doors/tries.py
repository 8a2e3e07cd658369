"""Wrong tries to sign in: five for an address and account in a quarter of an hour, counted across all processes.

A try takes one of five places before the password is looked at, so that many at once get no more; the right password
gives all of them back. A place is free again a quarter of an hour after it was taken.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from django.core.cache import caches
from django.utils.crypto import salted_hmac

from fiel import clock

__all__ = ["forget", "take"]

PLACES = 5
FOR = timedelta(minutes=15)


def take(address: str, account: str) -> timedelta | None:
    """Take a place for a try; where none is free, how long until one is."""
    places, now = _places(address, account), clock.now()
    for place in places:
        if caches["sign-in"].add(place, (now + FOR).isoformat(), FOR.total_seconds()):
            return None
    free_at = min(caches["sign-in"].get_many(places).values(), default=now.isoformat())
    return max(timedelta(minutes=1), type(now).fromisoformat(free_at) - now)


def forget(address: str, account: str) -> None:
    """Give all places back: the person knows the password."""
    caches["sign-in"].delete_many(_places(address, account))


def _places(address: str, account: str) -> list[str]:
    # Neither address nor account can be read from what is kept.
    key = salted_hmac("fiel.sign-in", f"{_network(address)} {account}", algorithm="sha256").hexdigest()
    return [f"{key}:{number}" for number in range(PLACES)]


def _network(address: str) -> str:
    """The address; of IPv6 the half that its holder cannot change."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else address
