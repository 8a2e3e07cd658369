"""What is told of a sale: made from the outcome that was stored with it, never counted again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext

from fiel.core.engine import Counted
from fiel.core.identity import display_name
from fiel.core.programme import Earn, Unit
from fiel.core.written import amount_text, exact_text, fraction_text, ratio_text, thousandths_text
from fiel.members.alerts import alert
from fiel.members.models import Member
from fiel.programme.units import units_of
from fiel.programme.versions import Versions, rules_of
from fiel.rewards.read import codes_of
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment
from fiel.sales.outcome import stored_covered, stored_cuts, stored_factors, stored_gave, stored_reasons, stored_scales
from fiel.sales.read import Content
from fiel.shops.models import Business

__all__ = [
    "Terms",
    "balances_told",
    "reasons_of",
    "receipt_told",
    "sale_answer",
    "sale_in_short",
    "spoken_language",
    "terms_of",
    "time_text",
]

Told = dict[str, Any]


@dataclass(slots=True)
class Terms:
    """What telling sales takes: every unit there ever was, the rules that counted them, the codes of vouchers."""

    business: Business
    units: Mapping[str, Unit]
    codes: Mapping[UUID, str] = field(default_factory=dict)
    _rules: dict[int, dict[str, Earn]] = field(default_factory=dict)

    def rules(self, version: int) -> Mapping[str, Earn]:
        """The earn rules of a version, by code."""
        if version not in self._rules:
            programme = rules_of(self.business.id, version).programme
            self._rules[version] = {rule.code: rule for rule in programme.earn}
        return self._rules[version]

    def brings(self, version: int) -> bool:
        """Whether by this version's rules who was brought by somebody gets a gift too."""
        referral = rules_of(self.business.id, version).programme.referral
        return referral is not None and referral.referred > 0


def terms_of(business: Business, receipts: Iterable[Receipt] = (), versions: Versions | None = None) -> Terms:
    """What telling these sales takes, read once for all of them; `versions`, where they have been read already."""
    vouchers = {voucher_id for receipt in receipts for voucher_id in _vouchers_in(receipt.outcome)}
    return Terms(business, units_of(business.id, versions), codes_of(business.id, vouchers))


def sale_answer(receipt: Receipt, member: Member | None, terms: Terms, *, duplicate: bool = False) -> Told:
    """What the till is answered about a sale. Units with decimals of their own, money in minor units.

    `member`: as they are now, who stands on the receipt; what moved, and why, is as it was then.
    """
    stored = receipt.outcome
    return {
        "id": str(receipt.id),
        "duplicate": duplicate,
        "member": _member(member, stored) if member else None,
        "movements": movements_of(receipt, terms),
        "balances": balances_told(stored, terms),
        "reasons": list(reasons_of(receipt, terms)),
        "caps": list(_caps(receipt, terms)),
        "units": list(_roundings(stored, terms)),
        "covered": list(_covered(stored, terms)),
        "money_off": [
            {"voucher": terms.codes.get(UUID(voucher)), "amount": amount} for voucher, amount in stored.get("off", ())
        ],
        "issued": list(_issued(stored, terms)),
        "alerts": [_alert(code, stored) for code in stored.get("alerts", ())],
        "message": message_of(receipt, member, terms),
    }


def receipt_told(receipt: Receipt, content: Content) -> Told:
    """The receipt itself: where, when, what, and how it was paid."""
    return {
        **_document(receipt),
        "recorded_at": time_text(receipt.recorded_at),
        "channel": receipt.channel,
        "cashier": receipt.cashier,
        "discount": receipt.discount,
        "total": receipt.total,
        "programme_version": receipt.version,
        "lines": [_line(line) for line in content.lines],
        "payments": [_payment(payment) for payment in content.payments],
    }


def sale_in_short(receipt: Receipt, terms: Terms) -> Told:
    """One line of a list of sales."""
    return {
        "id": str(receipt.id),
        **_document(receipt),
        "channel": receipt.channel,
        "total": receipt.total,
        "movements": movements_of(receipt, terms),
    }


