"""The canvas of every paper: its letters, texts that fit their place, bars, codes, and the business's sign."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import barcode
import segno
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from fiel.shops.brand import logo_of
from fiel.shops.models import Business

__all__ = ["BOLD", "REGULAR", "Sign", "cut", "draw_bars", "draw_qr", "fitted", "fonts", "paper", "wrapped"]

REGULAR, BOLD = "NotoSans", "NotoSans-Bold"
_FONTS = Path(__file__).parent / "fonts"
_EAN_13 = 13
_QUIET = 11  # modules of white beside the bars, without which readers do not see them
_LEAST = 6  # the smallest letters, in points, that people read on paper
_OWN_COLOUR = "#0b5fb8"


@lru_cache(maxsize=1)
def fonts() -> None:
    """Make the letters known, once a process; they are read when something is first printed."""
    pdfmetrics.registerFont(TTFont(REGULAR, str(_FONTS / "NotoSans_400Regular.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(_FONTS / "NotoSans_700Bold.ttf")))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def paper(draw: Callable[[Canvas], None], *, size: tuple[float, float], title: str, author: str) -> bytes:
    """A PDF that `draw` draws: the same bytes whenever it is drawn the same."""
    fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    draw(canvas)
    canvas.save()
    return out.getvalue()


def cut(text: str, font: str, size: float, width: float) -> str:
    """The text, or as much of its beginning as is not wider than `width` points, with … behind."""
    if pdfmetrics.stringWidth(text, font, size) <= width:
        return text
    while text and pdfmetrics.stringWidth(f"{text}…", font, size) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def fitted(text: str, font: str, size: float, width: float, *, least: float = _LEAST) -> tuple[str, float]:
    """The text and the size at which it is not wider than `width` points: made smaller first, then cut."""
    wide = pdfmetrics.stringWidth(text, font, size)
    if wide <= width:
        return text, size
    small = size * width / wide
    return (text, small) if small >= least else (cut(text, font, least, width), least)


def wrapped(text: str, font: str, size: float, width: float, *, lines: int) -> list[str]:
    """The text in at most so many lines, broken between words; the last is cut."""
    found: list[str] = []
    for word in text.split():
        longer = f"{found[-1]} {word}" if found else word
        if found and (len(found) == lines or pdfmetrics.stringWidth(longer, font, size) <= width):
            found[-1] = longer
        else:
            found.append(word)
    return [cut(line, font, size, width) for line in found]


def draw_bars(canvas: Canvas, number: str, x: float, y: float, width: float, height: float) -> None:
    """The number as bars, with their white on both sides: EAN-13 where it is one, else Code 128."""
    kind = "ean13" if len(number) == _EAN_13 and number.isdecimal() and _checked(number) else "code128"
    modules = "0" * _QUIET + barcode.get(kind, number).build()[0] + "0" * _QUIET
    one = width / len(modules)
    bars, start = canvas.beginPath(), 0
    while (start := _find(modules, start, dark=True)) < len(modules):
        end = _find(modules, start, dark=False)
        bars.rect(x + start * one, y, (end - start) * one, height)
        start = end
    canvas.setFillColorRGB(0, 0, 0)
    canvas.drawPath(bars, stroke=0, fill=1)


def _find(modules: str, start: int, *, dark: bool) -> int:
    """Where the next dark or light module is, from `start` on; behind the last where there is none."""
    places = range(start, len(modules))
    return next((place for place in places if (modules[place] in "1G") == dark), len(modules))


def _checked(number: str) -> bool:
    return str(barcode.get("ean13", number[:-1]).get_fullcode()) == number


def draw_qr(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    """The text as a QR code, in one path, with its white around it."""
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(scale=1, border=4))
    one, top = side / len(rows), y + side
    squares = canvas.beginPath()
    for down, row in enumerate(rows):
        modules = "".join("1" if dark else "0" for dark in row)
        start = 0
        while (start := _find(modules, start, dark=True)) < len(modules):
            end = _find(modules, start, dark=False)
            # A hair taller than its place, so that no reader's eye sees a line between two.
            squares.rect(x + start * one, top - (down + 1) * one, (end - start) * one, one * 1.02)
            start = end
    canvas.setFillColorRGB(0, 0, 0)
    canvas.drawPath(squares, stroke=0, fill=1)


class Sign:
    """The business's name, logo and colour, read once for a paper of any length."""

    def __init__(self, business: Business) -> None:
        logo = logo_of(business)
        self.name = business.name
        self.colour = HexColor(business.colour or _OWN_COLOUR)
        self._logo = ImageReader(io.BytesIO(logo)) if logo else None

    def draw(self, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
        """The logo, as large as it fits, at the left; where there is none, the name."""
        if self._logo is None:
            canvas.setFillColor(self.colour)
            self._draw_name(canvas, x, y + height / 2, min(height * 0.5, 15), width)
            canvas.setFillColorRGB(0, 0, 0)
            return
        wide, high = self._logo.getSize()
        scale = min(width / wide, height / high)
        canvas.drawImage(self._logo, x, y + height - high * scale, wide * scale, high * scale, mask="auto")
        beside = x + wide * scale + 2 * mm
        if beside + 20 * mm < x + width:
            self._draw_name(canvas, beside, y + height / 2, min(height * 0.4, 11), x + width - beside)

    def _draw_name(self, canvas: Canvas, x: float, middle: float, size: float, width: float) -> None:
        """The name in one line, or in two where it is long, around a height."""
        text, size = fitted(self.name, BOLD, size, width, least=size * 0.7)
        lines = wrapped(self.name, BOLD, size, width, lines=2) if text.endswith("…") else [text]
        canvas.setFont(BOLD, size)
        top = middle + (len(lines) / 2 - 1) * size * 1.15 + size * 0.22
        for place, line in enumerate(lines):
            canvas.drawString(x, top - place * size * 1.15, line)
