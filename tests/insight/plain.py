"""The same sums, counted plainly: one receipt after the other, in Python, from what `core.returns` says is left."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from fiel.core.sale import half_up
from fiel.insight import models
from fiel.ledger.models import Entry
from fiel.members.models import Member
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment
from fiel.shops.models import Business, Store

Sums = dict[str, dict[tuple[Any, ...], list[int]]]

GOODS = ("lines", "quantity", "total", "discounted", "member_total")
TABLES = {
    models.StoreHour: (("store", "day", "hour", "of_member"), ("sales", "total", "discounted")),
    models.CashierDay: (("store", "day", "cashier", "of_member"), ("sales", "linked", "total")),
    models.DepartmentDay: (("store", "day", "department"), GOODS),
    models.DepartmentMonth: (("store", "month", "department"), GOODS),
    models.ProductHalf: (("store", "half", "product"), GOODS),
    models.ProductMonth: (("store", "month", "product"), GOODS),
    models.AssortmentMonth: (("month", "product"), GOODS),
    models.UnitDay: (("day", "unit", "kind"), ("entries", "steps_in", "steps_out")),
    models.MemberDay: (("member_id", "day"), ("sales", "total", "discounted")),
    models.MemberHabit: (("member_id", "what", "value"), ("times", "total")),
}


def kept(business: Business) -> Sums:
    """What the tables hold, without rows of zeros."""
    found: Sums = {}
    for model, (keys, sums) in TABLES.items():
        rows = model.objects.filter(business=business).values_list(*keys, *sums)
        found[model.__name__] = {row[: len(keys)]: list(row[len(keys) :]) for row in rows if any(row[len(keys) :])}
    return found


def recounted(business: Business) -> Sums:
    """What they must hold."""
    sums: Sums = {model.__name__: defaultdict(lambda: [0, 0, 0, 0, 0]) for model in TABLES}
    zones = {
        each.code: ZoneInfo(each.timezone or business.timezone) for each in Store.objects.filter(business=business)
    }
    members = {each.id: each for each in Member.objects.filter(business=business)}
    for receipt in Receipt.objects.filter(business=business):
        _count(sums, receipt, zones[receipt.store], members)
    for entry in Entry.objects.filter(business=business):
        day = entry.occurred_at.astimezone(ZoneInfo(business.timezone)).date()
        _add(sums, models.UnitDay, (day, entry.unit, entry.kind), 1, max(0, entry.steps), max(0, -entry.steps))
    return {
        model.__name__: {key: row[: len(columns)] for key, row in sums[model.__name__].items() if any(row)}
        for model, (_, columns) in TABLES.items()
    }


def _count(sums: Sums, receipt: Receipt, zone: ZoneInfo, members: dict[Any, Member]) -> None:
    ours = {"business_id": receipt.business_id, "receipt_id": receipt.id}
    lines = [left for line in ReceiptLine.objects.filter(**ours) if (left := _left(line, receipt)) is not None]
    if not lines:
        return
    member = members[receipt.member_id] if receipt.member_id else None
    if member and member.merged_into:
        member = members[member.merged_into]
    total = sum(each[2] for each in lines)
    discounted = sum(each[2] for each in lines if each[3])
    hour, day, of_member = receipt.occurred_at.astimezone(zone).hour, receipt.day, bool(member)
    linked = 1 if receipt.linked_at else 0
    goods = [(line, (1, quantity, net, net if off else 0, net if member else 0)) for line, quantity, net, off in lines]
    for store in (receipt.store, models.ALL_STORES):
        _add(sums, models.StoreHour, (store, day, hour, of_member), 1, total, discounted)
        _add(sums, models.CashierDay, (store, day, receipt.cashier, of_member), 1, linked, total)
        for line, each in goods:
            _add(sums, models.DepartmentDay, (store, day, line.department), *each)
            _add(sums, models.DepartmentMonth, (store, day.replace(day=1), line.department), *each)
            _add(sums, models.ProductHalf, (store, date(day.year, 1 + 6 * (day.month // 7), 1), line.product), *each)
    for line, each in goods:
        _add(sums, models.ProductMonth, (receipt.store, day.replace(day=1), line.product), *each)
        _add(sums, models.AssortmentMonth, (day.replace(day=1), line.product), *each)
    if member is None:
        return
    _add(sums, models.MemberDay, (member.id, day), 1, total, discounted)
    if member.code.startswith("gone-"):
        return
    _add(sums, models.MemberHabit, (member.id, "hour", f"{hour:02}"), 1, total)
    _add(sums, models.MemberHabit, (member.id, "store", receipt.store), 1, total)
    for line, _, net, _ in lines:
        if line.department:
            _add(sums, models.MemberHabit, (member.id, "department", line.department), 1, net)
    payments = Counter[str]()
    for payment in ReceiptPayment.objects.filter(**ours):
        payments[payment.kind] += payment.amount
    for kind, amount in payments.items():
        _add(sums, models.MemberHabit, (member.id, "payment", kind), 1, amount)


def _left(line: ReceiptLine, receipt: Receipt) -> tuple[ReceiptLine, int, int, bool] | None:
    left = receipt.standing["left"][line.number - 1] if receipt.standing else line.quantity
    if left is None:
        return None
    net = line.net
    if left != line.quantity:
        share = line.amount - line.discount - line.net
        amount, own, of_sale = (half_up(each * left, line.quantity) for each in (line.amount, line.discount, share))
        net = max(0, amount - own - of_sale)
    return line, left, net, line.discount > 0


def _add(sums: Sums, model: Any, key: tuple[Any, ...], *amounts: int) -> None:
    row = sums[model.__name__][key]
    for place, amount in enumerate(amounts):
        row[place] += amount


def indicators(business: Business) -> dict[Any, tuple[Any, ...]]:
    """The indicators that must be kept, by member, from the days that are."""
    days: dict[Any, dict[date, tuple[int, int, int]]] = defaultdict(dict)
    for member_id, day, *row in models.MemberDay.objects.filter(business=business, sales__gt=0).values_list(
        "member_id", "day", "sales", "total", "discounted"
    ):
        days[member_id][day] = tuple(row)
    erased = set(Member.objects.filter(business=business, code__startswith="gone-").values_list("id", flat=True))
    found = {}
    for member_id, of in days.items():
        if member_id not in erased:
            first, last, visits = min(of), max(of), len(of)
            gap = int((last - first).days / (visits - 1) + 0.5) if visits > 1 else None
            found[member_id] = (
                first,
                last,
                visits,
                gap,
                *(sum(row[place] for row in of.values()) for place in range(3)),
            )
    return found


KNOWN = ("first_visit", "last_visit", "visits", "gap_days", "sales", "total", "discounted")


def known(business: Business) -> dict[Any, tuple[Any, ...]]:
    """The indicators that are kept, by member."""
    rows = models.MemberIndicators.objects.filter(business=business).values_list("member_id", *KNOWN)
    return {member_id: tuple(row) for member_id, *row in rows}