def movements_of(receipt: Receipt, terms: Terms) -> list[Told]:
    """What the sale moved for the member, signed, with the day on which what came in lapses."""
    return [
        {"unit": unit, "kind": kind, "amount": amount_text(steps, terms.units[unit]), "expires_on": expires_on}
        for unit, kind, steps, expires_on in _own_moves(receipt, terms)
    ]


def reasons_of(receipt: Receipt, terms: Terms, unit: str | None = None) -> Iterator[Told]:
    """Why the sale gave what it gave: what each rule counted of each line, and what that is; of one unit, or of all."""
    if receipt.version is None:
        return
    stored, rules = receipt.outcome, terms.rules(receipt.version)
    scales = stored_scales(stored)
    for reason in stored_reasons(stored):
        rule = rules[reason.rule]
        if unit is None or rule.unit == unit:
            yield {
                "line": reason.line or None,
                "rule": rule.code,
                "unit": rule.unit,
                "basis": rule.basis,
                "counted": _counted(reason, rule),
                "factors": [
                    {"code": code, "factor": fraction_text(factor)}
                    for code, factor in stored_factors(stored, rule.code)
                ],
                "gives": ratio_text(reason.gives, scales[rule.unit] * terms.units[rule.unit].steps),
            }


def message_of(receipt: Receipt, member: Member | None, terms: Terms) -> str:
    """What the till may print for the member, in their language, else the business's; without hidden figures."""
    if member is None:
        return ""
    with translation.override(spoken_language(member.language, terms.business.language)):
        return _message(receipt, member, terms)


def spoken_language(*wanted: str) -> str:
    """The first of the languages wanted that Fiel speaks."""
    for language in wanted:
        try:
            return translation.get_supported_language_variant(language)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def time_text(moment: datetime) -> str:
    """A moment in RFC 3339, in UTC with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _member(member: Member, stored: Mapping[str, Any]) -> Told:
    tier = stored.get("tier") or None
    return {"id": str(member.id), "display_name": display_name(member.name), "tier": tier}


def _own_moves(receipt: Receipt, terms: Terms) -> Iterator[Sequence[Any]]:
    """What moved, without the gift to who brought the member: it stands behind the member's own, if there is one."""
    gifts = 1 if receipt.version is not None and terms.brings(receipt.version) else 0
    for move in receipt.outcome.get("moved", ()):
        if move[1] == "refer":
            gifts -= 1
            if gifts < 0:
                continue
        yield move


def balances_told(stored: Mapping[str, Any], terms: Terms) -> list[Told]:
    """How the accounts stood afterwards, of a stored outcome."""
    return [
        {
            "unit": code,
            "balance": amount_text(balance, terms.units[code]),
            "available": amount_text(available, terms.units[code]),
            "pending": amount_text(pending, terms.units[code]),
            "carry": exact_text(Fraction(*carry[0]) if carry else Fraction(0), terms.units[code]),
        }
        for code, balance, available, pending, *carry in _in_order(stored.get("balances", ()), terms)
    ]


def _in_order(balances: Iterable[Sequence[Any]], terms: Terms) -> list[Sequence[Any]]:
    """Accounts in the order of the programme's units."""
    place = {code: index for index, code in enumerate(terms.units)}
    return sorted(balances, key=lambda balance: place[balance[0]])


def _counted(reason: Counted, rule: Earn) -> int | str:
    """Minor units of an amount, pieces as a decimal, or one sale."""
    return thousandths_text(reason.amount) if rule.basis == "quantity" else reason.amount


def _caps(receipt: Receipt, terms: Terms) -> Iterator[Told]:
    if receipt.version is None:
        return
    scales = stored_scales(receipt.outcome)
    for cut in stored_cuts(receipt.outcome):
        unit = terms.units[terms.rules(receipt.version)[cut.rule].unit]
        text = ratio_text(cut.steps, scales[unit.code] * unit.steps)
        yield {"rule": cut.rule, "unit": unit.code, "span": cut.span, "cut": text}


