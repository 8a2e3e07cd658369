"""Money, figures, days and movements in words, in the language that is spoken: on pages, on paper, in messages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fiel.core.money import minor_digits
from fiel.core.programme import Unit

__all__ = ["MOVEMENTS", "figure", "locale_now", "minus", "money", "short_day", "unit_name", "with_unit"]

_FORMATS = {"en": "en_GB", "pt-br": "pt_BR", "pt": "pt_PT", "es": "es_ES"}
_FINEST = Decimal("0.0001")

MOVEMENTS: dict[str, Promise] = {
    "earn": _("Earned"),
    "bonus": _("Bonus"),
    "refer": _("For bringing a customer"),
    "spend": _("Spent"),
    "give_back": _("Given back"),
    "take_back": _("Taken back"),
    "expire": _("Expired"),
    "forfeit": _("Forfeited"),
    "adjust": _("Adjusted by hand"),
    "opening": _("Opening balance"),
    "transfer": _("Moved from another member"),
}
"""What moved an account, by the entry's kind."""


def locale_now() -> Locale:
    """How figures and days are written in the language that is spoken."""
    return _parsed(_FORMATS.get(translation.get_language() or "en", "en_GB"))


@lru_cache(maxsize=8)
def _parsed(name: str) -> Locale:
    return Locale.parse(name)


def money(minor: int, currency: str) -> str:
    """An amount in minor units: R$ 4,50."""
    return minus(format_currency(Decimal(minor).scaleb(-minor_digits(currency)), currency, locale=locale_now()))


def figure(number: int | Decimal | Fraction) -> str:
    """A number. What has no end as a decimal is rounded to four places, and says so: ≈ 0,3333."""
    exact = number if isinstance(number, Fraction) else Fraction(number)
    decimal = Decimal(exact.numerator) / exact.denominator
    rounded = decimal.quantize(_FINEST).normalize()
    about = "" if Fraction(rounded) == exact else "≈ "
    return about + minus(format_decimal(rounded, locale=locale_now(), decimal_quantization=False))


def minus(text: str) -> str:
    """The figure with a sign as wide as a figure, which no line is broken at."""
    return text.replace("-", "−")


def with_unit(steps: int | Fraction, unit: Unit, currency: str, *, sign: bool = False) -> str:
    """Steps of a unit as whole ones, with what they are: 37 points; money as money."""
    whole = Fraction(steps) / unit.steps
    plus = "+" if sign and whole > 0 else ""
    if unit.kind == "money" and Fraction(steps).denominator == 1:
        return plus + money(int(steps), currency)
    return f"{plus}{figure(whole)} {unit_name(unit.code, whole)}"


def unit_name(code: str, number: int | Fraction) -> str:
    """A unit's code as a word: those of Fiel's own programmes in every language, others by the shop's own word."""
    one_or_more = 1 if abs(number) == 1 else 2
    match code:
        case "points":
            return ngettext("point", "points", one_or_more)
        case "stamps":
            return ngettext("stamp", "stamps", one_or_more)
        case "coffees":
            return ngettext("coffee", "coffees", one_or_more)
        case "breakfasts":
            return ngettext("breakfast", "breakfasts", one_or_more)
        case "massages":
            return ngettext("massage", "massages", one_or_more)
    return code.replace("-", " ").replace("_", " ")


def short_day(day: date) -> str:
    """A day in figures, as people write it: 24/11/2026."""
    return format_date(day, str(locale_now().datetime_skeletons["yMd"].pattern), locale=locale_now())
