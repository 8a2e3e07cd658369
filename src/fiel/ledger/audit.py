"""What must always hold in the books, recomputed from their entries and draws.

`CHECKS` is the list: each takes a span of accounts and yields what is wrong there, by one
statement, so that ten million entries need no more memory than ten thousand.

What an entry put into lots or took out of them follows from the balances alone: lots hold what the balance has above
zero, so they change by max(0, balance after) − max(0, balance before); the rest made a debt, or repaid one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from fiel.ledger.models import KINDS, Account, Entry
from fiel.tables.read import matching
from fiel.tables.spans import Span, as_uuid, rows, spans

__all__ = [
    "CHECKS",
    "Carry",
    "Check",
    "Finding",
    "Moved",
    "account_spans",
    "carries",
    "carries_of",
    "caused_by",
    "causes_exist",
    "moved_by",
    "sizes",
    "totals",
    "totals_agree",
]

_ENTRIES_A_SPAN = 20_000

_ABOVE_ZERO = ("earn", "bonus", "give_back", "opening")
_BELOW_ZERO = ("spend", "take_back", "expire", "forfeit")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: its stable code, where, and a sentence."""

    code: str
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Moved:
    """An entry as its cause knows it, in steps."""

    member_id: UUID
    unit: str
    kind: str
    steps: int
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Carry:
    """The fraction of a step that an account waits for the rest of."""

    member_id: UUID
    unit: str
    carry: Fraction


# The checks


def entries_follow(span: Span) -> Iterator[Finding]:
    """Entries are numbered 1, 2, 3 … without a gap, and each balance is the one before plus the steps."""
    statement = """
        SELECT member_id, unit, number, steps, balance, number_before, balance_before FROM (
            SELECT member_id, unit, number, steps, balance,
                coalesce(lag(number) OVER account, 0) AS number_before,
                coalesce(lag(balance) OVER account, 0) AS balance_before
            FROM ledger_entry
            WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
            WINDOW account AS (PARTITION BY member_id, unit ORDER BY number)
        ) e
        WHERE number <> number_before + 1 OR balance <> balance_before + steps
    """
    for member, unit, number, steps, balance, number_before, balance_before in span.rows(statement):
        at = _entry(member, unit, number)
        if number != number_before + 1:
            yield Finding("entry_number", at, f"Entry {number} comes after entry {number_before}.")
        if balance != balance_before + steps:
            yield Finding("entry_balance", at, f"The balance is {balance}, not {balance_before} + {steps}.")


def entries_are_sound(span: Span) -> Iterator[Finding]:
    """Each entry moves something, is of a known kind whose sign it has, and has dates only where it fills a lot."""
    statement = """
        SELECT member_id, unit, number, kind, steps, available_on, expires_on FROM ledger_entry
        WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s AND (
            kind NOT IN ('earn', 'bonus', 'refer', 'spend', 'give_back', 'take_back', 'expire', 'forfeit', 'adjust',
                'opening', 'transfer')
            OR steps = 0
            OR (kind IN ('earn', 'bonus', 'give_back', 'opening') AND steps < 0)
            OR (kind IN ('spend', 'take_back', 'expire', 'forfeit') AND steps > 0)
            OR (available_on IS NULL AND expires_on IS NOT NULL)
            OR (available_on IS NOT NULL AND steps < 0)
        )
    """
    for member, unit, number, kind, steps, available_on, expires_on in span.rows(statement):
        at = _entry(member, unit, number)
        if kind not in KINDS:
            yield Finding("entry_kind", at, f"{kind!r} is no kind of entry.")
        elif steps == 0:
            yield Finding("entry_empty", at, "The entry moves nothing.")
        elif (kind in _ABOVE_ZERO and steps < 0) or (kind in _BELOW_ZERO and steps > 0):
            yield Finding("entry_sign", at, f"An entry of kind {kind} has {steps} steps.")
        else:
            said = f"{steps} steps, available on {available_on}, lapsing on {expires_on}"
            yield Finding("entry_dates", at, f"Only what fills one lot has dates, and then the first: {said}.")


def entries_once(span: Span) -> Iterator[Finding]:
    """There is at most one entry of a kind for an account and cause."""
    # Numbers are counted, not rows: for rows SQLite would read the whole of the index that has all other columns, for
    # each span anew; and it is what that index promises that is asked here.
    statement = """
        SELECT member_id, unit, kind, cause, count(number) FROM ledger_entry
        WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
        GROUP BY member_id, unit, kind, cause HAVING count(number) > 1
    """
    for member, unit, kind, cause, times in span.rows(statement):
        detail = f"{times} entries of kind {kind} have the cause {as_uuid(cause)}."
        yield Finding("entry_twice", _account(member, unit), detail)


