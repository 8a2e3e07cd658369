"""A till, as the tests drive it: over HTTP alone, with every answer held against the documentation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.test import Client
from django.urls import resolve

from fiel.core.refusals import REFUSALS
from fiel.doors.api.api import api

PLAIN = {
    "name": "Clube",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [{"code": "points", "kind": "points"}],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
}


@cache
def documented():
    """The calls as the API's own description tells them, by method and address."""
    schema = api.get_openapi_schema()
    return {(method.upper(), path): call for path, calls in schema["paths"].items() for method, call in calls.items()}


@cache
def models():
    """What each call answers, as ninja knows it."""
    return {
        operation.operation_id: operation.response_models
        for bound in api._get_bound_routers()
        for view in bound.path_operations.values()
        for operation in view.operations
    }


def address(path):
    """The documented address of a path: `/api/v1/members/{member_id}`."""
    return "/" + resolve(path).route.replace("<", "{").replace(">", "}")


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any

    @property
    def code(self):
        return self.body["code"]

    @property
    def pointers(self):
        return [error["pointer"] for error in self.body["errors"]]


def _told(response):
    """What an answer says: JSON, or the bytes of a file."""
    if response.headers.get("Content-Type") == "application/pdf":
        return response.content
    return json.loads(response.content) if response.content else None


@dataclass
class Till:
    """Something that holds a key and calls."""

    secret: str
    client: Client = field(default_factory=lambda: Client(HTTP_HOST="localhost"))

    def call(self, method, path, body=None, *, raw=None, content_type="application/json", **headers):
        """Call, and hold the answer against what is documented. `raw`: a body that is no JSON of ours."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret:
            sent.setdefault("Authorization", f"Bearer {self.secret}")
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        options = {"data": data, "content_type": content_type} if data else {}
        path, _, query = f"/api/v1{path}".partition("?")
        response = self.client.generic(method, path, QUERY_STRING=query, headers=sent, **options)
        told = _told(response)
        answer = Answer(response.status_code, told, response.headers)
        check(method, path, answer)
        return answer

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def put(self, path, body, **more):
        return self.call("PUT", path, body, **more)

    def patch(self, path, body, **more):
        return self.call("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def ok(self, method, path, body=None, **more):
        """The body of an answer that is no refusal."""
        answer = self.call(method, path, body, **more)
        assert answer.status < 300, answer.body
        return answer.body

    def publish(self, document, version=0):
        return self.ok("PUT", "/programme", document, If_Match=f'"{version}"')

    def enrol(self, **member):
        return self.ok("POST", "/members", member)

    def sale(self, **sale):
        """A receipt with what does not matter filled in; `amount` alone makes one line."""
        amount = sale.pop("amount", None)
        sale.setdefault("number", "R1")
        sale.setdefault("occurred_at", "2026-03-04T12:00:00Z")
        sale.setdefault("lines", [{"amount": 1000 if amount is None else amount}])
        return sale

    def sell(self, *, key=None, **sale):
        headers = {"Idempotency_Key": key} if key else {}
        return self.ok("POST", "/sales", self.sale(**sale), **headers)


def check(method, path, answer):
    """An answer is one that is documented, in the form that is documented."""
    if answer.status >= 400:
        check_problem(answer)
    call = documented().get((method, address(path)))
    if call is None:
        assert answer.status in (404, 405)
        return
    if answer.status != 405:
        assert str(answer.status) in call["responses"], f"{answer.status} of {method} {path} is not documented"
    if answer.status < 400 and isinstance(answer.body, bytes):
        assert set(call["responses"]["200"]["content"]) == {answer.headers["Content-Type"]}
    elif answer.status < 400:
        model = models()[call["operationId"]][answer.status]
        assert (model is None) == (answer.body is None)
        if model is not None:
            assert answer.headers["Content-Type"] == "application/json"
            model.model_fields["response"].annotation.model_validate(answer.body)


def check_problem(answer):
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.body
    assert set(told) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    kind = REFUSALS[told["code"]]
    assert (told["status"], told["title"]) == (kind.status, kind.title)
    assert told["status"] == answer.status
    assert told["type"] == f"http://127.0.0.1:8000/api/v1/docs/errors#{told['code']}"
    assert told["detail"]
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert all(set(error) == {"pointer", "detail"} and error["detail"] for error in told["errors"])
    assert ("Retry-After" in answer.headers) == (told["code"] in ("rate_limited", "in_progress", "unavailable"))
    assert ("WWW-Authenticate" in answer.headers) == (told["code"] == "unauthenticated")
