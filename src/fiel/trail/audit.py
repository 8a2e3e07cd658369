"""Whether the trail is whole: every act's hash recomputed, none missing, the last one the head's."""

from __future__ import annotations

from collections.abc import Iterator

from fiel.ledger.audit import Finding
from fiel.trail.models import Act, Head
from fiel.trail.note import hash_of

__all__ = ["chain_holds"]

_AT_ONCE = 2000


def chain_holds(business_id: int) -> Iterator[Finding]:
    """What is wrong with a business's chain; the first break is told, what follows it hangs in the air."""
    number, previous = 0, ""
    for act in Act.objects.filter(business_id=business_id).order_by("number").iterator(chunk_size=_AT_ONCE):
        if act.number != number + 1:
            yield Finding("act_missing", f"act {number + 1}", f"After act {number} comes act {act.number}.")
            return
        if hash_of(act, previous) != act.hash:
            yield Finding("act_changed", f"act {act.number}", f"{act.what}: its hash is not that of what it says.")
            return
        number, previous = act.number, act.hash
    head = Head.objects.filter(business_id=business_id).first()
    if (head.number, head.hash) != (number, previous) if head else number:
        yield Finding("act_missing", f"act {number + 1}", "The last acts are not those that were noted last.")
