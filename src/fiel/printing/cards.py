"""Members' cards, ten a page, backs in register with their fronts; labels with a number; data for card printers."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils import translation
from django.utils.translation import gettext
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from fiel.printing.cells import neutral
from fiel.printing.sheet import BOLD, REGULAR, Sign, cut, draw_bars, draw_qr, fitted, paper, wrapped
from fiel.shops.models import Business

__all__ = ["CARD", "LABELS", "CardFace", "cards_pdf", "labels_pdf", "tracks_csv"]

CARD = (85.6 * mm, 54 * mm)
"""ISO/IEC 7810 ID-1, near enough: the size of a bank card."""
_ACROSS, _DOWN = 2, 5
_LEFT = (A4[0] - _ACROSS * CARD[0]) / 2
_BOTTOM = (A4[1] - _DOWN * CARD[1]) / 2
_MARK = 4 * mm
_TRACK_NAME = 26  # letters of a name that the first track has room for (ISO/IEC 7813)


@dataclass(frozen=True, slots=True)
class CardFace:
    """What stands on a card: whose it is, its number, and the language that they speak. `code`: the member number."""

    number: str
    name: str
    code: str
    language: str


@dataclass(frozen=True, slots=True)
class Labels:
    """A sheet of labels on A4, in millimetres: how many across and down, of which size, from which corner."""

    across: int
    down: int
    width: float
    height: float
    left: float
    top: float
    step: float


LABELS = {
    "24": Labels(3, 8, 70, 37, 0, 0.5, 70),
    "65": Labels(5, 13, 38.1, 21.2, 4.7, 10.7, 40.6),
}
"""The sheets that every stationer has: 70 × 37 mm and 38.1 × 21.2 mm."""

Progress = Callable[[int], None]


def cards_pdf(business: Business, faces: Iterable[CardFace], *, portal: str, progress: Progress) -> bytes:
    """Sheets of ten cards: each front page is followed by its backs, mirrored, so that a duplex printer (turned over
    the long edge) puts each back behind its front. `portal`: the address of the customers' pages."""
    sign, waiting = Sign(business), iter(faces)

    def draw(canvas: Canvas) -> None:
        done = 0
        while some := list(islice(waiting, _ACROSS * _DOWN)):
            for back in (False, True):
                _cut_marks(canvas)
                for place, face in enumerate(some):
                    with translation.override(face.language):
                        _draw_card(canvas, sign, face, portal, place, back=back)
                canvas.showPage()
            done += len(some)
            progress(done)

    return paper(draw, size=A4, title=gettext("Cards"), author=business.name)


def _draw_card(canvas: Canvas, sign: Sign, face: CardFace, portal: str, place: int, *, back: bool) -> None:
    column, row = place % _ACROSS, place // _ACROSS
    # The sheet is turned over its long edge: what is left on the front is right on the back.
    column = _ACROSS - 1 - column if back else column
    x, y = _LEFT + column * CARD[0], _BOTTOM + (_DOWN - 1 - row) * CARD[1]
    canvas.saveState()
    canvas.translate(x, y)
    (_back if back else _front)(canvas, sign, face, portal)
    canvas.restoreState()


def _front(canvas: Canvas, sign: Sign, face: CardFace, portal: str) -> None:
    width, height = CARD
    sign.draw(canvas, 5 * mm, height - 17 * mm, 48 * mm, 12 * mm)
    draw_qr(canvas, face.number, width - 29 * mm, height - 29 * mm, 26 * mm)
    name, size = fitted(face.name, BOLD, 11, width - 10 * mm, least=8)
    lines = wrapped(face.name, BOLD, 8, width - 10 * mm, lines=2) if name.endswith("…") else [name]
    canvas.setFont(BOLD, size)
    for line, text in enumerate(reversed(lines)):
        canvas.drawString(5 * mm, 13 * mm + line * 3.6 * mm, text)
    canvas.setFont(REGULAR, 8)
    canvas.drawString(5 * mm, 8 * mm, cut(face.number, REGULAR, 8, 50 * mm))
    canvas.setFillColor(sign.colour)
    # Drawn beyond the card's edge, so that no white shows where it is cut a hair too far out.
    canvas.rect(0, 0, width, 3.5 * mm, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)


