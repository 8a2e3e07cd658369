"""A shop, and what it takes to have its jobs done at once instead of by a worker."""

from __future__ import annotations

import pytest

from fiel.ops.worker import _job_worker
from tests.api.conftest import _forget, other, shop  # noqa: F401 - fixtures


@pytest.fixture
def work_off(monkeypatch):
    """What the worker does with all that waits; in the test's own transaction, whose connection must stay."""
    monkeypatch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)

    def work():
        worker = _job_worker("1.0")
        worker.batch = True
        worker.run()

    return work
