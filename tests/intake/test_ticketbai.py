"""TicketBAI: a Basque till's invoices, with lines or with their total alone, corrected and annulled."""

from __future__ import annotations

import pytest

from fiel.ops.audit import audit
from fiel.sales.models import ReceiptLine, Return
from tests.intake.basque import annulment, detail, invoice

CAFES = detail("Café solo", "3.63", quantity="2.00", price="1.50")


def test_a_total_alone(taberna):
    assert taberna.bring(invoice("1", "12.10")).new == {"sales": 1}
    [receipt] = taberna.receipts
    assert (receipt.till, receipt.number, str(receipt.day), receipt.total) == ("TB", "1", "2026-03-04", 1210)
    assert receipt.occurred_at.isoformat() == "2026-03-04T07:30:00+00:00"
    assert (taberna.points, ReceiptLine.objects.get().tax_rate) == (12, 21000)


def test_lines_with_their_rates_and_discounts(taberna):
    lines = [CAFES, detail("Pan", "1.98", price="2.00", less="0.10", quantity="1")]
    taberna.bring(invoice("1", "5.61", lines, rates=("21.00", "4.00")))
    kept = ReceiptLine.objects.order_by("number").values_list(
        "quantity", "amount", "discount", "tax_rate", "description"
    )
    assert list(kept) == [(2000, 363, 0, 21000, "Café solo"), (1000, 208, 10, 4000, "Pan")]


@pytest.mark.parametrize(("buyer", "buyers", "points"), [("", 1, 0), ("12345678Z", 1, 12), ("12345678Z", 2, 0)])
def test_the_one_buyer_who_is_a_member(taberna, buyer, buyers, points):
    taberna.bring(invoice("1", "12.10", buyer=buyer, buyers=buyers))
    assert taberna.points == points


@pytest.mark.parametrize("first", ["invoice", "annulment"])
def test_an_annulment_before_or_after(taberna, first):
    files = [invoice("1", "12.10"), annulment("1")]
    taberna.bring(*(files if first == "invoice" else reversed(files)))
    assert taberna.points == 0
    assert taberna.bring(*files).known == {"sales": 1, "cancellations": 1}
    assert audit(taberna.business).findings == []


def test_an_annulment_of_the_same_number_on_another_day(taberna):
    [kept] = taberna.bring(invoice("1", "12.10"), annulment("1", day="03-03-2026")).kept
    assert (kept.code, taberna.points) == ("sale_missing", 12)


def test_a_part_comes_back(taberna):
    back = invoice("2", "-1.82", [detail("Café solo", "-1.82", quantity="-1", price="1.50")], kind="I", corrects=["1"])
    report = taberna.bring(invoice("1", "3.63", [CAFES]), back)
    assert report.new == {"sales": 1, "returns": 1}
    assert (list(Return.objects.values_list("lines", flat=True)), taberna.points) == ([[[1, 1000]]], 1)


@pytest.mark.parametrize("options", [{"kind": "S"}, {"simplified": "S"}])
def test_an_invoice_that_stands_for_another_is_counted_once(taberna, options):
    taberna.bring(invoice("1", "12.10", buyer=""))
    report = taberna.bring(invoice("2", "14.52", corrects=["1"], **options))
    assert (report.new, taberna.points) == ({"sales": 1, "cancellations": 1}, 14)
    assert list(taberna.receipts.order_by("number").values_list("gone", flat=True)) == [True, False]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (invoice("1", "3.70", [CAFES]), "total is 3.70"),
        (invoice("1", "-3.63", [detail("Café solo", "-3.63")]), "names no other"),
        (invoice("1", "3.63", version="0.9"), "layout 0.9"),
        (invoice("1", "3.63", day="2026-03-04"), "no day"),
        (invoice("1", "3.63").replace("08:30:00", "25:00:00"), "no time"),
        (invoice("1", "a lot"), "no number"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence(taberna, file, said):
    [kept] = taberna.bring(file).kept
    assert said in kept.reason
    assert taberna.receipts.count() == 0
