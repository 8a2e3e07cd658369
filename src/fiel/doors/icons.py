"""Pictures of a business: its logo for a page's head, and square icons for a phone's home screen."""

from __future__ import annotations

from io import BytesIO
from math import hypot
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont

from fiel.doors.colours import WHITE, Colour, letters_on

__all__ = ["head_logo", "icon"]

_HEAD = (480, 96)  # three times the 32 pixels that it is shown in, for sharp screens
_SAFE = 0.8  # of an icon's side: phones cut out a circle of so much, or anything around it
_FONT = str(Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf")


def head_logo(logo: bytes) -> bytes:
    """A logo for the head of a page, as PNG."""
    drawn = Image.open(BytesIO(logo))
    drawn.thumbnail(_HEAD, Image.Resampling.LANCZOS)
    return _png(drawn)


def icon(side: int, *, colour: Colour, initials: str, logo: bytes | None) -> bytes:
    """A square icon of so many pixels, as PNG: the logo on white, else the initials on the colour."""
    square = Image.new("RGB", (side, side), colour if logo is None else WHITE)
    if logo is None:
        _write(square, initials, letters_on(colour))
    else:
        drawn = Image.open(BytesIO(logo)).convert("RGBA")
        scale = side * _SAFE / hypot(*drawn.size)
        drawn = drawn.resize((max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale))))
        square.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2), drawn)
    return _png(square)


def _write(square: Image.Image, initials: str, colour: Colour) -> None:
    middle = (square.width / 2, square.height / 2)
    font = ImageFont.truetype(_FONT, round(square.width * (0.4 if len(initials) > 1 else 0.5)))
    ImageDraw.Draw(square).text(middle, initials, fill=colour, font=font, anchor="mm")


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