def _roundings(stored: Mapping[str, Any], terms: Terms) -> Iterator[Told]:
    """Per unit: what the rules gave exactly, the whole steps given of it, and the carry before and after."""
    for gave in stored_gave(stored):
        unit = terms.units[gave.unit]
        yield {
            "unit": gave.unit,
            "exact": ratio_text(gave.total, gave.scale * unit.steps),
            "given": amount_text(gave.steps, unit),
            "carry_before": exact_text(gave.carry_before, unit),
            "carry": exact_text(gave.carry, unit),
        }


def _covered(stored: Mapping[str, Any], terms: Terms) -> Iterator[Told]:
    for cover in stored_covered(stored):
        told: Told = {"line": cover.line, "quantity": thousandths_text(cover.quantity)}
        if cover.unit:
            yield {**told, "unit": cover.unit, "count": amount_text(cover.count, terms.units[cover.unit])}
        else:
            yield {**told, "voucher": terms.codes.get(UUID(cover.voucher))}


def _issued(stored: Mapping[str, Any], terms: Terms) -> Iterator[Told]:
    """Vouchers that awards issued; one that was only asked about has no code yet."""
    for reward, voucher_id in stored.get("issued", ()):
        yield {"reward": reward, "code": terms.codes.get(UUID(voucher_id))}


def _vouchers_in(stored: Mapping[str, Any]) -> Iterator[UUID]:
    for _, voucher_id in stored.get("issued", ()):
        yield UUID(voucher_id)
    for cover in stored_covered(stored):
        if cover.voucher:
            yield UUID(cover.voucher)
    for voucher_id, _ in stored.get("off", ()):
        yield UUID(voucher_id)


def _alert(code: str, stored: Mapping[str, Any]) -> dict[str, str]:
    return alert(code, awards=", ".join(stored.get("due") or stored.get("invited", ())))


def _message(receipt: Receipt, member: Member, terms: Terms) -> str:
    shown = {code for code, unit in terms.units.items() if unit.visible}
    earned: dict[str, int] = {}
    for code, _, steps, _ in _own_moves(receipt, terms):
        if code in shown and steps > 0:
            earned[code] = earned.get(code, 0) + steps
    balances = _in_order(receipt.outcome.get("balances", ()), terms)
    held = [(code, balance) for code, balance, *_ in balances if code in shown]
    balance = _listed(held, terms)
    if len(held) == 1 and list(earned) == [held[0][0]]:
        balance = amount_text(held[0][1], terms.units[held[0][0]])
    said = {"name": (member.name.split() or [""])[0], "earned": _listed(earned.items(), terms), "balance": balance}
    if not held:
        return gettext("Thank you, %(name)s.") % said if said["name"] else gettext("Thank you.")
    if earned and said["name"]:
        return gettext("%(name)s, you earned %(earned)s. Balance: %(balance)s.") % said
    if earned:
        return gettext("You earned %(earned)s. Balance: %(balance)s.") % said
    if said["name"]:
        return gettext("Thank you, %(name)s. Balance: %(balance)s.") % said
    return gettext("Thank you. Balance: %(balance)s.") % said


def _listed(amounts: Iterable[tuple[str, int]], terms: Terms) -> str:
    return ", ".join(f"{amount_text(steps, terms.units[code])} {_unit_name(code)}" for code, steps in amounts)


def _unit_name(code: str) -> str:
    return gettext("points") if code == "points" else code.replace("-", " ").replace("_", " ")


def _document(receipt: Receipt) -> Told:
    return {
        "store": receipt.store,
        "till": receipt.till,
        "number": receipt.number,
        "day": receipt.day.isoformat(),
        "occurred_at": time_text(receipt.occurred_at),
    }


def _line(line: ReceiptLine) -> Told:
    return {
        "line": line.number,
        "product": line.product,
        "description": line.description,
        "department": line.department,
        "brand": line.brand,
        "tags": line.tags.split(",") if line.tags else [],
        "quantity": thousandths_text(line.quantity),
        "amount": line.amount,
        "discount": line.discount,
        "tax_rate": thousandths_text(line.tax_rate),
        "net": line.net,
        "covered": thousandths_text(line.covered),
        "paid_with_rewards": line.paid,
    }


def _payment(payment: ReceiptPayment) -> Told:
    return {"kind": payment.kind, "amount": payment.amount, "unit": payment.unit or None}
