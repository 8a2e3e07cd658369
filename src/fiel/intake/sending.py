"""The agent's way to the server: one call that may be repeated at will, and how long to wait after it failed."""

from __future__ import annotations

import ipaddress
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3

from fiel.intake.journal import Waiting

__all__ = ["Answered", "Backoff", "BadAddress", "Line", "NotSent", "address_of"]

_CONNECT_S, _READ_S = 10, 60
_PASSING = frozenset({"rate_limited", "in_progress", "unavailable", "internal"})
_OWN_NAMES = (".local", ".lan", ".home", ".internal", ".localhost")


class BadAddress(ValueError):
    """The address is none that the agent would send to. The message says what to write."""


class NotSent(Exception):
    """Nothing is known to have arrived: try again. `wait`: seconds that the server asked for.

    `for_good`: it will not get better by itself; somebody must look. `smaller`: it was too much at once, or one of
    the things sent is odder than their own answers can say.
    """

    def __init__(self, reason: str, *, wait: float = 0, for_good: bool = False, smaller: bool = False) -> None:
        super().__init__(reason)
        self.wait = wait
        self.for_good = for_good
        self.smaller = smaller


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one thing; `code` and `reason` of what waits or was refused."""

    state: str
    code: str = ""
    reason: str = ""

    @property
    def passes(self) -> bool:
        """Whether it was refused for a reason that goes by itself."""
        return self.state == "refused" and self.code in _PASSING


@dataclass(slots=True)
class Backoff:
    """How long to wait after failures in a row: twice as long each time, and never at the same moment as others."""

    least: float = 1.0
    most: float = 300.0
    failures: int = 0

    def failed(self, asked: float = 0) -> float:
        """Seconds to wait now; at least as many as the server asked for."""
        self.failures += 1
        longest = min(self.most, self.least * 2 ** min(self.failures - 1, 20))
        return max(asked, random.uniform(longest / 2, longest))  # noqa: S311 - spreads shops, hides nothing

    def worked(self) -> None:
        """It works again."""
        self.failures = 0


def address_of(text: str) -> str:
    """The installation's address, whichever of its pages was given. Raises `BadAddress`."""
    parts = urlsplit(text if "//" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise BadAddress(f"{text!r} is no address: write it like https://points.example.com.")
    if parts.scheme == "http" and not _is_own(parts.hostname):
        raise BadAddress(f"Receipts name customers, and the key opens the books: write https://{parts.netloc}.")
    return f"{parts.scheme}://{parts.netloc}"


def _is_own(host: str) -> bool:
    """Whether it lies in the shop's own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(_OWN_NAMES)
    return address.is_private or address.is_loopback


class Line:
    """The line to a business's Fiel."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        headers = {"Authorization": f"Bearer {key}", "User-Agent": "fiel-watch", "Accept": "application/json"}
        timeout = urllib3.Timeout(connect=_CONNECT_S, read=_READ_S)
        self._pool = urllib3.PoolManager(headers=headers, timeout=timeout, retries=False, maxsize=1)

    def me(self) -> dict[str, Any]:
        """What the key is for. Raises `NotSent`."""
        status, told = self._ask("GET", "/me", None)
        if status != 200 or "business" not in told:
            raise _not_sent(status, told, 0)
        return told

    def send(self, waiting: Sequence[Waiting]) -> list[Answered]:
        """Send things in their order, and learn what became of each. Raises `NotSent`."""
        items = ",".join(_item(each) for each in waiting)
        status, told = self._ask("POST", "/papers", f'{{"items":[{items}]}}'.encode())
        answers = told.get("items")
        if status != 207 or not isinstance(answers, list) or len(answers) != len(waiting):
            raise _not_sent(status, told, told.get("retry_after", 0))
        return [_answered(each) for each in answers]

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, dict[str, Any]]:
        headers = {**self._pool.headers, **({"Content-Type": "application/json"} if body else {})}
        try:
            response = self._pool.request(
                method, f"{self._address}/api/v1{path}", body=body, headers=headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            self._pool.clear()
            raise NotSent(f"no way to {self._address} ({type(error).__name__})") from error
        try:
            told = json.loads(response.data)
        except ValueError:
            told = {}
        told = told if isinstance(told, dict) else {}
        seconds = response.headers.get("Retry-After", "")
        return response.status, {**told, "retry_after": int(seconds) if seconds.isdecimal() else 0}


def _item(waiting: Waiting) -> str:
    """An item: what was kept, with the file and the place in it."""
    where = {"file": waiting.file, "row": waiting.row}
    said = json.dumps({name: text for name, text in where.items() if text})
    return f"{said[:-1]}{', ' if len(said) > len('{}') else ''}{waiting.body[1:]}"


def _answered(told: Any) -> Answered:
    problem = told.get("problem") or {}
    places = "; ".join(f"{each['pointer']}: {each['detail']}" for each in problem.get("errors", ()))
    reason = problem.get("detail", "")
    return Answered(told["state"], problem.get("code", ""), f"{reason} ({places})" if places else reason)


def _not_sent(status: int, told: dict[str, Any], wait: float) -> NotSent:
    detail = told.get("detail") or f"the server answered {status}"
    ours = told.get("code") in ("too_large", "malformed", "invalid")
    if status == 413 or ours:
        return NotSent(detail, smaller=True, for_good=ours)
    return NotSent(detail, wait=wait, for_good=status in (401, 403, 404) or 300 <= status < 400)
