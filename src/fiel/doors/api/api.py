"""The till API: its calls, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from fiel.doors.api import (
    catalogue,
    documentation,
    figures,
    hand,
    history,
    indicators,
    invitations,
    members,
    papers,
    partners,
    programme,
    referrals,
    returns,
    rewards,
    sales,
    vouchers,
    webhooks,
)
from fiel.doors.api.access import Bearer
from fiel.doors.api.body import ExactParser
from fiel.doors.api.openapi import ABOUT, completed
from fiel.doors.api.problems import answer_exceptions, not_allowed, not_found

__all__ = ["TillAPI", "api"]


class TillAPI(NinjaAPI):
    """The API with its documentation, which says no in one way also where no call is meant."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """The whole description of the API, OpenAPI 3.1."""
        return completed(super().get_openapi_schema(**options))

    def _get_urls(self) -> list[Any]:
        pages = [
            path("", documentation.calls, name="api-root"),
            path("docs", documentation.calls, name="docs"),
            path("docs/errors", documentation.errors, name="errors"),
            path("openapi.json", partial(documentation.document, api=self), name="openapi-json"),
        ]
        # The last of ninja's own is its root, which leads to its own page.
        known = [_with_problem(pattern) for pattern in (*super()._get_urls()[:-1], *pages)]
        return [*known, re_path(r"", csrf_exempt(not_found), name="nowhere")]


def _with_problem(pattern: Any) -> URLPattern:
    """A call's address, where a method that it does not take is told as any other problem."""
    view = cast("Callable[..., HttpResponse]", pattern.callback)

    @wraps(view, updated=())
    def with_problem(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            return not_allowed(request, response["Allow"])
        return response

    return URLPattern(pattern.pattern, csrf_exempt(with_problem), pattern.default_args, pattern.name)


api = TillAPI(
    title="Fiel, till API",
    version="1",
    description=ABOUT,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    auth=Bearer(),
    parser=ExactParser(),
)
for router in (
    programme.router,
    members.router,
    history.router,
    indicators.router,
    referrals.router,
    invitations.router,
    sales.router,
    papers.router,
    returns.router,
    rewards.router,
    vouchers.router,
    partners.router,
    hand.router,
    catalogue.router,
    figures.router,
    webhooks.router,
):
    api.add_router("", router)
answer_exceptions(api)
