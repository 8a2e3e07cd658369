"""Idempotency keys of sales: who works on one now, and where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from fiel.sales.incoming import Key
from fiel.shops.models import IdempotencyKey
from fiel.tables.write import insert

__all__ = ["CREATED", "REPEATED", "held_elsewhere", "write_keys"]

CREATED = 201
REPEATED = 200


def held_elsewhere(business_id: int, keys: Iterable[str]) -> set[str]:
    """Take the keys for the caller's transaction; those that another transaction has.

    On SQLite one transaction writes at a time, and whoever comes second finds the first one's key.
    """
    names = sorted(set(keys))
    if not names or connection.vendor != "postgresql":
        return set()
    with connection.cursor() as cursor:
        # 64 bits of a hash: that two keys at work at the same moment share them is no more than a second try.
        cursor.execute(
            "SELECT k FROM unnest(%s::text[]) k WHERE NOT pg_try_advisory_xact_lock(hashtextextended(k, %s))",
            [names, business_id],
        )
        return {key for (key,) in cursor.fetchall()}


def write_keys(business_id: int, repeated: Sequence[tuple[UUID, Key]], now: datetime) -> None:
    """Keep keys that lead to receipts which were there before, so that they cannot be used for anything else."""
    columns = ("business", "key", "fingerprint", "status", "receipt", "created_at")
    insert(
        IdempotencyKey,
        columns,
        [(business_id, key.key, key.fingerprint, REPEATED, receipt_id, now) for receipt_id, key in repeated],
    )
