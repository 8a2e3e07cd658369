"""Other systems: Odoo's point of sale as JSON, Shopify's orders as signed webhooks."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from uuid import UUID

import pytest

from fiel.core.identity import Identity
from fiel.intake.hooks import create_hook
from fiel.intake.models import Aside, Hook
from fiel.members.enrol import Newcomer, enrol
from fiel.sales.models import ReceiptLine, ReceiptPayment
from tests.intake.conftest import NOW

# Odoo

ORDER = {
    "pos_reference": "Order 00001-002-0003",
    "date_order": "2026-03-04 11:00:00",
    "config_id": [1, "Sede"],
    "partner_id": [1, "Ana Souza"],
    "amount_total": 16.9,
    "amount_return": 3.1,
    "lines": [
        [0, 0, {"qty": 2, "price_subtotal_incl": 9.0, "discount": 10, "product_id": 5, "full_product_name": "Pão"}],
        [0, 0, {"qty": 0.5, "price_subtotal_incl": 7.9, "discount": 0, "product_id": [6, "Queijo"]}],
    ],
    "statement_ids": [[0, 0, {"payment_method_id": [1, "Dinheiro"], "amount": 20.0}]],
    "state": "paid",
}
BACK = {
    "pos_reference": "Order 00001-002-0004",
    "date_order": "2026-03-04 11:30:00",
    "config_id": [1, "Sede"],
    "refunded_order": "Order 00001-002-0003",
    "amount_total": -4.5,
    "lines": [{"qty": -1, "price_subtotal_incl": -4.5, "discount": 10, "product_id": 5, "full_product_name": "Pão"}],
}


def odoo(*orders):
    return json.dumps(list(orders))


def test_an_order_of_odoo(padaria):
    assert padaria.bring(odoo(ORDER), name="o.json").new == {"sales": 1}
    [receipt] = padaria.receipts
    assert (receipt.store, receipt.till, receipt.number, receipt.total) == ("S1", "00001", "00001-002-0003", 1690)
    assert receipt.occurred_at.isoformat() == "2026-03-04T11:00:00+00:00"
    lines = ReceiptLine.objects.order_by("number").values_list(
        "product", "description", "quantity", "amount", "discount"
    )
    assert list(lines) == [("5", "Pão", 2000, 1000, 100), ("6", "Queijo", 500, 790, 0)]
    assert list(ReceiptPayment.objects.values_list("kind", "amount")) == [("cash", 1690)]
    assert padaria.points == 16  # Ana's number is 1, as in Odoo


def test_orders_one_a_line_and_what_comes_back(padaria):
    kept_for_later = {"id": "x", "data": ORDER}
    lines = "\n".join(map(json.dumps, (kept_for_later, BACK)))
    assert padaria.bring(lines, lines, name="o.jsonl").new == {"sales": 1, "returns": 1}
    assert padaria.points == 12  # 16.90 less the bread that came back, 4.50


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount_total": 20}, "total is 20.00"),
        ({"amount_total": "NaN"}, "no number"),
        ({"pos_reference": ""}, "no reference"),
        ({"date_order": "soon"}, "no time"),
        ({"config_id": [2, "Rossio"]}, None),
        ({"state": "draft"}, None),
    ],
)
def test_an_order_that_cannot_be_taken_says_why(padaria, changed, said):
    report = padaria.bring(odoo(ORDER | changed), name="o.json")
    if said:
        assert said in report.kept[0].reason
        assert padaria.receipts.count() == 0
    else:
        assert report.kept == []


# Shopify

SECRET = "shpss_0123456789abcdef"
BUY = {
    "id": 5001,
    "name": "#1001",
    "test": False,
    "processed_at": "2026-03-04T08:00:00-03:00",
    "financial_status": "paid",
    "currency": "BRL",
    "taxes_included": True,
    "total_price": "64.00",
    "phone": "+55 11 98765-4321",
    "email": "rita@example.com",
    "customer": {"first_name": "Rita", "note": "likes blue"},
    "payment_gateway_names": ["pagarme"],
    "line_items": [
        {"id": 1, "sku": "MUG", "title": "Caneca", "quantity": 2, "price": "20.00",
         "discount_allocations": [{"amount": "4.00"}], "tax_lines": []},
        {"id": 2, "sku": "TEA", "title": "Chá", "quantity": 1, "price": "18.00", "discount_allocations": []},
    ],
    "shipping_lines": [{"price": "10.00", "discounted_price": "10.00"}],
}  # fmt: skip
REFUND = {
    "id": 9001,
    "order_id": 5001,
    "created_at": "2026-03-04T08:30:00-03:00",
    "refund_line_items": [{"quantity": 1, "line_item_id": 1, "subtotal": "18.00", "line_item": BUY["line_items"][0]}],
}


@pytest.fixture
def hook(padaria):
    rita = Newcomer(identities=(Identity("phone", "+5511987654321"),), code="77")
    enrol(padaria.business, [rita], now=NOW, today=NOW.date(), source="test", by="test")
    return create_hook(padaria.business, kind="shopify", store="S1", secret=SECRET)


def send(client, hook, topic, document, *, secret=SECRET, signature=None):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {"X-Shopify-Topic": topic, "X-Shopify-Hmac-Sha256": signed if signature is None else signature}
    return client.post(f"/hooks/shopify/{hook.id}/", body, content_type="application/json", headers=headers)


def test_a_paid_order_counts_once(padaria, hook, client):
    answers = [send(client, hook, topic, BUY) for topic in ("orders/create", "orders/paid", "orders/paid")]
    assert [(each.status_code, each.json()["taken"]) for each in answers] == [
        (200, "new"),
        (200, "known"),
        (200, "known"),
    ]
    [receipt] = padaria.receipts
    assert (receipt.store, receipt.till, receipt.number, receipt.channel) == ("S1", "shopify", "5001", "online")
    assert (receipt.total, padaria.points) == (5400, 54)  # freight does not count
    kept = f"{padaria.receipts.values().get()} {list(ReceiptLine.objects.values())}"
    assert "Rita" not in kept
    assert "example.com" not in kept


def test_prices_without_tax_count_with_it(padaria, hook, client):
    order = copy.deepcopy(BUY) | {"taxes_included": False, "total_price": "68.00"}
    order["line_items"][0]["tax_lines"] = [{"rate": 0.1, "price": "4.00"}]
    assert send(client, hook, "orders/paid", order).json() == {"taken": "new"}
    line = ReceiptLine.objects.order_by("number").first()
    assert (line.amount, line.discount, line.tax_rate) == (4400, 400, 10000)


def test_a_refund_takes_its_goods_back(padaria, hook, client):
    assert send(client, hook, "refunds/create", REFUND).json() == {"taken": "waits"}
    send(client, hook, "orders/paid", BUY)
    assert (padaria.points, Aside.objects.count()) == (36, 0)
    assert send(client, hook, "refunds/create", REFUND).json() == {"taken": "known"}


def test_a_cancelled_order_counts_no_more(padaria, hook, client):
    send(client, hook, "orders/paid", BUY)
    cancelled = BUY | {"cancelled_at": "2026-03-04T08:40:00-03:00"}
    assert send(client, hook, "orders/cancelled", cancelled).json() == {"taken": "new"}
    assert padaria.points == 0


@pytest.mark.parametrize(
    ("topic", "changed"),
    [
        ("orders/create", {"financial_status": "pending"}),
        ("orders/paid", {"test": True}),
        ("products/update", {}),
        ("refunds/create", {"refund_line_items": []}),
    ],
)
def test_what_is_no_sale_is_left_out(padaria, hook, client, topic, changed):
    answer = send(client, hook, topic, BUY | changed)
    assert (answer.status_code, answer.json(), padaria.receipts.count()) == (200, {"taken": "left_out"}, 0)


def test_what_is_not_signed_is_refused_alike(padaria, hook, client):
    answers = [
        send(client, hook, "orders/paid", BUY, secret="another"),
        send(client, hook, "orders/paid", BUY, signature=""),
        send(client, hook, "orders/paid", BUY, signature="é"),
        send(client, Hook(id=UUID("00000000-0000-7000-8000-000000000000")), "orders/paid", BUY),
    ]
    Hook.objects.update(revoked_at=NOW)
    answers.append(send(client, hook, "orders/paid", BUY))
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1
    assert padaria.receipts.count() == 0


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        ([], "an object"),
        ({**BUY, "line_items": "none", "total_price": "1e999999999"}, "no number"),
        ({**BUY, "id": None}, "no id"),
        ({**BUY, "processed_at": "now", "currency": "BRL"}, "no time"),
        ({**BUY, "currency": "USD"}, "in USD"),
    ],
)
def test_what_cannot_be_read_says_so_and_shopify_tries_again(padaria, hook, client, document, said):
    answer = send(client, hook, "orders/paid", document)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert said in answer.json()["detail"]


def test_the_secret_is_not_kept_as_it_is(hook):
    assert SECRET not in Hook.objects.get().secret
