"""How the API says no: `application/problem+json` (RFC 9457), from the one list of refusals."""

from __future__ import annotations

import json
import logging
from typing import Any

import pydantic
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from fiel import clock
from fiel.core.refusals import Refused
from fiel.wire.faults import refused_by_model

__all__ = ["answer_exceptions", "not_allowed", "not_found", "problem", "problem_told"]

log = logging.getLogger("fiel.api")

_MOST_ERRORS = 50
_RETRY_AFTER_S = {"in_progress": 1, "unavailable": 2}


def problem(request: HttpRequest, refused: Refused, *, allow: str = "") -> HttpResponse:
    """The answer that a refusal is."""
    response = HttpResponse(
        json.dumps(problem_told(request, refused), ensure_ascii=False),
        status=refused.kind.status,
        content_type="application/problem+json",
    )
    if refused.code == "unauthenticated":
        response["WWW-Authenticate"] = "Bearer"
    if refused.code == "rate_limited":
        response["Retry-After"] = str(60 - clock.now().second)
    elif refused.code in _RETRY_AFTER_S:
        response["Retry-After"] = str(_RETRY_AFTER_S[refused.code])
    if allow:
        response["Allow"] = allow
    return response


def problem_told(request: HttpRequest, refused: Refused) -> dict[str, Any]:
    """A refusal as it is written, alone or among the answers of a batch."""
    return {
        "type": f"{settings.PUBLIC_URL}/api/v1/docs/errors#{refused.code}",
        "title": gettext(refused.kind.title),
        "status": refused.kind.status,
        "detail": gettext(refused.detail),
        "code": refused.code,
        "request_id": request.META.get("REQUEST_ID", ""),
        "errors": [{"pointer": each.pointer, "detail": gettext(each.detail)} for each in refused.faults[:_MOST_ERRORS]],
    }


def answer_exceptions(api: NinjaAPI) -> None:
    """Have every way in which a call can end without its answer told as a problem."""
    handlers: dict[type[Exception], Any] = {
        Refused: problem,
        ValidationError: _invalid,
        pydantic.ValidationError: _broken,
        AuthenticationError: _unauthenticated,
        HttpError: _unreadable,
        Http404: lambda request, error: not_found(request),
        OperationalError: _away,
        InterfaceError: _away,
        DataError: _beyond,
        OverflowError: _beyond,
        Exception: _broken,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def not_found(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """An address that leads nowhere."""
    return problem(request, Refused("not_found", "There is no such address; the documentation lists them."))


def not_allowed(request: HttpRequest, allow: str) -> HttpResponse:
    """A method that an address does not take."""
    return problem(request, Refused("method_not_allowed", f"This address takes {allow}."), allow=allow)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    # A body's place begins with ("body", the parameter's name), any other with where the parameter stands.
    bodies = [{**each, "loc": each["loc"][2 if each["loc"][0] == "body" else 1 :]} for each in error.errors]
    return problem(request, refused_by_model(bodies))


def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(request, Refused("unauthenticated", "Send Authorization: Bearer with a key that is in use."))


def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, Refused("malformed", "The request cannot be read."))


def _away(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("the database did not take part", exc_info=error)
    return problem(request, Refused("unavailable", "Fiel cannot answer right now; nothing was changed."))


def _beyond(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("a figure is beyond what can be kept", exc_info=error)
    return problem(request, Refused("invalid", "A figure in it, or what follows from it, is too large to be kept."))


def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("the API failed", exc_info=error)
    return problem(request, Refused("internal", "Something went wrong on our side; it has been noted."))
