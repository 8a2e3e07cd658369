"""`fiel hook`"""

from __future__ import annotations

from typing import Annotated

import typer
from django.conf import settings
from django.urls import reverse

from fiel import clock
from fiel.core.refusals import Refused
from fiel.intake.hooks import KINDS, create_hook
from fiel.intake.models import Hook
from fiel.ops.told import business_named, refusals_told

__all__ = ["create", "list_all", "revoke"]

Slug = Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")]


@refusals_told
def create(
    business: Slug,
    store: Annotated[str, typer.Option(help="The store that its orders are of.")],
    secret: Annotated[str, typer.Option(prompt=True, hide_input=True, help="What the web shop signs with.")],
    kind: Annotated[str, typer.Option(help=f"One of: {', '.join(KINDS)}.")] = "shopify",
) -> None:
    """Makes an address to which a web shop sends its orders."""
    hook = create_hook(business_named(business), kind=kind, store=store, secret=secret)
    typer.echo(_address(hook))


@refusals_told
def list_all(business: Slug) -> None:
    """Lists the addresses for web shops."""
    for hook in Hook.objects.filter(business=business_named(business)).order_by("created_at"):
        ended = f", revoked {hook.revoked_at:%Y-%m-%d}" if hook.revoked_at else ""
        typer.echo(f"{hook.id} {hook} since {hook.created_at:%Y-%m-%d}{ended}: {_address(hook)}")


@refusals_told
def revoke(business: Slug, hook: Annotated[str, typer.Argument(help="Its id, as the list shows it.")]) -> None:
    """Ends an address: what is sent there is refused from now on."""
    found = Hook.objects.filter(business=business_named(business), revoked_at=None)
    if hook not in {str(each.id) for each in found}:
        raise Refused("not_found", "There is no such hook in use; fiel hook list names them.")
    found.filter(id=hook).update(revoked_at=clock.now())
    typer.echo("revoked")


def _address(hook: Hook) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse(f'hook-{hook.kind}', args=[hook.id])}"
