"""What must always hold of vouchers, stock, deliveries and settlements; the list is as in `ledger.audit`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fiel.ledger.audit import Check, Finding, moved_by
from fiel.rewards.settlement import NEXT
from fiel.tables.spans import Span, as_uuid, rows, spans_of

__all__ = ["BUSINESS_CHECKS", "CHECKS", "voucher_spans"]

_VOUCHERS_A_SPAN = 10_000

# Whether the price that went when it was issued stays gone, by state; of an expired voucher its reward decides.
_STAYS = {"issued": {True}, "redeemed": {True}, "cancelled": {False}, "revoked": {False}, "expired": {True, False}}


def voucher_spans(business_id: int) -> list[Span]:
    """The vouchers of a business in parts of so many."""
    return spans_of("rewards_voucher", business_id, _VOUCHERS_A_SPAN)


def prices_are_paid(span: Span) -> Iterator[Finding]:
    """A voucher's entries drew its price, or drew it and gave it back, as its state says; and nothing else."""
    moved = moved_by("voucher", span)
    statement = """
        SELECT id, state, price_unit, price_steps FROM rewards_voucher
        WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s
    """
    for id_, state, unit, price in span.rows(statement):
        at = f"voucher {as_uuid(id_)}"
        entries = moved.get(as_uuid(id_), [])
        if state not in _STAYS:
            yield Finding("voucher_state", at, f"{state!r} is no state of a voucher.")
            continue
        drawn = -sum(entry.steps for entry in entries)
        if any(entry.unit != unit for entry in entries) or drawn not in {price * stays for stays in _STAYS[state]}:
            detail = f"It is {state} and took {price} {unit or 'of nothing'}; its entries took {drawn}."
            yield Finding("voucher_price", at, detail)


def used_vouchers_were_delivered(span: Span) -> Iterator[Finding]:
    """A voucher that was used has just one delivery that stands, of its reward and sale; any other voucher has none."""
    statement = """
        SELECT v.id, v.state, v.reward, v.receipt_id, count(d.id),
            sum(CASE WHEN d.reward = v.reward AND coalesce(d.receipt_id, v.id) = coalesce(v.receipt_id, v.id)
                AND d.member_id = v.member_id THEN 1 ELSE 0 END)
        FROM rewards_voucher v LEFT JOIN rewards_delivery d
            ON d.business_id = v.business_id AND d.voucher_id = v.id AND d.undone_at IS NULL
        WHERE v.business_id = %(business)s AND v.id BETWEEN %(first)s AND %(last)s
        GROUP BY v.id, v.state, v.reward, v.receipt_id
    """
    for id_, state, reward, _, count, alike in span.rows(statement):
        at, wanted = f"voucher {as_uuid(id_)}", int(state == "redeemed")
        if count != wanted:
            yield Finding("voucher_delivery", at, f"It is {state}, and {count} deliveries of it stand.")
        elif count and alike != count:
            yield Finding("delivery_of_other", at, f"What was handed over for it is not {reward}, for it and its sale.")


def closed_vouchers_say_when(span: Span) -> Iterator[Finding]:
    """A voucher that has ended says when; one that has not says nothing of an end or a sale."""
    statement = """
        SELECT id, state, closed_at IS NOT NULL, receipt_id IS NOT NULL FROM rewards_voucher
        WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s
    """
    for id_, state, closed, in_sale in span.rows(statement):
        if bool(closed) == (state == "issued") or (in_sale and state != "redeemed"):
            yield Finding("voucher_end", f"voucher {as_uuid(id_)}", f"It is {state}, and tells another end.")


