"""How money, figures and moments are written for the person who reads: in their language and its format.

The filters and tags are there in every template. Nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_decimal_symbol
from django import template
from django.forms import BoundField
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fiel import clock
from fiel.core.money import minor_digits
from fiel.core.programme import Unit

__all__ = [
    "LANGUAGES",
    "ROLES",
    "change",
    "day",
    "day_and_month",
    "decimal_sign",
    "figure",
    "languages",
    "money",
    "share",
    "time_of_day",
    "unit_name",
    "weekday",
    "when",
    "with_unit",
]

register = template.Library()

LANGUAGES = {"en": "English", "pt-br": "Português (Brasil)", "pt": "Português (Portugal)", "es": "Español"}
_FORMATS = {"en": "en_GB", "pt-br": "pt_BR", "pt": "pt_PT", "es": "es_ES"}
ROLES: dict[str, Promise] = {
    "owner": gettext_lazy("Owner"),
    "manager": gettext_lazy("Manager"),
    "marketing": gettext_lazy("Marketing"),
    "cashier": gettext_lazy("Cashier"),
    "auditor": gettext_lazy("Auditor"),
    "partner": gettext_lazy("Partner clerk"),
}
_FINEST = Decimal("0.0001")


def languages(request: HttpRequest) -> dict[str, Any]:
    """For every page: the languages to choose from, each by its own name, and the one that is spoken."""
    return {"languages": LANGUAGES.items(), "language": translation.get_language() or "en"}


def _locale() -> Locale:
    return _parsed(_FORMATS.get(translation.get_language() or "en", "en_GB"))


@lru_cache(maxsize=8)
def _parsed(name: str) -> Locale:
    return Locale.parse(name)


# Money and figures


@register.filter
def money(minor: int, currency: str) -> str:
    """An amount in minor units: R$ 4,50."""
    return _minus(format_currency(Decimal(minor).scaleb(-minor_digits(currency)), currency, locale=_locale()))


@register.filter
def figure(number: int | Decimal | Fraction) -> str:
    """A number. What has no end as a decimal is rounded to four places, and says so: ≈ 0,3333."""
    exact = number if isinstance(number, Fraction) else Fraction(number)
    decimal = Decimal(exact.numerator) / exact.denominator
    rounded = decimal.quantize(_FINEST).normalize()
    about = "" if Fraction(rounded) == exact else "≈ "
    return about + _minus(format_decimal(rounded, locale=_locale(), decimal_quantization=False))


@register.simple_tag
def decimal_sign() -> str:
    """What stands before the decimals: , or ."""
    return get_decimal_symbol(_locale())


def _minus(text: str) -> str:
    return text.replace("-", "−")  # the sign as wide as a figure, which no line is broken at


def with_unit(steps: int | Fraction, unit: Unit, currency: str, *, sign: bool = False) -> str:
    """Steps of a unit as whole ones, with what they are: 37 points; money as money."""
    whole = Fraction(steps) / unit.steps
    plus = "+" if sign and whole > 0 else ""
    if unit.kind == "money" and Fraction(steps).denominator == 1:
        return plus + money(int(steps), currency)
    return f"{plus}{figure(whole)} {unit_name(unit.code, whole)}"


def unit_name(code: str, number: int | Fraction) -> str:
    """A unit's code as a word. Points are called so in every language; other units have the shop's own word."""
    if code == "points":
        return ngettext("point", "points", 1 if abs(number) == 1 else 2)
    return code.replace("-", " ").replace("_", " ")


@register.simple_tag
def share(part: int, whole: int) -> str:
    """So many per cent; nothing of nothing is a dash."""
    return format_percent(Decimal(part) / whole, locale=_locale()) if whole else "–"


def change(now: int, before: int) -> str:
    """By how many per cent something grew or shrank: +16%. Empty where there was nothing before."""
    if not before:
        return ""
    ratio = Decimal(now - before) / before
    sign = "+" if ratio > 0 else "−" if ratio < 0 else "±"
    return sign + format_percent(abs(ratio), locale=_locale())


# Days and moments


def day(date_: date, *, today: date) -> str:
    """A day as a person says it: today, Tuesday, 3 March, with the year where it is another."""
    ago = (today - date_).days
    if ago in (0, 1):
        return _("today") if ago == 0 else _("yesterday")
    if 1 < ago < 7:
        return weekday(date_)
    skeleton = "MMMd" if date_.year == today.year else "yMMMd"
    return format_date(date_, str(_locale().datetime_skeletons[skeleton].pattern), locale=_locale())


def time_of_day(moment: datetime, zone: ZoneInfo) -> str:
    """14:10"""
    return format_time(moment, "short", tzinfo=zone, locale=_locale())


def weekday(date_: date) -> str:
    """Tuesday"""
    return format_date(date_, "EEEE", locale=_locale())


def day_and_month(date_: date) -> str:
    """3 March"""
    return format_date(date_, str(_locale().datetime_skeletons["MMMMd"].pattern), locale=_locale())


@register.simple_tag
def when(moment: datetime, zone: str) -> SafeString:
    """A moment as a person says it (yesterday, 14:10), with the exact one on hover."""
    place = ZoneInfo(zone)
    local = moment.astimezone(place)
    today = clock.now().astimezone(place).date()
    said = _("%(day)s, %(time)s") % {
        "day": day(local.date(), today=today),
        "time": time_of_day(moment, place),
    }
    exact = format_datetime(local, "full", tzinfo=place, locale=_locale())
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, said)


@register.simple_tag
def on_day(date_: date, zone: str) -> SafeString:
    """A day as a person says it, with the exact one on hover."""
    said = day(date_, today=clock.now().astimezone(ZoneInfo(zone)).date())
    return format_html('<time datetime="{}" title="{}">{}</time>', date_.isoformat(), full_day(date_), said)


@register.filter
def full_day(date_: date) -> str:
    """Sunday, 22 November 2026"""
    return format_date(date_, "full", locale=_locale())


@register.filter
def control(field: BoundField) -> SafeString:
    """A form's field as the look has it."""
    look = "form-select" if getattr(field.field.widget, "input_type", "") == "select" else "form-control"
    return field.as_widget(attrs={"class": look + (" is-invalid" if field.errors else "")})


@register.filter
def checkbox(field: BoundField) -> SafeString:
    """A form's box to tick as the look has it."""
    return field.as_widget(attrs={"class": "form-check-input"})


@register.filter
def listed(items: Iterable[object]) -> str:
    """Things with commas between."""
    return ", ".join(str(item) for item in items)
