"""SAF-T PT: a company's invoices of a month or a year become sales, cancellations and returns."""

from __future__ import annotations

import pytest

from fiel.catalogue.change import put_departments
from fiel.catalogue.groups import put_groups
from fiel.intake.models import Aside
from fiel.ops.audit import audit
from fiel.sales.models import ReceiptLine, ReceiptPayment, Return
from fiel.shops.change import StoreRow, put_stores
from tests.intake.portugal import invoice, line, saft


def test_invoices_of_each_kind_are_sales(pastelaria):
    report = pastelaria.bring(
        saft(
            invoice("FT A/1", [line("PAO", "10.00")], "12.30", kind="FT"),
            invoice("FS B/7", [line("PAO", "10.00"), line("LEITE", "5.00", rate="6")], "17.60"),
            invoice("FR A/2", [line("PAO", "10.00")], "12.30", kind="FR", customer="CF"),
        )
    )
    assert (report.new, report.kept) == ({"sales": 3}, [])
    assert pastelaria.points == 12 + 17
    documents = pastelaria.receipts.order_by("number").values_list("store", "till", "number", "total")
    assert list(documents) == [
        ("S1", "FR A", "FR A/2", 1230),
        ("S1", "FS B", "FS B/7", 1760),
        ("S1", "FT A", "FT A/1", 1230),
    ]


def test_the_time_is_by_the_stores_clock(pastelaria):
    put_stores(pastelaria.business, [StoreRow("S1", tax_id="599999993", timezone="Atlantic/Azores")])
    pastelaria.bring(saft(invoice("FS B/1", [line("PAO", "10.00")], "12.30", at="2026-03-03T23:30:00")))
    [receipt] = pastelaria.receipts
    assert (receipt.occurred_at.isoformat(), str(receipt.day)) == ("2026-03-04T00:30:00+00:00", "2026-03-03")


def test_the_same_file_again_changes_nothing(pastelaria):
    file = saft(
        invoice("FS B/1", [line("PAO", "10.00")], "12.30"), invoice("FS B/2", [line("PAO", "1")], "1.23", status="A")
    )
    pastelaria.bring(file)
    report = pastelaria.bring(file)
    assert (report.new, report.known, pastelaria.points) == ({}, {"sales": 1, "cancellations": 1}, 12)


def test_discounts_stand_without_vat(pastelaria):
    pastelaria.bring(saft(invoice("FS B/1", [line("PAO", "9.00", less="1.00")], "11.07")))
    kept = ReceiptLine.objects.get()
    assert (kept.amount, kept.discount, kept.net, kept.tax_rate) == (1230, 123, 1107, 23000)


def test_lines_may_be_two_cents_from_the_total(pastelaria):
    lines = [line("PAO", "0.81"), line("LEITE", "0.81"), line("SAL", "0.81")]
    pastelaria.bring(saft(invoice("FS B/1", lines, "2.98")))
    assert pastelaria.receipts.get().total == 298
    [kept] = pastelaria.bring(saft(invoice("FS B/2", lines, "2.97"))).kept
    assert (kept.code, kept.aside) == ("does_not_add_up", True)
    assert "3.00, the document's total is 2.97" in kept.reason


def test_weighed_goods_and_a_line_that_takes_another_back(pastelaria):
    lines = [
        line("QUEIJO", "10.00", quantity="0.845"),
        line("PAO", "2.00", quantity="2"),
        line("PAO", "1.00", side="Debit"),
    ]
    pastelaria.bring(saft(invoice("FS B/1", lines, "13.53")))
    kept = ReceiptLine.objects.order_by("number").values_list("product", "quantity", "amount")
    assert list(kept) == [("QUEIJO", 845, 1230), ("PAO", 1000, 123)]


def test_payments_and_change(pastelaria):
    paid = [("NU", "20.00"), ("DE", "5.00")]
    pastelaria.bring(saft(invoice("FR A/1", [line("PAO", "10.00")], "12.30", kind="FR", payments=paid)))
    assert set(ReceiptPayment.objects.values_list("kind", "amount")) == {("cash", 730), ("points", 500)}
    assert pastelaria.points == 7


def test_departments_by_the_group_of_the_product(pastelaria):
    put_departments(pastelaria.business, [("bread", "", None)])
    put_groups(pastelaria.business, [("group", "Padaria", "bread")])
    pastelaria.bring(saft(invoice("FS B/1", [line("PAO", "10.00"), line("SAL", "1.00")], "13.53")))
    assert list(ReceiptLine.objects.order_by("number").values_list("department", flat=True)) == ["bread", ""]


def test_one_tax_id_for_all_stores_of_a_chain(pastelaria):
    stores = [
        StoreRow("S1", "Sede", tax_id="599999993"),
        StoreRow("S2", "Rossio", tax_id="599999993", tills={"FS R": ""}),
    ]
    put_stores(pastelaria.business, stores)
    pao = [line("PAO", "10.00")]
    pastelaria.bring(saft(invoice("FS B/1", pao, "12.30"), entity="rossio"))
    pastelaria.bring(saft(invoice("FS R/1", pao, "12.30"), entity="Global"))
    report = pastelaria.bring(saft(invoice("FS X/1", pao, "12.30"), entity="Global"))
    assert list(pastelaria.receipts.values_list("store", flat=True)) == ["S2", "S2"]
    [kept] = report.kept
    assert (kept.code, kept.aside) == ("store_unknown", True)
    assert "'FS X'" in kept.reason


# What comes after a sale


