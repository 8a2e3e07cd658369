"""The readable documentation, made from the description of the API and from the list of refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from fiel.core.refusals import REFUSALS

__all__ = ["calls", "document", "errors"]

Described = dict[str, Any]

_DEEPEST = 6
_PLAIN: dict[str, Any] = {"string": "…", "integer": 0, "number": 0, "boolean": False}
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}


@require_safe
def document(request: HttpRequest, api: NinjaAPI) -> HttpResponse:
    """The description of the API, for programs."""
    return HttpResponse(json.dumps(api.get_openapi_schema(), ensure_ascii=False), content_type="application/json")


@require_safe
def calls(request: HttpRequest) -> HttpResponse:
    """Every call, for people."""
    from fiel.doors.api.api import api  # noqa: PLC0415 - the API names these pages

    described = api.get_openapi_schema()
    groups: dict[str, list[Described]] = {}
    for path, methods in described["paths"].items():
        for method, call in methods.items():
            told = _call(method.upper(), path, call, described["components"]["schemas"])
            groups.setdefault(call["tags"][0], []).append(told)
    page = {
        "about": _paragraphs(described["info"]["description"]),
        "groups": list(groups.items()),
        "server": settings.PUBLIC_URL,
    }
    return render(request, "api/calls.html", page)


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every way in which the API says no, in the order in which it looks."""
    return render(request, "api/errors.html", {"refusals": list(REFUSALS.values())})


def _call(method: str, path: str, call: Described, schemas: Described) -> Described:
    body = call.get("requestBody", {}).get("content", {}).get("application/json")
    example = body.get("example") if body else None
    if body and example is None:
        example = _example(body["schema"], schemas)
    return {
        "id": call["operationId"],
        "method": method,
        "path": path,
        "summary": call["summary"],
        "about": _paragraphs(call["description"]),
        "scopes": call["x-scopes"],
        "parameters": [_parameter(parameter) for parameter in call["parameters"]],
        "fields": list(_fields(body["schema"], schemas)) if body else [],
        "body_about": call.get("requestBody", {}).get("description", ""),
        "example": _pretty(example) if body else "",
        "answers": [_answer(status, response, schemas) for status, response in call["responses"].items()],
        "curl": _curl(method, path, call, example if body else None),
    }


def _parameter(parameter: Described) -> Described:
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "kind": _kind(parameter["schema"]),
        "needed": parameter["required"],
        "about": _inline(parameter.get("description", "")),
    }


def _answer(status: str, response: Described, schemas: Described) -> Described:
    content = response.get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return {
        "status": status,
        "about": _inline(response["description"]),
        "refused": "application/problem+json" in content,
        "fields": list(_fields(schema, schemas)) if schema else [],
        "example": _pretty(_example(schema, schemas)) if schema else "",
    }


def _curl(method: str, path: str, call: Described, example: Any) -> str:
    """The call as it can be pasted into a shell."""
    query = "&".join(f"{p['name']}=…" for p in call["parameters"] if p["in"] == "query" and p["required"])
    address = settings.PUBLIC_URL + path + (f"?{query}" if query else "")
    begin = "curl" if method == "GET" else f"curl -X {method}"
    words = [f'{begin} "{address}"', '-H "Authorization: Bearer $FIEL_KEY"']
    headers = {"Idempotency-Key": "$(uuidgen)", "If-Match": '\\"1\\"'}
    named = [p["name"] for p in call["parameters"] if p["in"] == "header"]
    words += [f'-H "{name}: {headers[name]}"' for name in named]
    if example is not None:
        told = json.dumps(example, ensure_ascii=False).replace("'", "'\\''")
        words += ['-H "Content-Type: application/json"', f"-d '{told}'"]
    return " \\\n  ".join(words)


# Schemas in words


def _options(schema: Described) -> list[Described]:
    """What a value can be, without null."""
    return [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]


def _resolve(schema: Described, schemas: Described) -> Described:
    if "allOf" in schema and len(schema["allOf"]) == 1:
        schema = schema["allOf"][0]
    found: Described = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _fields(schema: Described, schemas: Described, before: str = "", depth: int = 0) -> Iterator[Described]:
    """The fields of an object and of those in it, each with its way: `lines[].amount`."""
    if depth > _DEEPEST:
        return
    for option in _options(schema):
        inner = _resolve(option, schemas)
        if inner.get("type") == "array":
            yield from _fields(inner["items"], schemas, f"{before}[]", depth + 1)
        for name, field in inner.get("properties", {}).items():
            way = f"{before}.{name}" if before else name
            yield {
                "way": way,
                "kind": " or ".join(_kind(_resolve(each, schemas)) for each in _options(field)),
                "nullable": any(each.get("type") == "null" for each in field.get("anyOf", ())),
                "needed": name in inner.get("required", ()),
                "about": _inline(field.get("description", "")),
            }
            if name != "problem":
                yield from _fields(field, schemas, way, depth + 1)


def _kind(schema: Described) -> str:
    """What a value is, in a few words."""
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"] if option.get("type") != "null")
    kind = schema.get("type", "object")
    if kind == "array":
        return f"list, at most {schema['maxItems']}" if "maxItems" in schema else "list"
    if schema.get("format") == "date-time":
        return "time"
    if schema.get("format") == "date":
        return "day"
    words = _WORDS.get(kind, "object")
    return f"{words}, at most {schema['maxLength']}" if "maxLength" in schema else words


def _example(schema: Described, schemas: Described, depth: int = 0) -> Any:
    """An instance, from the examples that stand in the schema."""
    inner = _resolve((_options(schema) or [schema])[0], schemas)
    for told in (schema, inner):
        if told.get("examples"):
            return told["examples"][0]
    if "enum" in inner:
        return inner["enum"][0]
    if inner.get("type") == "array":
        return [] if depth > _DEEPEST else [_example(inner["items"], schemas, depth + 1)]
    if "properties" in inner:
        return {name: _example(field, schemas, depth + 1) for name, field in inner["properties"].items()}
    return _PLAIN.get(inner.get("type", ""), {})


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _paragraphs(text: str) -> list[SafeString]:
    return [_inline(paragraph) for paragraph in text.split("\n\n")]


def _inline(text: str) -> SafeString:
    """Text with its `code` marked as such."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S308 - escaped before
