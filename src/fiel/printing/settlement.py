"""A settlement on paper: as CSV and as PDF, the same lines that both sides see on their screens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import StyleSheet1, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from fiel.core.money import minor_digits
from fiel.printing.cells import neutral
from fiel.printing.sheet import BOLD, REGULAR, fonts
from fiel.rewards.settlement import LineTold, SettlementTold
from fiel.shops.models import Business
from fiel.wording import money

__all__ = ["settlement_csv", "settlement_pdf"]

_COLUMNS = ("number", "at", "reward", "name", "voucher", "store", "by", "amount", "currency", "reason")
_MARGIN = 18 * mm
_WIDTHS = (12 * mm, 32 * mm, 62 * mm, 44 * mm, 24 * mm)


def settlement_csv(business: Business, told: SettlementTold) -> str:
    """A settlement's lines as CSV, with a heading; amounts with a decimal point, times by the programme's clock."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for line in told.lines:
        at = line.at.astimezone(told.zone).isoformat(timespec="minutes")
        words = (line.reward, line.name, line.voucher, line.store, line.by)
        amount = _decimal(line.amount, business)
        said = [neutral(word) for word in words]
        writer.writerow([line.number, at, *said, amount, business.currency, neutral(line.reason)])
    return out.getvalue()


def settlement_pdf(business: Business, told: SettlementTold) -> bytes:
    """A settlement as PDF, in the business's language."""
    fonts()
    with translation.override(business.language):
        out = io.BytesIO()
        title = gettext("Settlement for %(month)s") % {"month": date_format(told.settlement.month, "YEAR_MONTH_FORMAT")}
        paper = SimpleDocTemplate(
            out,
            pagesize=A4,
            title=f"{title}, {told.partner}",
            author=business.name,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=_MARGIN,
            invariant=True,
        )
        paper.build(list(_page(business, told, title)), onFirstPage=_foot, onLaterPages=_foot)
        return out.getvalue()


def _page(business: Business, told: SettlementTold, title: str) -> Iterator[Flowable]:
    styles = _styles()
    yield Paragraph(escape(title), styles["Title"])
    parties = gettext("%(payer)s pays %(partner)s") % {"payer": business.name, "partner": str(told.partner)}
    yield Paragraph(escape(parties), styles["Heading3"])
    state = gettext("State: %(state)s") % {"state": _state(told.settlement.state)}
    yield Paragraph(escape(state), styles["Normal"])
    yield Spacer(0, 6 * mm)
    if told.lines:
        yield _table(business, told)
    else:
        yield Paragraph(escape(gettext("Nothing was redeemed in this month.")), styles["Normal"])
    for step in told.steps:
        if step.note:
            said = f"{_moment(step.at, told)} · {_state(step.state)} · {step.by}: {step.note}"
            yield Spacer(0, 3 * mm)
            yield Paragraph(escape(said), styles["Normal"])


def _styles() -> StyleSheet1:
    """The look of texts, in letters that every language has."""
    styles = getSampleStyleSheet()
    for name, font in (("Title", BOLD), ("Heading3", BOLD), ("Normal", REGULAR), ("BodyText", REGULAR)):
        styles[name].fontName = font
    return styles


def _table(business: Business, told: SettlementTold) -> LongTable:
    small = _styles()["BodyText"]
    small.fontSize, small.leading = 9, 11
    heads = [gettext("No."), gettext("When"), gettext("What"), gettext("Where"), gettext("Amount")]
    rows: list[list[object]] = [list(heads)]
    for line in told.lines:
        what, where = Paragraph(escape(_what(line)), small), Paragraph(escape(line.store), small)
        rows.append([line.number, _moment(line.at, told), what, where, money(line.amount, business.currency)])
    rows.append(["", "", gettext("Total"), "", money(told.settlement.total, business.currency)])
    style: list[Any] = [
        ("FONTSIZE", (0, 0), (-1, -1), 9),
        ("FONTNAME", (0, 0), (-1, -1), REGULAR),
        ("FONTNAME", (0, 0), (-1, 0), BOLD),
        ("FONTNAME", (0, -1), (-1, -1), BOLD),
        ("ALIGN", (0, 0), (0, -1), "RIGHT"),
        ("ALIGN", (4, 0), (4, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, colors.black),
        ("LINEABOVE", (0, -1), (-1, -1), 0.7, colors.black),
        ("ROWBACKGROUNDS", (0, 1), (-1, -2), [colors.white, colors.whitesmoke]),
    ]
    return LongTable(rows, colWidths=_WIDTHS, repeatRows=1, style=TableStyle(style))


def _what(line: LineTold) -> str:
    if line.voucher:
        return f"{line.name} · {line.voucher}"
    correction = gettext("Correction")
    return f"{correction}: {line.reason}"


def _foot(canvas: Canvas, paper: SimpleDocTemplate) -> None:
    canvas.saveState()
    canvas.setFont(REGULAR, 8)
    number = gettext("Page %(number)s") % {"number": paper.page}
    canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, number)
    canvas.restoreState()


def _state(state: str) -> str:
    """A state in the reader's language."""
    names = {
        "draft": gettext("draft"),
        "sent": gettext("sent"),
        "accepted": gettext("accepted"),
        "disputed": gettext("disputed"),
        "corrected": gettext("corrected"),
        "agreed": gettext("agreed"),
    }
    return names[state]


def _moment(at: datetime, told: SettlementTold) -> str:
    return date_format(at.astimezone(told.zone), "SHORT_DATETIME_FORMAT")


def _decimal(minor: int, business: Business) -> Decimal:
    return Decimal(minor).scaleb(-minor_digits(business.currency))
