"""TicketBAI 1.2, written by its schema."""

from __future__ import annotations

NIF = "B12345674"
ANA = "12345678Z"


def detail(name, total, *, quantity="1", price="", less=""):
    """A line: total with VAT, price for one without."""
    discount = f"<Descuento>{less}</Descuento>" if less else ""
    return (
        f"<IDDetalleFactura><DescripcionDetalle>{name}</DescripcionDetalle><Cantidad>{quantity}</Cantidad>"
        f"<ImporteUnitario>{price or total}</ImporteUnitario>{discount}<ImporteTotal>{total}</ImporteTotal>"
        "</IDDetalleFactura>"
    )


def invoice(
    number, total, details=(), *, series="TB", day="04-03-2026", buyer=ANA, rates=("21.00",), kind="", simplified="",
    corrects=(), version="1.2", buyers=1,
):  # fmt: skip
    """An invoice; `kind`: I by differences, S instead of those it corrects."""
    name = "<ApellidosNombreRazonSocial>Ana</ApellidosNombreRazonSocial>"
    one = f"<IDDestinatario><NIF>{buyer}</NIF>{name}</IDDestinatario>"
    who = f"<Destinatarios>{one * buyers}</Destinatarios>" if buyer else ""
    corrected = "".join(
        f"<IDFacturaRectificadaSustituida><SerieFactura>{series}</SerieFactura><NumFactura>{each}</NumFactura>"
        f"<FechaExpedicionFactura>{day}</FechaExpedicionFactura></IDFacturaRectificadaSustituida>"
        for each in corrects
    )
    replaced = f"<FacturasRectificadasSustituidas>{corrected}</FacturasRectificadasSustituidas>" if corrects else ""
    corrective = f"<FacturaRectificativa><Codigo>R5</Codigo><Tipo>{kind}</Tipo></FacturaRectificativa>" if kind else ""
    instead = "<FacturaEmitidaSustitucionSimplificada>S</FacturaEmitidaSustitucionSimplificada>" if simplified else ""
    lines = f"<DetallesFactura>{''.join(details)}</DetallesFactura>" if details else ""
    vat = "".join(
        f"<DetalleIVA><BaseImponible>1.00</BaseImponible><TipoImpositivo>{rate}</TipoImpositivo></DetalleIVA>"
        for rate in rates
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><T:TicketBai xmlns:T="urn:ticketbai:emision"><Cabecera>'
        f"<IDVersionTBAI>{version}</IDVersionTBAI></Cabecera><Sujetos><Emisor><NIF>{NIF}</NIF>"
        f"<ApellidosNombreRazonSocial>Bar SL</ApellidosNombreRazonSocial></Emisor>{who}</Sujetos><Factura>"
        f"<CabeceraFactura><SerieFactura>{series}</SerieFactura><NumFactura>{number}</NumFactura>"
        f"<FechaExpedicionFactura>{day}</FechaExpedicionFactura><HoraExpedicionFactura>08:30:00</HoraExpedicionFactura>"
        f"<FacturaSimplificada>S</FacturaSimplificada>{instead}{corrective}{replaced}</CabeceraFactura><DatosFactura>"
        f"<DescripcionFactura>Consumición de Ana</DescripcionFactura>{lines}"
        f"<ImporteTotalFactura>{total}</ImporteTotalFactura></DatosFactura><TipoDesglose><DesgloseFactura><Sujeta>"
        f"<NoExenta><DetalleNoExenta><TipoNoExenta>S1</TipoNoExenta><DesgloseIVA>{vat}</DesgloseIVA></DetalleNoExenta>"
        "</NoExenta></Sujeta></DesgloseFactura></TipoDesglose></Factura></T:TicketBai>"
    )


def annulment(number, *, series="TB", day="04-03-2026"):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><T:AnulaTicketBai xmlns:T="urn:ticketbai:anulacion"><Cabecera>'
        f"<IDVersionTBAI>1.2</IDVersionTBAI></Cabecera><IDFactura><Emisor><NIF>{NIF}</NIF>"
        "<ApellidosNombreRazonSocial>Bar SL</ApellidosNombreRazonSocial></Emisor><CabeceraFactura>"
        f"<SerieFactura>{series}</SerieFactura><NumFactura>{number}</NumFactura>"
        f"<FechaExpedicionFactura>{day}</FechaExpedicionFactura></CabeceraFactura></IDFactura></T:AnulaTicketBai>"
    )
