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
WRITERS = 4
"""So many businesses of one process are recorded beside each other; the next one waits for a writer."""


_REST_S = 1.0
_rest = local()


@dataclass(slots=True)
class _Waiting:
    """A sale in line. `turn` is set once it is answered, or once its thread is the one to record."""

    sale: Incoming
    turn: Event = field(default_factory=Event)
    answer: Answer | BaseException | None = None


@dataclass(slots=True)
class _Line:
    """Those of one business who wait, in the order in which they came; `busy`: one of its threads records."""

    waiting: list[_Waiting] = field(default_factory=list)
    busy: bool = False


class Queue:
    """The lines of this process, one for each business: its sales keep their order, and wait for nobody else's.

    `writers`: the threads that record; None: whoever comes first does, in their own.
    """

    writers: Executor | None = None

    def __init__(self, record: Record = record, *, group: int = GROUP_AT_MOST, most: int = WAITING_AT_MOST) -> None:
        self._record = record
        self._group = group
        self._most = most
        self._lines: dict[int, _Line] = {}
        self._count = 0
        self._guard = Lock()

    def record(self, business: Business, sale: Incoming) -> Answer:
        """Record a sale, together with those that come at the same moment; answered after the commit.

        Raises `unavailable` where too many wait, and whatever kept this very sale from being recorded.
        """
        mine = _Waiting(sale)
        leads = self._stand_in_line(business, mine)
        if leads and self.writers:
            self._write_apart(business)
        if not leads or self.writers:
            mine.turn.wait()
        if mine.answer is None:
            self._record_those_who_wait(business)
        if isinstance(mine.answer, BaseException) and not isinstance(mine.answer, Refused):
            raise mine.answer
        if mine.answer is None:
            raise RuntimeError("a sale was neither recorded nor refused")
        return mine.answer

    def _stand_in_line(self, business: Business, mine: _Waiting) -> bool:
        """Whether it is this thread that records."""
        with self._guard:
            if self._count >= self._most:
                raise Refused("unavailable", "Too many sales arrive at once. Send this one again in a moment.")
            self._count += 1
            line = self._lines.setdefault(business.id, _Line())
            line.waiting.append(mine)
            leads, line.busy = not line.busy, True
            return leads

    def _write_apart(self, business: Business) -> None:
        if self.writers and business.id in self._lines:
            self.writers.submit(self._write_line, business)

    def _write_line(self, business: Business) -> None:
        """Record, in a writer's thread, until nobody waits.

        The thread keeps its connection, unless it has rested for a while: the pool then looks whether it is alive.
        """
        if monotonic() - getattr(_rest, "since", 0.0) > _REST_S:
            connection.close_if_unusable_or_obsolete()
        try:
            with within(business.id):
                while self._record_those_who_wait(business):
                    pass
        except BaseException:
            self._write_apart(business)  # this thread is told to end; nobody may wait for it for ever
            raise
        _rest.since = monotonic()

    def _record_those_who_wait(self, business: Business) -> bool:
        """Record a group; whether others have come meanwhile."""
        with self._guard:
            line = self._lines[business.id]
            group, line.waiting = line.waiting[: self._group], line.waiting[self._group :]
        try:
            answers = self._answers(business, [each.sale for each in group])
        except BaseException:
            # This thread is told to end; nobody else may wait for it for ever.
            answers = [OperationalError("The process that recorded this sale was stopped.")] * len(group)
            raise
        finally:
            others = self._hand_on(business.id, line, len(group))
            for each, answer in zip(group, answers, strict=True):
                each.answer = answer
                each.turn.set()
        return others

    def _hand_on(self, business_id: int, line: _Line, recorded: int) -> bool:
        """Let the first of those who came meanwhile record; first of all, so that the database is not idle."""
        with self._guard:
            self._count -= recorded
            if not line.waiting:
                line.busy = False
                del self._lines[business_id]
            elif not self.writers:
                line.waiting[0].turn.set()
            return line.busy

    def _answers(self, business: Business, sales: Sequence[Incoming]) -> Sequence[Answer | BaseException]:
        try:
            return self._record(business, sales)
        except (OperationalError, InterfaceError) as error:
            # The database is away, for all of them: none is tried once more before the till sends it again.
            if self.writers:
                connection.close()
            return [error] * len(sales)
        except Exception as error:
            if len(sales) == 1:
                return [error]
        # One of them does what nobody foresaw; the others shall not suffer for it.
        return [self._answers(business, [sale])[0] for sale in sales]


_of_this_process = Queue()
record_with_others = _of_this_process.record


def have_writers() -> None:
    """Let this process, which is a server, record in threads for this alone from here on."""
    _of_this_process.writers = ThreadPoolExecutor(WRITERS, "writer")
