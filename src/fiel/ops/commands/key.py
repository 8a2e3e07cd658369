"""`fiel key`"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.ops.told import business_named, refusals_told, rfc3339
from fiel.shops.keys import SCOPES, create_key, revoke_key
from fiel.shops.models import ApiKey, Business

__all__ = ["create", "list_all", "revoke"]

_LAST_LETTERS = 4

Slug = Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")]
Json = Annotated[bool, typer.Option("--json", help="The answer for machines.")]


@refusals_told
def create(
    business: Slug,
    scope: Annotated[list[str], typer.Option(help=f"What it may do: {', '.join(SCOPES)}; may be repeated.")],
    store: Annotated[str, typer.Option(help="The store it is bound to.")] = "",
    till: Annotated[str, typer.Option(help="The till in that store it is bound to.")] = "",
    name: Annotated[str, typer.Option(help="What it is for, as a person would say.")] = "",
    expires: Annotated[str, typer.Option(metavar="DATE", help="The last day on which it is good, as 2027-12-31.")] = "",
    as_json: Json = False,
) -> None:
    """Makes an API key. It is shown now and never again."""
    owner = business_named(business)
    now = clock.now()
    key, secret = create_key(
        owner,
        scopes=scope,
        now=now,
        store=store,
        till=till,
        name=name,
        expires_at=_end_of(expires, owner, now) if expires else None,
    )
    if as_json:
        typer.echo(json.dumps({**_told(key, now), "key": secret}, ensure_ascii=False))
        return
    bound = f" for till {till} of store {store}" if till else f" for store {store}" if store else ""
    typer.echo(f"A key of {owner.name}{bound}, with {', '.join(key.scopes)}. Keep it: it is not shown again.", err=True)
    typer.echo(secret)


@refusals_told
def list_all(business: Slug, as_json: Json = False) -> None:
    """Lists a business's API keys, as far as they can be told."""
    owner = business_named(business)
    now = clock.now()
    found = [_told(key, now) for key in ApiKey.objects.filter(business=owner).order_by("created_at", "id")]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    if not found:
        typer.echo(f"{owner.name} has no key: fiel key create makes one.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("key", "state", "scopes", "for", "name", "last used", "expires"):
        table.add_column(column, no_wrap=column == "key")
    for each in found:
        bound = "/".join(filter(None, (each["store"], each["till"])))
        said = [each[column] or "" for column in ("name", "last_used_at", "expires_at")]
        table.add_row(each["hint"], each["state"], ", ".join(each["scopes"]), bound, *said)
    Console().print(table)


@refusals_told
def revoke(
    business: Slug,
    key: Annotated[str, typer.Argument(help="What the list shows of it, its last four letters, or its id.")],
    as_json: Json = False,
) -> None:
    """Takes a key out of use, at once and for good."""
    owner = business_named(business)
    now = clock.now()
    found = [each for each in ApiKey.objects.filter(business=owner) if _is_named(each, key)]
    if len(found) != 1:
        many = "several such keys" if found else "no such key"
        raise Refused("not_found", f"{owner.name} has {many}; fiel key list {business} --json tells their ids.")
    revoke_key(owner, found[0].id, now=now)
    revoked = ApiKey.objects.get(business=owner, id=found[0].id)
    typer.echo(json.dumps(_told(revoked, now), ensure_ascii=False) if as_json else f"{revoked.hint} is out of use.")


def _is_named(key: ApiKey, text: str) -> bool:
    return text in (str(key.id), key.hint, key.hint[-_LAST_LETTERS:])


def _end_of(text: str, business: Business, now: datetime) -> datetime:
    """The moment at which the day is over where the business is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        fault = Fault("/expires", "write a day as 2027-12-31")
        raise Refused("invalid", f"{text!r} is no day.", [fault]) from None
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(business.timezone))
    if end <= now:
        raise Refused("invalid", f"{text} is over.", [Fault("/expires", "write a day that is to come")])
    return end


def _told(key: ApiKey, now: datetime) -> dict[str, Any]:
    expired = key.expires_at is not None and key.expires_at <= now
    moments = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return {
        "id": str(key.id),
        "hint": key.hint,
        "state": "revoked" if key.revoked_at else "expired" if expired else "in use",
        "scopes": key.scopes,
        "store": key.store,
        "till": key.till,
        "name": key.name,
        **{name: rfc3339(moment) if (moment := getattr(key, name)) else None for name in moments},
    }
