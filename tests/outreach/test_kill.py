"""A receiver that is told by processes which die: nothing is lost, and everything comes in its order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from urllib.request import Request, urlopen

import pytest

from tests.outreach.receiver import receiving
from tests.processes import PATIENCE_S, Running, fiel, free_port, until, until_ready

pytestmark = pytest.mark.usefixtures("clock_of_library")

MOMENT = "2026-03-04T12:00:00Z"
KILLS = int(os.environ.get("KILLS", "1"))
"""How often the house dies; `make kills` has it die more often."""


def typed(environ, *words):
    with fiel(environ, *words) as done:
        out, err = done.process.communicate(timeout=PATIENCE_S)
    assert done.process.returncode == 0, err
    return json.loads(out) if "--json" in words else out


def opened(environ):
    """A bakery is opened there; the key of its office."""
    opening = ("--name", "Padaria", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    typed(environ, "business", "create", "padaria", *opening, "--owner-email", "dona@padaria.example", "--json")
    return typed(environ, "key", "create", "padaria", "--scope", "office", "--store", "S1", "--json")["key"]


class House:
    """A server and workers that can be killed, with what it takes to call the one and look after the other."""

    def __init__(self, environ, key):
        self.environ, self.key, self.port, self.running = environ, key, free_port(), []

    def serve(self, *more):
        server = Running(self.environ, "serve", "--port", str(self.port), *more)
        self.running.append(server)
        until_ready(server, self.port)
        return server

    def work(self):
        worker = Running(self.environ, "worker")
        self.running.append(worker)
        return worker

    def end(self):
        for running in self.running:
            running.end()

    def post(self, path, body):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = Request(f"http://127.0.0.1:{self.port}/api/v1{path}", json.dumps(body).encode(), headers)
        with urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def sell(self, number):
        sale = {"number": number, "till": "T1", "occurred_at": MOMENT, "lines": [{"amount": 500}]}
        return self.post("/sales", sale)["id"]


@pytest.fixture
def house(environ, clock):
    clock.set(MOMENT)
    environ |= {"FIEL_CLOCK_FILE": str(clock.file), "FIEL_WEBHOOK_NETWORKS": "127.0.0.1"}
    house = House(environ, opened(environ))
    yield house
    house.end()


def numbers(receiver, secret):
    """The receipts it was told of, each once, in the order in which it heard of them first."""
    return list(dict.fromkeys(event["data"]["number"] for event in receiver.events(secret)))


def kill(running):
    """As a power cut does: it and all it has started, at once."""
    os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait(PATIENCE_S)


def test_it_fails_three_times_and_server_and_worker_die_and_everything_comes_in_order(house, clock):
    """The receiver refuses, the house is killed each time it does, and all are told in their order in the end."""
    with receiving() as receiver:
        server = house.serve()
        webhook = house.post("/webhooks", {"url": receiver.url(), "events": ["sale.recorded"]})
        receiver.secret, receiver.answers = webhook["secret"], [500, 503, 500]
        sold = []
        for _ in range(KILLS):
            sold += [f"R{len(sold) + n}" for n in range(3)]
            for number in sold[-3:]:
                house.sell(number)
            wait_for_a_try(receiver, clock)
            kill(server)
            server = house.serve()
        while len(numbers(receiver, None)) < len(sold):
            wait_for_a_try(receiver, clock, or_=lambda: len(numbers(receiver, None)) == len(sold))
        assert receiver.answers == []
        assert numbers(receiver, None) == sold  # each was signed when it came, or it would not have been taken
        assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == len(sold)
        status, _, err = server.stop()
        assert status == 0, err


def wait_for_a_try(receiver, clock, or_=lambda: False):
    """Time goes by, a quarter of an hour and then ever more, until somebody tries.

    More than once: a refusal may be noted, and the next try put off by up to half an hour, after the clock went on.
    """
    asked, since = len(receiver.asked), 0

    def tried():
        nonlocal since
        if since % 60 == 0:
            clock.advance(minutes=15)
        since += 1
        return len(receiver.asked) > asked or or_()

    until(tried, "nobody tried")


def test_a_worker_that_dies_while_sending_is_followed_by_one_that_sends_again(house):
    reached, go_on = threading.Event(), threading.Event()

    def hold(receiver):
        if len(receiver.taken) == 3 and not reached.is_set():
            reached.set()
            go_on.wait(PATIENCE_S)

    with receiving(meanwhile=hold) as receiver:
        house.serve("--no-worker")
        webhook = house.post("/webhooks", {"url": receiver.url(), "events": ["sale.recorded"]})
        sold = [f"R{n}" for n in range(6)]
        for number in sold:
            house.sell(number)
        worker = house.work()
        assert reached.wait(PATIENCE_S)
        beside = house.work()  # on SQLite it waits until the first is gone
        kill(worker)
        go_on.set()
        until(lambda: len(numbers(receiver, None)) == len(sold), "some were never told")
        assert numbers(receiver, webhook["secret"]) == sold
        ids = [headers["webhook-id"] for headers, _ in receiver.taken]
        assert [ids.count(each) for each in dict.fromkeys(ids)] == [1, 1, 2, 1, 1, 1]
        assert beside.stop()[0] == 0


START = """
import django, json, sys
django.setup()
from fiel.jobs.work import start
from fiel.shops.models import Business
from tests.jobs.tasks import count
print(start(Business.objects.get(), count, kind="count", to=int(sys.argv[1]), beside=sys.argv[2]).id)
"""
READ = """
import django, json
django.setup()
from fiel.jobs.models import Job
job = Job.objects.get(kind="count")
print(json.dumps([job.state, job.done, job.starts]))
"""


def script(environ, text, *words):
    environ = environ | {"DJANGO_SETTINGS_MODULE": "fiel.ops.settings"}
    done = subprocess.run(
        [sys.executable, "-c", text, *words], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_a_job_whose_worker_dies_or_stops_is_done_by_the_next(house, tmp_path):
    """The first worker is killed, so that the job begins anew; the second is told to stop, and lays it down."""
    beside = tmp_path / "far"
    script(house.environ, START, "30", str(beside))

    def begun():
        beside.unlink(missing_ok=True)
        worker = house.work()
        until(lambda: beside.exists() and beside.read_text() > "1", "nobody began")
        return worker

    kill(begun())
    status, _, err = begun().stop()
    assert status == 0, err
    state, _, starts = json.loads(script(house.environ, READ))
    assert (state, starts) == ("waiting", 1)
    assert beside.read_text() != "30"
    worker = house.work()
    until(lambda: json.loads(script(house.environ, READ)) == ["done", 30, 2], "it was never done")
    assert worker.stop()[0] == 0
