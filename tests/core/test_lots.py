"""Lots: what comes in, what is spent, what is taken back and what comes back, with the dates that it had.

A holding is written as a shopkeeper's note: "jan 5, mar 3" are 5 steps that lapse at the end of January and 3 at the
end of March; "debt 4" is owed. It is the 15th of January 2027.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiel.core.lots import (
    NEVER,
    Holding,
    LotKey,
    Move,
    draw,
    fill,
    lot_of,
    months_later,
    put_back,
    take,
)
from fiel.core.programme import Expiry, Unit

TODAY = date(2027, 1, 15)
OPENED = date(2026, 12, 1)

LOTS = {
    "dec": LotKey(date(2026, 12, 31), OPENED),  # lapsed, and the daily run has not come yet
    "today": LotKey(TODAY, OPENED),
    "jan": LotKey(date(2027, 1, 31), OPENED),
    "feb": LotKey(date(2027, 2, 28), OPENED),
    "mar": LotKey(date(2027, 3, 31), OPENED),
    "mar-later": LotKey(date(2027, 3, 31), date(2026, 12, 5)),
    "waits": LotKey(date(2027, 1, 31), TODAY + timedelta(days=1)),
    "never": LotKey(NEVER, OPENED),
}
NAMES = {lot: name for name, lot in LOTS.items()}


def holding(note: str) -> Holding:
    """ "jan 5, mar 3" or "debt 4"; nothing: empty."""
    lots = {}
    for part in filter(None, note.split(", ")):
        name, steps = part.split()
        if name == "debt":
            return Holding(-int(steps))
        lots[LOTS[name]] = int(steps)
    return Holding(sum(lots.values()), lots)


def moves(note: str) -> list[Move]:
    return [Move(LOTS[name], int(steps)) for name, steps in (part.split() for part in note.split(", ") if part)]


def note(moved: Sequence[Move]) -> str:
    return ", ".join(f"{NAMES[lot]} {steps}" for lot, steps in moved)


def sound(held: Holding) -> bool:
    """What always holds: the balance is what the lots hold less the debt, and only one of the two is there."""
    return (
        held.balance == sum(held.lots.values()) - held.debt
        and all(steps > 0 for steps in held.lots.values())
        and not (held.lots and held.debt)
    )


# --- in which lot -----------------------------------------------------------------------------------------------------


def unit(kind: str = "never", count: int = 0, pending_days: int = 0) -> Unit:
    return Unit("points", "points", pending_days=pending_days, expiry=Expiry(kind, count))


@pytest.mark.parametrize(
    ("what", "earned", "expires_on", "available_on"),
    [
        (unit(), "2026-11-03", None, "2026-11-03"),
        (unit(pending_days=14), "2026-12-25", None, "2027-01-08"),
        (unit("inactivity", 6), "2026-11-03", None, "2026-11-03"),  # the account lapses, not the lot
        (unit("days", 1), "2026-11-03", "2026-11-04", "2026-11-03"),
        (unit("days", 180), "2026-11-03", "2027-05-02", "2026-11-03"),
        (unit("days", 365), "2027-03-01", "2028-02-29", "2027-03-01"),
        (unit("days", 1), "2028-02-28", "2028-02-29", "2028-02-28"),
        (unit("days", 10, pending_days=5), "2026-11-03", "2026-11-18", "2026-11-08"),  # counted from then on
        (unit("end_of_month", 12), "2026-11-03", "2027-11-30", "2026-11-03"),
        (unit("end_of_month", 12), "2027-01-31", "2028-01-31", "2027-01-31"),
        (unit("end_of_month", 1), "2027-01-31", "2027-02-28", "2027-01-31"),
        (unit("end_of_month", 1), "2027-12-31", "2028-01-31", "2027-12-31"),
        (unit("end_of_month", 12), "2027-02-28", "2028-02-29", "2027-02-28"),  # a leap year
        (unit("end_of_month", 12), "2028-02-29", "2029-02-28", "2028-02-29"),
        (unit("end_of_month", 2), "2099-12-31", "2100-02-28", "2099-12-31"),  # 2100 is none
        (unit("end_of_month", 1, pending_days=1), "2027-01-31", "2027-03-31", "2027-02-01"),
        (unit("end_of_month", 1200), "2026-11-03", "2126-11-30", "2026-11-03"),
        (unit("end_of_year", 0), "2026-01-01", "2026-12-31", "2026-01-01"),
        (unit("end_of_year", 0), "2026-12-31", "2026-12-31", "2026-12-31"),
        (unit("end_of_year", 0, pending_days=1), "2026-12-31", "2027-12-31", "2027-01-01"),
        (unit("end_of_year", 1), "2026-12-31", "2027-12-31", "2026-12-31"),
        (unit("end_of_year", 2), "2026-06-15", "2028-12-31", "2026-06-15"),
    ],
)
def test_the_lot_into_which_what_is_earned_goes(
    what: Unit, earned: str, expires_on: str | None, available_on: str
) -> None:
    lot = lot_of(what, date.fromisoformat(earned))
    assert lot.expires_on == (date.fromisoformat(expires_on) if expires_on else NEVER)
    assert lot.available_on == date.fromisoformat(available_on)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-31", 0, "2026-12-31"),
        ("2026-12-31", 12, "2027-12-31"),
        ("2026-12-01", 1, "2027-01-01"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
    ],
)
def test_months_later(day: str, months: int, later: str) -> None:
    assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)


@given(st.dates(date(1990, 1, 1), date(2150, 12, 31)), st.integers(1, 1200), st.integers(0, 3650))
def test_points_lapse_on_a_months_last_day_and_no_earlier_than_so_many_months(
    earned: date, months: int, pending: int
) -> None:
    lot = lot_of(unit("end_of_month", months, pending), earned)
    apart = (lot.expires_on.year - lot.available_on.year) * 12 + lot.expires_on.month - lot.available_on.month
    assert apart == months
    assert lot.expires_on.day == monthrange(lot.expires_on.year, lot.expires_on.month)[1]
    assert lot.available(lot.available_on)
    assert lot.available(lot.expires_on)
    assert not lot.available(lot.expires_on + timedelta(days=1))
    assert not lot.available(lot.available_on - timedelta(days=1))


# --- what is there ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "available", "pending", "debt"),
    [
        ("", 0, 0, 0),
        ("jan 5, never 3", 8, 0, 0),
        ("today 4", 4, 0, 0),  # to the end of its last day
        ("dec 4, jan 1", 1, 0, 0),  # lapsed: neither available nor pending
        ("waits 4, jan 1", 1, 4, 0),
        ("debt 7", 0, 0, 7),
    ],
)
def test_what_can_be_spent_and_what_waits(held: str, available: int, pending: int, debt: int) -> None:
    account = holding(held)
    assert (account.available(TODAY), account.pending(TODAY), account.debt) == (available, pending, debt)
    assert sound(account)


# --- fill, draw, take, put back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "comes", "after", "put"),
    [
        ("", "jan 5", "jan 5", "jan 5"),
        ("jan 5", "jan 2", "jan 7", "jan 2"),
        ("jan 5", "mar 2, never 1", "jan 5, mar 2, never 1", "mar 2, never 1"),
        ("debt 4", "jan 3", "debt 1", ""),  # debt first
        ("debt 4", "jan 4", "", ""),
        ("debt 4", "jan 9", "jan 5", "jan 5"),
        ("debt 4", "jan 3, mar 5", "mar 4", "mar 4"),
        ("debt 4", "jan 3, feb 1, mar 5", "mar 5", "mar 5"),
        ("jan 5", "", "jan 5", ""),
    ],
)
def test_what_comes_in_repays_debt_first(held: str, comes: str, after: str, put: str) -> None:
    account, into = fill(holding(held), moves(comes))
    assert account == holding(after)
    assert note(into) == put


@pytest.mark.parametrize(
    ("held", "steps", "after", "drawn"),
    [
        ("jan 5", 5, "", "jan -5"),
        ("never 9, mar 3, jan 5", 6, "never 9, mar 2", "jan -5, mar -1"),  # soonest first, without a date last
        ("never 9, mar 3, jan 5", 17, "", "jan -5, mar -3, never -9"),
        ("mar-later 2, mar 2", 3, "mar-later 1", "mar -2, mar-later -1"),  # equal: the earlier available first
        ("today 1, jan 5", 2, "jan 4", "today -1, jan -1"),
        ("dec 4, jan 5", 5, "dec 4", "jan -5"),  # what lapsed is not there
        ("waits 4, jan 5", 5, "waits 4", "jan -5"),  # nor what waits
        ("jan 5", 0, "jan 5", ""),
    ],
)
def test_spending_draws_the_soonest_expiring_first(held: str, steps: int, after: str, drawn: str) -> None:
    spent = draw(holding(held), steps, TODAY)
    assert spent is not None
    assert spent[0] == holding(after)
    assert note(spent[1]) == drawn


@pytest.mark.parametrize(
    ("held", "steps"),
    [("", 1), ("jan 5", 6), ("dec 4, jan 5", 6), ("waits 4, jan 5", 6), ("debt 3", 1)],
)
def test_nobody_spends_what_is_not_there(held: str, steps: int) -> None:
    assert draw(holding(held), steps, TODAY) is None


@pytest.mark.parametrize(
    ("held", "steps", "first", "after", "taken"),
    [
        ("jan 5, mar 9", 4, "mar", "jan 5, mar 5", "mar -4"),  # the sale's own lot first
        ("jan 5, mar 9", 11, "mar", "jan 3", "mar -9, jan -2"),
        ("jan 5, feb 2, never 1", 6, "never", "feb 2", "never -1, jan -5"),
        ("jan 5, mar 9", 6, None, "mar 8", "jan -5, mar -1"),
        ("jan 5", 2, "mar", "jan 3", "jan -2"),  # its lot is spent already
        ("waits 4, jan 5", 3, "waits", "waits 1, jan 5", "waits -3"),  # it need not be available
        ("waits 4, jan 1", 3, None, "waits 2", "jan -1, waits -2"),
        ("today 4", 4, "today", "", "today -4"),
        ("dec 4, jan 5", 5, "jan", "dec 4", "jan -5"),
        ("jan 5", 0, "jan", "jan 5", ""),
    ],
)
def test_a_return_takes_from_the_sales_lot_then_from_the_soonest_expiring(
    held: str, steps: int, first: str | None, after: str, taken: str
) -> None:
    for debt in (True, False):
        account, drawn, forgiven = take(holding(held), steps, LOTS[first] if first else None, day=TODAY, debt=debt)
        assert account == holding(after)
        assert note(drawn) == taken
        assert forgiven == 0


@pytest.mark.parametrize(
    ("held", "steps", "debt", "after", "taken", "forgiven"),
    [
        ("jan 3", 5, True, "debt 2", "jan -3", 0),
        ("jan 3", 5, False, "", "jan -3", 2),
        ("", 5, True, "debt 5", "", 0),
        ("", 5, False, "", "", 5),
        ("debt 2", 5, True, "debt 7", "", 0),
        ("debt 2", 5, False, "debt 2", "", 5),
        # Beside lots there is no debt: what has lapsed and waits for the daily run goes first.
        ("dec 4, jan 3", 5, True, "dec 2", "jan -3, dec -2", 0),
        ("dec 4, jan 3", 5, False, "dec 2", "jan -3, dec -2", 0),
        ("dec 1, jan 3", 5, True, "debt 1", "jan -3, dec -1", 0),
    ],
)
def test_what_is_missing_is_owed_or_forgiven(
    held: str, steps: int, after: str, taken: str, forgiven: int, *, debt: bool
) -> None:
    account, drawn, left = take(holding(held), steps, LOTS["jan"], day=TODAY, debt=debt)
    assert account == holding(after)
    assert note(drawn) == taken
    assert left == forgiven
    assert sound(account)


@pytest.mark.parametrize("held", ["dec 4, jan 5", "jan 5", "debt 3", ""])
@pytest.mark.parametrize("debt", [True, False])
def test_nothing_is_taken_for_a_lot_whose_date_has_passed(held: str, *, debt: bool) -> None:
    """Neither from it nor from others, and nobody owes it: it lapsed, or will tonight."""
    assert take(holding(held), 4, LOTS["dec"], day=TODAY, debt=debt) == (holding(held), (), 0)


@pytest.mark.parametrize(
    ("held", "drawn", "steps", "after", "put"),
    [
        ("", "jan -5, mar -3", 8, "jan 5, mar 3", "mar 3, jan 5"),
        ("", "jan -5, mar -3", 4, "jan 1, mar 3", "mar 3, jan 1"),  # last drawn, first back
        ("", "jan -5, mar -3", 3, "mar 3", "mar 3"),
        ("", "jan -5, mar -3", 0, "", ""),
        ("jan 2, never 1", "jan -5", 5, "jan 7, never 1", "jan 5"),
        ("debt 4", "jan -5, mar -3", 8, "jan 4", "jan 4"),  # debt first
        ("", "dec -5", 5, "dec 5", "dec 5"),  # it comes back with its old date, and lapses with the next run
    ],
)
def test_what_was_spent_comes_back_to_its_lots(held: str, drawn: str, steps: int, after: str, put: str) -> None:
    account, into = put_back(holding(held), moves(drawn), steps)
    assert account == holding(after)
    assert note(into) == put


def test_nothing_is_changed_in_place() -> None:
    before = holding("jan 5, mar 3")
    fill(before, moves("jan 1"))
    draw(before, 8, TODAY)
    take(before, 9, LOTS["jan"], day=TODAY, debt=True)
    put_back(before, moves("jan -2"), 2)
    assert before == holding("jan 5, mar 3")


# --- properties -------------------------------------------------------------------------------------------------------

lot_names = st.sampled_from(sorted(LOTS))
steps_moved = st.integers(1, 30)
holdings = st.one_of(
    st.integers(0, 40).map(lambda owed: Holding(-owed)),
    st.dictionaries(lot_names.map(LOTS.__getitem__), steps_moved).map(lambda lots: Holding(sum(lots.values()), lots)),
)
events = st.lists(
    st.tuples(st.sampled_from(["fill", "draw", "owe", "forgive", "back"]), lot_names, steps_moved), max_size=25
)


@given(holdings, events)
def test_whatever_happens_balance_is_lots_less_debt(account: Holding, happened: list[tuple[str, str, int]]) -> None:
    drawn: list[tuple[Move, ...]] = []
    for what, name, steps in happened:
        before = account
        if what == "fill":
            account, into = fill(account, [Move(LOTS[name], steps)])
            assert account.balance == before.balance + steps
            assert sum(move.steps for move in into) == min(steps, max(0, account.balance))
        elif what == "draw":
            spent = draw(account, steps, TODAY)
            assert (spent is None) == (steps > account.available(TODAY))
            if spent is not None:
                account, out = spent
                assert account.balance == before.balance - steps >= 0
                drawn.append(out)
        elif what == "back" and drawn:
            back = drawn.pop()
            account, _ = put_back(account, back, -sum(move.steps for move in back))
            assert account.balance == before.balance - sum(move.steps for move in back)
        elif what in ("owe", "forgive"):
            account, out, forgiven = take(account, steps, None, day=TODAY, debt=what == "owe")
            assert account.balance == before.balance - steps + forgiven
            assert account.debt == before.debt or what == "owe"
            assert all(move.steps < 0 for move in out)
        assert sound(account)


@given(holdings, st.integers(0, 60))
def test_drawing_and_putting_back_leaves_all_as_it_was(account: Holding, steps: int) -> None:
    spent = draw(account, steps, TODAY)
    if spent is not None:
        after, drawn = spent
        assert put_back(after, drawn, steps)[0] == account


@given(holdings, st.integers(1, 60), st.integers(0, 60))
def test_putting_back_in_parts_is_putting_back_at_once(account: Holding, steps: int, part: int) -> None:
    spent = draw(account, steps, TODAY)
    if spent is None:
        return
    after, drawn = spent
    part = min(part, steps)
    once, put = put_back(after, drawn, part)
    returned = dict(put)
    left = [Move(lot, out + returned.get(lot, 0)) for lot, out in drawn]
    assert put_back(once, [move for move in left if move.steps], steps - part)[0] == account


@given(holdings, st.lists(st.tuples(lot_names, steps_moved), max_size=6))
def test_what_was_earned_and_is_taken_back_at_once_leaves_all_as_it_was(
    account: Holding, earned: list[tuple[str, int]]
) -> None:
    """Sale and full return, each sale with its own lot, last first; what has lapsed is not earned anew."""
    kept, after = [], account
    for name, steps in earned:
        if name != "dec" and not after.lots.keys() & {LOTS["dec"]}:
            kept.append((name, steps))
            after = fill(after, [Move(LOTS[name], steps)])[0]
    for name, steps in reversed(kept):
        after, _, forgiven = take(after, steps, LOTS[name], day=TODAY, debt=True)
        assert forgiven == 0
    assert after == account


@given(holdings, steps_moved)
def test_spending_leaves_later_lots_alone_while_earlier_ones_last(account: Holding, steps: int) -> None:
    spent = draw(account, steps, TODAY)
    if spent is None:
        return
    after, drawn = spent
    order = sorted(lot for lot in account.lots if lot.available(TODAY))
    assert [move.lot for move in drawn] == order[: len(drawn)]
    assert all(lot not in after.lots for lot in order[: max(0, len(drawn) - 1)])
