"""Deleting a whole business, for good: its books too.

What it was is written beside the database, in `businesses-deleted.jsonl`: its name, when, by whom, and the digest of
its books, by which an export that was taken along is known again. A deletion that was killed goes on where it was.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from fiel.ledger.digest import digest_of
from fiel.rewards.models import PartnerClerk
from fiel.shops.models import ApiKey, Business, Device, Leaving, Person, Staff
from fiel.tables.businesses import tables_of_businesses
from fiel.tables.walls import unwalled

__all__ = ["RECORD", "delete_business", "deleted_before"]

RECORD = "businesses-deleted.jsonl"
"""The record's file, in the data folder."""

_AT_ONCE = 10_000

Progress = Callable[[int, int], None]

log = logging.getLogger("fiel.privacy")


def delete_business(
    business: Business, *, now: datetime, by: str, record: Path, progress: Progress = lambda done, of: None
) -> dict[str, Any]:
    """Delete a business and all that belongs to it; people who work nowhere else go too. Gives the record's line.

    `record`: the folder of the record. `progress` is told how many tables of how many are done.
    """
    leaving = _begin(business, now=now, by=by)
    children_first = [model for model in reversed(tables_of_businesses()) if model is not Leaving]
    for done, model in enumerate(children_first):
        progress(done, len(children_first))
        _delete_in_parts(model, business.id)
    with transaction.atomic():
        for model in children_first:  # what came from who was at work meanwhile
            _delete(model, business.id)
        leaving.delete()
        Business.objects.filter(id=business.id).delete()
        elsewhere = {*_who_works(Staff, leaving.people), *_who_works(PartnerClerk, leaving.people)}
        Person.objects.filter(id__in=set(leaving.people) - elsewhere).delete()
        told = {"business": business.slug, "name": business.name, "at": now.isoformat(), "by": by}
        told["digest"] = leaving.digest
        _write_record(record, told)
    log.warning("the business %s was deleted by %s", business.slug, by)
    return told


def _begin(business: Business, *, now: datetime, by: str) -> Leaving:
    """From here on nobody sells there any more, and the guards let the rows go."""
    begun = Leaving.objects.filter(business=business).first()
    if begun is not None:
        return begun
    staff = Staff.objects.filter(business=business).values_list("person_id", flat=True)
    clerks = PartnerClerk.objects.filter(business=business).values_list("person_id", flat=True)
    ids = sorted({*staff, *clerks})
    with transaction.atomic():
        for credential in (ApiKey, Device):
            credential._default_manager.filter(business=business, revoked_at=None).update(revoked_at=now)
        return Leaving.objects.create(business=business, at=now, by=by, people=ids, digest=digest_of(business.id))


@unwalled()
def _who_works(model: type[Staff] | type[PartnerClerk], people: list[int]) -> set[int]:
    return set(model._default_manager.filter(person_id__in=people).values_list("person_id", flat=True))


def _delete_in_parts(model: type[Model], business_id: int) -> None:
    """Delete a table's rows, so many in each transaction, or at once where they point to each other."""
    points_to_itself = any(getattr(each, "table", "") == model._meta.db_table for each in model._meta.constraints)
    while _delete(model, business_id, most=None if points_to_itself else _AT_ONCE) == _AT_ONCE:
        pass


def _delete(model: type[Model], business_id: int, *, most: int | None = None) -> int:
    """Delete rows of a business; how many it were."""
    table, place = model._meta.db_table, "ctid" if connection.vendor == "postgresql" else "rowid"
    part = f"SELECT {place} FROM {table} WHERE business_id = %s LIMIT {most}"  # noqa: S608
    which = f"{place} IN ({part})" if most else "business_id = %s"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {which}", [business_id])  # noqa: S608
        return int(cursor.rowcount)


# The record


def deleted_before(folder: Path) -> set[str]:
    """The short names of the businesses that the record in a data folder tells of."""
    file = folder / RECORD
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {str(json.loads(line)["business"]) for line in lines}


def _write_record(folder: Path, told: dict[str, Any]) -> None:
    with (folder / RECORD).open("a", encoding="utf-8") as file:
        file.write(json.dumps(told, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
