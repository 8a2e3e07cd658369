"""NFC-e: what a Brazilian till writes by law becomes sales, cancellations and returns; each branch once."""

from __future__ import annotations

import pytest

from fiel.catalogue.change import put_departments, put_products
from fiel.catalogue.groups import put_groups
from fiel.catalogue.models import GoodsGroup
from fiel.intake.models import Aside
from fiel.ops.audit import audit
from fiel.sales.models import ReceiptLine, ReceiptPayment, Return
from fiel.shops.opening import put_store
from tests.intake.brazil import CPF, cancel, item, key_of, nfce, paid, protocol, returned


def test_a_sale_of_a_member(padaria):
    report = padaria.bring(nfce(1, [item("PAO", 790), item("LEITE", 1000, quantity="2.0000")], 1790))
    assert (report.new, report.kept) == ({"sales": 1}, [])
    assert padaria.points == 17
    [receipt] = padaria.receipts
    document = (receipt.store, receipt.till, receipt.number, str(receipt.day), receipt.total, receipt.channel)
    assert document == ("S1", "1", "1", "2026-03-04", 1790, "import")
    lines = ReceiptLine.objects.order_by("number").values_list("product", "quantity", "amount", "description")
    assert list(lines) == [("PAO", 1000, 790, "PAO FRANCES"), ("LEITE", 2000, 1000, "PAO FRANCES")]


def test_the_same_file_again_changes_nothing(padaria):
    sale = nfce(1, [item("PAO", 790)], 790)
    padaria.bring(sale)
    report = padaria.bring(sale, sale)
    assert (report.new, report.known, report.kept) == ({}, {"sales": 2}, [])
    assert (padaria.points, padaria.receipts.count()) == (7, 1)


def test_the_same_file_again_after_the_office_has_filled_its_table(padaria):
    sale = nfce(1, [item("PAO", 790, ncm="19052090")], 790, cpf="")
    padaria.bring(sale)
    put_departments(padaria.business, [("bread", "Bread", None)])
    assert put_groups(padaria.business, [("ncm", "1905", "bread")]) == ["new"]
    assert padaria.bring(sale).known == {"sales": 1}


@pytest.mark.parametrize(
    "wrap",
    [
        "<nfeProc {ns} versao='4.00'><proc><nProt>135260000000001</nProt><cStat>100</cStat></proc>{{nfe}}</nfeProc>",
        "<download {ns}><procNFe>{{nfe}}<protocolo><nProt>135260000000001</nProt></protocolo></procNFe></download>",
        "<retConsulta {ns}><cStat>150</cStat>{{nfe}}</retConsulta>",
    ],
)
def test_the_authoritys_download_has_another_wrapper(padaria, wrap):
    wrapped = wrap.format(ns='xmlns="http://www.portalfiscal.inf.br/nfe"')
    assert padaria.bring(nfce(1, [item("PAO", 790)], 790, wrap=wrapped)).new == {"sales": 1}
    assert padaria.points == 7


# Figures


def test_discounts_on_lines(padaria):
    padaria.bring(nfce(1, [item("PAO", 1000, discount=150), item("LEITE", 1000)], 1850, discount=150))
    [receipt] = padaria.receipts
    assert (receipt.discount, receipt.total, padaria.points) == (0, 1850, 18)
    assert list(ReceiptLine.objects.order_by("number").values_list("discount", flat=True)) == [150, 0]


def test_a_discount_on_the_total_is_no_discount_of_its_lines(padaria):
    items = [item("PAO", 1000, discount=100), item("LEITE", 2500, discount=250), item("SAL", 333, discount=33)]
    padaria.bring(nfce(1, items, 3450, discount=383))
    [receipt] = padaria.receipts
    assert (receipt.discount, receipt.total) == (383, 3450)
    assert set(ReceiptLine.objects.values_list("discount", flat=True)) == {0}


def test_weighed_goods(padaria):
    padaria.bring(nfce(1, [item("QUEIJO", 1234, quantity="0.2456")], 1234))
    assert ReceiptLine.objects.get().quantity == 246


def test_service_and_freight_are_part_of_the_price(padaria):
    extra = "<vOutro>1.00</vOutro>"
    padaria.bring(nfce(1, [item("PIZZA", 5000, more=extra)], 5100, other=100))
    assert (padaria.receipts.get().total, padaria.points) == (5100, 51)


def test_what_is_not_part_of_the_total_does_not_count(padaria):
    items = [item("PAO", 790), item("BRINDE", 500, more="<indTot>0</indTot>")]
    padaria.bring(nfce(1, items, 790))
    assert (padaria.receipts.get().total, ReceiptLine.objects.count()) == (790, 1)


def test_change_is_given_back_from_the_cash(padaria):
    payments = [paid("01", 2000), paid("17", 290)]
    padaria.bring(nfce(1, [item("PAO", 790)], 790, payments=payments, change=1500))
    assert list(ReceiptPayment.objects.order_by("number").values_list("kind", "amount")) == [
        ("cash", 500),
        ("pix", 290),
    ]


