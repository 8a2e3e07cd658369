"""What happens around every request: id, log line, policy, and a database that is away."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
from django.db import IntegrityError, OperationalError
from django.http import HttpResponse
from django.urls import path

from fiel.ops.logs import JsonLines
from fiel.ops.urls import PROBES

PHONE = "+5511987654321"


def page(request):
    return HttpResponse(f"<script nonce='{request.META['CSP_NONCE']}'></script>")


def database_away(request, phone):
    raise OperationalError("connection refused")


def broken(request, phone):
    raise IntegrityError(f"Key (phone)=({phone}) already exists.")


urlpatterns = [*PROBES, path("page/", page), path("away/<phone>/", database_away), path("broken/<phone>/", broken)]

pytestmark = pytest.mark.urls("tests.ops.test_middleware")


@pytest.fixture
def lines(caplog):
    """What the program logs, as it would stand on stderr."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    names = ("fiel", "django")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for name in names:
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).setLevel(before[name])


def test_a_request_keeps_the_id_it_came_with(client, lines):
    assert client.get("/livez", headers={"X-Request-Id": "till-7.000123"})["X-Request-Id"] == "till-7.000123"
    assert [line["request_id"] for line in lines()] == ["till-7.000123"]


@pytest.mark.parametrize("odd", ["", "two words", 'a"b', "x" * 129, "ção"])
def test_an_odd_id_is_replaced(client, odd):
    given = client.get("/livez", headers={"X-Request-Id": odd})["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", given)


def test_the_access_line_has_the_route_and_nobodys_data(client, lines):
    client.get(f"/away/{PHONE}/?phone={PHONE}")
    (line,) = [line for line in lines() if line["message"] == "answered"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "away/<phone>/", 503)
    assert isinstance(line["duration_ms"], int)
    assert "5511987654321" not in json.dumps(lines())
    assert "127.0.0.1" not in json.dumps(lines())


def test_an_error_is_logged_by_kind_and_place_without_the_row_it_quotes(client, lines):
    client.raise_request_exception = False
    answer = client.get(f"/broken/{PHONE}/")
    assert answer.status_code == 500
    assert "Traceback" not in answer.content.decode()
    (error,) = [line["error"] for line in lines() if "error" in line]
    assert error["kind"] == "IntegrityError"
    assert any("test_middleware.py" in place and place.endswith(" broken") for place in error["at"])
    assert "5511987654321" not in json.dumps(lines())


def test_an_unknown_address_is_not_quoted(client, lines):
    assert client.get(f"/c/padaria/{PHONE}").status_code == 404
    assert [line["view"] for line in lines()] == ["unmatched"]
    assert "5511987654321" not in json.dumps(lines())


def test_while_the_database_is_away_a_till_is_told_to_come_again(client, lines):
    answer = client.get(f"/away/{PHONE}/", headers={"X-Request-Id": "r1"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer["Content-Type"] == "application/problem+json"
    told = json.loads(answer.content)
    assert (told["code"], told["status"], told["request_id"]) == ("unavailable", 503, "r1")
    assert lines()[0]["error"]["text"] == "connection refused"
    assert {line["request_id"] for line in lines()} == {"r1"}


def test_a_page_runs_only_what_fiel_serves(client):
    first, second = client.get("/page/"), client.get("/page/")
    nonce = re.search(r"nonce='([^']+)'", first.content.decode())[1]
    assert f"script-src 'self' 'nonce-{nonce}'" in first["Content-Security-Policy"]
    assert nonce not in second["Content-Security-Policy"]
    assert "unsafe" not in first["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in first["Content-Security-Policy"]
    assert first["X-Content-Type-Options"] == "nosniff"
    assert first["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_a_method_nobody_knows_is_counted_as_other(client):
    client.generic("BREW", "/livez")
    assert 'method="other",status="405",view="livez"' in client.get("/metrics").content.decode()
