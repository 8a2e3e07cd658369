"""Where webhooks may go: public addresses over https, and what the operator names beside them.

A business writes the address, and Fiel's server calls it from inside the operator's network. So a name is looked up
once, everything it leads to is checked, and the connection is made to just the address that was checked: a name that
answers otherwise the second time changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from fiel.core.refusals import Fault, Refused

__all__ = ["Forbidden", "Target", "Unknown", "check", "resolve"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HTTPS_PORT, _HTTP_PORT = 443, 80
_FIRST_FREE_PORT = 1024

# Beside what `is_global` and `is_multicast` tell: addresses that hide another one, and public ones that answer from
# inside a cloud.
_HIDING = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocols' own
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's own services
        "::/96",  # IPv4 written as IPv6
        "::ffff:0:0:0/96",  # the same, translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",  # goes nowhere
        "2001::/23",  # Teredo and the like
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local of old
    )
)


class Forbidden(Exception):
    """The address may not be reached. The message is a sentence for who wrote it."""


class Unknown(Exception):
    """The name leads nowhere, at this moment at least."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and how to speak there: the address that was checked, and the name for TLS and `Host`."""

    https: bool
    host: str
    port: int
    path: str
    address: str

    @property
    def host_header(self) -> str:
        """The name as `Host` says it, with the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (_HTTPS_PORT if self.https else _HTTP_PORT)
        return host if usual else f"{host}:{self.port}"


def check(url: str) -> None:
    """Refuse an address that may not be sent to. Raises `invalid`. A name that leads nowhere yet may do so later."""
    try:
        with suppress(Unknown):
            resolve(url)
    except Forbidden as error:
        raise Refused("invalid", str(error), [Fault("/url", "give another address")]) from None


def resolve(url: str) -> Target:
    """Look the address up, once, and choose where to connect. Raises Forbidden and Unknown."""
    https, host, port, path = _parts(url)
    found = _look_up(host, port)
    for address in found:
        if not _may_reach(address, https=https, port=port):
            raise Forbidden(_why(https=https))
    return Target(https, host, port, path, str(found[0]))


def _parts(url: str) -> tuple[bool, str, int, str]:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        ascii_host = host if ":" in host else host.encode("idna").decode("ascii")
    except ValueError:
        raise Forbidden("This is no address; write it as https://example.com/fiel.") from None
    if parts.scheme not in ("https", "http") or not host or any(ord(letter) <= ord(" ") for letter in url):
        raise Forbidden("This is no address; write it as https://example.com/fiel.")
    if parts.username is not None or parts.password is not None or "\\" in url:
        raise Forbidden("Leave name and password out of the address: each request is signed.")
    if not url.isascii() and not parts.path.isascii():
        raise Forbidden("Write what lies behind the host in ASCII, other letters as %C3%A3.")
    if port == 0:
        raise Forbidden("Nobody can be reached at port 0.")
    https = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return https, ascii_host.rstrip("."), port or (_HTTPS_PORT if https else _HTTP_PORT), path


def _look_up(host: str, port: int) -> Sequence[Address]:
    """Every address of a name, IPv4 first. The system reads 2130706433, 0x7f.1 and the like too."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unknown(f"The name {host} leads to no address.") from None
    found = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]
    return sorted(dict.fromkeys(found), key=lambda address: address.version)


def _may_reach(address: Address, *, https: bool, port: int) -> bool:
    # ::ffff:127.0.0.1 is 127.0.0.1.
    meant = (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address
    if any(meant in ipaddress.ip_network(text, strict=False) for text in settings.WEBHOOK_NETWORKS):
        return True
    if not https or (port != _HTTPS_PORT and port < _FIRST_FREE_PORT):
        return False
    return meant.is_global and not meant.is_multicast and not meant.is_reserved and not _hides(meant)


def _hides(address: Address) -> bool:
    return any(address in network for network in _HIDING if network.version == address.version)


def _why(*, https: bool) -> str:
    if not https:
        return "Events go over https alone."
    return "Events go to public addresses alone, at port 443 or from 1024 on."
