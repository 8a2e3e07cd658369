"""What a channel is: a way to hand a message over, and how it may fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from fiel.outreach.wordings import Words

__all__ = ["Channel", "Failed", "Outgoing", "Passing"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a channel takes it: where to, from whom, the words, and what it can be known by.

    `stop`: the address at which the member says that they want no more. `id`: the same for each try. `enclosed`: the
    name and the content of a PDF, for the channels that take one.
    """

    id: UUID
    to: str
    sender: str
    words: Words
    stop: str
    language: str
    enclosed: tuple[str, bytes] | None = None


class Passing(Exception):
    """It did not go, and may later: the network is away, the provider has too much to do."""


class Failed(Exception):
    """It will never go: there is no such address, the provider refuses it. The text is a short code."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach members: by which kind of identifier, whether it is set up here, and how it is used.

    `send` gives the provider's reference, or ours. It raises Passing or Failed. `tells_repeats`: whether the provider
    knows a message that comes twice by its id, so that a repeat costs nothing.
    """

    identifier: str
    ready: Callable[[], bool]
    send: Callable[[Outgoing], str]
    tells_repeats: Callable[[], bool] = lambda: False
