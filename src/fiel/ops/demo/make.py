"""Making the demo. Each step may be repeated without harm, so what was interrupted just goes on."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.db import transaction
from rich.progress import Progress

from fiel import clock
from fiel.insight.nightly import keep_by_night
from fiel.ops.demo import journey, neighbourhood
from fiel.ops.demo.fresh import refuse_strangers
from fiel.ops.demo.kept import Kept, is_ours, keep, read_kept
from fiel.ops.demo.plan import Plan
from fiel.ops.demo.shop import Size
from fiel.programme.files import read_document
from fiel.programme.versions import latest, publish
from fiel.shops.keys import SCOPES, create_key
from fiel.shops.models import Business
from fiel.shops.opening import open_business

__all__ = ["DATA", "PROGRAMMES", "make"]

PROGRAMMES = Path(__file__).parent / "programmes"

DATA: dict[str, Callable[[Size], tuple[Plan, ...]]] = {
    "neighbourhood": neighbourhood.plans,
    "complete-journey": journey.plans,
}


def make(plans: Sequence[Plan], *, folder: Path, seed: int, now: datetime, progress: Progress) -> list[Kept]:
    """Make the businesses that are not there yet, finish those that were interrupted, and tell what is kept of each.

    Raises CannotStart where something would have to be made beside businesses that are not the demo's.
    """
    kept = read_kept(folder)
    there = {business.slug: business for business in Business.objects.filter(slug__in=[plan.slug for plan in plans])}
    for plan in plans:
        business = there.get(plan.slug)
        if business and is_ours(business.slug, business.created_at, kept) and kept[plan.slug].complete:
            continue
        refuse_strangers(kept)
        if business is None:
            owner, password = f"owner@{plan.slug}.example", secrets.token_urlsafe(9)
            kept[plan.slug] = Kept(plan.slug, seed, now, owner, password)
            keep(folder, kept)  # before the business: it is ours from its first moment
        _make_one(plan, folder, kept, progress)
    return [kept[plan.slug] for plan in plans]


def _make_one(plan: Plan, folder: Path, kept: dict[str, Kept], progress: Progress) -> None:
    entry = kept[plan.slug]
    business = Business.objects.filter(slug=plan.slug).first() or _open(plan, entry)
    if not entry.key:
        _, secret = create_key(business, scopes=SCOPES, now=entry.made_at, name="Demo")
        entry = kept[plan.slug] = replace(entry, key=secret)
        keep(folder, kept)
    if latest(business.id) is None:
        document = read_document(PROGRAMMES / f"{plan.slug}.toml")
        publish(business, document, by="demo", now=entry.made_at, in_force_from=plan.begins(entry.made_at))
    plan.bring(business, entry, progress)
    keep_by_night(business, now=clock.now())
    kept[plan.slug] = replace(entry, complete=True)
    keep(folder, kept)


def _open(plan: Plan, entry: Kept) -> Business:
    with transaction.atomic():
        business, owner = open_business(
            slug=plan.slug,
            name=plan.name,
            currency=plan.currency,
            timezone=plan.timezone,
            owner_email=entry.owner,
            now=entry.made_at,
        )
        owner.set_password(entry.password)
        owner.save(update_fields=["password"])
    return business