def test_what_is_paid_with_points_earns_nothing(padaria):
    padaria.bring(nfce(1, [item("PAO", 1000)], 1000, payments=[paid("19", 400), paid("03", 600)]))
    assert padaria.points == 6
    padaria.bring(nfce(2, [item("PAO", 1000)], 1000, payments=[paid("19", 1000)]))
    assert padaria.points == 6


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"total": 800}, "the receipt's total is 8.00"),
        ({"products": 900}, "the receipt says 9.00"),
        ({"payments": [paid("01", 700)]}, "payments come to 7.00"),
    ],
)
def test_what_does_not_add_up_is_kept_aside_with_the_reason(padaria, changed, said):
    options = {"total": 790, "products": 790} | changed
    report = padaria.bring(nfce(1, [item("PAO", 790)], **options))
    [kept] = report.kept
    assert (kept.code, kept.aside, padaria.receipts.count()) == ("does_not_add_up", True, 0)
    assert said in kept.reason
    assert Aside.objects.get().reason == kept.reason


# Who bought


@pytest.mark.parametrize("cpf", ["", "11111111111", "11122233344", "39053344705"])
def test_nobody_a_number_of_one_digit_a_wrong_one_and_a_stranger_are_nobody(padaria, cpf):
    padaria.bring(nfce(1, [item("PAO", 790)], 790, cpf=cpf))
    assert padaria.receipts.get().member_id is None
    assert padaria.points == 0


def test_nothing_of_a_person_is_kept(padaria):
    stranger = nfce(1, [item("PAO", 790)], 790, cpf="39053344705")
    late = nfce(2, [item("PAO", 790)], 790, at="2026-01-04T08:00:00-03:00")
    padaria.bring(stranger, late)
    [waits] = Aside.objects.all()
    kept = f"{padaria.receipts.values().get()} {list(ReceiptLine.objects.values())} {waits.item}"
    for word in ("39053344705", CPF, "ANA", "SOUZA", "FLORES"):
        assert word not in kept
    assert padaria.bring(late, history=True).new == {"sales": 1}
    assert (padaria.points, Aside.objects.count()) == (7, 0)


# Departments


def test_departments_by_ncm_as_the_office_says(padaria):
    put_departments(padaria.business, [("food", "", None), ("bread", "", "food")])
    put_groups(padaria.business, [("ncm", "19", "food"), ("ncm", "1905", "bread")])
    padaria.bring(nfce(1, [item("PAO", 500, ncm="19052090"), item("MASSA", 300, ncm="19021900")], 800))
    assert padaria.points == 13
    departments = ReceiptLine.objects.order_by("number").values_list("department", flat=True)
    assert list(departments) == ["bread", "food"]


def test_a_kind_of_goods_that_nobody_has_placed_waits_for_the_office(padaria):
    padaria.bring(nfce(1, [item("PAO", 500, ncm="19052090")], 500))
    waiting = GoodsGroup.objects.values_list("scheme", "code", "department", "description")
    assert list(waiting) == [("ncm", "19052090", None, "PAO FRANCES")]
    assert ReceiptLine.objects.get().department == ""


def test_the_barcode_finds_what_the_tills_own_code_does_not(padaria):
    put_departments(padaria.business, [("bread", "", None)])
    put_products(padaria.business, [("7891000100103", "Bread", "bread", "", [])])
    padaria.bring(nfce(1, [item("0815", 500, ean="7891000100103")], 500))
    assert (ReceiptLine.objects.get().product, padaria.points) == ("7891000100103", 10)


# Which store


def test_receipts_of_others_wait_for_their_store(padaria):
    foreign = nfce(1, [item("PAO", 790)], 790, cnpj="33000167000101")
    [kept] = padaria.bring(foreign).kept
    assert (kept.code, kept.aside) == ("store_unknown", True)
    assert "33000167000101" in kept.reason
    put_store(padaria.business, "S2", tax_id="33.000.167/0001-01")
    assert padaria.bring(foreign).new == {"sales": 1}
    assert Aside.objects.count() == 0


# What comes after a sale


def test_a_sale_and_its_cancellation(padaria):
    padaria.bring(nfce(1, [item("PAO", 790)], 790))
    report = padaria.bring(cancel(1), cancel(1))
    assert (report.new, report.known) == ({"cancellations": 1}, {"cancellations": 1})
    assert padaria.points == 0
    assert padaria.receipts.get().gone
    assert audit(padaria.business).findings == []


def test_a_cancellation_before_its_sale_waits_for_it(padaria):
    report = padaria.bring(cancel(1), cancel(1))
    assert [(kept.code, kept.aside) for kept in report.kept] == [("sale_missing", True)] * 2
    assert Aside.objects.count() == 1
    report = padaria.bring(nfce(1, [item("PAO", 790)], 790))
    assert report.new == {"sales": 1, "cancellations": 1}
    assert (padaria.points, Aside.objects.count()) == (0, 0)


