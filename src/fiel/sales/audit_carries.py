"""What must always hold between sales and returns and the accounts they moved: owners, and carries that form a chain.

`CHECKS` is the list, as in `ledger.audit`; each takes a span of accounts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from itertools import groupby
from math import gcd
from uuid import UUID

from fiel.core.refusals import Refused
from fiel.ledger.audit import Check, Finding, carries, carries_of
from fiel.members.models import Member
from fiel.programme.versions import rules_of, versions_of
from fiel.sales.audit import UNREADABLE
from fiel.tables.read import matching
from fiel.tables.spans import Span, as_uuid

__all__ = ["CHECKS"]

_Pair = tuple[int, int]
"""A fraction of a step, in lowest terms: compared a million times, which for Fractions takes a while."""

_NOTHING: _Pair = (0, 1)


def members_exist(span: Span) -> Iterator[Finding]:
    """Every account has a member."""
    owners = {carry.member_id for carry in carries(span)}
    known = matching(Member, span.business_id, ("id",), [(owner,) for owner in sorted(owners)], ())
    for owner in sorted(owners - {id_ for (id_,) in known}):
        yield Finding("account_without_member", f"member {owner}", "There are accounts of a member who does not exist.")


@dataclass(frozen=True, slots=True)
class _Change:
    """A sale or return that changed a carry."""

    member_id: UUID
    id: UUID
    unit: str
    before: _Pair
    after: _Pair


def carries_follow(span: Span) -> Iterator[Finding]:
    """Each sale and return began with the carry that another left; the last left what the account has.

    Of members that were merged `merged_carries_agree` asks.
    """
    carrying = _carrying(span.business_id)
    merged = _merged(span)
    changes = merge(_sale_changes(span, carrying, _WITHIN), _return_changes(span, _WITHIN), key=_member)
    at_end: dict[UUID, dict[str, _Pair]] = {}
    for each in carries(span):
        if each.carry:
            at_end.setdefault(each.member_id, {})[each.unit] = each.carry.as_integer_ratio()
    for member, group in groupby(changes, key=_member):
        if member in merged:
            continue
        by_unit: dict[str, list[_Change]] = {}
        for change in group:
            by_unit.setdefault(change.unit, []).append(change)
        finals = at_end.pop(member, {})
        for unit in sorted(by_unit.keys() | finals.keys()):
            yield from _chain(f"{member}/{unit}", by_unit.get(unit, []), finals.get(unit, _NOTHING))
    for member, finals in sorted(at_end.items()):
        for unit, final in sorted(finals.items()) if member not in merged else ():
            yield from _chain(f"{member}/{unit}", [], final)


def merged_carries_agree(span: Span) -> Iterator[Finding]:
    """Of members that are one by now, sales and returns made the carry they have together, but for whole steps."""
    statement = """
        SELECT id, merged_into FROM members_member
        WHERE business_id = %(business)s AND merged_into BETWEEN %(first)s AND %(last)s AND merged_into IS NOT NULL
    """
    leads_to = {as_uuid(gone): as_uuid(into) for gone, into in span.rows(statement)}
    if not leads_to:
        return
    carrying = _carrying(span.business_id)
    made: dict[tuple[UUID, str], Fraction] = {}
    for change in (*_sale_changes(span, carrying, _MERGED), *_return_changes(span, _MERGED)):
        key = (leads_to.get(change.member_id, change.member_id), change.unit)
        made[key] = made.get(key, Fraction(0)) + Fraction(*change.after) - Fraction(*change.before)
    for each in carries_of(span.business_id, {*leads_to, *leads_to.values()}):
        key = (leads_to.get(each.member_id, each.member_id), each.unit)
        made[key] = made.get(key, Fraction(0)) - each.carry
    for (member, unit), rest in sorted(made.items()):
        if rest.denominator != 1:
            detail = f"What sales and returns left of carries differs by {rest} from what the accounts have together."
            yield Finding("carry_merged", f"{member}/{unit}", detail)


def _member(change: _Change) -> UUID:
    return change.member_id


def _merged(span: Span) -> set[UUID]:
    """The members of a span who were merged into another, or with whom another was merged."""
    statement = """
        SELECT id FROM members_member
        WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s AND merged_into IS NOT NULL
        UNION SELECT merged_into FROM members_member
        WHERE business_id = %(business)s AND merged_into BETWEEN %(first)s AND %(last)s AND merged_into IS NOT NULL
    """
    return {as_uuid(member) for (member,) in span.rows(statement)}


# Whose sales: of the members of a span, or of those who were merged into one of them, and of these.
_WITHIN = "r.member_id BETWEEN %(first)s AND %(last)s"
_MERGED = """
    r.member_id IN (
        SELECT id FROM members_member WHERE business_id = %(business)s
            AND merged_into BETWEEN %(first)s AND %(last)s AND merged_into IS NOT NULL
        UNION SELECT merged_into FROM members_member WHERE business_id = %(business)s
            AND merged_into BETWEEN %(first)s AND %(last)s AND merged_into IS NOT NULL
    )
