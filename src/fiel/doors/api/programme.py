"""Calls about the key itself, and about the programme's document."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Body, Header, Router

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.access import key_of, spoken_for
from fiel.doors.api.once import reply
from fiel.doors.api.shop_shapes import MeAnswer, ProgrammeAnswer, PublishedAnswer
from fiel.doors.present import Present
from fiel.programme.models import Version
from fiel.programme.versions import latest, publish, rules_of
from fiel.sales.answer import time_text

__all__ = ["router"]

router = Router(tags=["Programme"])

IfMatch = Annotated[
    str | None,
    Header(
        None,
        alias="If-Match",
        max_length=100,
        description='The version that the change was made from, as `ETag` told it: `"3"`; `"0"` for the first one.',
    ),
]
_PLACES = 20


@router.get("/me", response=MeAnswer, operation_id="me", summary="What this key is for")
def get_me(request: HttpRequest) -> HttpResponse:
    """The business, store, till and scopes of the key, the version of the rules in force, and the server's time."""
    key, moment = key_of(request), clock.now()
    business, now = key.business, Present(key.business, moment)
    told = {
        "business": {
            "slug": business.slug,
            "name": business.name,
            "country": business.country,
            "language": business.language,
            "timezone": business.timezone,
        },
        "store": key.store or None,
        "till": key.till or None,
        "scopes": list(key.scopes),
        "currency": business.currency,
        "programme_version": now.version,
        "units": [
            {"code": unit.code, "kind": unit.kind, "decimals": unit.decimals, "visible": unit.visible}
            for unit in now.shown
        ],
        "server_time": time_text(moment),
    }
    return reply(200, told)


@router.get("/programme", response=ProgrammeAnswer, operation_id="read_programme", summary="Read the programme")
def get_programme(request: HttpRequest) -> HttpResponse:
    """The version that was published last, with its document. `ETag` is the version, for publishing the next."""
    version = latest(key_of(request).business_id)
    if version is None:
        raise Refused("not_found", "No programme has been published.")
    return reply(200, _told(version), ETag=_etag(version.number))


@router.put("/programme", response=PublishedAnswer, operation_id="publish_programme", summary="Publish a programme")
def put_programme(request: HttpRequest, body: Annotated[dict[str, Any], Body(...)], if_match: IfMatch) -> HttpResponse:
    """Publish the document in the body as the next version, in force from now; the one before stays as it is.

    `If-Match` names the version that the change was made from: 412 `stale` if it is left out, or if another was
    published in the meantime. Every fault is told with a pointer into the document.
    """
    key = key_of(request)
    after = _version_named(if_match, key.business_id)
    version = publish(key.business, _kept(body), by=spoken_for(key), now=clock.now(), after=after)
    warnings = list(rules_of(key.business_id, version.number).programme.warnings)
    return reply(200, {**_told(version), "warnings": warnings}, ETag=_etag(version.number))


def _told(version: Version) -> dict[str, Any]:
    return {
        "version": version.number,
        "in_force_from": time_text(version.in_force_from),
        "published_at": time_text(version.published_at),
        "published_by": version.published_by,
        "document": version.document,
    }


def _etag(number: int) -> str:
    return f'"{number}"'


def _version_named(if_match: str | None, business_id: int) -> int:
    """The version that the change was made from. Raises `stale` where none is named that there can be."""
    named = (if_match or "").strip().removeprefix("W/").strip('"')
    if named == "*" and (published := latest(business_id)):
        return published.number
    if not (named.isascii() and named.isdecimal() and len(named) < 10):
        fault = Fault("/If-Match", "name the version that the change was made from, as ETag told it")
        raise Refused(
            "stale", "The header If-Match is needed, with the version that the change was made from.", [fault]
        )
    return int(named)


def _kept(value: Any) -> Any:
    """A document as it is stored: decimals as text, since no JSON number is exact for everybody who reads it."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        # One with a vast exponent stays short; it is refused as a rule's figure, not by filling the memory.
        return format(value, "f") if isinstance(exponent, int) and -_PLACES <= exponent <= _PLACES else str(value)
    if isinstance(value, dict):
        return {name: _kept(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_kept(item) for item in value]
    return value
