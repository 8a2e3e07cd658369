"""Who acts in this request or command: set at the door, asked by `note`, so that no function has to hand it on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Actor", "act_as", "acting", "actor"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who: an e-mail address, a key's hint, or "fiel" for the command line. `address`: from where, empty for here."""

    who: str
    person_id: int | None = None
    address: str = ""


_COMMAND_LINE = Actor("fiel")
_actor: ContextVar[Actor] = ContextVar("fiel_actor", default=_COMMAND_LINE)


def actor() -> Actor:
    """Who acts now."""
    return _actor.get()


def act_as(who: Actor) -> None:
    """From here to the end of the `acting` around it, somebody else acts: a request's key is known only later."""
    _actor.set(who)


@contextmanager
def acting(who: Actor) -> Iterator[None]:
    """Let somebody act for as long as this lasts."""
    token = _actor.set(who)
    try:
        yield
    finally:
        _actor.reset(token)
