"""Sales that arrive at the same moment share one transaction: `record_with_others()`.

A commit costs the same for one sale as for many. Whoever comes first records; those who come meanwhile wait in line,
and the first of them then records all that wait. Nobody waits for company: a sale that comes alone goes at once.

A server has threads for this alone (`have_writers`). Each has a connection of its own, on which PostgreSQL has prepared
every statement long ago; the connections of dozens of threads that take turns would each have it to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock, local
from time import monotonic

from django.db import InterfaceError, OperationalError, connection

from fiel.core.refusals import Refused
from fiel.sales.incoming import Incoming
from fiel.sales.record import Recorded, record
from fiel.shops.models import Business
from fiel.tables.walls import within

__all__ = ["Queue", "have_writers", "record_with_others"]

Answer = Recorded | Refused
Record = Callable[[Business, Sequence[Incoming]], Sequence[Answer]]

GROUP_AT_MOST = 64
WAITING_AT_MOST = 512

_REST_S = 1.0
_rest = local()


@dataclass(slots=True)
class _Waiting:
    """A sale in line. `turn` is set once it is answered, or once its thread is the one to record."""

    sale: Incoming
    turn: Event = field(default_factory=Event)
    answer: Answer | BaseException | None = None


class Queue:
    """The lines of this process, one for each business: its sales keep their order, and wait for nobody else's.

    `writers`: the threads that record; None: whoever comes first does, in their own.
    """

    def __init__(
        self,
        record: Record = record,
        *,
        group: int = GROUP_AT_MOST,
        most: int = WAITING_AT_MOST,
        writers: Executor | None = None,
    ) -> None:
        self._record = record
        self._group = group
        self._most = most
        self._writers = writers
        # Those of each business who wait, in the order in which they came. Where there is a line, somebody records.
        self._lines: dict[int, list[_Waiting]] = {}
        self._count = 0
        self._guard = Lock()

    def record(self, business: Business, sale: Incoming) -> Answer:
        """Record a sale, together with those that come at the same moment; answered after the commit.

        Raises `unavailable` where too many wait, and whatever kept this very sale from being recorded.
        """
        mine = _Waiting(sale)
        self._stand_in_line(business, mine)
        mine.turn.wait()
        if mine.answer is None:
            self._record_those_who_wait(business)
        if isinstance(mine.answer, BaseException) and not isinstance(mine.answer, Refused):
            raise mine.answer
        if mine.answer is None:
            raise RuntimeError("a sale was neither recorded nor refused")
        return mine.answer

    def _stand_in_line(self, business: Business, mine: _Waiting) -> None:
        with self._guard:
            if self._count >= self._most:
                raise Refused("unavailable", "Too many sales arrive at once. Send this one again in a moment.")
            self._count += 1
            if business.id in self._lines:
                self._lines[business.id].append(mine)
            else:
                self._lines[business.id] = [mine]
                self._give_turn(business)

    def _give_turn(self, business: Business) -> None:
        """Have the group recorded that stands first: by its first thread, or by a writer after the lines before it."""
        if self._writers:
            self._writers.submit(self._record_those_who_wait, business)
        else:
            self._lines[business.id][0].turn.set()

    def _record_those_who_wait(self, business: Business) -> None:
        with self._guard:
            line = self._lines[business.id]
            group, line[: self._group] = line[: self._group], []
        try:
            answers = self._answers(business, [each.sale for each in group])
        except BaseException:
            # This thread is told to end; nobody else may wait for it for ever.
            answers = [OperationalError("The process that recorded this sale was stopped.")] * len(group)
            raise
        finally:
            self._hand_on(business, len(group))
            for each, answer in zip(group, answers, strict=True):
                each.answer = answer
                each.turn.set()

    def _hand_on(self, business: Business, recorded: int) -> None:
        """Have those recorded who came meanwhile; first of all, so that the database is not idle."""
        with self._guard:
            self._count -= recorded
            if self._lines[business.id]:
                self._give_turn(business)
            else:
                del self._lines[business.id]

    def _answers(self, business: Business, sales: Sequence[Incoming]) -> Sequence[Answer | BaseException]:
        try:
            return self._record(business, sales)
        except (OperationalError, InterfaceError) as error:
            # The database is away, for all of them: none is tried once more before the till sends it again.
            return [error] * len(sales)
        except Exception as error:
            if len(sales) == 1:
                return [error]
        # One of them does what nobody foresaw; the others shall not suffer for it.
        return [self._answers(business, [sale])[0] for sale in sales]


def _record_apart(business: Business, sales: Sequence[Incoming]) -> Sequence[Answer]:
    """Record in a writer's thread, whose connection no end of a request looks after.

    The thread keeps it, unless it has rested for a while: the pool then looks whether it is alive.
    """
    if monotonic() - getattr(_rest, "since", 0.0) > _REST_S:
        connection.close_if_unusable_or_obsolete()
    try:
        with within(business.id):
            return record(business, sales)
    except (OperationalError, InterfaceError):
        connection.close()
        raise
    finally:
        _rest.since = monotonic()


_of_this_process = Queue()


def record_with_others(business: Business, sale: Incoming) -> Answer:
    """Record a sale together with those that come to this process at the same moment, as `Queue.record` does."""
    return _of_this_process.record(business, sale)


def have_writers(count: int) -> None:
    """Let this process, which is a server, record in threads for this alone from here on.

    So many businesses are recorded beside each other; the next one waits for a writer.
    """
    global _of_this_process  # noqa: PLW0603 - once, before the first sale
    _of_this_process = Queue(_record_apart, writers=ThreadPoolExecutor(count, "writer"))
