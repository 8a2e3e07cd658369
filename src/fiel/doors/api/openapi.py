"""The description of the API, OpenAPI 3.1: what ninja makes of the calls, completed by what it cannot know."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from fiel.core.refusals import REFUSALS
from fiel.doors.api.access import ACCESS, Door
from fiel.doors.api.body import MEBI

__all__ = ["ABOUT", "completed"]

Described = dict[str, Any]

ABOUT = """\
For tills and other systems of a business: enrol and find members, send sales, learn what they gave and why.

The key in `Authorization: Bearer` says the business, and maybe store and till: no request names a business. Money is \
in minor units, as whole numbers; quantities are decimals with at most 3 places, as text or numbers; times are \
RFC 3339 with offset, and answered in UTC; points are decimals in whole units, as text. Nothing is ever a float: read \
numbers exactly. Fields that nobody knows are refused; null says the same as leaving a field out, unless said otherwise.

Send a sale until it is answered. Its document (store, till, number, the store's date) is unique for ever: sent again \
it is answered with what is stored, and never counted twice. A call that takes an `Idempotency-Key` is safe to repeat \
with it for 30 days.

Lists take `limit` (50, at most 200) and `cursor`; the answer's `next_cursor` is null on the last page.

Every refusal is `application/problem+json` with a stable `code`; `/api/v1/docs/errors` lists them."""

# What a call can be refused for beside what any call can.
_OWN: dict[str, tuple[str, ...]] = {
    "lookup_member": ("member_not_found", "card_blocked"),
    "enrol_member": ("member_exists", "card_taken"),
    "read_member": ("member_not_found",),
    "change_member": ("member_not_found", "member_exists"),
    "list_entries": ("member_not_found",),
    "list_member_sales": ("member_not_found",),
    "print_statement": ("member_not_found",),
    "referral_code": ("member_not_found",),
    "list_referrals": ("member_not_found",),
    "read_indicators": ("member_not_found",),
    "act_on_invitation": ("member_not_found", "not_found", "conflict", "reward_not_available", "not_enough"),
    "give_card": ("member_not_found", "card_taken", "card_blocked"),
    "block_card": ("not_found",),
    "quote": (
        "conflict",
        "card_blocked",
        "too_late",
        "too_early",
        "not_enough",
        "voucher_not_redeemable",
        "rate_limited",
    ),
    "record_sale": (
        "conflict",
        "card_blocked",
        "too_late",
        "too_early",
        "not_enough",
        "voucher_not_redeemable",
        "rate_limited",
    ),
    "read_sale": ("not_found",),
    "return_sale": ("not_found", "conflict", "too_early"),
    "link_sale": ("not_found", "member_not_found", "card_blocked", "conflict", "too_late", "not_enough"),
    "list_rewards": ("member_not_found",),
    "read_reward": ("not_found",),
    "read_picture": ("not_found",),
    "drop_picture": ("not_found",),
    "put_picture": ("not_found", "too_large"),
    "list_deliveries": ("member_not_found",),
    "issue_voucher": ("member_not_found", "not_found", "reward_not_available", "not_enough"),
    "read_voucher": ("voucher_not_redeemable", "rate_limited"),
    "redeem_voucher": ("voucher_not_redeemable", "rate_limited"),
    "cancel_voucher": ("voucher_not_redeemable", "rate_limited"),
    "read_partner": ("not_found",),
    "draft_settlements": ("not_found",),
    "read_settlement": ("not_found",),
    "print_settlement": ("not_found",),
    "move_settlement": ("not_found", "conflict"),
    "correct_settlement": ("not_found", "conflict"),
    "adjust": ("member_not_found", "not_enough"),
    "agree_to_adjustment": ("not_found", "conflict", "not_enough"),
    "refuse_adjustment": ("not_found", "conflict"),
    "open_balance": ("member_not_found", "conflict"),
    "give_tier": ("member_not_found",),
    "merge_members": ("member_not_found", "conflict"),
    "read_programme": ("not_found",),
    "publish_programme": ("stale",),
    "read_webhook": ("not_found",),
    "change_webhook": ("not_found",),
    "remove_webhook": ("not_found",),
    "rotate_webhook_secret": ("not_found",),
    "test_webhook": ("not_found",),
    "replay_webhook": ("not_found",),
    "list_webhook_deliveries": ("not_found",),
}
_ANY = ("unauthenticated", "forbidden", "invalid", "internal", "unavailable")
_WITH_BODY = ("malformed", "too_large")
_WITH_KEY = ("key_reused", "in_progress")

_PROBLEM: Described = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457). Act on `code`; show `detail` to a person.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "description": "The address of the code's documentation."},
        "title": {"type": "string", "description": "The code in words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is the matter, and what to do."},
        "code": {"type": "string", "enum": list(REFUSALS), "description": "Stable: clients may act on it."},
        "request_id": {"type": "string", "description": "Tell us this when you ask for help; the log has it too."},
        "errors": {
            "type": "array",
            "description": "Where it is wrong: at most 50 places.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "A JSON pointer into the body, or the name of a parameter behind a slash.",
                        "examples": ["/lines/2/quantity"],
                    },
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_TEXT = {"type": "string"}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait before asking again.", "schema": {"type": "integer"}}}
_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` where this is the answer to an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_ETAG = {"ETag": {"description": "The version, for `If-Match`.", "schema": _TEXT}}


def completed(schema: Any) -> Described:
    """The description with its server, its errors, headers, examples and scopes."""
    described: Described = dict(schema)
    described["servers"] = [{"url": settings.PUBLIC_URL}]
    components = described["components"]
    components["schemas"]["Problem"] = _PROBLEM
    components["schemas"]["BatchItem"]["properties"]["problem"] = {"$ref": "#/components/schemas/Problem"}
    components["securitySchemes"]["Bearer"]["description"] = (
        "A key of the business, made with `fiel key create`; its scopes say what it may do."
    )
    for path, calls in described["paths"].items():
        for method, call in calls.items():
            _complete(call, ACCESS[f"{method.upper()} {path.partition('/v1')[2]}"], components["schemas"])
    return described


def _complete(call: Described, door: Door, schemas: Described) -> None:
    call["description"] = _joined(call["description"])
    scopes = list(dict.fromkeys((*door.scopes, "office")))
    call["x-scopes"] = scopes
    call["security"] = [{"Bearer": []}]
    with_key = any(parameter["name"] == "Idempotency-Key" for parameter in call["parameters"])
    for parameter in call["parameters"]:
        parameter["schema"] = _of_parameter(parameter["schema"])
    headers = {**(_REPLAYED if with_key else {}), **(_ETAG if call["operationId"].endswith("_programme") else {})}
    for response in call["responses"].values():
        response["description"] = _answered(response, schemas)
        if headers:
            response["headers"] = headers
    if "requestBody" in call:
        _complete_body(call["requestBody"], door, schemas)
    codes = (
        *_ANY,
        *(_WITH_BODY if door.body else ()),
        *(_WITH_KEY if with_key else ()),
        *(("rate_limited",) if door.a_minute else ()),
        *_OWN.get(call["operationId"], ()),
    )
    call["responses"] = dict(sorted({**_by_text(call["responses"]), **_refused(codes)}.items()))


def _by_text(responses: Described) -> Described:
    return {str(status): response for status, response in responses.items()}


def _of_parameter(schema: Described) -> Described:
    """What a parameter can be: never null, and empty only by being left out."""
    [kind] = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    told = {**kind, **({"description": schema["description"]} if "description" in schema else {})}
    return {name: value for name, value in told.items() if name != "title" and not (name == "default" and value == "")}


def _complete_body(body: Described, door: Door, schemas: Described) -> None:
    body["description"] = f"At most {door.most // MEBI} MiB of JSON in UTF-8."
    content = body["content"]["application/json"]
    examples = _resolved(content["schema"], schemas).get("examples")
    if examples:
        content["example"] = examples[0]


def _refused(codes: tuple[str, ...]) -> Described:
    """The responses for some codes, by status, in the order of the list of refusals."""
    by_status: dict[str, list[str]] = {}
    for code, kind in REFUSALS.items():
        if code in codes:
            by_status.setdefault(str(kind.status), []).append(code)
    return {
        status: {
            "description": "; ".join(f"`{code}`: {REFUSALS[code].title}" for code in found),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": _RETRY_AFTER} if status in ("409", "429", "503") else {}),
        }
        for status, found in by_status.items()
    }


def _answered(response: Described, schemas: Described) -> str:
    content = response.get("content")
    if not content:
        return "Done; there is nothing to say."
    [told] = content.values()
    return str(_resolved(told["schema"], schemas).get("description", "The answer."))


def _resolved(schema: Described, schemas: Described) -> Described:
    """What a schema says, behind a reference or an optional one."""
    for option in schema.get("anyOf", ()):
        if "$ref" in option:
            schema = option
    found: Described = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _joined(text: str) -> str:
    """A docstring's paragraphs, each in one line."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
