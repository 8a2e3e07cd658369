"""One receipt: what was bought, how it was paid, what it gave and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fiel.core.programme import Programme, Unit
from fiel.doors.look import figure, with_unit
from fiel.doors.office.receipts import name_of, receipts_of
from fiel.doors.people import Place, with_place
from fiel.doors.why import whys_of
from fiel.doors.words import CHANNELS, PAYMENTS
from fiel.insight.assortment import names_of
from fiel.members.models import Member
from fiel.programme.versions import rules_of
from fiel.rewards.lists import named_rewards
from fiel.sales.models import ReceiptLine, ReceiptPayment, Return
from fiel.shops.models import Store
from fiel.wording import MOVEMENTS

__all__ = ["receipt"]

_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is shown. `covered`: pieces that packs and vouchers paid for."""

    name: str
    more: str
    quantity: str
    amount: int
    off: int
    net: int
    covered: str
    paid: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement of an account: what it is called, how much with its unit, and until when it is good."""

    name: object
    amount: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """How an account stood after the sale; `carry`: the fraction that waits for the next one."""

    balance: str
    pending: str
    carry: str


@dataclass(frozen=True, slots=True)
class Back:
    """A return of some of the receipt's lines."""

    number: str
    occurred_at: datetime
    lines: tuple[str, ...]
    moved: tuple[Moved, ...]


@require_safe
@with_place
def receipt(request: HttpRequest, place: Place, receipt_id: UUID) -> HttpResponse:
    """A receipt of the business, with the reasons for what it gave."""
    row = receipts_of(place).filter(id=receipt_id).first()
    if row is None:
        raise Http404
    ours: dict[str, Any] = {"business": place.business, "receipt_id": row.id}
    lines = list(ReceiptLine.objects.filter(**ours).order_by("number"))
    payments = ReceiptPayment.objects.filter(**ours).order_by("number")
    returns = Return.objects.filter(**ours).order_by("recorded_at", "id")
    store = Store.objects.filter(business=place.business, code=row.store).first()
    member = Member.objects.get(business=place.business, id=row.member_id) if row.member_id else None
    programme = rules_of(place.business.id, row.version).programme if row.version else None
    departments = names_of(place.business.id, "department", [line.department for line in lines])
    issued = [reward for reward, *_ in row.outcome.get("issued", ())]
    names = named_rewards(place.business.pk, issued)
    page = {
        "receipt": row,
        "zone": (store.timezone if store else "") or place.business.timezone,
        "store": store or row.store,
        "channel": CHANNELS.get(row.channel, row.channel),
        "member": name_of(member) if member else "",
        "lines": [_line(line, departments) for line in lines],
        "off": sum(line.amount - line.net for line in lines),
        "payments": [(PAYMENTS.get(each.kind, each.kind), each.amount) for each in payments],
        "programme": programme,
        "whys": whys_of(row, lines, programme) if programme and member else [],
        "moved": _moved(row.outcome.get("moved", ()), programme) if programme else [],
        "balances": _balances(row.outcome.get("balances", ()), programme) if programme else [],
        "tier": row.outcome.get("tier", ""),
        "issued": [names.get(reward, reward) for reward in issued],
        "backs": [_back(each, lines, programme) for each in returns],
    }
    return render(request, "office/receipt.html", page)


def _line(line: ReceiptLine, departments: Mapping[str, str]) -> Line:
    name = line.description or line.product
    department = departments.get(line.department, line.department)
    more = " · ".join(part for part in (line.product if line.description else "", department, line.brand) if part)
    return Line(
        name=name,
        more=more,
        quantity=figure(Fraction(line.quantity, _PIECE)),
        amount=line.amount,
        off=line.amount - line.net,
        net=line.net,
        covered=figure(Fraction(line.covered, _PIECE)) if line.covered else "",
        paid=line.paid,
    )


def _moved(moved: Iterable[Sequence[Any]], programme: Programme) -> tuple[Moved, ...]:
    """Stored movements: unit, kind, steps, and where something came in the day until which it is good."""
    return tuple(
        Moved(
            MOVEMENTS.get(kind, kind),
            _units(programme.units, unit, steps, programme.currency),
            date.fromisoformat(until[0]) if until and until[0] else None,
        )
        for unit, kind, steps, *until in moved
    )


def _units(units: Mapping[str, Unit], code: str, steps: int, currency: str) -> str:
    unit = units.get(code)
    return with_unit(steps, unit, currency, sign=True) if unit else f"{steps} {code}"


def _balances(stored: Iterable[Sequence[Any]], programme: Programme) -> list[Balance]:
    """Stored balances: unit, balance, available, pending, and the carry where there is one."""
    found = []
    for code, balance, _, pending, *carry in stored:
        unit = programme.units.get(code)
        if unit is None:  # of an older version, which this sale did not move
            continue
        waiting = Fraction(*carry[0]) / unit.steps if carry else Fraction(0)
        found.append(
            Balance(
                with_unit(balance, unit, programme.currency),
                with_unit(pending, unit, programme.currency) if pending else "",
                figure(waiting) if waiting else "",
            )
        )
    return found


def _back(row: Return, lines: Sequence[ReceiptLine], programme: Programme | None) -> Back:
    names = {line.number: line.description or line.product for line in lines}
    return Back(
        number=row.number,
        occurred_at=row.occurred_at,
        lines=tuple(f"{figure(Fraction(quantity, _PIECE))} × {names[number]}" for number, quantity in row.lines),
        moved=_moved(row.outcome.get("moved", ()), programme) if programme else (),
    )
