"""A shop that tells, and what it takes to have it told at once instead of by a worker."""

from __future__ import annotations

from datetime import datetime

import pytest

from fiel.outreach.deliver import deliver_some
from tests.api.conftest import _forget, other, shop  # noqa: F401 - fixtures
from tests.outreach.receiver import receiving


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_NETWORKS = ("127.0.0.1",)
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def deliver():
    """What the worker does, until nothing is due."""

    def until_nothing_is_due():
        while deliver_some("1.0", lambda: {"1"}, lambda: False):
            pass

    return until_nothing_is_due


@pytest.fixture
def clock_of_library(clock, monkeypatch):
    """The reference library looks at the clock too: signatures of another time are refused."""

    class Now(datetime):
        @classmethod
        def now(cls, tz=None):
            return clock.now.astimezone(tz)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Now)
