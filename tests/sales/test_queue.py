"""Sales that arrive at the same moment: one transaction for all, and each answered for itself.

The line alone, with a recorder that is slow when it is told to be; tests/load sends real sales at real databases.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from fiel.core.refusals import Refused
from fiel.sales.queue import Queue

OURS, THEIRS = SimpleNamespace(id=1), SimpleNamespace(id=2)


class Recorder:
    """Answers each sale with its own name. `held` keeps the first group waiting until it is set."""

    def __init__(self):
        self.groups = []
        self.began, self.held = Event(), Event()

    def __call__(self, business, sales):
        self.groups.append((business.id, list(sales)))
        self.began.set()
        assert self.held.wait(10)
        if "crash" in sales:
            raise ValueError("nobody foresaw this")
        if "away" in sales:
            raise OperationalError("the database is away")
        return [Refused("invalid", "no") if sale == "bad" else f"recorded {sale}" for sale in sales]


@pytest.fixture(params=["whoever comes first", "writers"])
def writers(request):
    """The threads that record; None: whoever comes first does."""
    with ThreadPoolExecutor(2) as pool:
        yield pool if request.param == "writers" else None


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def threads():
    with ThreadPoolExecutor(32) as pool:
        yield pool


def in_line(queue, count):
    """Wait until so many sales are in line or being recorded."""
    until = monotonic() + 10
    while queue._count < count:
        assert monotonic() < until
        sleep(0.001)


def send(queue, threads, recorder, sales, business=OURS):
    """The first sale is being recorded while the others come, in their order."""
    waiting = []
    for count, sale in enumerate(sales, 1):
        waiting.append(threads.submit(queue.record, business, sale))
        in_line(queue, count)
        assert recorder.began.wait(10)
    recorder.held.set()
    return waiting


def test_who_comes_alone_goes_at_once(recorder, writers):
    recorder.held.set()
    queue = Queue(recorder, writers=writers)
    assert [queue.record(OURS, "a"), queue.record(OURS, "b")] == ["recorded a", "recorded b"]
    assert recorder.groups == [(1, ["a"]), (1, ["b"])]


def test_those_who_come_meanwhile_share_the_next_transaction(recorder, threads, writers):
    waiting = send(Queue(recorder, writers=writers), threads, recorder, ["a", "b", "c", "d"])
    assert [each.result(10) for each in waiting] == [f"recorded {sale}" for sale in "abcd"]
    assert recorder.groups == [(1, ["a"]), (1, ["b", "c", "d"])]


def test_a_group_has_a_size_and_keeps_the_order(recorder, threads, writers):
    waiting = send(Queue(recorder, group=2, writers=writers), threads, recorder, ["a", "b", "c", "d", "e", "f"])
    assert [each.result(10) for each in waiting] == [f"recorded {sale}" for sale in "abcdef"]
    assert recorder.groups == [(1, ["a"]), (1, ["b", "c"]), (1, ["d", "e"]), (1, ["f"])]


def test_one_that_is_refused_stands_alone(recorder, threads, writers):
    waiting = send(Queue(recorder, writers=writers), threads, recorder, ["a", "b", "bad", "d"])
    answers = [each.result(10) for each in waiting]
    assert answers[2].code == "invalid"
    assert [answers[0], answers[1], answers[3]] == ["recorded a", "recorded b", "recorded d"]


def test_one_that_breaks_the_group_does_not_spoil_the_others(recorder, threads, writers):
    waiting = send(Queue(recorder, writers=writers), threads, recorder, ["a", "b", "crash", "d"])
    assert [waiting[index].result(10) for index in (0, 1, 3)] == ["recorded a", "recorded b", "recorded d"]
    with pytest.raises(ValueError, match="nobody foresaw this"):
        waiting[2].result(10)
    assert recorder.groups[1:] == [(1, ["b", "crash", "d"]), (1, ["b"]), (1, ["crash"]), (1, ["d"])]


def test_a_database_that_is_away_is_not_asked_once_more_for_each(recorder, threads, writers):
    queue = Queue(recorder, writers=writers)
    waiting = send(queue, threads, recorder, ["a", "b", "away", "d"])
    assert waiting[0].result(10) == "recorded a"
    for each in waiting[1:]:
        with pytest.raises(OperationalError):
            each.result(10)
    assert len(recorder.groups) == 2
    assert queue.record(OURS, "later") == "recorded later"


def test_too_many_are_sent_away_and_lose_nothing(recorder, threads, writers):
    queue = Queue(recorder, most=3, writers=writers)
    waiting = [threads.submit(queue.record, OURS, sale) for sale in "abc"]
    in_line(queue, 3)
    with pytest.raises(Refused) as refused:
        queue.record(OURS, "d")
    assert refused.value.code == "unavailable"
    recorder.held.set()
    assert [each.result(10) for each in waiting] == [f"recorded {sale}" for sale in "abc"]
    assert queue.record(OURS, "d") == "recorded d"


def test_businesses_do_not_wait_for_each_other(recorder, threads, writers):
    queue = Queue(recorder, writers=writers)
    first = threads.submit(queue.record, OURS, "a")
    assert recorder.began.wait(10)
    recorder.began.clear()
    second = threads.submit(queue.record, THEIRS, "b")
    assert recorder.began.wait(10)
    recorder.held.set()
    assert [first.result(10), second.result(10)] == ["recorded a", "recorded b"]
    assert sorted(recorder.groups) == [(1, ["a"]), (2, ["b"])]


def test_a_thread_that_is_told_to_end_leaves_nobody_waiting(threads, writers):
    began, held = Event(), Event()

    def stopped(business, sales):
        began.set()
        assert held.wait(10)
        if "stop" in sales:
            raise SystemExit
        return [f"recorded {sale}" for sale in sales]

    queue = Queue(stopped, writers=writers)
    waiting = [threads.submit(queue.record, OURS, "a")]
    assert began.wait(10)
    for sale in ("stop", "b"):
        waiting.append(threads.submit(queue.record, OURS, sale))
        in_line(queue, len(waiting))
    held.set()
    assert waiting[0].result(10) == "recorded a"
    ends = [type(each.exception(10)) for each in waiting[1:]]
    assert ends == [OperationalError if writers else SystemExit, OperationalError]
    assert queue.record(OURS, "c") == "recorded c"


def test_a_writer_goes_on_with_who_has_waited_longest(recorder, threads):
    """A business whose till never rests keeps nobody else's sales waiting."""
    with ThreadPoolExecutor(1) as writer:
        queue = Queue(recorder, writers=writer)
        waiting = [threads.submit(queue.record, OURS, "a")]
        assert recorder.began.wait(10)
        for sale, business in (("b", OURS), ("c", OURS), ("d", THEIRS)):
            waiting.append(threads.submit(queue.record, business, sale))
            in_line(queue, len(waiting))
        recorder.held.set()
        assert [each.result(10) for each in waiting] == [f"recorded {sale}" for sale in "abcd"]
    assert recorder.groups == [(1, ["a"]), (2, ["d"]), (1, ["b", "c"])]
