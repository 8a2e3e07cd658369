"""Spreadsheets as other systems export them: their own names, commas, days and encodings."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from fiel.catalogue.change import put_departments
from fiel.catalogue.models import GoodsGroup, Product
from fiel.intake.known import files_in
from fiel.intake.profiles import Said
from fiel.intake.run import bring
from fiel.ledger.models import Entry
from fiel.members.models import Card, Identifier, Member
from fiel.ops.audit import audit
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment

TILL = (
    "Loja;Caixa;Cupom;Data;Hora;CPF;Código;Produto;Qtde;Valor Total;Desconto;Forma de Pagamento\n"
    "S1;2;100;04/03/2026;08:15;529.982.247-25;PAO;Pão francês;0,500;R$ 7,90;0,90;Dinheiro\n"
    "S1;2;100;04/03/2026;08:15;529.982.247-25;LEITE;Leite;2;1.010,00;;Dinheiro\n"
    "S1;2;101;04/03/2026;08:20;;PAO;Pão francês;1;5,00;;Cartão de Débito\n"
)
OLD_PROGRAMME = (
    "Nome;Celular;Nº do Cartão;Nascimento;Saldo de pontos;Validade\n"
    "Rita Lopes;(11) 98765-4321;0001234;31/12/1985;1.250;31/12/2026\n"
    "Rui Dias;(11) 91234-5678;0001235;01/02/1990;0;\n"
)


def read(shop, content, name="t.csv", said=None, encoding="utf-8"):
    return bring(shop.business, files_in([shop.put(name, content, encoding)]), said=said)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16", "utf-16-le"])
def test_a_tills_own_export(padaria, encoding):
    report = read(padaria, TILL, encoding=encoding)
    assert (report.new, report.kept, report.lines) == ({"sales": 2}, [], 3)
    first = Receipt.objects.get(number="100")
    assert (first.till, first.occurred_at.isoformat(), first.total) == ("2", "2026-03-04T11:15:00+00:00", 101700)
    lines = ReceiptLine.objects.filter(receipt_id=first.id).order_by("number")
    assert list(lines.values_list("product", "description", "quantity", "amount", "discount")) == [
        ("PAO", "Pão francês", 500, 790, 90),
        ("LEITE", "Leite", 2000, 101000, 0),
    ]
    assert list(ReceiptPayment.objects.order_by("kind").values_list("kind", "amount")) == [
        ("cash", 101700),
        ("debit", 500),
    ]
    assert padaria.points == 1017


@pytest.mark.parametrize("delimiter", [",", "\t", "|"])
def test_other_delimiters(padaria, delimiter):
    text = TILL.replace(",", ".").replace("1.010.00", "1010.00").replace(";", delimiter)
    assert read(padaria, text).new == {"sales": 2}
    assert padaria.points == 1017


def test_a_unit_price_and_a_line_that_is_taken_back(padaria):
    text = (
        "store;number;date;product;quantity;price;amount\n"
        "S1;1;2026-03-04;PAO;0.255;19,90;\nS1;1;2026-03-04;SAL;2;;4,00\nS1;1;2026-03-04;SAL;-1;;-2,00\n"
    )
    with_twin = text.replace("SAL;-1", "SAL;1")
    assert read(padaria, with_twin).new == {"sales": 1}
    lines = ReceiptLine.objects.order_by("number").values_list("product", "quantity", "amount")
    assert list(lines) == [("PAO", 255, 507), ("SAL", 1000, 200)]


def test_customers_of_an_old_programme_with_cards_points_and_birth_dates(padaria):
    report = read(padaria, OLD_PROGRAMME)
    assert (report.new, report.kept) == ({"members with balances": 1, "members": 1}, [])
    rita = Member.objects.get(business=padaria.business, name="Rita Lopes")
    assert rita.birth_date == date(1985, 12, 31)
    assert Card.objects.get(member_id=rita.id).number == "0001234"
    assert Identifier.objects.get(member_id=rita.id).value == "+5511987654321"
    entry = Entry.objects.get(member_id=rita.id)
    assert (entry.kind, entry.steps, str(entry.expires_on)) == ("opening", 1250, "2026-12-31")
    again = read(padaria, OLD_PROGRAMME)
    assert (again.known, padaria.points) == ({"members with balances": 1, "members": 1}, 1250)
    assert audit(padaria.business).findings == []


def test_another_balance_for_the_same_customer_is_refused(padaria):
    read(padaria, OLD_PROGRAMME)
    [kept] = read(padaria, OLD_PROGRAMME.replace("1.250", "9.999")).kept
    assert (kept.code, padaria.points) == ("conflict", 1250)


def test_what_is_said_of_columns_is_remembered(padaria):
    text = "Kd-Nr;Bon;Wann;Umsatz\n1;7;04/03/2026 08:15;12,30\n"
    [kept] = read(padaria, text).kept
    assert "Kd-Nr, Bon, Wann, Umsatz" in kept.reason
    said = Said(
        kind="sales",
        columns={"kd-nr": "code", "Bon": "number", "Wann": "occurred_at", "Umsatz": "amount"},
        fixed={"store": "S1", "till": "9"},
    )
    assert read(padaria, text, said=said).new == {"sales": 1}
    assert read(padaria, text.replace("1;7;", "1;8;")).new == {"sales": 1}
    assert list(padaria.receipts.values_list("store", "till").distinct()) == [("S1", "9")]
    assert padaria.points == 24


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        (Said(kind="sales", columns={"Nowhere": "phone"}), "no column 'nowhere'"),
        (Said(kind="sales", columns={"Kd-Nr": "colour"}), "no column 'colour' with us"),
        (Said(kind="sales", columns={"Kd-Nr": "code"}), "no column tells"),
        (Said(kind="jokes"), "say what it holds"),
    ],
)
def test_what_is_said_wrongly_is_refused_and_not_remembered(padaria, said, detail):
    text = "Kd-Nr;Bon;Wann;Umsatz\n1;7;04/03/2026 08:15;12,30\n"
    [kept] = read(padaria, text, said=said).kept
    assert detail in kept.reason
    assert "nobody can tell" in read(padaria, text).kept[0].reason


def test_groups_of_goods_and_products(padaria):
    put_departments(padaria.business, [("bread", "", None)])
    assert read(padaria, "NCM;Departamento\n1905;bread\n22.02;bread\n").new == {"groups of goods": 2}
    assert set(GoodsGroup.objects.values_list("scheme", "code")) == {("ncm", "1905"), ("ncm", "2202")}
    assert read(padaria, "SKU;Descrição;Categoria;Marca\nPAO;Pão francês;bread;Casa\n").new == {"products": 1}
    assert Product.objects.get(code="PAO").name == "Pão francês"
    [kept] = read(padaria, "NCM;Departamento\n1906;cheese\n").kept
    assert "no department 'cheese'" in kept.reason


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_with_two_sheets(padaria):
    customers = [
        ["Nome", "Celular", "Nascimento", "Pontos"],
        ["Rita", 11987654321, date(1985, 12, 31), 10.5 * 2],
    ]
    sales = [
        [],
        ["Loja", "Cupom", "Data", "Hora", "Celular", "Valor"],
        ["S1", 1, date(2026, 3, 4), "08:15", 11987654321, 7.9],
        ["S1", 2, date(2026, 3, 4), "08:16", None, 0.1 + 0.2],
    ]
    report = read(padaria, workbook(("Clientes", customers), ("Vendas", sales)), name="all.xlsx")
    assert (report.new, report.kept) == ({"members with balances": 1, "sales": 2}, [])
    assert padaria.points == 21 + 7
    assert set(Receipt.objects.values_list("number", "total")) == {("1", 790), ("2", 30)}


def test_a_fault_in_a_workbook_says_the_sheet_and_the_row(padaria):
    sales = [["Loja", "Cupom", "Data", "Valor"], ["S1", 1, "04/03/2026", "many"]]
    [kept] = read(padaria, workbook(("Vendas", sales)), name="all.xlsx").kept
    assert (kept.place, kept.reason) == ("Vendas row 2", "amount: 'many' is no number")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"04/03/2026;08:15": "99/99/2026;08:15"}, "date: '99/99/2026T08:15' is no time"),
        ({"7,90": "1e999999"}, "amount"),
        ({"7,90": "7,905"}, "more than 2 decimals"),
        ({"0,500": "0,5001"}, None),
        ({"Dinheiro": "Conchas"}, "'Conchas' is no kind of payment"),
        ({"PAO;": "P" * 65 + ";"}, "at most 64 characters"),
        ({"Pão francês": "P\0o"}, "NUL"),
        ({"529.982.247-25": "529.982.247-26"}, "tax_id"),
        ({"529.982.247-25": "111.111.111-11"}, None),
    ],
)
def test_what_a_cell_cannot_be_is_said(padaria, changed, said):
    text = TILL
    for before, after in changed.items():
        text = text.replace(before, after)
    kept = read(padaria, text).kept
    if said is None:
        assert kept == []
    else:
        assert said in kept[0].reason


def test_a_file_of_an_old_excel_says_what_to_do(padaria):
    [kept] = read(padaria, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, name="old.xls").kept
    assert "save it as .xlsx or .csv" in kept.reason
    [kept] = read(padaria, "", name="none.csv").kept
    assert kept.reason == "none.csv is empty."
