"""How money, figures and moments are written for the person who reads: in their language and its format.

The filters and tags are there in every template. Nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal, format_percent, get_currency_symbol, get_decimal_symbol
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
from fiel.wording import figure, locale_now, minus, money, unit_name, with_unit

__all__ = [
    "LANGUAGES",
    "ROLES",
    "change",
    "day",
    "day_and_month",
    "decimal_sign",
    "figure",
    "how_often",
    "languages",
    "money",
    "percent_points",
    "share",
    "sign_of",
    "time_of_day",
    "unit_name",
    "weekday",
    "when",
    "with_unit",
]

register = template.Library()

LANGUAGES = {"en": "English", "pt-br": "Português (Brasil)", "pt": "Português (Portugal)", "es": "Español"}
ROLES: dict[str, Promise] = {
    "owner": gettext_lazy("Owner"),
    "manager": gettext_lazy("Manager"),
    "marketing": gettext_lazy("Marketing"),
    "cashier": gettext_lazy("Cashier"),
    "auditor": gettext_lazy("Auditor"),
    "partner": gettext_lazy("Partner clerk"),
}


def languages(request: HttpRequest) -> dict[str, Any]:
    """For every page: the languages to choose from, each by its own name, and the one that is spoken."""
    return {"languages": LANGUAGES.items(), "language": translation.get_language() or "en"}


# Money and figures

register.filter("money", money)
register.filter("figure", figure)


@register.filter
def sign_of(currency: str) -> str:
    """A currency as it stands before amounts: R$."""
    return str(get_currency_symbol(currency, locale=locale_now()))


@register.simple_tag
def decimal_sign() -> str:
    """What stands before the decimals: , or ."""
    return get_decimal_symbol(locale_now())


@register.simple_tag
def share(part: int, whole: int) -> str:
    """So many per cent; nothing of nothing is a dash."""
    return format_percent(Decimal(part) / whole, locale=locale_now()) if whole else "–"


def percent_points(share_: float) -> str:
    """A difference of two shares: +3,2 percentage points."""
    points = Decimal(str(round(share_ * 100, 1)))
    sign = "+" if points > 0 else ""
    return sign + minus(format_decimal(points, locale=locale_now()))


def change(now: int, before: int) -> str:
    """By how many per cent something grew or shrank: +16%. Empty where there was nothing before."""
    if not before:
        return ""
    ratio = Decimal(now - before) / before
    sign = "+" if ratio > 0 else "−" if ratio < 0 else "±"
    return sign + format_percent(abs(ratio), locale=locale_now())


def how_often(gap_days: int | None) -> str:
    """Every 7 days; empty where it is not known."""
    if not gap_days:
        return ""
    return ngettext("every day", "every %(n)s days", gap_days) % {"n": figure(gap_days)}


# Days and moments


def day(date_: date, *, today: date) -> str:
    """A day as a person says it: today, Tuesday, 3 March, with the year where it is another."""
    ago = (today - date_).days
    if ago in (0, 1):
        return _("today") if ago == 0 else _("yesterday")
    if 1 < ago < 7:
        return weekday(date_)
    skeleton = "MMMd" if date_.year == today.year else "yMMMd"
    return format_date(date_, str(locale_now().datetime_skeletons[skeleton].pattern), locale=locale_now())


def time_of_day(moment: datetime, zone: ZoneInfo) -> str:
    """14:10"""
    return format_time(moment, "short", tzinfo=zone, locale=locale_now())


def weekday(date_: date) -> str:
    """Tuesday"""
    return format_date(date_, "EEEE", locale=locale_now())


def day_and_month(date_: date) -> str:
    """3 March"""
    return format_date(date_, str(locale_now().datetime_skeletons["MMMMd"].pattern), locale=locale_now())


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
    exact = format_datetime(local, "full", tzinfo=place, locale=locale_now())
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, said)


@register.simple_tag
def on_day(date_: date, zone: str) -> SafeString:
    """A day as a person says it, with the exact one on hover."""
    said = day(date_, today=clock.now().astimezone(ZoneInfo(zone)).date())
    return format_html('<time datetime="{}" title="{}">{}</time>', date_.isoformat(), full_day(date_), said)


@register.filter
def full_day(date_: date) -> str:
    """Sunday, 22 November 2026"""
    return format_date(date_, "full", locale=locale_now())


@register.filter
def long_day(date_: date) -> str:
    """22 November 2026"""
    return format_date(date_, "long", locale=locale_now())


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
