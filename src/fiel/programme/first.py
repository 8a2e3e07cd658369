"""The programme to start from: so many points for so much money, nothing lost to rounding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from fiel.core.refusals import Refused
from fiel.core.written import fraction_text
from fiel.programme.models import Version
from fiel.programme.versions import latest, publish
from fiel.shops.models import Business

__all__ = ["first_programme", "is_first", "publish_first"]


def first_programme(business: Business, *, give: Fraction = Fraction(1), per: Fraction = Fraction(1)) -> dict[str, Any]:
    """`give` points for each `per` whole units of the currency."""
    return {
        "name": business.name,
        "currency": business.currency,
        "timezone": business.timezone,
        "units": [{"code": "points", "kind": "points", "rounding": "carry"}],
        "earn": [{"code": "all", "unit": "points", "give": fraction_text(give), "per": fraction_text(per)}],
    }


def is_first(business: Business, document: Mapping[str, Any]) -> bool:
    """Whether a document says no more than how many points there are for how much money."""
    rules = document.get("earn", [])
    if len(rules) != 1 or not {"give", "per"} <= set(rules[0]):
        return False
    rate = {name: rules[0][name] for name in ("give", "per")}
    first = first_programme(business) | {"name": document.get("name")}
    first["earn"] = [first["earn"][0] | rate]
    return bool(first == document)


def publish_first(business: Business, *, give: Fraction, per: Fraction, by: str, now: datetime) -> Version | None:
    """Publish it, unless it is so already. Raises `invalid`, and `conflict` where the rules say more by now."""
    before = latest(business.id)
    if before and not is_first(business, before.document):
        raise Refused("conflict", "The programme has rules of its own by now; change it there.")
    document = first_programme(business, give=give, per=per)
    if before and before.document == document:
        return None
    return publish(business, document, by=by, now=now, after=before.number if before else 0)
