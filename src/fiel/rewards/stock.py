"""A reward's stock: one conditional update takes or gives back, so that it is never below zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import F

from fiel.rewards.models import Reward, Voucher

__all__ = ["HOLDS_STOCK", "give_stock_back", "stock_freed_by", "take_stock"]

HOLDS_STOCK = ("issued", "redeemed")
"""The states of a voucher in which it holds what it took of a stock."""


def take_stock(business_id: int, vouchers: Sequence[Voucher], stocked: Iterable[str]) -> None:
    """Take one of its reward's stock for each voucher; those for which there is none are left `from_stock` False.

    `stocked`: the rewards that have a stock. Rewards are taken in the order of their codes, so that nobody who waits
    for one holds what the other waits for.
    """
    for code in sorted(set(stocked) & {voucher.reward for voucher in vouchers}):
        waiting = [voucher for voucher in vouchers if voucher.reward == code]
        if _take(business_id, code, len(waiting)):
            taken = len(waiting)
        else:
            taken = next((index for index in range(len(waiting)) if not _take(business_id, code, 1)), len(waiting))
        for voucher in waiting[:taken]:
            voucher.from_stock = True


def give_stock_back(business_id: int, counts: Mapping[str, int]) -> None:
    """Give back to the stock of rewards, by code. One that has no stock any more needs nothing."""
    for code, count in sorted(counts.items()):
        ours = Reward.objects.filter(business_id=business_id, code=code, stock__isnull=False)
        ours.update(stock=F("stock") + count)


def stock_freed_by(vouchers: Iterable[Voucher]) -> Counter[str]:
    """What vouchers that end unused give back, by reward."""
    return Counter(voucher.reward for voucher in vouchers if voucher.from_stock)


def _take(business_id: int, code: str, count: int) -> bool:
    ours = Reward.objects.filter(business_id=business_id, code=code, stock__gte=count)
    return ours.update(stock=F("stock") - count) == 1
