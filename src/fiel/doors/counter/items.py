"""Items on the counter before the sale is recorded: from the catalogue, from a pack, by a voucher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from fiel import clock
from fiel.catalogue.models import Product
from fiel.core.refusals import Refused
from fiel.doors.counter.desk import Desk
from fiel.doors.counter.sentences import said
from fiel.doors.counter.typed import Row
from fiel.doors.present import Present
from fiel.members.models import Member
from fiel.rewards.models import Reward, Voucher
from fiel.rewards.read import codes_of, usable_vouchers
from fiel.rewards.vouchers import find_voucher, selector_of

__all__ = ["change", "start"]

_LONGEST_CODE = 64


def start(desk: Desk, member: Member, query: QueryDict) -> list[Row]:
    """What lies on the counter when the page opens: what the voucher is for whose code led here."""
    try:
        wanted = UUID(query.get("voucher", ""))
    except ValueError:
        return []
    vouchers = Voucher.objects.filter(business=desk.business, member_id=member.id, id=wanted, state="issued")
    return [
        _for_voucher(desk, voucher.reward, codes_of(desk.business.id, [voucher.id])[voucher.id]) for voucher in vouchers
    ]


def change(desk: Desk, member: Member, rows: list[Row], form: QueryDict) -> list[Row]:
    """The rows after the button that was pressed. Raises what to say where that cannot be."""
    for name, does in _BUTTONS.items():
        value = str(form.get(name, "")).strip()
        if value:
            return does(desk, member, rows, value)
    return rows


def _off(desk: Desk, member: Member, rows: list[Row], place: str) -> list[Row]:
    return [row for index, row in enumerate(rows) if str(index) != place]


def _use(desk: Desk, member: Member, rows: list[Row], code: str) -> list[Row]:
    """The voucher's item; where it lies there already, that of the next voucher like it, while there is one."""
    voucher = find_voucher(desk.business, code)
    if voucher.member_id != member.id:
        raise Refused("voucher_not_redeemable", "There is no voucher with this code.")
    usable = usable_vouchers(desk.business.id, member.id, Present(desk.business, clock.now()).today)
    named = [each for each in usable if each.code == code]
    codes = [code, *(each.code for each in usable if each not in named and any(map(each.like, named)))]
    on_counter = {row.voucher for row in rows}
    free = [each for each in codes if each not in on_counter]
    return [*rows, _for_voucher(desk, voucher.reward, free[0])] if free else rows


def _take_session(desk: Desk, member: Member, rows: list[Row], value: str) -> list[Row]:
    unit, product, department, name = (*value.split("|"), "", "", "")[:4]
    return [*rows, Row(product=product, department=department, description=name, price="0", by=f"pack:{unit}")]


def _add(desk: Desk, member: Member, rows: list[Row], code: str) -> list[Row]:
    """One more of a product: scanned twice, it is two pieces."""
    for index, row in enumerate(rows):
        if row.product == code and not row.by and row.quantity.isdecimal():
            more = replace(row, quantity=str(int(row.quantity) + 1))
            return [*rows[:index], more, *rows[index + 1 :]]
    product = Product.objects.filter(business=desk.business, code=code[:_LONGEST_CODE]).first()
    if product is None:
        sentence = _("No item has the code %(code)s. Look for its name, or type the amount alone.")
        raise said("not_found", sentence % {"code": code[:_LONGEST_CODE]}, "/add")
    return [*rows, Row(product=code, description=str(product))]


def _for_voucher(desk: Desk, reward_code: str, code: str) -> Row:
    """The item that a voucher pays for, at no price; for a voucher that is for no item a row that names it."""
    reward = Reward.objects.get(business=desk.business, code=reward_code)
    selector = selector_of(reward)
    is_item = reward.kind == "item"
    return Row(
        product=next(iter(sorted(selector.products)), "") if is_item else "",
        department=next(iter(sorted(selector.departments)), "") if is_item and not selector.products else "",
        description=str(reward),
        price="0",
        by=f"voucher:{code}",
    )


_BUTTONS: dict[str, Callable[[Desk, Member, list[Row], str], list[Row]]] = {
    "off": _off,  # a field named `remove` would hide the form's own method of this name
    "use": _use,
    "pack": _take_session,
    "add": _add,
    "typed": _add,
}
