"""Reading a request's body: its size before anything else, then JSON in UTF-8, with every figure exact."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, UnreadablePostError
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from fiel.core.refusals import Fault, Refused
from fiel.wire.faults import ODD, UNKEEPABLE, pointer

__all__ = ["MEBI", "ExactParser", "read_body"]

Path = tuple[str | int, ...]

_PART = 2  # the name of the list, and the part's place in it

MEBI = 1024 * 1024
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)


class ExactParser(Parser):
    """Hands on the document that `read_body` has read, and the query's parameters, looked at."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The document of the body."""
        return request.document  # type: ignore[attr-defined]

    def parse_querydict(self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest) -> Any:
        """The query's parameters; of one that is given twice, none can be meant."""
        twice = [Fault(pointer([name]), "this is given twice") for name in data if len(data.getlist(name)) > 1]
        odd = [Fault(pointer([name]), ODD) for name in data if UNKEEPABLE.search(str(data[name]))]
        if twice or odd:
            raise Refused("invalid", "A parameter cannot be right.", [*twice, *odd])
        return super().parse_querydict(data, list_fields, request)


def read_body(request: HttpRequest, *, most: int, optional: bool = False, apart: bool = False) -> None:
    """Read the body into `request.document`. Raises `too_large` above `most` bytes, `malformed`, `invalid`.

    `apart`: texts that cannot be kept are only noted, as places in `request.odd`: each belongs to a part that the call
    refuses by itself.
    """
    _check_length(_declared(request), most)
    try:
        raw = request.body
    except UnreadablePostError as error:
        raise Refused("malformed", "The body broke off.") from error
    _check_length(len(raw), most)
    if not raw:
        if not optional:
            raise Refused("malformed", "There is no body; send JSON.")
        return
    if request.content_type and not _JSON.fullmatch(request.content_type):
        raise Refused("malformed", "Send JSON, with the header Content-Type: application/json.")
    document, odd = _document(raw)
    whole = [path for path in odd if not apart or len(path) < _PART]
    if whole:
        raise Refused("invalid", ODD, [Fault(pointer(path), ODD) for path in whole])
    request.document, request.odd = document, odd  # type: ignore[attr-defined]


def _declared(request: HttpRequest) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


def _check_length(length: int, most: int) -> None:
    if length > most:
        raise Refused("too_large", f"The body has more than {most // MEBI} MiB; send less at once.")


def _document(raw: bytes) -> tuple[Any, list[Path]]:
    """The document, and the places of texts that cannot be kept."""
    try:
        text = raw.decode("utf-8-sig")
        document = json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_without_doubles
        )
        # They can only be written as escapes: raw, JSON refuses the one and UTF-8 the other.
        return document, list(_odd_places(document, ())) if "\\u" in text else []
    except UnicodeDecodeError as error:
        raise Refused("malformed", "The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON: line {error.lineno}, column {error.colno}."
        raise Refused("malformed", detail) from error
    except RecursionError as error:
        raise Refused("malformed", "The body is nested too deeply.") from error
    except (ValueError, InvalidOperation) as error:
        # A figure of thousands of digits, or with an exponent beyond any use.
        raise Refused("malformed", "The body holds a figure that cannot be read.") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; where a name stands in it twice, nobody can tell which was meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("malformed", "A name stands twice in one object of the body.")
    return found


def _odd_places(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, str):
        if UNKEEPABLE.search(value):
            yield path
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _odd_places(item, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            if UNKEEPABLE.search(name):
                yield path
            else:
                yield from _odd_places(item, (*path, name))
