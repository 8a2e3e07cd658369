"""A shop that a module's tests share: they look at its books, and what they break they put back."""

from __future__ import annotations

import pytest
from django.db import transaction

from fiel.programme.versions import rules_of
from tests.conftest import Clock
from tests.ledger.shop import MORNING, open_shop, sell_of_every_sort


@pytest.fixture(scope="module")
def shop(django_db_setup, django_db_blocker, tmp_path_factory):
    file = tmp_path_factory.mktemp("clock") / "now"
    clock = Clock(file, MORNING)
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setenv("FIEL_CLOCK_FILE", str(file))
        rules_of.cache_clear()  # another test's business may have had the same number
        shop = open_shop()
        sell_of_every_sort(shop, clock.set)
        yield shop
        transaction.set_rollback(True)
    rules_of.cache_clear()
