"""Portugal: SAF-T PT 1.04_01, every invoice of a company for a month or a year, read as a stream.

FT, FS and FR are sales; NC takes goods back; status A is a cancelled invoice; R is a summary of others and is left
out. Amounts stand without VAT and after the line's discount; times are the store's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fiel.core.identity import is_nobody
from fiel.core.sale import Payment, half_up
from fiel.intake.papers import BackLine, GoodsBack, Original, Paper, PaperLine, Place, Void, bare_tax_id, netted
from fiel.intake.rows import Item, LeftOut, Row, Unreadable
from fiel.intake.sums import money, paid_by
from fiel.intake.xml import Wrong, careful, minor, moment, no, root_of, scaled, stream, text_of, texts

if TYPE_CHECKING:
    from fiel.intake.rows import Terms

__all__ = ["Saft"]

_NAMESPACE = "urn:OECD:StandardAuditFile-Tax:PT_1.04_01"
_ANY_VERSION = "{urn:OECD:StandardAuditFile-Tax:PT"
# Each record, and what it stands in: what is not ours is only forgotten.
_RECORDS = {
    "Header": "AuditFile",
    "Account": "GeneralLedgerAccounts",
    "Customer": "MasterFiles",
    "Supplier": "MasterFiles",
    "Product": "MasterFiles",
    "TaxTableEntry": "TaxTable",
    "Transaction": "Journal",
    "Invoice": "SalesInvoices",
    "StockMovement": "MovementOfGoods",
    "WorkDocument": "WorkingDocuments",
    "Payment": "Payments",
}
_SALES = ("FT", "FS", "FR")
_PREFIX = len(_NAMESPACE) + 2
_TAX = f"{{{_NAMESPACE}}}Tax"

# DE is electronic money such as points: it earns nothing.
_MECHANISMS = {
    "NU": "cash",
    "CC": "credit",
    "CD": "debit",
    "CH": "cheque",
    "MB": "transfer",
    "TB": "transfer",
    "CO": "gift",
    "TR": "meal",
    "DE": "points",
}
_FINE = 8  # decimals that amounts are read with
_WHOLE_RATE = 100_000  # 100 % in 1/1000 of a per cent
_CENT = 10 ** (_FINE - 2) * _WHOLE_RATE
_CENTS_APART = 2
_LETTERS = 50
_MOST_RECORDS = 500_000  # that are held in memory while the invoices stream by


class Saft:
    """The standard audit file of Portugal, 1.04_01."""

    name = "saft"

    def sniff(self, path: Path) -> bool:
        """Its first element is an AuditFile of Portugal."""
        return path.is_file() and (root_of(path) or "").startswith(_ANY_VERSION)

    def size(self, path: Path) -> int | None:
        """Its invoices, counted by their beginnings."""
        with path.open("rb") as file:
            return sum(chunk.count(b"<Invoice>") for chunk in iter(lambda: file.read(1 << 20), b""))

    def rows(self, path: Path, business: Terms) -> Iterator[Row]:
        """Its invoices in their order."""
        if root_of(path) != f"{{{_NAMESPACE}}}AuditFile":
            yield Row("", no("This SAF-T has another layout; PT 1.04_01 is read. Export it again in that version."))
            return
        reading = _Reading()
        try:
            for element in stream(path, _RECORDS, _NAMESPACE):
                yield from reading.take(element)
        except Wrong as wrong:
            yield Row(reading.place, Unreadable(wrong.place, wrong.reason))


@dataclass(slots=True)
class _Reading:
    """What the beginning of the file says, for its invoices."""

    issuer: str = ""
    branch: str = ""
    currency: str = ""
    place: str = "beginning"
    buyers: dict[str, str] = field(default_factory=dict)
    products: dict[str, tuple[str, str]] = field(default_factory=dict)

    def take(self, element: Any) -> Iterator[Row]:
        name = element.tag[_PREFIX:]
        if name == "Invoice":
            number = text_of(element, "InvoiceNo")
            self.place = number[:60]
            yield Row(self.place, careful(self._invoice, element))
        elif name == "Header":
            self.issuer = bare_tax_id(text_of(element, "TaxRegistrationNumber"))
            self.branch = text_of(element, "TaxEntity")[:_LETTERS]
            self.currency = text_of(element, "CurrencyCode") or "EUR"
        elif name == "Customer":
            tax_id = text_of(element, "CustomerTaxID")
            if len(self.buyers) > _MOST_RECORDS:
                raise Wrong("Customer", f"more than {_MOST_RECORDS:,} customers; it was not read on")
            if tax_id and not is_nobody(tax_id):
                self.buyers[text_of(element, "CustomerID")[:64]] = bare_tax_id(tax_id)[:20]
        elif name == "Product":
            if len(self.products) > _MOST_RECORDS:
                raise Wrong("Product", f"more than {_MOST_RECORDS:,} products; it was not read on")
            said = (text_of(element, "ProductGroup")[:_LETTERS], text_of(element, "ProductNumberCode")[:64])
            self.products[text_of(element, "ProductCode")[:64]] = said

    def _invoice(self, invoice: Any) -> Item:
        kind = text_of(invoice, "InvoiceType")
        status = text_of(invoice, "DocumentStatus", "InvoiceStatus")
        if status == "R":
            return LeftOut("a summary of other documents")
        if kind == "NC":
            return LeftOut("a cancelled credit note") if status == "A" else self._credit_note(invoice)
        if kind not in _SALES:
            return LeftOut(f"a document of type {kind[:10] or '?'}, which is no sale")
        paper = self._sale(invoice)
        if status != "A":
            return paper
        at = moment(text_of(invoice, "DocumentStatus", "InvoiceStatusDate"), "InvoiceStatusDate")
        # One that does not add up will not be counted first; it waits for what was brought in before.
        return Void(paper.original, "A", at, None if paper.wrong else paper)

    def _place(self, number: str) -> Place:
        return Place(self.issuer, number.rpartition("/")[0][:_LETTERS] or number[:_LETTERS], self.branch)

    def _sale(self, invoice: Any) -> Paper:
        number = text_of(invoice, "InvoiceNo")
        total = minor(text_of(invoice, "DocumentTotals", "GrossTotal"), "GrossTotal")
        lines, discount = netted([self._line(line) for line in invoice.iterfind(f"{{{_NAMESPACE}}}Line")])
        lines, fault = _to_the_cent(lines, total + discount)
        payments, overpaid = _payments(invoice, total)
        return Paper(
            place=self._place(number),
            number=number[:60],
            at=moment(text_of(invoice, "SystemEntryDate"), "SystemEntryDate"),
            lines=lines,
            currency=self.currency,
            discount=discount,
            payments=payments,
            buyer=self.buyers.get(text_of(invoice, "CustomerID")[:64], ""),
            scheme="group",
            wrong="; ".join(each for each in (fault, overpaid) if each),
        )

    def _line(self, line: Any) -> PaperLine:
        """A line with VAT; below zero where it takes something off."""
        said = _said(line)
        rate = scaled(said.get("TaxPercentage", ""), 3, "TaxPercentage")
        net = scaled(said.get("CreditAmount", ""), _FINE, "CreditAmount")
        net -= scaled(said.get("DebitAmount", ""), _FINE, "DebitAmount")
        fixed = minor(said.get("TaxAmount", ""), "TaxAmount")
        less = scaled(said.get("SettlementAmount", ""), _FINE, "SettlementAmount")
        code = said.get("ProductCode", "")
        group, ean = self.products.get(code[:64], ("", ""))
        after = _with_vat(net, rate) + fixed
        return PaperLine(
            amount=after + (_with_vat(less, rate) if net >= 0 else 0),
            quantity=scaled(said.get("Quantity", ""), 3, "Quantity"),
            discount=_with_vat(less, rate) if net >= 0 else 0,
            tax_rate=rate,
            product=code[:64],
            ean="" if ean == code else ean,
            group=group,
            description=said.get("ProductDescription", "")[:200],
        )

    def _credit_note(self, invoice: Any) -> Item:
        number = text_of(invoice, "InvoiceNo")
        back: list[BackLine] = []
        several = False
        for line in invoice.iterfind(f"{{{_NAMESPACE}}}Line"):
            named = [text_of(each, "Reference") for each in line.iterfind(f"{{{_NAMESPACE}}}References")]
            if not any(named):
                return no("This credit note names no invoice: it can only be entered as an adjustment, with a reason.")
            several = several or len(named) > 1
            goods = self._line(line)
            original = Original(self._place(named[0]), named[0][:60])
            amount = -goods.amount
            back.append(BackLine(original, goods.product, goods.quantity, amount, goods.ean, goods.description))
        if any((each.amount or 0) < 0 for each in back) or not back:
            return no("This credit note gives nothing back.")
        at = moment(text_of(invoice, "SystemEntryDate"), "SystemEntryDate")
        wrong = "a line names several invoices; which goods are of which is not said" if several else ""
        return GoodsBack(self._place(number), number[:60], at, tuple(back), wrong)


def _said(line: Any) -> Mapping[str, str]:
    """The texts of a line and of its tax, by name."""
    said = texts(line)
    tax = line.find(_TAX)
    return said if tax is None else said | texts(tax)


def _with_vat(fine: int, rate: int) -> int:
    """An amount without VAT, in 10^-8, as minor units with it."""
    exact = fine * (_WHOLE_RATE + rate)
    return half_up(exact, _CENT) if exact >= 0 else -half_up(-exact, _CENT)


def _to_the_cent(lines: tuple[PaperLine, ...], total: int) -> tuple[tuple[PaperLine, ...], str]:
    """The lines so that they come to the total, which is rounded once; why they do not where that is not it."""
    apart = total - sum(line.amount - line.discount for line in lines)
    # A line's own amount may be rounded to the cent before the VAT.
    if abs(apart) > max(_CENTS_APART, len(lines) // 2):
        return lines, f"the lines with VAT come to {money(total - apart)}, the document's total is {money(total)}"
    if not apart or not lines:
        return lines, ""
    largest = max(range(len(lines)), key=lambda at: lines[at].amount)
    changed = replace(lines[largest], amount=lines[largest].amount + apart)
    return (*lines[:largest], changed, *lines[largest + 1 :]), ""


def _payments(invoice: Any, total: int) -> tuple[tuple[Payment, ...], str]:
    """How it was paid, as far as it is said; what is more than the total was change."""
    found = []
    for paid in invoice.iterfind(f"{{{_NAMESPACE}}}DocumentTotals/{{{_NAMESPACE}}}Payment"):
        kind = _MECHANISMS.get(text_of(paid, "PaymentMechanism"), "other")
        found.append(Payment(kind, minor(text_of(paid, "PaymentAmount"), "PaymentAmount")))
    over = sum(payment.amount for payment in found) - total
    cash = sum(payment.amount for payment in found if payment.kind == "cash")
    if over > max(cash, _CENTS_APART):
        return tuple(found), f"payments come to {money(over + total)}, the document's total is {money(total)}"
    return paid_by(found, max(0, over), total), ""
