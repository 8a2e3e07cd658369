"""Which business is in sight: the second wall between businesses, which PostgreSQL holds up.

Every query names its business; that is the first wall. The second stands where a query forgets to: each table of a
business has a row-level policy, and shows the rows of the business in sight alone. A request begins with none in sight
(`at_the_door`), looks up the credential (`unwalled`), and `enter`s its business. A job, a command or a sender does its
work `within` one. What is outside of all this, a command or a worker that goes through the businesses, has every one in
sight. See docs/decisions/0026-a-second-wall.md; `ops/walls.py` makes the policies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.db import connection

__all__ = [
    "EVERY",
    "SETTING",
    "WALLED",
    "at_the_door",
    "enter",
    "in_sight",
    "of_one_business",
    "unwalled",
    "walled",
    "within",
]

P = ParamSpec("P")
T = TypeVar("T")

SETTING = "fiel.business"
"""PostgreSQL's setting that the policies look at: a business's number, `EVERY`, or nothing."""

WALLED = "SELECT row_security_active(oid) FROM pg_class WHERE oid = to_regclass('shops_store')"
"""Whether policies hold for the role that is connected; no row where there are no tables yet."""

EVERY = "every"
_NONE = ""

_in_sight: ContextVar[str] = ContextVar("fiel_in_sight", default=EVERY)


def in_sight() -> str:
    """What the setting is to be for the next statement."""
    return _in_sight.get()


def enter(business_id: int) -> None:
    """From here to the end of the request one business is in sight: the one that the credential belongs to."""
    _in_sight.set(str(business_id))


@contextmanager
def within(business_id: int) -> Iterator[None]:
    """Do a piece of work with one business in sight."""
    with _seeing(str(business_id)):
        yield


def of_one_business(work: Callable[Concatenate[int, P], T]) -> Callable[Concatenate[int, P], T]:
    """A piece of work, as a task is, that is told its business first, and does it within."""

    @wraps(work)
    def within_it(business_id: int, *args: P.args, **options: P.kwargs) -> T:
        with within(business_id):
            return work(business_id, *args, **options)

    return cast("Callable[Concatenate[int, P], T]", within_it)


@contextmanager
def at_the_door() -> Iterator[None]:
    """Answer a request: no business is in sight until one is entered."""
    with _seeing(_NONE):
        yield


@contextmanager
def unwalled() -> Iterator[None]:
    """Look through all businesses: for the credential that says which one, and for what is of none.

    The only way past the wall; also a decorator. Each use stands in tests/ops/test_walls.py with its reason.
    """
    with _seeing(EVERY):
        yield


@contextmanager
def _seeing(what: str) -> Iterator[None]:
    token = _in_sight.set(what)
    try:
        yield
    finally:
        _in_sight.reset(token)


def walled() -> bool:
    """Whether the wall stands for the role that is connected: PostgreSQL, and neither owner nor above policies."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(WALLED)
        row = cursor.fetchone()
    return bool(row and row[0])
