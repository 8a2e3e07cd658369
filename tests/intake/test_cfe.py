"""CF-e SAT: São Paulo's receipts until 2025, brought in as history."""

from __future__ import annotations

import pytest

from fiel.sales.models import ReceiptLine, ReceiptPayment
from tests.intake.brazil import cfe, cfe_cancel, cfe_item


def test_a_sale_of_before(padaria):
    sale = cfe(1, [cfe_item("PAO", 790), cfe_item("QUEIJO", 1000, quantity="0.3450")], 1790)
    [kept] = padaria.bring(sale).kept
    assert (kept.code, kept.aside) == ("too_late", True)
    assert padaria.bring(sale, history=True).new == {"sales": 1}
    [receipt] = padaria.receipts
    assert (receipt.till, receipt.number, str(receipt.day), padaria.points) == ("SAT 900004019", "1", "2025-06-04", 17)
    assert receipt.occurred_at.isoformat() == "2025-06-04T11:30:15+00:00"


def test_discounts_on_lines_and_on_the_total_and_what_was_added(padaria):
    items = [cfe_item("PAO", 1000, discount=100, shared=90), cfe_item("SAL", 1000, shared=100, added=50)]
    padaria.bring(cfe(1, items, 1760), history=True)
    [receipt] = padaria.receipts
    assert (receipt.discount, receipt.total) == (190, 1760)
    assert list(ReceiptLine.objects.order_by("number").values_list("amount", "discount")) == [(1000, 100), (1050, 0)]


def test_change_and_points(padaria):
    sale = cfe(1, [cfe_item("PAO", 1000)], 1000, payments=[("01", 1000), ("19", 300)], change=300)
    padaria.bring(sale, history=True)
    assert set(ReceiptPayment.objects.values_list("kind", "amount")) == {("cash", 700), ("points", 300)}
    assert padaria.points == 7


@pytest.mark.parametrize("first", ["sale", "cancellation"])
def test_a_cancellation_comes_from_another_till(padaria, first):
    files = [cfe(1, [cfe_item("PAO", 790)], 790), cfe_cancel(2, of=1)]
    padaria.bring(*(files if first == "sale" else reversed(files)), history=True)
    assert padaria.points == 0
    assert padaria.receipts.get().gone


@pytest.mark.parametrize(
    ("sale", "said"),
    [
        (cfe(1, [cfe_item("PAO", 790)], 790, environment="2"), "test environment"),
        (cfe(1, [cfe_item("PAO", 790)], 790, key=""), "asked the SAT"),
        ("<CFe/>", "no receipt"),
        (cfe(1, [cfe_item("PAO", 790)], 800), "total is 8.00"),
        (cfe(1, [cfe_item("PAO", 790)], 790).replace("20250604", "20251399"), "no time"),
    ],
)
def test_what_is_no_receipt_is_refused_with_a_sentence(padaria, sale, said):
    [kept] = padaria.bring(sale, history=True).kept
    assert said in kept.reason
