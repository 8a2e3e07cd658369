"""A voucher's QR code: its text, and the picture of it."""

from __future__ import annotations

import segno

__all__ = ["qr_svg", "qr_text"]


def qr_text(code: str) -> str:
    """What the QR code of a voucher says: the code as it is shown, which every field that takes a code reads."""
    return code


def qr_svg(code: str) -> str:
    """The QR code as an SVG that has no size of its own: it fills what it is put into."""
    drawn: str = segno.make(qr_text(code), error="m", micro=False).svg_inline(scale=4, omitsize=True, border=4)
    return drawn