def test_a_cancelled_invoice_is_recorded_and_taken_back(pastelaria):
    report = pastelaria.bring(saft(invoice("FS B/1", [line("PAO", "10.00")], "12.30", status="A")))
    assert (report.new, pastelaria.points) == ({"cancellations": 1}, 0)
    assert pastelaria.receipts.get().gone
    # The month's earlier file, with the invoice as it was, comes after it.
    report = pastelaria.bring(saft(invoice("FS B/1", [line("PAO", "10.00")], "12.30")))
    assert (report.known, pastelaria.points) == ({"sales": 1}, 0)
    assert audit(pastelaria.business).findings == []


def test_an_invoice_cancelled_later_is_taken_back(pastelaria):
    pastelaria.bring(saft(invoice("FS B/1", [line("PAO", "10.00")], "12.30")))
    assert pastelaria.points == 12
    pastelaria.bring(saft(invoice("FS B/1", [line("PAO", "0.00")], "0.00", status="A")))
    assert pastelaria.points == 0


def test_a_credit_note_takes_a_part_back(pastelaria):
    sale = invoice("FS B/1", [line("PAO", "9.00", quantity="3"), line("SAL", "1.00")], "12.30")
    note = invoice("NC N/1", [line("PAO", "3.00", side="Debit", reference="FS B/1")], "3.69", kind="NC")
    report = pastelaria.bring(saft(note, sale))
    assert (report.new, [kept.code for kept in report.kept]) == ({"sales": 1, "returns": 1}, ["sale_missing"])
    assert list(Return.objects.values_list("lines", flat=True)) == [[[1, 1000]]]
    assert (pastelaria.points, Aside.objects.count()) == (8, 0)
    assert pastelaria.bring(saft(note, sale)).known == {"sales": 1, "returns": 1}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 0, 1)])
def test_a_credit_note_of_several_invoices_waits_for_the_last_of_them(pastelaria, order):
    """Whichever comes when: goods go back to the invoice that each line names, once all are there."""
    lines = [line("PAO", "3.00", side="Debit", reference=f"FS B/{number}") for number in (1, 2)]
    files = [
        saft(invoice("NC N/1", lines, "7.38", kind="NC")),
        saft(invoice("FS B/1", [line("PAO", "9.00", quantity="3")], "11.07")),
        saft(invoice("FS B/2", [line("PAO", "6.00", quantity="2")], "7.38")),
    ]
    for place in order:
        pastelaria.bring(files[place])
    assert Aside.objects.count() == 0
    assert sorted(Return.objects.values_list("receipt_id", "lines")) == sorted(
        (receipt.id, [[1, 1000]]) for receipt in pastelaria.receipts
    )
    assert pastelaria.points == 7 + 3
    assert audit(pastelaria.business).findings == []


def test_a_line_that_names_several_invoices_waits_for_a_person(pastelaria):
    sales = [invoice(f"FS B/{number}", [line("PAO", "3.00")], "3.69") for number in (1, 2)]
    both = line("PAO", "6.00", quantity="2", side="Debit", reference=("FS B/1", "FS B/2"))
    [kept] = pastelaria.bring(saft(*sales, invoice("NC N/1", [both], "7.38", kind="NC"))).kept
    assert (kept.code, kept.aside) == ("does_not_add_up", True)
    assert "a line names several invoices" in kept.reason
    [waiting] = Aside.objects.all()
    assert (waiting.kind, waiting.code, pastelaria.points) == ("return", "does_not_add_up", 6)


def test_a_rebate_is_no_return_of_goods(pastelaria):
    sale = invoice("FS B/1", [line("PAO", "9.00", quantity="3")], "11.07")
    rebate = invoice("NC N/1", [line("DES", "1.00", side="Debit", reference="FS B/1")], "1.23", kind="NC")
    [kept] = pastelaria.bring(saft(sale, rebate)).kept
    assert (kept.code, kept.aside, pastelaria.points) == ("does_not_add_up", True, 11)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (invoice("FT A/1", [line("PAO", "1")], "1.23", status="R"), "a summary of other documents"),
        (invoice("ND A/1", [line("PAO", "1")], "1.23", kind="ND"), "a document of type ND, which is no sale"),
        (invoice("NC A/1", [line("PAO", "1", side="Debit")], "1.23", kind="NC", status="A"), "a cancelled credit note"),
    ],
)
def test_summaries_and_debit_notes_are_left_out(pastelaria, document, reason):
    report = pastelaria.bring(saft(document))
    assert (report.left_out, report.kept, pastelaria.receipts.count()) == ({reason: 1}, [], 0)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (saft(namespace="urn:OECD:StandardAuditFile-Tax:PT_1.03_01"), "another layout"),
        (saft(invoice("FS B/1", [line("PAO", "1")], "1.23"), currency="USD"), "in USD"),
        (saft(invoice("FS B/1", [line("PAO", "x")], "1.23")), "CreditAmount: 'x' is no number"),
        (saft(invoice("FS B/1", [line("PAO", "1")], "1.23", at="4.3.2026")), "no time"),
        (saft(invoice("NC N/1", [line("PAO", "1", side="Debit")], "1.23", kind="NC")), "names no invoice"),
        (saft(invoice("FS B/1", [line("PAO", "1")], "1.23"))[:-40], "breaks off"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(pastelaria, file, said):
    [kept] = pastelaria.bring(file).kept
    assert said in kept.reason
    assert not kept.aside


def test_nobody_but_members_is_known(pastelaria):
    pastelaria.bring(saft(invoice("FS B/1", [line("PAO", "10.00")], "12.30", customer="RUI")))
    [receipt] = pastelaria.receipts
    kept = f"{pastelaria.receipts.values().get()} {list(ReceiptLine.objects.values())}"
    assert receipt.member_id is None
    for word in ("223456780", "Souza", "Flores", "RUI"):
        assert word not in kept