def accounts_agree(span: Span) -> Iterator[Finding]:
    """An account's balance and number of entries are those of its entries, and its carry is below one step."""
    statement = """
        SELECT a.member_id, a.unit, a.balance, a.entries, coalesce(e.steps, 0), coalesce(e.entries, 0),
            a.carry_numerator, a.carry_denominator
        FROM ledger_account a LEFT JOIN (
            SELECT member_id, unit, sum(steps) AS steps, count(*) AS entries FROM ledger_entry
            WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
            GROUP BY member_id, unit
        ) e ON e.member_id = a.member_id AND e.unit = a.unit
        WHERE a.business_id = %(business)s AND a.member_id BETWEEN %(first)s AND %(last)s AND (
            a.balance <> coalesce(e.steps, 0) OR a.entries <> coalesce(e.entries, 0)
            OR a.carry_numerator < 0 OR a.carry_denominator < 1 OR a.carry_numerator >= a.carry_denominator
        )
    """
    for member, unit, balance, entries, steps, counted, numerator, denominator in span.rows(statement):
        at = _account(member, unit)
        if balance != steps:
            yield Finding("account_balance", at, f"The balance is {balance}; the entries make {steps}.")
        if entries != counted:
            yield Finding("account_entries", at, f"The account counts {entries} entries; there are {counted}.")
        if not 0 <= numerator < denominator:
            yield Finding("carry_range", at, f"The carry is {numerator}/{denominator} of a step.")


def accounts_exist(span: Span) -> Iterator[Finding]:
    """Every entry and every lot belongs to an account."""
    statement = """
        SELECT DISTINCT x.what, x.member_id, x.unit FROM (
            SELECT 'entry_without_account' AS what, member_id, unit FROM ledger_entry
            WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT 'lot_without_account', member_id, unit FROM ledger_lot
            WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
        ) x
        WHERE NOT EXISTS (
            SELECT 1 FROM ledger_account a
            WHERE a.business_id = %(business)s AND a.member_id = x.member_id AND a.unit = x.unit
        )
    """
    for code, member, unit in span.rows(statement):
        yield Finding(code, _account(member, unit), "There is no such account.")


def lots_make_the_balance(span: Span) -> Iterator[Finding]:
    """The lots of an account hold what its balance has above zero; beside a debt there are none."""
    statement = """
        SELECT a.member_id, a.unit, a.balance, coalesce(l.steps, 0), coalesce(l.least, 0)
        FROM ledger_account a LEFT JOIN (
            SELECT member_id, unit, sum(steps) AS steps, min(steps) AS least FROM ledger_lot
            WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
            GROUP BY member_id, unit
        ) l ON l.member_id = a.member_id AND l.unit = a.unit
        WHERE a.business_id = %(business)s AND a.member_id BETWEEN %(first)s AND %(last)s
            AND (l.least < 0 OR coalesce(l.steps, 0) <> CASE WHEN a.balance > 0 THEN a.balance ELSE 0 END)
    """
    for member, unit, balance, steps, least in span.rows(statement):
        at = _account(member, unit)
        if least < 0:
            yield Finding("lot_below_zero", at, f"A lot holds {least} steps.")
        if balance < 0 < steps:
            yield Finding("lots_beside_debt", at, f"The account owes {-balance} steps, and its lots hold {steps}.")
        elif steps != max(0, balance):
            yield Finding("lots_sum", at, f"The lots hold {steps} steps; the balance is {balance}.")


def lots_hold_what_flowed(span: Span) -> Iterator[Finding]:
    """Every lot holds what entries and draws put into it, less what draws took out."""
    statement = """
        SELECT member_id, unit, expires_on, available_on, sum(steps), sum(holds) FROM (
            SELECT member_id, unit, coalesce(expires_on, '9999-12-31') AS expires_on, available_on, 0 AS holds,
                CASE WHEN balance > 0 THEN balance ELSE 0 END
                    - CASE WHEN balance > steps THEN balance - steps ELSE 0 END AS steps
            FROM ledger_entry
            WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
                AND available_on IS NOT NULL AND steps > 0
            UNION ALL
            SELECT member_id, unit, expires_on, available_on, 0, steps FROM ledger_draw
            WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
            UNION ALL
            SELECT member_id, unit, expires_on, available_on, steps, 0 FROM ledger_lot
            WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
        ) flow
        GROUP BY member_id, unit, expires_on, available_on HAVING sum(steps) <> sum(holds)
    """
    for member, unit, expires_on, available_on, steps, holds in span.rows(statement):
        at = f"{_account(member, unit)} from {available_on} to {expires_on}"
        yield Finding("lot_flow", at, f"The lot holds {holds} steps; {steps} went into it and stayed.")