def test_a_cancellation_because_another_receipt_stands_for_it(padaria):
    padaria.bring(nfce(1, [item("PAO", 790)], 790), nfce(2, [item("PAO", 790)], 790), cancel(1, kind="110112"))
    assert padaria.points == 7


def test_a_part_comes_back_and_then_the_rest(padaria):
    padaria.bring(nfce(1, [item("PAO", 900, quantity="3.0000"), item("LEITE", 500)], 1400))
    report = padaria.bring(returned(1, [1], [item("PAO", 300)], 300))
    assert (report.new, padaria.points) == ({"returns": 1}, 11)
    assert list(Return.objects.values_list("lines", flat=True)) == [[[1, 1000]]]
    rest = returned(2, [1], [item("PAO", 600, quantity="2.0000"), item("LEITE", 500)], 1100)
    assert padaria.bring(rest, rest).new == {"returns": 1}
    assert (padaria.points, padaria.receipts.get().gone) == (0, True)
    assert audit(padaria.business).findings == []


def test_a_return_before_its_sale_waits_for_it(padaria):
    [kept] = padaria.bring(returned(1, [1], [item("PAO", 300)], 300)).kept
    assert (kept.code, kept.aside) == ("sale_missing", True)
    report = padaria.bring(nfce(1, [item("PAO", 900, quantity="3.0000")], 900))
    assert report.new == {"sales": 1, "returns": 1}
    assert padaria.points == 6


@pytest.mark.parametrize(
    ("items", "total", "said"),
    [
        ([item("PAO", 1200, quantity="4.0000")], 1200, "so much left"),
        ([item("SAL", 300)], 300, "so much left"),
        ([item("PAO", 100)], 100, "another price"),
    ],
)
def test_a_return_that_fits_no_line_is_kept_aside(padaria, items, total, said):
    padaria.bring(nfce(1, [item("PAO", 900, quantity="3.0000")], 900))
    [kept] = padaria.bring(returned(1, [1], items, total)).kept
    assert (kept.code, kept.aside, padaria.points) == ("does_not_add_up", True, 9)
    assert said in kept.reason


# Refused with a sentence

PAO = [item("PAO", 790)]
REFUSED = {
    "test environment": (nfce(1, PAO, 790, environment="2"), "test environment"),
    "authorised as a test": (nfce(1, PAO, 790, prot=protocol(key_of(1), environment="2")), "test environment"),
    "no authorisation": (nfce(1, PAO, 790, prot=""), "has not authorised"),
    "denied": (nfce(1, PAO, 790, prot=protocol(key_of(1), status="302")), "cStat 302"),
    "contingency, not sent yet": (nfce(1, PAO, 790, emission="9", prot=""), "contingency"),
    "an invoice": (nfce(1, PAO, 790, model="55"), "model 55"),
    "the layout before": (nfce(1, PAO, 790, version="3.10", outer="3.10"), "layout 3.10"),
    "a return of nothing": (returned(1, [], PAO, 790), "refNFe"),
    "an event of the test environment": (cancel(1, environment="2"), "test environment"),
    "an event that was not registered": (cancel(1, status="573"), "cStat 573"),
    "no receipt at all": ('<resNFe xmlns="http://www.portalfiscal.inf.br/nfe"/>', "no receipt"),
    "no figures": (nfce(1, PAO, 790).replace("<vProd>7.90", "<vProd>many", 1), "no number"),
    "no time": (nfce(1, PAO, 790, at="yesterday"), "no time"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_receipt_of_ours_is_refused_with_a_sentence(padaria, name):
    content, said = REFUSED[name]
    [kept] = padaria.bring(content).kept
    assert said in kept.reason
    assert (kept.aside, padaria.receipts.count(), Aside.objects.count()) == (False, 0, 0)


def test_contingency_counts_once_it_is_authorised(padaria):
    waiting = nfce(1, PAO, 790, emission="9", prot="")
    sent = nfce(1, PAO, 790, emission="9", prot=protocol(key_of(1), status="150"))
    report = padaria.bring(waiting, sent)
    assert (report.new, len(report.kept), padaria.points) == ({"sales": 1}, 1, 7)


def test_an_event_of_another_kind_is_left_out(padaria):
    assert padaria.bring(cancel(1, kind="110110")).left_out == {"an event that cancels nothing": 1}


def test_a_dry_run_of_everything_changes_nothing(padaria):
    report = padaria.bring(cancel(1), nfce(1, PAO, 790), nfce(2, PAO, 999), dry_run=True)
    assert report.new == {"sales": 1, "cancellations": 1}
    assert (padaria.receipts.count(), Aside.objects.count(), padaria.points) == (0, 0, 0)
