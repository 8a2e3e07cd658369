"""A sale as a till states it, and what is known about the member at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from fiel.core.refusals import Fault, Refused

__all__ = [
    "CHANNELS",
    "PAYMENT_KINDS",
    "REWARD_PAYMENTS",
    "Facts",
    "Line",
    "Payment",
    "Sale",
    "check_sale",
    "half_up",
    "net_amounts",
    "shares",
]

REWARD_PAYMENTS = frozenset({"points", "cashback", "voucher", "prepaid"})
PAYMENT_KINDS = (
    "cash",
    "card",
    "debit",
    "credit",
    "pix",
    "transfer",
    "cheque",
    "food",
    "meal",
    "gift",
    "other",
    "points",
    "cashback",
    "voucher",
    "prepaid",
)
CHANNELS = ("till", "counter", "online", "import", "agent")


class Line(NamedTuple):
    """One item of a receipt.

    `quantity` in 1/1000; `amount` and `discount` in minor units, tax included, amount before discount; `tax_rate` in
    1/1000 of a per cent (23 % is 23000). `departments` is the way from the line's own department up to the root;
    it, `brand` and `tags` are what the catalogue said when the sale was counted.
    """

    number: int
    amount: int
    quantity: int = 1000
    discount: int = 0
    tax_rate: int = 0
    product: str = ""
    departments: tuple[str, ...] = ()
    brand: str = ""
    tags: frozenset[str] = frozenset()
    description: str = ""


class Payment(NamedTuple):
    """How much was paid how, in minor units. `unit`: the account that a payment with points or cashback draws from."""

    kind: str
    amount: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sale:
    """One receipt. `discount` is the sale's own, beside those of its lines; `local` is the store's clock."""

    occurred_at: datetime
    local: datetime
    store: str
    till: str
    lines: tuple[Line, ...]
    discount: int = 0
    payments: tuple[Payment, ...] = ()
    use_packs: bool = False
    channel: str = "till"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules may know about the member, taken before the sale.

    `caps_used`: for each rule with a cap, what it gave in the sale's day and month, in steps. `carry`, in steps;
    `held`: steps that can be spent on the sale's day, for units that pay (sessions); `owed`: debts, in steps.
    `today`: the day on which it is recorded, and spends; None: the sale's own.
    """

    tier: str = ""
    types: frozenset[str] = frozenset()
    birth_date: date | None = None
    joined: date | None = None
    sales_so_far: int = 0
    caps_used: Mapping[str, tuple[Fraction, Fraction]] = field(default_factory=dict)
    carry: Mapping[str, Fraction] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    owed: Mapping[str, int] = field(default_factory=dict)
    today: date | None = None


def half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` to the nearest whole, halves up; neither is negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def shares(total: int, weights: Iterable[int]) -> list[int]:
    """`total` shared in proportion to the weights, whole, by largest remainder, ties to the earlier; the sum is exact.

    Nothing can be shared over weights that are all 0: the shares are then 0.
    """
    parts = list(weights)
    whole = sum(parts)
    if total == 0 or whole == 0:
        return [0] * len(parts)
    given = [total * part // whole for part in parts]
    rest = total - sum(given)
    if rest:
        by_remainder = sorted(range(len(parts)), key=lambda i: (-(total * parts[i] % whole), i))
        for index in by_remainder[:rest]:
            given[index] += 1
    return given


def net_amounts(sale: Sale) -> list[int]:
    """What each line costs after its own discount and its share of the sale's, in minor units."""
    nets = [line.amount - line.discount for line in sale.lines]
    if not sale.discount:
        return nets
    return [net - share for net, share in zip(nets, shares(sale.discount, nets), strict=True)]


def check_sale(sale: Sale) -> None:
    """Raise `invalid` with a pointer to each figure that cannot be right."""
    faults: list[Fault] = []
    for index, line in enumerate(sale.lines):
        at = f"/lines/{index}"
        if line.amount < 0:
            faults.append(Fault(f"{at}/amount", "an amount is 0 or more; net a cancelled line against its twin"))
        elif not 0 <= line.discount <= line.amount:
            faults.append(Fault(f"{at}/discount", "a discount lies between 0 and the line's amount"))
        if line.quantity < 0:
            faults.append(Fault(f"{at}/quantity", "a quantity is 0 or more"))
        if line.tax_rate < 0:
            faults.append(Fault(f"{at}/tax_rate", "a tax rate is 0 or more"))
    if not faults and not 0 <= sale.discount <= sum(line.amount - line.discount for line in sale.lines):
        faults.append(Fault("/discount", "the sale's discount is larger than what there is to pay"))
    for index, payment in enumerate(sale.payments):
        if payment.amount < 0:
            faults.append(Fault(f"/payments/{index}/amount", "a payment is 0 or more"))
    if faults:
        raise Refused("invalid", "The sale has figures that cannot be right.", faults)
