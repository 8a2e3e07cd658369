"""`fiel business`"""

from __future__ import annotations

import getpass
import json
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.db import transaction
from rich.console import Console
from rich.table import Table

from fiel import clock
from fiel.core.refusals import Refused
from fiel.ops.migrate import migrate
from fiel.ops.progress import progress_bar
from fiel.ops.told import business_named, refusals_told, require_tables
from fiel.privacy.leave import RECORD, delete_business
from fiel.programme.versions import versions_of
from fiel.shops.change import change_business
from fiel.shops.models import Business
from fiel.shops.opening import make_sign_in_link, open_business, put_store

__all__ = ["change", "create", "delete", "list_all"]


class Language(StrEnum):
    """Those that Fiel speaks."""

    EN = "en"
    PT_BR = "pt-br"
    PT = "pt"
    ES = "es"


@refusals_told
def create(
    slug: Annotated[str, typer.Argument(help="Its short name, as in addresses: lower-case letters, digits, hyphens.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    currency: Annotated[str, typer.Option(help="The currency it counts in: BRL, EUR, USD …")],
    timezone: Annotated[str, typer.Option(help="Its time zone: America/Sao_Paulo, Europe/Lisbon …")],
    owner_email: Annotated[str, typer.Option(help="Where its owner is reached.")],
    country: Annotated[str, typer.Option(help="Two letters; how phones and tax ids are read.")] = "",
    language: Annotated[str, typer.Option(help="pt-br, pt, es or en.")] = "",
    store: Annotated[list[str] | None, typer.Option(help="A store, as CODE or CODE=NAME; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The answer for machines.")] = False,
) -> None:
    """Opens a business, and prints the link by which its owner signs in the first time."""
    migrate()
    now = clock.now()
    with transaction.atomic():
        business, owner = open_business(
            slug=slug,
            name=name,
            currency=currency.upper(),
            timezone=timezone,
            owner_email=owner_email,
            country=country.upper(),
            language=language.lower(),
            now=now,
        )
        for code, _, called in (each.partition("=") for each in store or ()):
            put_store(business, code.strip(), name=called.strip())
        link = make_sign_in_link(owner, public_url=settings.PUBLIC_URL, now=now)
    if as_json:
        stores = list(business.stores.order_by("code").values_list("code", flat=True))
        said = {"business": business.slug, "name": business.name, "owner": owner.email, "stores": stores}
        typer.echo(json.dumps({**said, "sign_in_link": link}, ensure_ascii=False))
        return
    typer.echo(f"{business.name} is open. Its owner, {owner.email}, signs in once by this link, within a day:")
    typer.echo(link)


@refusals_told
def change(
    business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")],
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    language: Annotated[Language | None, typer.Option(help="Its language.")] = None,
    hand_limit: Annotated[
        str | None,
        typer.Option(help="Whole units above which an adjustment waits for a second person; `none`: it never does."),
    ] = None,
    minimum_age: Annotated[int | None, typer.Option(help="Years below which nobody is sent offers.")] = None,
) -> None:
    """Changes what a business says of itself; what is left out stays."""
    owner = business_named(business)
    limit = owner.hand_limit if hand_limit is None else _limit(hand_limit)
    change_business(
        owner,
        name=owner.name if name is None else name,
        language=owner.language if language is None else language.value,
        hand_limit=limit,
        minimum_age=owner.minimum_age if minimum_age is None else minimum_age,
        spend_limit=owner.spend_limit,
    )
    waits = "never wait" if limit is None else f"above {limit} wait"
    typer.echo(f"{owner.name}, language {owner.language}; adjustments {waits} for a second person.")


def _limit(text: str) -> int | None:
    if text == "none":
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Refused("invalid", f"{text!r} is no limit: write whole units, or none.")
    return int(text)


@refusals_told
def list_all(as_json: Annotated[bool, typer.Option("--json", help="The list for machines.")] = False) -> None:
    """Lists the businesses."""
    require_tables()
    now = clock.now()
    found = [
        {
            "business": business.slug,
            "name": business.name,
            "currency": business.currency,
            "timezone": business.timezone,
            "country": business.country,
            "version": versions_of(business.id).number_at(now),
        }
        for business in Business.objects.order_by("slug")
    ]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    if not found:
        typer.echo("There is no business yet: fiel business create opens one.")
        return
    table = Table("business", "name", "currency", "time zone", "country", "programme", box=None, pad_edge=False)
    for each in found:
        version = each.pop("version")
        table.add_row(*map(str, each.values()), f"version {version}" if version else "none")
    Console().print(table)


@refusals_told
def delete(
    business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")],
    sure: Annotated[
        str, typer.Option(metavar="BUSINESS", help="The short name once more, for scripts; left out: it is asked for.")
    ] = "",
) -> None:
    """Deletes a business for good: members, receipts, books, and staff who work nowhere else."""
    owner = business_named(business)
    if (sure or typer.prompt(f"Everything of {owner.name} goes for good. Its short name, to go on")) != owner.slug:
        raise Refused("invalid", f"That is not {owner.slug!r}: nothing was deleted.")
    data = Path(settings.DATA_FOLDER)
    with progress_bar(owner.slug) as advance:
        told = delete_business(
            owner, now=clock.now(), by=getpass.getuser(), record=data, progress=lambda done, of: advance(1)
        )
    shutil.rmtree(data / "wallet" / owner.slug, ignore_errors=True)
    typer.echo(f"{owner.name} is gone; {data / RECORD} says so. Its books were {told['digest']}.")
    typer.echo("Backups made before still hold it, and so do files written for FIEL_EXTRACT: delete them too.")