def draws_belong(span: Span) -> Iterator[Finding]:
    """Every draw belongs to an entry."""
    statement = """
        SELECT DISTINCT d.member_id, d.unit, d.number FROM ledger_draw d
        WHERE d.business_id = %(business)s AND d.member_id BETWEEN %(first)s AND %(last)s AND NOT EXISTS (
            SELECT 1 FROM ledger_entry e WHERE e.business_id = %(business)s
                AND e.member_id = d.member_id AND e.unit = d.unit AND e.number = d.number
        )
    """
    for member, unit, number in span.rows(statement):
        yield Finding("draw_without_entry", _entry(member, unit, number), "There is no such entry.")


def draws_make_the_entry(span: Span) -> Iterator[Finding]:
    """An entry's draws have its sign, and make what it moved of lots; one that fills a lot by itself has none."""
    statement = """
        SELECT member_id, unit, number, entry, drawn, least, most, expected FROM (
            SELECT e.member_id, e.unit, e.number, e.steps AS entry, coalesce(d.steps, 0) AS drawn, d.least, d.most,
                CASE WHEN e.available_on IS NOT NULL THEN 0
                    ELSE CASE WHEN e.balance > 0 THEN e.balance ELSE 0 END
                        - CASE WHEN e.balance > e.steps THEN e.balance - e.steps ELSE 0 END
                    END AS expected
            FROM ledger_entry e LEFT JOIN (
                SELECT member_id, unit, number, sum(steps) AS steps, min(steps) AS least, max(steps) AS most
                FROM ledger_draw
                WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
                GROUP BY member_id, unit, number
            ) d ON d.member_id = e.member_id AND d.unit = e.unit AND d.number = e.number
            WHERE e.business_id = %(business)s AND e.member_id BETWEEN %(first)s AND %(last)s
                AND (e.available_on IS NULL OR d.steps IS NOT NULL)
        ) x
        WHERE drawn <> expected OR (entry < 0 AND most >= 0) OR (entry > 0 AND least <= 0)
    """
    for member, unit, number, entry, drawn, least, most, expected in span.rows(statement):
        at = _entry(member, unit, number)
        if drawn != expected:
            yield Finding("draw_sum", at, f"The draws make {drawn} steps; the entry of {entry} moved {expected}.")
        if least is not None and (most >= 0 if entry < 0 else least <= 0):
            wrong = most if entry < 0 else least
            yield Finding("draw_sign", at, f"A draw of {wrong} steps belongs to an entry of {entry}.")


Check = Callable[[Span], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    entries_follow,
    entries_are_sound,
    entries_once,
    accounts_agree,
    accounts_exist,
    lots_make_the_balance,
    lots_hold_what_flowed,
    draws_belong,
    draws_make_the_entry,
)


def totals_agree(business_id: int, totals: Mapping[str, Mapping[str, int]]) -> Iterator[Finding]:
    """Of each unit, what was moved by kind (as `totals` tells) makes what the accounts hold."""
    statement = """
        SELECT unit, sum(balance) FROM ledger_account
        WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s GROUP BY unit
    """
    held: Counter[str] = Counter()
    for span in account_spans(business_id):
        held.update({unit: int(steps) for unit, steps in span.rows(statement)})
    moved = {unit: sum(by_kind.values()) for unit, by_kind in totals.items()}
    for unit in sorted(held.keys() | moved.keys()):
        holds, went = held[unit], moved.get(unit, 0)
        if holds != went:
            yield Finding("totals", unit, f"The accounts hold {holds} steps; the entries of all kinds make {went}.")


# What those above the ledger need of it for their own checks


def account_spans(business_id: int) -> list[Span]:
    """The accounts of a business in parts of about as many entries each, a member's never apart."""
    statement = """
        SELECT member_id, sum(entries + 1) FROM ledger_account WHERE business_id = %(business)s
        GROUP BY member_id ORDER BY member_id
    """
    cuts, waiting = [], 0
    for member, entries in rows(statement, business=business_id):
        waiting += int(entries)
        if waiting >= _ENTRIES_A_SPAN:
            cuts.append(as_uuid(member))
            waiting = 0
    return spans(business_id, cuts)


