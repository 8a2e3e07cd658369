"""Probes: alive, ready, and figures without a person in them."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection, connections
from prometheus_client import Counter

from fiel.ops import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def migrations_not_yet_looked_at():
    health._migrated.clear()


def database_away(*_):
    raise OperationalError("connection to server at db.example failed")


def test_alive_even_while_the_database_is_away(client, monkeypatch):
    monkeypatch.setattr(connections["default"], "cursor", database_away)
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_ready_where_a_sale_would_be_kept(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})


def test_not_ready_while_the_database_is_away_and_its_own_words_stay_inside(client, monkeypatch):
    monkeypatch.setattr(connections["default"], "cursor", database_away)
    answer = client.get("/readyz")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer.json() == {"ready": False, "reasons": ["The database does not answer."]}


def test_not_ready_while_migrations_are_missing(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "fiel migrate" in answer.json()["reasons"][0]


def test_not_ready_on_a_database_that_may_forget(client, monkeypatch):
    monkeypatch.setattr(health, "check_durability", lambda _: ["Set fsync = on."])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["Set fsync = on."])


def test_probes_change_nothing_and_are_not_kept(client):
    assert client.post("/livez").status_code == 405
    assert "no-store" in client.get("/readyz")["Cache-Control"]


def test_figures_name_the_view_never_the_address(client):
    client.get("/livez?phone=%2B5511987654321")
    client.get("/c/padaria/%2B5511987654321")
    text = client.get("/metrics").content.decode()
    assert 'fiel_requests_total{method="GET",status="200",view="livez"}' in text
    assert 'fiel_requests_total{method="GET",status="404",view="unmatched"}' in text
    assert 'fiel_request_seconds_count{method="GET",view="livez"}' in text
    assert "5511987654321" not in text


def test_a_rooms_own_counter_appears_by_itself(client):
    counted = Counter("fiel_test_loaves", "Loaves of this test.", ["kind"])
    counted.labels("rye").inc(3)
    assert 'fiel_test_loaves_total{kind="rye"} 3.0' in client.get("/metrics").content.decode()
