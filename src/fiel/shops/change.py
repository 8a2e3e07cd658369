"""Changing a business; stores and their tills, one or a thousand at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.shops.ages import AGES
from fiel.shops.devices import revoke_device
from fiel.shops.keys import revoke_key
from fiel.shops.models import ApiKey, Business, Device, Store, Till
from fiel.tables.read import matching
from fiel.tables.write import upsert
from fiel.trail.note import note

__all__ = ["StoreRow", "change_business", "close_store", "end_step", "open_store", "put_stores", "turn_card"]


def change_business(
    business: Business,
    *,
    name: str,
    language: str,
    hand_limit: int | None,
    spend_limit: int | None,
    minimum_age: int,
) -> None:
    """Change what a business says of itself, from how many whole units on an adjustment needs a second person and
    spending at a till a proof, and how old somebody has to be for offers. Raises `invalid`.
    """
    if not name.strip():
        raise Refused("invalid", "A business has a name.", [Fault("/name", "write its name")])
    if hand_limit is not None and hand_limit < 0:
        raise Refused("invalid", "The limit cannot be right.", [Fault("/hand_limit", "0 or more whole units")])
    if minimum_age not in AGES:
        raise Refused("invalid", "The age cannot be right.", [Fault("/minimum_age", "from 13 to 25 years")])
    if spend_limit is not None and spend_limit < 0:
        raise Refused("invalid", "The limit cannot be right.", [Fault("/spend_limit", "0 or more whole units")])
    told = {
        "name": name.strip(),
        "language": language,
        "hand_limit": hand_limit,
        "spend_limit": spend_limit,
        "minimum_age": minimum_age,
    }
    with transaction.atomic():
        was = {key: getattr(business, key) for key in told}
        for key, value in told.items():
            setattr(business, key, value)
        business.save(update_fields=list(told))
        note(business.id, "business.changed", about=business.slug, before=was, after=told, now=clock.now())


def turn_card(business: Business, *, turning: bool) -> None:
    """Say whether the card on members' phones is a code that turns."""
    if business.turning_card == turning:
        return
    was = {"turning_card": business.turning_card}
    with transaction.atomic():
        business.turning_card = turning
        business.save(update_fields=["turning_card"])
        after = {"turning_card": turning}
        note(business.id, "business.changed", about=business.slug, before=was, after=after, now=clock.now())


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A store as it shall be; `timezone` empty: the business's. `tills`: names by code, beside those there are."""

    code: str
    name: str = ""
    timezone: str = ""
    tax_id: str = ""
    tills: Mapping[str, str] = field(default_factory=dict)


def put_stores(business: Business, rows: Sequence[StoreRow]) -> list[str | None]:
    """Make stores, or change them, all or none; for each, in order: "new", "changed", or None where it was so before.

    Raises `invalid`, with pointers that begin with the row's place.
    """
    zones = available_timezones()  # once: the system's folder of them is read each time
    advice = 'write a time zone by its name, as "Atlantic/Azores"'
    unknown = [i for i, row in enumerate(rows) if row.timezone and row.timezone not in zones]
    faults = [Fault(f"/{i}/timezone", advice) for i in unknown]
    times = Counter(row.code for row in rows)
    faults += [Fault(f"/{i}/code", f"{row.code!r} comes twice") for i, row in enumerate(rows) if times[row.code] > 1]
    if faults:
        raise Refused("invalid", "The stores cannot be right.", faults)
    with transaction.atomic():
        codes = [(row.code,) for row in rows]
        columns = ("name", "timezone", "tax_id")
        stores = {code: tuple(said) for code, *said in matching(Store, business.id, ("code",), codes, columns)}
        tills = {
            (store, code): name
            for store, code, name in Till.objects.filter(business=business).values_list("store", "code", "name")
        }
        put: list[str | None] = []
        for row in rows:
            same = stores.get(row.code) == (row.name, row.timezone, row.tax_id)
            same = same and all(tills.get((row.code, code)) == name for code, name in row.tills.items())
            put.append(None if same else "changed" if row.code in stores else "new")
        changes = [row for row, what in zip(rows, put, strict=True) if what]
        said = [(business.id, row.code, row.name, row.timezone, row.tax_id) for row in changes]
        upsert(Store, ("business", "code"), columns, said)
        named = [(business.id, row.code, code, name) for row in changes for code, name in row.tills.items()]
        upsert(Till, ("business", "store", "code"), ("name",), named)
        now = clock.now()
        for row in changes:
            was = dict(zip(columns, stores[row.code], strict=True)) if row.code in stores else None
            told: dict[str, object] = {"name": row.name, "timezone": row.timezone, "tax_id": row.tax_id}
            if was != told or row.tills:
                if row.tills:
                    told["tills"] = dict(row.tills)
                note(business.id, "store.set", about=row.code, before=was, after=told, now=now)
    return put


def close_store(business: Business, code: str, *, now: datetime) -> None:
    """Nobody serves there any more: its devices and keys go out of use with it. Raises `not_found`."""
    with transaction.atomic():
        _set_closed(business, code, now)
        for device_id in Device.objects.filter(business=business, store=code, revoked_at=None).values_list(
            "id", flat=True
        ):
            revoke_device(business, device_id, now=now)
        for key_id in ApiKey.objects.filter(business=business, store=code, revoked_at=None).values_list(
            "id", flat=True
        ):
            revoke_key(business, key_id, now=now)
        note(business.id, "store.closed", about=code, now=now)


def open_store(business: Business, code: str, *, now: datetime) -> None:
    """It is open again; devices are paired and keys made anew. Raises `not_found`."""
    with transaction.atomic():
        _set_closed(business, code, None)
        note(business.id, "store.opened", about=code, now=now)


def _set_closed(business: Business, code: str, moment: datetime | None) -> None:
    row = Store.objects.filter(business=business, code=code, closed_at__isnull=moment is not None)
    if not row.update(closed_at=moment):
        raise Refused("not_found", "There is no such store to be closed or opened.", [Fault("/code", "look again")])


def end_step(business: Business, step: str) -> None:
    """Be done with one of the steps that lead a new business to its first sale, or leave it out."""
    with transaction.atomic():
        row = Business.objects.select_for_update(no_key=True).get(pk=business.pk)
        before = list(row.steps_over)
        row.steps_over = sorted({*before, step})
        row.save(update_fields=["steps_over"])
        business.steps_over = row.steps_over
        said = {"before": {"steps_over": before}, "after": {"steps_over": row.steps_over}}
        note(business.id, "business.changed", about=business.slug, **said, now=clock.now())
