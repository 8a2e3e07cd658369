"""Looking members up by name, in the database, a page at a time: by the beginning of the first word and of any other.

The index on `name_key` leads to those whose name begins so; the other words are looked for among them alone.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from fiel.members.models import Member
from fiel.members.names import name_key

__all__ = ["members_named"]

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
