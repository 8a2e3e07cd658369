"""One number that tells a business's books from any others: for whoever compares, saves or restores them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from fiel.ledger.audit import account_spans
from fiel.tables.spans import Span

__all__ = ["digest_of"]

_BEGIN = b"fiel books 1\n"

# Ids, days and moments come as each database writes them, and are written alike below: making Python's own values of
# them first would take longer than all the rest.
_ENTRIES = """
    SELECT CAST(member_id AS text), unit, number, kind, steps, balance, CAST(occurred_at AS text),
        CAST(recorded_at AS text), cause_kind, CAST(cause AS text), coalesce(CAST(available_on AS text), ''),
        coalesce(CAST(expires_on AS text), '')
    FROM ledger_entry WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
"""
_DRAWS = """
    SELECT CAST(member_id AS text), unit, number, CAST(expires_on AS text), CAST(available_on AS text), steps
    FROM ledger_draw WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
"""
_CARRIES = """
    SELECT CAST(member_id AS text), unit, carry_numerator, carry_denominator
    FROM ledger_account WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
"""


def digest_of(business_id: int) -> str:
    """The SHA-256, as hex, of a business's books: the same on every database that holds the same books.

    Hashed is the line "fiel books 1", then a line for each entry, then for each draw, then for each account's carry;
    each section in the order of member, unit, number (draws: expiry, availability), its values as the tables have
    them, with tabs between: ids as 32 hex digits, times as 2026-03-04T12:00:00.000000Z, nothing for null.
    """
    digest = hashlib.sha256(_BEGIN)
    parts = account_spans(business_id)
    for lines in (_entries, _draws, _carries):
        for span in parts:
            # Sorted here: databases differ in how they order text.
            for line in sorted(lines(span)):
                digest.update(("\t".join(map(str, line)) + "\n").encode())
    return digest.hexdigest()


def _entries(span: Span) -> Iterator[tuple[str | int, ...]]:
    for member, unit, number, kind, steps, balance, occurred, recorded, cause_kind, cause, *days in span.rows(_ENTRIES):
        moments = (_moment(occurred), _moment(recorded))
        yield _id(member), unit, number, kind, steps, balance, *moments, cause_kind, _id(cause), *days


def _draws(span: Span) -> Iterator[tuple[str | int, ...]]:
    for member, *said in span.rows(_DRAWS):
        yield _id(member), *said


def _carries(span: Span) -> Iterator[tuple[str | int, ...]]:
    for member, *said in span.rows(_CARRIES):
        yield _id(member), *said


def _id(text: str) -> str:
    return text.replace("-", "")


def _moment(text: str) -> str:
    """A moment in UTC as a database writes it: 2026-03-04 12:00:00, with a fraction if there is one, and +00."""
    fraction = text[19:].removesuffix("+00")[1:]
    return f"{text[:10]}T{text[11:19]}.{fraction:0<6}Z"
