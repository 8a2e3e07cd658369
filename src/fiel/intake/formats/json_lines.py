"""JSON, one document a line: sales as the till API takes them, members as `POST /members` takes them.

A sale is told by its lines of goods. Store and till are named in each sale; a till that is not is "import".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pydantic

from fiel.core.refusals import Refused
from fiel.intake.rows import Item, Row, Unreadable
from fiel.shops.models import Business
from fiel.wire.faults import ODD, UNKEEPABLE, refused_by_model
from fiel.wire.identities import chosen
from fiel.wire.members import MemberIn, newcomer_of
from fiel.wire.sales import SaleIn, incoming_of, ways_named

__all__ = ["JsonLines"]

_LONGEST_LINE = 1 << 20


class JsonLines:
    """A file of JSON documents, one a line, in UTF-8; empty lines mean nothing."""

    name = "jsonl"

    def sniff(self, path: Path) -> bool:
        """Its first line is an object."""
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.readline(1 << 20).lstrip(b"\xef\xbb\xbf \t").startswith(b"{")

    def size(self, path: Path) -> int | None:
        """Lines."""
        with path.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))

    def rows(self, path: Path, business: Business) -> Iterator[Row]:
        """What each line holds."""
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ""), 1):
                if len(line) == _LONGEST_LINE:
                    yield Row(f"line {number}", Unreadable("", "the line has more than a million characters"))
                    return
                text = line.strip()
                if text:
                    yield Row(f"line {number}", _read(text, business), text)


def _read(text: str, business: Business) -> Item:
    """A sale or a newcomer, or why it is neither, each fault with its place in the document."""
    try:
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return Unreadable("", "this line is no JSON")
    if not isinstance(document, dict):
        return Unreadable("", "write an object: a sale, or a member")
    if UNKEEPABLE.search(text) or "\\u0000" in text or "\ufffd" in text:
        return Unreadable("", ODD)
    try:
        return _sale(document, business) if "lines" in document else _member(document, business)
    except pydantic.ValidationError as error:
        return _unreadable(refused_by_model(error.errors(include_url=False, include_input=False)))
    except Refused as refused:
        return _unreadable(refused)


def _sale(document: Mapping[str, Any], business: Business) -> Item:
    sale = SaleIn.model_validate(document)
    [member] = chosen(business, [ways_named(business, sale.member)])
    if not sale.store:
        return Unreadable("/store", "name the store")
    return incoming_of(sale, member, store=sale.store, till=sale.till or "import", channel="import")


def _member(document: Mapping[str, Any], business: Business) -> Item:
    return newcomer_of(business, MemberIn.model_validate(document))


def _unreadable(refused: Refused) -> Unreadable:
    faults = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in refused.faults)
    return Unreadable("", faults or refused.detail)