def stock_adds_up(business_id: int) -> Iterator[Finding]:
    """What is left of a reward's stock, and what vouchers hold or have used of it, is what was put there."""
    statement = """
        SELECT r.code, r.stock, r.stocked, (
            SELECT count(*) FROM rewards_voucher v
            WHERE v.business_id = r.business_id AND v.reward = r.code AND v.from_stock
                AND v.state IN ('issued', 'redeemed')
        )
        FROM rewards_reward r WHERE r.business_id = %(business)s AND r.stock IS NOT NULL
    """
    for code, stock, stocked, held in rows(statement, business=business_id):
        if stocked is None or stock + held != stocked:
            detail = f"{stock} are left and vouchers hold {held}; {stocked} were put there."
            yield Finding("stock_sum", f"reward {code}", detail)


def settlements_add_up(business_id: int) -> Iterator[Finding]:
    """A settlement's total is that of its lines; they are numbered without a gap."""
    statement = """
        SELECT s.id, s.total, coalesce(sum(l.amount), 0), count(l.number), coalesce(max(l.number), 0)
        FROM rewards_settlement s LEFT JOIN rewards_settlementline l
            ON l.business_id = s.business_id AND l.settlement_id = s.id
        WHERE s.business_id = %(business)s GROUP BY s.id, s.total
    """
    for id_, total, lines, count, last in rows(statement, business=business_id):
        at = f"settlement {as_uuid(id_)}"
        if total != lines:
            yield Finding("settlement_total", at, f"Its lines make {lines}; its total is {total}.")
        if count != last:
            yield Finding("settlement_lines", at, f"It has {count} lines, and the last is number {last}.")


def settlements_are_of_their_partner(business_id: int) -> Iterator[Finding]:
    """A line of a redemption has the price that was agreed then, is of that partner, and stands; others say why."""
    statement = """
        SELECT l.settlement_id, l.number, l.amount, d.price, d.partner, s.partner, d.undone_at IS NULL,
            l.delivery_id IS NOT NULL, l.reason
        FROM rewards_settlementline l
        JOIN rewards_settlement s ON s.business_id = l.business_id AND s.id = l.settlement_id
        LEFT JOIN rewards_delivery d ON d.business_id = l.business_id AND d.id = l.delivery_id
        WHERE l.business_id = %(business)s
    """
    for id_, number, amount, price, there, partner, stands, redeemed, reason in rows(statement, business=business_id):
        at = f"settlement {as_uuid(id_)}, line {number}"
        if redeemed and (amount, there) != (price, partner):
            detail = f"{amount} for {partner} are settled; {there} redeemed it for {price}."
            yield Finding("settlement_price", at, detail)
        elif (redeemed and not stands) or not (redeemed or reason):
            yield Finding("settlement_reason", at, "There is neither a redemption nor a reason for it.")


def settlements_took_their_steps(business_id: int) -> Iterator[Finding]:
    """A settlement is in the state of its last step, and each step follows from the one before, by the right side."""
    statement = """
        SELECT s.id, s.state, t.state, t.side FROM rewards_settlement s
        LEFT JOIN rewards_settlementstep t ON t.business_id = s.business_id AND t.settlement_id = s.id
        WHERE s.business_id = %(business)s ORDER BY s.id, t.at, t.id
    """
    taken: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for id_, state, step, side in rows(statement, business=business_id):
        taken.setdefault(str(as_uuid(id_)), (state, []))[1].append((step, side))
    for settlement, (state, steps) in taken.items():
        states = [step for step, _ in steps]
        follows = all(
            NEXT.get(before, {}).get(after) == side for before, (after, side) in zip(states, steps[1:], strict=False)
        )
        if steps[0] != ("draft", "business") or not follows or states[-1] != state:
            detail = f"It is {state}; its steps were {', '.join(map(str, states))}."
            yield Finding("settlement_steps", f"settlement {settlement}", detail)


CHECKS: tuple[Check, ...] = (prices_are_paid, used_vouchers_were_delivered, closed_vouchers_say_when)
BUSINESS_CHECKS: tuple[Callable[[int], Iterator[Finding]], ...] = (
    stock_adds_up,
    settlements_add_up,
    settlements_are_of_their_partner,
    settlements_took_their_steps,
)