"""


def _sale_changes(span: Span, carrying: Mapping[int, frozenset[str]], whose: str) -> Iterator[_Change]:
    if not carrying:
        return
    statement = f"""
        SELECT r.member_id, r.id, r.version, CAST(r.outcome AS text) FROM sales_receipt r
        WHERE r.business_id = %(business)s AND {whose} AND r.member_id IS NOT NULL
        ORDER BY r.member_id
    """  # noqa: S608
    for member, id_, version, outcome in span.rows(statement):
        units = carrying.get(version)
        with suppress(*UNREADABLE):  # `outcome_unreadable` says it
            for unit, _, _, _, *carry in json.loads(outcome).get("gave", ()) if units else ():
                if unit in (units or ()):
                    before, after = map(_lowest, carry) if carry else (_NOTHING, _NOTHING)
                    yield _Change(as_uuid(member), as_uuid(id_), unit, before, after)


def _return_changes(span: Span, whose: str) -> Iterator[_Change]:
    statement = f"""
        SELECT r.member_id, t.id, CAST(t.outcome AS text)
        FROM sales_return t JOIN sales_receipt r ON r.business_id = t.business_id AND r.id = t.receipt_id
        WHERE t.business_id = %(business)s AND r.business_id = %(business)s AND {whose}
        ORDER BY r.member_id
    """  # noqa: S608
    for member, id_, outcome in span.rows(statement):
        with suppress(*UNREADABLE):
            for unit, (before, after) in json.loads(outcome).get("carries", {}).items():
                yield _Change(as_uuid(member), as_uuid(id_), unit, _lowest(before), _lowest(after))


def _lowest(pair: Sequence[int]) -> _Pair:
    numerator, denominator = pair
    most = gcd(numerator, denominator)
    return numerator // most, denominator // most


def _chain(at: str, changes: Sequence[_Change], final: _Pair) -> Iterator[Finding]:
    """The changes are links of one chain, from nothing to what the account has.

    Mostly in the order of their ids; but a sale that is linked to a member later counts later than its id tells, and
    ids follow the clocks of servers, which may differ. So any order will do in which they make a chain.
    """
    in_order = sorted(changes, key=lambda change: change.id)
    ends = [_NOTHING, *(change.after for change in in_order)]
    begins = [*(change.before for change in in_order), final]
    if begins == ends:
        return
    left, begun, reached = Counter(ends), Counter(begins[:-1]), _reached(changes)
    for change in in_order:
        if change.before not in reached or begun[change.before] > left[change.before]:
            detail = f"{change.id} began with a carry of {Fraction(*change.before)}, which no other had left."
            yield Finding("carry_chain", at, detail)
            return
    [last] = (left - begun).elements()  # one more was left than begun with, as nothing was there at first
    if last != final:
        detail = f"The account carries {Fraction(*final)}; sales and returns have left {Fraction(*last)}."
        yield Finding("carry_account", at, detail)


def _reached(changes: Iterable[_Change]) -> set[_Pair]:
    """The carries to which changes lead, one after the other, from nothing."""
    leads_to: dict[_Pair, list[_Pair]] = {}
    for change in changes:
        leads_to.setdefault(change.before, []).append(change.after)
    reached, waiting = {_NOTHING}, [_NOTHING]
    while waiting:
        for after in leads_to.pop(waiting.pop(), ()):
            reached.add(after)
            waiting.append(after)
    return reached


def _carrying(business_id: int) -> dict[int, frozenset[str]]:
    """The units that carry, by version of the programme, where there are any."""
    found = {}
    for number in versions_of(business_id).numbers:
        with suppress(Refused):  # `version_unreadable` says it
            units = rules_of(business_id, number).programme.units.values()
            found[number] = frozenset(unit.code for unit in units if unit.rounding == "carry")
    return {number: units for number, units in found.items() if units}


CHECKS: tuple[Check, ...] = (members_exist, carries_follow, merged_carries_agree)
