"""The draft of a business: what its rules may become, kept while it is worked on, checked, and published whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from fiel.core.programme import Programme
from fiel.core.refusals import Fault, Refused
from fiel.programme.models import Draft, Version
from fiel.programme.versions import check, latest, publish
from fiel.shops.models import Business

__all__ = ["checked", "discard", "draft_of", "keep", "publish_draft"]

Document = dict[str, Any]


def draft_of(business: Business) -> Draft:
    """The draft as it is kept; where none is, one like the last version, or one with nothing in it, not yet kept."""
    kept = Draft.objects.filter(business=business).first()
    if kept is not None:
        return kept
    published = latest(business.id)
    bare = {"name": business.name, "currency": business.currency, "timezone": business.timezone}
    return Draft(
        business=business,
        document=published.document if published else bare,
        base=published.number if published else 0,
    )


def keep(business: Business, document: Mapping[str, Any], *, base: int, by: str, now: datetime) -> None:
    """Keep what the draft has become; it may have faults still."""
    said = {"document": document, "base": base, "changed_at": now, "changed_by": by}
    Draft.objects.update_or_create(business=business, defaults=said)


def discard(business: Business) -> None:
    """Forget the draft: the next one begins with the last version."""
    Draft.objects.filter(business=business).delete()


def checked(business: Business, document: Mapping[str, Any]) -> tuple[Programme | None, tuple[Fault, ...]]:
    """The programme that a document states, or what is wrong with it, each with its place."""
    try:
        return check(business, document), ()
    except Refused as refused:
        return None, refused.faults


def publish_draft(business: Business, *, by: str, now: datetime) -> Version:
    """Publish the draft from now on. Raises `invalid`, and `stale` where another version came after it was begun."""
    with transaction.atomic():
        draft = draft_of(business)
        version = publish(business, draft.document, by=by, now=now, after=draft.base)
        discard(business)
    return version