def _back(canvas: Canvas, sign: Sign, face: CardFace, portal: str) -> None:
    width, height = CARD
    draw_bars(canvas, face.number, 12 * mm, 23 * mm, width - 24 * mm, 20 * mm)
    canvas.setFont(REGULAR, 9)
    canvas.drawCentredString(width / 2, 18.5 * mm, cut(face.number, REGULAR, 9, width - 10 * mm))
    name, size = fitted(sign.name, BOLD, 8, width - 10 * mm)
    canvas.setFont(BOLD, size)
    canvas.drawCentredString(width / 2, height - 8 * mm, name)
    said = gettext("Show this card with every purchase. Lost it? Tell us: we block it and give you another one.")
    canvas.setFont(REGULAR, 6.5)
    for line, text in enumerate(wrapped(said, REGULAR, 6.5, width - 12 * mm, lines=2)):
        canvas.drawCentredString(width / 2, 12 * mm - line * 3 * mm, text)
    canvas.drawCentredString(width / 2, 4.5 * mm, cut(portal, REGULAR, 6.5, width - 10 * mm))


def _cut_marks(canvas: Canvas) -> None:
    """Where to cut, drawn outside of the cards alone."""
    canvas.setLineWidth(0.3)
    for column in range(_ACROSS + 1):
        x = _LEFT + column * CARD[0]
        for y in (_BOTTOM - _MARK - mm, _BOTTOM + _DOWN * CARD[1] + mm):
            canvas.line(x, y, x, y + _MARK)
    for row in range(_DOWN + 1):
        y = _BOTTOM + row * CARD[1]
        for x in (_LEFT - _MARK - mm, _LEFT + _ACROSS * CARD[0] + mm):
            canvas.line(x, y, x + _MARK, y)


# Labels for cards of any make


def labels_pdf(
    business: Business, faces: Iterable[CardFace], *, sheet: str, skip: int = 0, progress: Progress
) -> bytes:
    """Labels with bars, number and name. `sheet`: of `LABELS`; `skip`: labels of the first sheet that are used up."""
    form = LABELS[sheet]
    a_page = form.across * form.down

    def draw(canvas: Canvas) -> None:
        place, done = skip % a_page, 0
        for done, face in enumerate(faces, 1):
            if place == a_page:
                canvas.showPage()
                place = 0
            _draw_label(canvas, form, face, place)
            place += 1
            progress(done)
        canvas.showPage()

    return paper(draw, size=A4, title=gettext("Labels"), author=business.name)


def _draw_label(canvas: Canvas, form: Labels, face: CardFace, place: int) -> None:
    width, height = form.width * mm, form.height * mm
    x = (form.left + place % form.across * form.step) * mm
    y = A4[1] - form.top * mm - (place // form.across + 1) * height
    edge = 2.5 * mm
    small = min(8, height / mm * 0.28)
    name = cut(face.name, REGULAR, small, width - 2 * edge)
    canvas.setFont(REGULAR, small)
    canvas.drawCentredString(x + width / 2, y + height - edge - small * 0.8, name)
    bars = height - 2 * edge - 2.6 * small
    draw_bars(canvas, face.number, x + edge / 2, y + edge + small * 1.3, width - edge, bars)
    canvas.setFont(REGULAR, small)
    canvas.drawCentredString(x + width / 2, y + edge, cut(face.number, REGULAR, small, width - 2 * edge))


# For printers that write the magnetic stripe


def tracks_csv(faces: Sequence[CardFace]) -> str:
    """What a card printer takes: number, name, and what is written on the stripe's first and second track.

    A number with letters has no second track, which holds digits alone.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("number", "name", "member", "track1", "track2"))
    for face in faces:
        first = f"%B{face.number}^{_track_name(face.name)}^00000000000?"
        second = f";{face.number}=00000000000?" if face.number.isdecimal() else ""
        writer.writerow([neutral(cell) for cell in (face.number, face.name, face.code, first, second)])
    return out.getvalue()


def _track_name(name: str) -> str:
    """A name in the few letters that a stripe knows: without accents, in capitals."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    kept = "".join(letter for letter in plain if letter.isalnum() or letter in " .-'")
    return kept.strip()[:_TRACK_NAME]
