"""What a demo shop gives for points and stamps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fiel.rewards.models import Reward
from fiel.shops.models import Business

__all__ = ["Gift", "put_gifts"]


@dataclass(frozen=True, slots=True)
class Gift:
    """One reward. `unit` empty: by award only; else it costs `price` whole points, in units without decimals."""

    code: str
    name: str
    kind: str = "item"
    items: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unit: str = ""
    price: int = 0
    valid_days: int = 60
    on_expire: str = "lapse"


def put_gifts(business: Business, gifts: Sequence[Gift]) -> None:
    """Make the rewards that are not there yet."""
    for gift in gifts:
        values = {
            "kind": gift.kind,
            "name": gift.name,
            "items": {key: list(codes) for key, codes in gift.items.items()},
            "price_unit": gift.unit,
            "price_steps": gift.price,
            "valid_days": gift.valid_days,
            "on_expire": gift.on_expire,
        }
        Reward.objects.get_or_create(business=business, code=gift.code, defaults=values)