def sizes(business_id: int) -> dict[str, int]:
    """How many accounts and entries there are, as the accounts count them."""
    statement = "SELECT count(*), coalesce(sum(entries), 0) FROM ledger_account WHERE business_id = %(business)s"
    [(accounts, entries)] = rows(statement, business=business_id)
    return {"accounts": accounts, "entries": int(entries)}


def totals(business_id: int) -> dict[str, dict[str, int]]:
    """What was moved, in steps, by unit and kind."""
    # By the span: SQLite sorts what it groups, in memory, and all entries at once would need as much as they are.
    statement = """
        SELECT unit, kind, sum(steps) FROM ledger_entry
        WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s GROUP BY unit, kind
    """
    found: dict[str, Counter[str]] = {}
    for span in account_spans(business_id):
        for unit, kind, steps in span.rows(statement):
            found.setdefault(unit, Counter())[kind] += int(steps)
    return {unit: dict(sorted(found[unit].items())) for unit in sorted(found)}


def moved_by(cause_kind: str, span: Span) -> dict[UUID, list[Moved]]:
    """What causes of a kind moved, by cause; the span is one of causes."""
    statement = """
        SELECT cause, member_id, unit, kind, steps, expires_on FROM ledger_entry
        WHERE business_id = %(business)s AND cause BETWEEN %(first)s AND %(last)s AND cause_kind = %(kind)s
    """
    return _by_cause(
        (as_uuid(cause), as_uuid(member), *said) for cause, member, *said in span.rows(statement, kind=cause_kind)
    )


def caused_by(cause_kind: str, business_id: int, causes: Iterable[UUID]) -> dict[UUID, list[Moved]]:
    """What these causes of a kind moved, by cause."""
    wanted = [(cause,) for cause in causes]
    columns = ("cause_kind", "member_id", "unit", "kind", "steps", "expires_on")
    found = matching(Entry, business_id, ("cause",), wanted, columns)
    return _by_cause((cause, *said) for cause, kind, *said in found if kind == cause_kind)


def causes_exist(business_id: int, known: Mapping[str, str | None]) -> Iterator[Finding]:
    """Every entry has a cause of a known kind, and a row of it; `known`: the table of each kind, None: it has none."""
    tables = {kind: table for kind, table in known.items() if table}
    joins = " ".join(
        f"LEFT JOIN {table} t{place} ON e.cause_kind = '{kind}'"
        f" AND t{place}.business_id = e.business_id AND t{place}.id = e.cause"
        for place, (kind, table) in enumerate(tables.items())
    )
    none = " AND ".join(f"t{place}.id IS NULL" for place in range(len(tables)))
    without = ", ".join(f"'{kind}'" for kind, table in known.items() if not table)
    statement = f"""
        SELECT DISTINCT e.cause_kind, e.cause FROM ledger_entry e {joins}
        WHERE e.business_id = %(business)s AND {none} AND e.cause_kind NOT IN ({without})
    """  # noqa: S608 - kinds and tables are written in the program
    for kind, cause in rows(statement, business=business_id):
        if kind in known:
            yield Finding(
                "entry_without_cause", f"{kind} {as_uuid(cause)}", f"Entries name this {kind}; there is none."
            )
        else:
            yield Finding("entry_cause_kind", f"{kind} {as_uuid(cause)}", f"{kind!r} is no kind of cause.")


def _by_cause(found: Iterable[tuple[Any, ...]]) -> dict[UUID, list[Moved]]:
    by_cause: dict[UUID, list[Moved]] = {}
    for cause, *said in found:
        by_cause.setdefault(cause, []).append(Moved(*said))
    return by_cause


def carries(span: Span) -> Iterator[Carry]:
    """The carries of the accounts of a span."""
    statement = """
        SELECT member_id, unit, carry_numerator, carry_denominator FROM ledger_account
        WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
    """
    for member, *said in span.rows(statement):
        yield _carry(as_uuid(member), *said)


def carries_of(business_id: int, members: Iterable[UUID]) -> list[Carry]:
    """The carries of the accounts of these members."""
    columns = ("unit", "carry_numerator", "carry_denominator")
    wanted = [(member,) for member in members]
    return [_carry(*row) for row in matching(Account, business_id, ("member_id",), wanted, columns)]


def _carry(member: UUID, unit: str, numerator: int, denominator: int) -> Carry:
    return Carry(member, unit, Fraction(numerator, max(1, denominator)))


def _account(member: UUID | str, unit: str) -> str:
    return f"{as_uuid(member)}/{unit}"


def _entry(member: UUID | str, unit: str, number: int) -> str:
    return f"{_account(member, unit)}/{number}"
