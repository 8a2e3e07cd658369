"""The documentation: whole, right, and readable without a script."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from fiel.core.refusals import REFUSALS
from fiel.doors.api.access import ACCESS


@pytest.fixture
def client():
    return Client(HTTP_HOST="localhost")


@pytest.fixture
def described(client):
    return json.loads(client.get("/api/v1/openapi.json").content)


def calls(described):
    return [(method.upper(), path, call) for path, ms in described["paths"].items() for method, call in ms.items()]


def test_the_description_is_openapi(described):
    assert described["openapi"] == "3.1.0"
    assert described["servers"] == [{"url": "http://127.0.0.1:8000"}]
    assert described["components"]["securitySchemes"]["Bearer"]["scheme"] == "bearer"
    assert {f"{method} {path.removeprefix('/api/v1')}" for method, path, _ in calls(described)} == set(ACCESS)


def test_every_call_is_described(described):
    for method, path, call in calls(described):
        assert call["summary"], path
        assert len(call["description"]) > 40, path
        assert call["security"] == [{"Bearer": []}]
        assert {"401", "403", "422", "500", "503"} <= set(call["responses"])
        if method in ("POST", "PUT", "PATCH"):
            body = call["requestBody"]["content"]["application/json"]
            assert "example" in body or call["operationId"] == "publish_programme"
            assert {"400", "413"} <= set(call["responses"])
        for parameter in call["parameters"]:
            assert parameter["description"], (path, parameter["name"])
        for status, response in call["responses"].items():
            good = "application/pdf" if path.endswith(".pdf") else "application/json"
            kind = "application/problem+json" if status >= "400" else good
            assert status == "204" or list(response["content"]) == [kind]


def test_every_field_that_is_sent_has_its_bounds(described):
    """A text without an end, or a list without one, is a way to send too much."""
    for name, schema in described["components"]["schemas"].items():
        if not name.endswith(("In", "Patch", "Ref")):
            continue
        assert schema["additionalProperties"] is False
        for field, told in schema["properties"].items():
            for option in told.get("anyOf", [told]):
                if option.get("type") == "string" and "enum" not in option and "format" not in option:
                    assert "maxLength" in option or "pattern" in option, (name, field)
                if option.get("type") == "array":
                    assert "maxItems" in option, (name, field)
                if option.get("type") == "integer":
                    assert "maximum" in option, (name, field)


def test_references_lead_somewhere(described):
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert names <= set(described["components"]["schemas"])


def test_the_examples_are_taken(shop, described):
    document = shop.office.ok("GET", "/programme")["document"]
    reach = {"measure": "spend", "amount": "9.00", "window": "lifetime"}
    tiers = [{"code": "plain"}, {"code": "gold", "reach": reach}]
    shop.office.publish({**document, "tiers": tiers}, version=1)
    ana = shop.till.enrol(code="ana")
    shop.office.ok("PUT", "/departments", {"items": [{"code": "bakery"}]})
    sold, unlinked = (shop.till.sell(number=number, lines=[{"amount": 500, "quantity": "0.500"}]) for number in "AB")
    for method, path, call in calls(described):
        body = call.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" not in body:
            continue
        # Of a sale that came back none is linked; a voucher and an adjustment that there are not.
        sale = unlinked if call["operationId"] == "link_sale" else sold
        ids = {"member_id": ana["id"], "sale_id": sale["id"], "code": "toast", "adjustment_id": "x", "webhook_id": "x"}
        ids |= {"settlement_id": "x", "invitation_id": "x"}
        address = path.removeprefix("/api/v1").format(**ids)
        example = json.loads(json.dumps(body["example"]).replace("2026-11-22T10:15:00-03:00", "2026-03-04T12:00:00Z"))
        answer = shop.office.call(method, address, example)
        led_nowhere = ("member_not_found", "voucher_not_redeemable", "not_found")
        assert answer.status < 300 or answer.code in led_nowhere, (path, answer.body)


def test_the_errors_page_has_every_code(client):
    page = client.get("/api/v1/docs/errors")
    text = page.content.decode()
    for code, kind in REFUSALS.items():
        assert f'id="{code}"' in text
        assert kind.title in text.replace("&#x27;", "'")


def test_the_page_has_every_call(client, described):
    text = client.get("/api/v1/docs").content.decode()
    for _, path, call in calls(described):
        assert f'id="{call["operationId"]}"' in text
        assert f'<span class="path">{path}</span>' in text
    assert "Authorization: Bearer" in text
    assert "Pão francês" in text


@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/docs/errors", "/api/v1/"])
def test_pages_need_no_script_and_nothing_from_elsewhere(client, path):
    page = client.get(path)
    text = page.content.decode()
    assert page.status_code == 200
    assert "<script" not in text
    assert " style=" not in text
    assert re.findall(r'(?:href|src)="(?!/|#)', text) == []
    assert "unsafe" not in page["Content-Security-Policy"]


def test_the_style_is_served(client):
    [style] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', client.get("/api/v1/docs").content.decode())
    served = client.get(style)
    assert b"prefers-color-scheme: dark" in b"".join(served.streaming_content)


def test_pages_are_only_read(client):
    for path in ("/api/v1/docs", "/api/v1/docs/errors", "/api/v1/openapi.json"):
        assert client.head(path).status_code == 200
        answer = client.post(path)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
        assert json.loads(answer.content)["code"] == "method_not_allowed"
