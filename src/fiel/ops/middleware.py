"""What happens around every request: its id, its line in the log, its page's policy, and a database that is away.

Doors find the id at `request.META["REQUEST_ID"]` and the policy's nonce at `request.META["CSP_NONCE"]`; a page
that runs WebAssembly says so with `request.META["CSP_WASM"]`.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from time import perf_counter
from typing import cast
from uuid import uuid4

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.module_loading import import_string

from fiel.core.refusals import REFUSALS
from fiel.intake.uploads import MOST_BYTES
from fiel.ops.logs import request_id_in_hand
from fiel.ops.metrics import REQUEST_SECONDS, REQUESTS
from fiel.tables.walls import at_the_door
from fiel.trail.acting import Actor, acting

__all__ = [
    "DatabaseAway",
    "access_line",
    "bounded_uploads",
    "content_security_policy",
    "only_for_pages",
    "request_id",
    "unknown_caller",
]

Answer = Callable[[HttpRequest], HttpResponseBase]

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
RETRY_AFTER_S = "2"
MOST_FORM_BYTES = MOST_BYTES + 1024 * 1024  # the files, and what the form says beside them

log = logging.getLogger("fiel.access")
away_log = logging.getLogger("fiel.database")


def request_id(get_response: Answer) -> Answer:
    """Gives each request an id, the caller's own if it is sane; logs and the answer carry it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        asked = request.headers.get("X-Request-Id", "")
        given = asked if SANE_ID.fullmatch(asked) else str(uuid4())
        request.META["REQUEST_ID"] = given
        token = request_id_in_hand.set(given)
        try:
            response = get_response(request)
        finally:
            request_id_in_hand.reset(token)
        response["X-Request-Id"] = given
        return response

    return middleware


def unknown_caller(get_response: Answer) -> Answer:
    """Lets a request see no business, and nobody act in it, until a door knows who calls."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with at_the_door(), acting(Actor("", address=str(request.META.get("REMOTE_ADDR", "")))):
            return get_response(request)

    return middleware


def only_for_pages(get_response: Answer) -> Answer:
    """What `PAGE_MIDDLEWARE` names, which calls of the API with a key pass by."""
    through_all = get_response
    for path in reversed(settings.PAGE_MIDDLEWARE):
        through_all = cast("Answer", convert_exception_to_response(import_string(path)(through_all)))

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with_key = "HTTP_AUTHORIZATION" in request.META and request.path_info.startswith("/api/")
        return get_response(request) if with_key else through_all(request)

    return middleware


def access_line(get_response: Answer) -> Answer:
    """Logs and counts each answer, by the route and never by the path or query: those can hold a person's number."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = perf_counter()
        response = get_response(request)
        seconds = perf_counter() - started
        method = request.method if request.method in METHODS else "other"
        view, route = _view_and_route(request)
        REQUESTS.labels(method, view, str(response.status_code)).inc()
        REQUEST_SECONDS.labels(method, view).observe(seconds)
        fields = {
            "method": method,
            "view": view,
            "route": route,
            "status": response.status_code,
            "duration_ms": round(seconds * 1000),
        }
        log.info("answered", extra={"fields": fields})
        return response

    return middleware


def _view_and_route(request: HttpRequest) -> tuple[str, str]:
    match = request.resolver_match
    if match is not None:
        return match.view_name, match.route
    if request.path_info.startswith(settings.STATIC_URL):
        return "static", settings.STATIC_URL
    return "unmatched", ""


def content_security_policy(get_response: Answer) -> Answer:
    """Lets a page run only what Fiel itself serves, or what bears this answer's nonce."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        nonce = secrets.token_urlsafe(16)
        request.META["CSP_NONCE"] = nonce
        response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            wasm = " 'wasm-unsafe-eval'" if request.META.get("CSP_WASM") else ""
            response.headers.setdefault("Content-Security-Policy", _policy(nonce, wasm))
        return response

    return middleware


def _policy(nonce: str, wasm: str = "") -> str:
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'{wasm}; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def bounded_uploads(get_response: Answer) -> Answer:
    """Refuses a form with files that are larger than any page takes, before a byte of it is kept."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if request.content_type == "multipart/form-data" and (not length.isdecimal() or int(length) > MOST_FORM_BYTES):
            return render(request, "413.html", {"most_mb": MOST_BYTES // 1024**2}, status=413)
        return get_response(request)

    return middleware


class DatabaseAway:
    """Answers 503 with Retry-After while the database cannot be reached, or is too busy to take part.

    The API's own handler speaks first where it knows more; this is for every door.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        away_log.error("the database did not take part", exc_info=error)
        kind = REFUSALS["unavailable"]
        problem = {
            "type": "about:blank",
            "title": kind.title,
            "status": kind.status,
            "detail": kind.advice,
            "code": kind.code,
            "request_id": request.META.get("REQUEST_ID", ""),
        }
        return JsonResponse(
            problem,
            status=kind.status,
            content_type="application/problem+json",
            headers={"Retry-After": RETRY_AFTER_S},
        )
