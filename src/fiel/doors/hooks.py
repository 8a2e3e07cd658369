"""Where web shops send their orders: signed, taken, answered with what became of them."""

from __future__ import annotations

import json
import logging
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fiel.core.refusals import Refused
from fiel.intake.formats.shopify import read_order
from fiel.intake.hooks import hook_signed
from fiel.intake.json_text import document
from fiel.intake.run import Report, take
from fiel.intake.xml import Wrong
from fiel.tables.walls import enter

__all__ = ["shopify"]

log = logging.getLogger("fiel.hooks")

_MOST_BYTES = 2 * 1024 * 1024


@csrf_exempt
@require_POST
def shopify(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    """An order, a cancellation or a refund of Shopify's.

    200: it is in the books, was before, waits, or is not for us. 401: it is not signed with the hook's secret. 422: it
    cannot be taken; Shopify tries again for two days and shows the failure.
    """
    try:
        body = _body(request)
        hook = hook_signed(hook_id, "shopify", body, request.headers.get("X-Shopify-Hmac-Sha256", ""))
        enter(hook.business_id)
        topic = request.headers.get("X-Shopify-Topic", "")
        report = take(hook.business, read_order(topic, document(body), store=hook.store), called=f"shopify {topic}")
    except Refused as refused:
        return _said(refused.kind.status, refused.code, refused.detail)
    except Wrong as wrong:
        return _said(422, "malformed", wrong.reason)
    except DatabaseError:
        log.exception("database away")
        return _said(503, "unavailable", "Fiel cannot answer right now; send it again.")
    return _answer(report)


def _body(request: HttpRequest) -> bytes:
    """The body as it was signed. Raises `too_large`, `malformed`."""
    length = request.headers.get("Content-Length") or ""
    if length.isdecimal() and int(length) > _MOST_BYTES:
        raise Refused("too_large", f"An order has at most {_MOST_BYTES // 1024**2} MB.")
    try:
        return request.body
    except (UnreadablePostError, RawPostDataException):
        raise Refused("malformed", "The body broke off.") from None


def _answer(report: Report) -> HttpResponse:
    refused = [kept for kept in report.kept if not kept.aside]
    if refused:
        return _said(422, refused[0].code, refused[0].reason)
    told = "new" if report.new else "known" if report.known else "waits" if report.kept else "left_out"
    return JsonResponse({"taken": told})


def _said(status: int, code: str, detail: str) -> HttpResponse:
    log.info("hook refused", extra={"fields": {"code": code}})
    content = json.dumps({"status": status, "code": code, "detail": detail}, ensure_ascii=False)
    return HttpResponse(content, status=status, content_type="application/problem+json")
