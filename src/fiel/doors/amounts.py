"""Money as people write it."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from fiel.core.money import minor_digits
from fiel.doors.look import decimal_sign
from fiel.doors.said import said

__all__ = ["amount_of", "as_typed"]

_AMOUNT = re.compile(r"(?:[A-Z]{0,3}\s?[$€£]|[A-Z]{3})?\s*([0-9][0-9.,\s’']*)\s*(?:€|[A-Z]{3})?")
_GROUPED = re.compile(r"[0-9]+|[0-9]{1,3}(?:([.,\s’'])[0-9]{3})(?:\1[0-9]{3})*")
_MOST_MINOR_DIGITS = 10  # 99,999,999.99: more than any receipt, less than any barcode


def amount_of(text: str, currency: str, at: str = "/amount") -> int:
    """Money as people write it ("45", "45,90", "1.234,50", "R$ 4.50"), in minor units. Raises `invalid`."""
    digits = minor_digits(currency)
    found = _AMOUNT.fullmatch(text.strip())
    figures = found[1].strip() if found else ""
    whole, behind = figures, ""
    tail = re.search(rf"[.,]([0-9]{{0,{digits}}})\Z", figures) if digits else None
    if tail:
        whole, behind = figures[: tail.start()], tail[1]
    if not figures or not _GROUPED.fullmatch(whole):
        raise said("invalid", _("“%(text)s” is not an amount; write it like 45 or 45,90.") % {"text": text[:20]}, at)
    minor = re.sub(r"[^0-9]", "", whole) + behind.ljust(digits, "0")
    if len(minor.lstrip("0")) > _MOST_MINOR_DIGITS:
        raise said("invalid", _("This amount is too large; a barcode belongs into the field for items."), at)
    return int(minor)


def as_typed(minor: int | None, currency: str) -> str:
    """Minor units as they would be typed into a field: 4,50; empty for None."""
    if minor is None:
        return ""
    digits = minor_digits(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole}" + (f"{decimal_sign()}{rest:0{digits}d}" if digits else "")
