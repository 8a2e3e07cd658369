"""What a sale gave and why, as it is kept with the receipt, and read again.

Kept small: rules by their place in a list, amounts as whole numbers. Codes refer to the version of the programme that
counted the sale, which never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from fiel.core.engine import Counted, Covered, Cut, Gave, Outcome
from fiel.core.sale import Facts
from fiel.ledger.post import Books, Movement
from fiel.rewards.awards import Given

__all__ = [
    "balances_as_stored",
    "factors_as_stored",
    "facts_as_stored",
    "outcome_as_stored",
    "stored_covered",
    "stored_cuts",
    "stored_factors",
    "stored_gave",
    "stored_reasons",
    "stored_scales",
]

Stored = dict[str, Any]


def outcome_as_stored(
    outcome: Outcome,
    moved: Sequence[Movement],
    books: Books,
    member_id: UUID,
    *,
    day: date,
    tier: str,
    kept_until: date | None,
    alerts: Sequence[str],
    given: Given,
    due: Sequence[str],
    off: Mapping[UUID, int],
) -> Stored:
    """The outcome, what it moved, and how the member's accounts stood afterwards.

    `kept_until`: of a sale that reached a tier, how long the one before was kept. `due`: the awards and gifts for which
    the member is invited, where those are others than the sale's own. `off`: the money that vouchers took
    off, in minor units.
    """
    rules = list(dict.fromkeys(reason.rule for reason in outcome.counted))
    place = {rule: index for index, rule in enumerate(rules)}
    stored: Stored = {
        "rules": rules,
        "counted": [[reason.line, place[reason.rule], reason.amount, reason.gives] for reason in outcome.counted],
        "gave": [_gave(gave) for gave in outcome.gave],
        "moved": [[m.unit, m.kind, m.steps, m.expires_on.isoformat() if m.expires_on else None] for m in moved],
        "balances": balances_as_stored(books, member_id, day),
        "tier": tier,
        "alerts": list(alerts),
    }
    optional: Stored = {
        "factors": factors_as_stored(outcome),
        "cuts": [[cut.rule, cut.span, cut.steps] for cut in outcome.cuts],
        "covered": [[c.line, c.quantity, c.unit, c.count, c.voucher] for c in outcome.covered],
        "off": [[str(voucher), amount] for voucher, amount in off.items()],
        "spent": dict(outcome.spent),
        "issued": [[voucher.reward, str(voucher.id)] for voucher in given.vouchers],
        "invited": list(given.invited),
        "due": list(due) if list(due) != list(given.invited) else [],
        "kept_until": kept_until.isoformat() if kept_until else "",
    }
    stored.update({key: value for key, value in optional.items() if value})
    return stored


def factors_as_stored(outcome: Outcome) -> dict[str, list[list[str]]]:
    """The factors of each rule that had one other than 1, by code."""
    return {
        rule: [[code, str(factor)] for code, factor in held]
        for rule, held in outcome.factors.items()
        if any(factor != 1 for _, factor in held)
    }


def _gave(gave: Gave) -> list[Any]:
    carried = gave.carry_before or gave.carry
    carry = [_pair(gave.carry_before), _pair(gave.carry)] if carried else []
    return [gave.unit, gave.scale, gave.total, gave.steps, *carry]


def balances_as_stored(books: Books, member_id: UUID, day: date) -> list[list[Any]]:
    """How a member's accounts stand: unit, balance, available, pending, and the carry where there is one."""
    return [_balance(books, member_id, unit, day) for unit in books.units(member_id)]


def _balance(books: Books, member_id: UUID, unit: str, day: date) -> list[Any]:
    holding, carry = books.holding(member_id, unit), books.carry(member_id, unit)
    return [unit, holding.balance, holding.available(day), holding.pending(day), *([_pair(carry)] if carry else [])]


def _pair(number: Fraction) -> list[int]:
    return [number.numerator, number.denominator]


def stored_reasons(stored: Mapping[str, Any]) -> Iterable[Counted]:
    """The reasons of a stored outcome."""
    for line, place, amount, gives in stored.get("counted", ()):
        yield Counted(line, stored["rules"][place], amount, gives)


def stored_gave(stored: Mapping[str, Any]) -> Iterable[Gave]:
    """What a stored outcome gave, by unit."""
    for unit, scale, total, steps, *carry in stored.get("gave", ()):
        before, after = (Fraction(*carry[0]), Fraction(*carry[1])) if carry else (Fraction(0), Fraction(0))
        yield Gave(unit, scale, total, steps, before, after)


def stored_scales(stored: Mapping[str, Any]) -> dict[str, int]:
    """Of each unit that was given: in how many parts of a step its reasons and cuts are counted."""
    return {unit: scale for unit, scale, *_ in stored.get("gave", ())}


def stored_cuts(stored: Mapping[str, Any]) -> Iterable[Cut]:
    """What caps cut in a stored outcome."""
    for rule, span, steps in stored.get("cuts", ()):
        yield Cut(rule, span, steps)


def stored_covered(stored: Mapping[str, Any]) -> Iterable[Covered]:
    """What packs and vouchers covered in a stored outcome."""
    for line, quantity, unit, count, voucher in stored.get("covered", ()):
        yield Covered(line, quantity, unit, count, voucher)


def stored_factors(stored: Mapping[str, Any], rule: str) -> list[tuple[str, Fraction]]:
    """The factors, other than 1, that a rule had in a stored outcome."""
    return [(code, Fraction(factor)) for code, factor in stored.get("factors", {}).get(rule, ())]


def facts_as_stored(facts: Facts, ways: Mapping[str, Sequence[str]]) -> Stored:
    """The facts that counted, without what nobody asked for; `ways`: departments with those above them.

    Of a birth date only month and day are kept: it is all that a condition looks at.
    """
    stored: Stored = {
        "tier": facts.tier,
        "types": sorted(facts.types),
        "born": facts.birth_date.strftime("%m-%d") if facts.birth_date else "",
        "joined": facts.joined.isoformat() if facts.joined else "",
        "sales_so_far": facts.sales_so_far,
        "caps_used": {rule: [_pair(day), _pair(month)] for rule, (day, month) in facts.caps_used.items()},
        "carry": {unit: _pair(carry) for unit, carry in facts.carry.items() if carry},
        "held": {unit: steps for unit, steps in facts.held.items() if steps},
        "owed": {unit: steps for unit, steps in facts.owed.items() if steps},
        "today": facts.today.isoformat() if facts.today else "",
        "departments": {way[0]: list(way[1:]) for way in ways.values() if len(way) > 1},
    }
    return {key: value for key, value in stored.items() if value}
