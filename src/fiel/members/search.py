"""Looking members up in the database, a page at a time: by how their name, phone, card or other number begins.

The index on `name_key` leads to those whose name begins so: the first word; the other words are looked for among them
alone. The keys of identifiers, cards and member numbers lead to theirs in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import phonenumbers
from django.db.models import Q, QuerySet

from fiel.members.find import follow
from fiel.members.models import ERASED, Card, Identifier, Member
from fiel.members.names import name_key

__all__ = ["members_beginning", "members_erased", "members_lately", "members_named"]

_LEAST_DIGITS = 3

_LAST = chr(0x10FFFF)  # behind every letter


def members_named(
    business_id: int, typed: str, *, after: tuple[str, UUID] | None = None, limit: int = 20
) -> list[Member]:
    """Members whose name begins with the first word typed and has words that begin with the others.

    By name; `after`: the name_key and id of the last one of the page before. Those merged into somebody are left out.
    """
    first, *others = name_key(typed).split() or [""]
    if not first:
        return []
    rows = Member.objects.filter(
        business_id=business_id, merged_into=None, name_key__gte=first, name_key__lt=first + _LAST
    )
    for word in others:
        rows = rows.filter(name_key__contains=f" {word}")
    if after is not None:
        key, member_id = after
        rows = rows.filter(name_key__gte=key).filter(Q(name_key__gt=key) | Q(id__gt=member_id))
    return list(rows.order_by("name_key", "id")[:limit])


def members_beginning(business_id: int, typed: str, *, country: str, limit: int = 20) -> list[Member]:
    """Members of whom a phone, card, tax id, e-mail address or member number begins as typed; at most `limit`.

    `country`: two letters; a phone without a country code is one of that country. By name.
    """
    found: list[UUID] = []
    for kind, prefix in _prefixes(typed.strip(), country):
        if kind == "card":
            cards = Card.objects.filter(business_id=business_id, number__gte=prefix, number__lt=prefix + _LAST)
            found += cards.order_by("number").values_list("member_id", flat=True)[:limit]
        elif kind == "code":
            codes = Member.objects.filter(business_id=business_id, code__gte=prefix, code__lt=prefix + _LAST)
            found += codes.order_by("code").values_list("id", flat=True)[:limit]
        else:
            ours = Identifier.objects.filter(business_id=business_id, kind=kind)
            values = ours.filter(value__gte=prefix, value__lt=prefix + _LAST).order_by("value")
            found += values.values_list("member_id", flat=True)[:limit]
    leads_to = set(follow(business_id, found).values()) if found else set()
    rows = Member.objects.filter(business_id=business_id, id__in=leads_to)
    # Few, and put in order here: asked to, a database may walk the whole index of names for them.
    return sorted(rows, key=lambda member: (member.name_key, member.id))[:limit]


def _prefixes(typed: str, country: str) -> Iterator[tuple[str, str]]:
    """How a stored value may begin that somebody has begun to type, by its kind."""
    digits = "".join(filter(str.isdigit, typed))
    if "@" in typed:
        yield "email", typed.casefold()
        return
    if len(digits) < _LEAST_DIGITS:
        return
    if typed.isascii() and typed.isalnum():
        yield "code", typed
    if any(map(str.isalpha, typed)):
        return
    yield "card", digits
    yield "tax_id", digits
    yield "phone", f"+{digits}"
    if not typed.startswith("+"):
        yield "phone", f"+{phonenumbers.country_code_for_region(country)}{digits.lstrip('0')}"


def members_lately(business_id: int, *, before: tuple[datetime, UUID] | None = None, limit: int = 20) -> list[Member]:
    """Members by the time of their last change, the latest first; `before`: that of the last one of the page before."""
    rows = Member.objects.filter(business_id=business_id, merged_into=None)
    if before is not None:
        at, id_ = before
        rows = rows.filter(updated_at__lte=at).filter(Q(updated_at__lt=at) | Q(id__lt=id_))
    return list(rows.order_by("-updated_at", "-id")[:limit])


def members_erased(business_id: int) -> QuerySet[Member]:
    """Those who were erased; by where their codes stand in the index."""
    return Member.objects.filter(business_id=business_id, code__gte=ERASED, code__lt=ERASED + _LAST)
