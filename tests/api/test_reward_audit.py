"""The audit of rewards: each of its invariants bites when it is broken, and is silent while it holds."""

from __future__ import annotations

import pytest
from django.db import connection

from fiel.ops.audit import audit
from tests.api.test_rewards import POINTS
from tests.ledger.shop import broken

BROKEN = {
    "a voucher used without a delivery": (
        {"voucher_delivery"},
        "rewards_delivery",
        "DELETE FROM rewards_delivery WHERE partner = ''",
    ),
    "a delivery of a voucher that is free": (
        {"voucher_delivery"},
        "rewards_delivery",
        "UPDATE rewards_delivery SET undone_at = NULL WHERE undone_at IS NOT NULL",
    ),
    "a delivery of another reward": (
        {"delivery_of_other"},
        "rewards_delivery",
        "UPDATE rewards_delivery SET reward = 'balance' WHERE partner = '' AND undone_at IS NULL",
    ),
    "a voucher that ended at no time": (
        {"voucher_end"},
        "rewards_voucher",
        "UPDATE rewards_voucher SET closed_at = NULL WHERE state = 'cancelled'",
    ),
    "a stock that grew": ({"stock_sum"}, "rewards_reward", "UPDATE rewards_reward SET stock = stock + 1"),
    "a stock that nobody put there": ({"stock_sum"}, "rewards_reward", "UPDATE rewards_reward SET stocked = NULL"),
    "a voucher that forgot its stock": (
        {"stock_sum"},
        "rewards_voucher",
        "UPDATE rewards_voucher SET from_stock = NOT from_stock WHERE reward = 'gift' AND state = 'redeemed'",
    ),
    "a total": (
        {"settlement_total"},
        "rewards_settlement",
        "UPDATE rewards_settlement SET total = total + 1",
    ),
    "a line that went away": (
        {"settlement_total", "settlement_lines"},
        "rewards_settlementline",
        "DELETE FROM rewards_settlementline WHERE number = 1",
    ),
    "a price that was not agreed": (
        {"settlement_price", "settlement_total"},
        "rewards_settlementline",
        "UPDATE rewards_settlementline SET amount = amount + 1 WHERE delivery_id IS NOT NULL",
    ),
    "another partner's": (
        {"settlement_price"},
        "rewards_delivery",
        "UPDATE rewards_delivery SET partner = 'cakes' WHERE partner = 'tyres'",
    ),
    "a correction without a reason": (
        {"settlement_reason"},
        "rewards_settlementline",
        "UPDATE rewards_settlementline SET reason = '' WHERE delivery_id IS NULL",
    ),
    "a state without its step": (
        {"settlement_steps"},
        "rewards_settlement",
        "UPDATE rewards_settlement SET state = 'agreed'",
    ),
    "a step of the wrong side": (
        {"settlement_steps"},
        "rewards_settlementstep",
        "UPDATE rewards_settlementstep SET side = 'partner'",
    ),
}


@pytest.fixture
def busy(shop, clock):
    """A shop in which rewards were used, returned, cancelled, and settled with a partner."""
    office, till = shop.office, shop.till
    ana = till.enrol(code="ana")
    till.sell(number="R0", member={"code": "ana"}, amount=50000)
    office.ok("PUT", "/rewards/gift", {"kind": "service", "price": POINTS, "stock": 9})
    balance = {"kind": "service", "price": POINTS}
    office.ok("PUT", "/rewards/balance", balance)
    prices = [{"reward": "balance", "from": "2026-03-04", "price": 4000}]
    office.ok("PUT", "/partners/tyres", {"name": "Pneus Silva", "prices": prices})
    office.ok("PUT", "/rewards/balance", {**balance, "partners": ["tyres"]})

    def ask(reward):
        return till.ok("POST", "/vouchers", {"member": ana["id"], "reward": reward})["code"]

    till.ok("POST", f"/vouchers/{ask('gift')}/redeem")
    till.ok("POST", f"/vouchers/{ask('gift')}/cancel")
    sale = till.sell(number="R1", member={"code": "ana"}, amount=100, vouchers=[ask("gift")])
    till.ok("POST", f"/sales/{sale['id']}/returns", {"number": "D1", "occurred_at": "2026-03-04T12:00:00Z"})
    office.ok("POST", f"/vouchers/{ask('balance')}/redeem", {"partner": "tyres"})
    [made] = office.ok("POST", "/settlements", {"month": "2026-03"})["items"]
    office.ok("POST", f"/settlements/{made['id']}/corrections", {"amount": -500, "reason": "late"})
    return shop


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_found(busy, what):
    codes, table, statement = BROKEN[what]
    with broken(table):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.rowcount > 0
        assert set(audit(busy.business).found) == codes


def test_what_holds_is_not_found(busy):
    assert audit(busy.business, recount=True).holds
