"""`fiel staff`"""

from __future__ import annotations

import json
from typing import Annotated

import typer
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from fiel import clock
from fiel.core.refusals import Refused
from fiel.ops.told import business_named, refusals_told
from fiel.shops.models import Staff
from fiel.shops.opening import make_sign_in_link
from fiel.trail.note import note

__all__ = ["link"]


@refusals_told
def link(
    business: Annotated[str, typer.Argument(metavar="BUSINESS", help="The business's short name.")],
    email: Annotated[str, typer.Argument(help="Who is locked out.")],
    forget_second_step: Annotated[
        bool, typer.Option("--forget-second-step", help="Their phone and recovery codes are lost: take the step away.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The answer for machines.")] = False,
) -> None:
    """Prints a link by which one of the staff signs in once, within a day."""
    owner = business_named(business)
    now = clock.now()
    staff = Staff.objects.select_related("person").filter(business=owner, person__email=email.strip().lower()).first()
    if staff is None:
        raise Refused("not_found", f"Nobody with the address {email!r} works at {owner.name}.")
    with transaction.atomic():
        address = make_sign_in_link(staff.person, public_url=settings.PUBLIC_URL, now=now)
        if forget_second_step:
            Authenticator.objects.filter(user_id=staff.person_id).delete()
        after = {"second_step_forgotten": forget_second_step}
        note(owner.id, "staff.link_made", about=staff.person_id, after=after, now=now)
    typer.echo(json.dumps({"person": staff.person.email, "sign_in_link": address}) if as_json else address)
