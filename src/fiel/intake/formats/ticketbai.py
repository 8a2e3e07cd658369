"""Basque Country: TicketBAI 1.x, an invoice with its lines or only its total, and annulments.

An invoice with negative amounts takes back goods of the ones it corrects; one that stands for others replaces them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fiel.core.sale import half_up
from fiel.intake.papers import BackLine, GoodsBack, Original, Paper, PaperLine, Place, Void, bare_tax_id, netted
from fiel.intake.rows import Item, Row, Unreadable
from fiel.intake.sums import money
from fiel.intake.xml import Wrong, careful, local, minor, no, of_a_receipt, parse, root_of, scaled, text_of

if TYPE_CHECKING:
    from fiel.intake.rows import Terms

__all__ = ["TicketBai"]

_EMITTED = "{urn:ticketbai:emision}TicketBai"
_ANNULLED = "{urn:ticketbai:anulacion}AnulaTicketBai"
_FINE = 10  # decimals of Cantidad (2) times ImporteUnitario (8)
_WHOLE_RATE = 100_000
_CENT = 10 ** (_FINE - 2) * _WHOLE_RATE
_CENTS_APART = 2


class TicketBai:
    """Invoices and annulments that Basque tills sign."""

    name = "ticketbai"

    def sniff(self, path: Path) -> bool:
        """Its first element is an invoice or an annulment."""
        return path.is_file() and root_of(path) in (_EMITTED, _ANNULLED)

    def size(self, path: Path) -> int | None:
        """One invoice."""
        return 1

    def rows(self, path: Path, business: Terms) -> Iterator[Row]:
        """The invoice, or the annulment."""
        try:
            root = parse(path)
        except Wrong as wrong:
            yield Row("", Unreadable(wrong.place, wrong.reason))
            return
        version = text_of(root, "Cabecera", "IDVersionTBAI")
        if not version.startswith("1."):
            yield Row("", no(f"This TicketBAI has the layout {version or 'of no version'}; 1.x is read."))
            return
        annulled = local(root) == "AnulaTicketBai"
        header = root.find("IDFactura/CabeceraFactura" if annulled else "Factura/CabeceraFactura")
        place = f"{text_of(header, 'SerieFactura')} {text_of(header, 'NumFactura')}".strip()
        yield Row(place[:60], careful(_annulment if annulled else _invoice, root))


def _annulment(root: Any) -> Item:
    issuer = bare_tax_id(text_of(root, "IDFactura", "Emisor", "NIF"))
    header = root.find("IDFactura/CabeceraFactura")
    # It says no time of its own: it holds from the invoice on.
    at = datetime.combine(_day(text_of(header, "FechaExpedicionFactura")), time())
    return Void(_named(issuer, header), "annulled", at)


def _named(issuer: str, header: Any) -> Original:
    day = _day(text_of(header, "FechaExpedicionFactura"))
    return Original(_place(issuer, header), text_of(header, "NumFactura")[:64], day)


def _place(issuer: str, header: Any) -> Place:
    return Place(issuer, text_of(header, "SerieFactura")[:50] or "-")


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%d-%m-%Y")  # noqa: DTZ007 - a day
    except ValueError:
        raise Wrong("FechaExpedicionFactura", f"{text[:20]!r} is no day; it is written 31-12-2026") from None
    return of_a_receipt(day, "FechaExpedicionFactura").date()


def _invoice(root: Any) -> Item:
    issuer = bare_tax_id(text_of(root, "Sujetos", "Emisor", "NIF"))
    header, said = root.find("Factura/CabeceraFactura"), root.find("Factura/DatosFactura")
    total = minor(text_of(said, "ImporteTotalFactura"), "ImporteTotalFactura")
    rates = sorted({scaled(each.text or "", 3, "TipoImpositivo") for each in root.iter("TipoImpositivo")})
    raw = [_line(detail, rates) for detail in root.iterfind("Factura/DatosFactura/DetallesFactura/IDDetalleFactura")]
    raw = raw or [PaperLine(total, tax_rate=rates[0] if len(rates) == 1 else 0)]
    named = header.iterfind("FacturasRectificadasSustituidas/IDFacturaRectificadaSustituida")
    corrected = [_named(issuer, each) for each in named]
    kind = text_of(header, "FacturaRectificativa", "Tipo")
    stands_for = kind == "S" or text_of(header, "FacturaEmitidaSustitucionSimplificada") == "S"
    at = _at(header)
    number = text_of(header, "NumFactura")[:64]
    if total < 0 or (kind and not stands_for):
        return _credit(_place(issuer, header), number, at, raw, corrected)
    lines, discount = netted(raw)
    apart = sum(line.amount - line.discount for line in lines) - discount - total
    return Paper(
        place=_place(issuer, header),
        number=number,
        at=at,
        lines=lines if abs(apart) > _CENTS_APART else _to_the_cent(lines, apart),
        currency="EUR",
        discount=discount,
        buyer=_buyer(root),
        wrong=""
        if abs(apart) <= _CENTS_APART
        else f"the lines come to {money(total + apart)}, the invoice's total is {money(total)}",
        voids=tuple(corrected) if stands_for else (),
    )


def _at(header: Any) -> datetime:
    day, hour = _day(text_of(header, "FechaExpedicionFactura")), text_of(header, "HoraExpedicionFactura")
    try:
        return datetime.combine(day, datetime.strptime(hour, "%H:%M:%S").time())  # noqa: DTZ007 - the store's clock
    except ValueError:
        raise Wrong("HoraExpedicionFactura", f"{hour[:20]!r} is no time") from None


def _buyer(root: Any) -> str:
    """The one buyer's tax id; of several nobody's."""
    buyers = root.findall("Sujetos/Destinatarios/IDDestinatario")
    if len(buyers) != 1:
        return ""
    return bare_tax_id(text_of(buyers[0], "NIF") or text_of(buyers[0], "IDOtro", "ID"))[:20]


def _line(detail: Any, rates: Sequence[int]) -> PaperLine:
    """A line with VAT. Its rate is not said: it is the one that leads from its price to its total."""
    net = minor(text_of(detail, "ImporteTotal"), "ImporteTotal")
    quantity = scaled(text_of(detail, "Cantidad"), 2, "Cantidad")
    price = scaled(text_of(detail, "ImporteUnitario"), 8, "ImporteUnitario")
    less = scaled(text_of(detail, "Descuento"), 2, "Descuento") * 10 ** (_FINE - 2)
    bare = quantity * price - less
    rate = min((0, *rates), key=lambda each: abs(bare * (_WHOLE_RATE + each) - net * _CENT))
    discount = half_up(abs(less) * (_WHOLE_RATE + rate), _CENT)
    return PaperLine(
        amount=net + discount if net >= 0 else net,
        quantity=abs(quantity) * 10,
        discount=discount if net >= 0 else 0,
        tax_rate=rate,
        description=" ".join(text_of(detail, "DescripcionDetalle").split())[:200],
    )


def _to_the_cent(lines: tuple[PaperLine, ...], apart: int) -> tuple[PaperLine, ...]:
    if not apart:
        return lines
    return (replace(lines[0], amount=lines[0].amount - apart), *lines[1:])


def _credit(place: Place, number: str, at: datetime, lines: Sequence[PaperLine], corrected: Sequence[Original]) -> Item:
    if not corrected:
        return no("This invoice takes something back and names no other: enter it as an adjustment, with a reason.")
    back = tuple(
        BackLine(corrected[0], line.product, line.quantity, -line.amount, description=line.description)
        for line in lines
    )
    wrong = "it corrects several invoices; which goods are of which is not said" if len(corrected) > 1 else ""
    if any((line.amount or 0) < 0 for line in back):
        wrong = "it both takes back and adds"
    return GoodsBack(place, number, at, back, wrong)
