"""Voucher slips: what a customer takes along who has no phone; on the paper of a receipt printer, or eight a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import translation
from django.utils.translation import gettext
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from fiel.printing.sheet import BOLD, REGULAR, Sign, cut, draw_qr, fitted, paper, wrapped
from fiel.rewards.qr import qr_text
from fiel.shops.models import Business
from fiel.wording import short_day

__all__ = ["Slip", "slip_pdf", "slips_pdf"]

_ROLL = (80 * mm, 95 * mm)
_ACROSS, _DOWN = 2, 4
_SIZE = (A4[0] / _ACROSS, A4[1] / _DOWN)


@dataclass(frozen=True, slots=True)
class Slip:
    """A voucher on paper. `name`, `text`: of its reward, in the language of its owner; `whose` may be empty."""

    code: str
    name: str
    text: str
    valid_until: date | None
    whose: str
    language: str


def slip_pdf(business: Business, slip: Slip) -> bytes:
    """One slip, on the paper of a receipt printer (80 mm)."""
    sign = Sign(business)

    def draw(canvas: Canvas) -> None:
        with translation.override(slip.language):
            _draw(canvas, sign, slip, *_ROLL, qr=38 * mm)
        canvas.showPage()

    return paper(draw, size=_ROLL, title=gettext("Voucher"), author=business.name)


def slips_pdf(business: Business, slips: Iterable[Slip], *, progress: Callable[[int], None]) -> bytes:
    """Slips on A4, eight a page, to be cut along the lines."""
    sign = Sign(business)

    def draw(canvas: Canvas) -> None:
        place = 0
        for place, slip in enumerate(slips):
            if place and not place % (_ACROSS * _DOWN):
                canvas.showPage()
            column, row = place % _ACROSS, place // _ACROSS % _DOWN
            canvas.saveState()
            canvas.translate(column * _SIZE[0], (_DOWN - 1 - row) * _SIZE[1])
            canvas.setLineWidth(0.3)
            canvas.setDash(2, 3)
            canvas.rect(0, 0, *_SIZE)
            canvas.setDash()
            with translation.override(slip.language):
                _draw(canvas, sign, slip, *_SIZE, qr=28 * mm)
            canvas.restoreState()
            progress(place + 1)
        canvas.showPage()

    return paper(draw, size=A4, title=gettext("Vouchers"), author=business.name)


def _draw(canvas: Canvas, sign: Sign, slip: Slip, width: float, height: float, *, qr: float) -> None:
    edge = 6 * mm
    inner = width - 2 * edge
    sign.draw(canvas, edge, height - edge - 8 * mm, inner, 9 * mm)
    y = height - edge - 15 * mm
    for line in wrapped(slip.name, BOLD, 13, inner, lines=2):
        canvas.setFont(BOLD, 13)
        canvas.drawString(edge, y, line)
        y -= 5.5 * mm
    canvas.setFont(REGULAR, 8)
    for line in wrapped(slip.text, REGULAR, 8, inner, lines=2):
        canvas.drawString(edge, y, line)
        y -= 3.6 * mm
    draw_qr(canvas, qr_text(slip.code), edge - 2 * mm, edge - 2 * mm, qr)
    x, room = edge + qr, inner - qr
    code, size = fitted(slip.code, BOLD, 11, room, least=7)
    canvas.setFont(BOLD, size)
    canvas.drawString(x, edge + qr * 0.6, code)
    until = gettext("good until %(day)s") % {"day": short_day(slip.valid_until)} if slip.valid_until else ""
    for place, line in enumerate(each for each in (until, slip.whose) if each):
        canvas.setFont(REGULAR, 8)
        canvas.drawString(x, edge + qr * 0.6 - (place + 1) * 4 * mm, cut(line, REGULAR, 8, room))
