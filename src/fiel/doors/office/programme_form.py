"""The programme's document as forms: which fields each section has, and the way from typed text to the document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fiel.doors.office.picking import PICKED_FROM
from fiel.doors.words import CHANNELS, PAYMENTS

__all__ = ["GROUPS", "SECTIONS", "Field", "item_of", "typed_of"]

_WHOLE = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a section: `name` is its way in the document, with dots; `kind`: text, number, list, choice, flag.

    What is left empty is left out of the document; of a flag `plain` is what counts then.
    """

    name: str
    label: str | Promise
    kind: str = "text"
    choices: tuple[str, ...] = ()
    plain: bool = False

    @property
    def pointer(self) -> str:
        """Its place below the section's, as faults name it."""
        return "/" + self.name.replace(".", "/")

    @property
    def rare(self) -> bool:
        """Whether most rules leave it empty: it is folded away until it says something."""
        return self.name.startswith(("when.", "except.", "cap.", "items.brands", "items.tags", "group"))

    @property
    def picked(self) -> str:
        """What it is picked from by a search: departments, products, stores; empty where it is not."""
        last = self.name.rpartition(".")[2]
        return last if self.kind == "list" and last in PICKED_FROM else ""

    def known(self, document: Mapping[str, Any]) -> list[tuple[str, str | Promise]]:
        """What it can be, as the rest of the document and the shop's words have it; empty where nobody knows."""
        last = self.name.rpartition(".")[2]
        if last in _FIXED:
            return list(_FIXED[last].items())
        if self.name == "reach.measure":
            return [*_MEASURES.items(), *_codes(document, "units")]
        if last == "unit":
            return _codes(document, "units")
        if last == "groups":
            groups = {str(rule.get("group") or "") for rule in document.get("earn") or ()}
            return [(group, group) for group in sorted(groups) if group]
        return _codes(document, last) if last in ("tiers", "seasons") else []

    @property
    def options(self) -> list[tuple[str, str | Promise]]:
        """Its choices, each with what it means."""
        return [(choice, _CHOICES[choice]) for choice in self.choices]


_CHOICES: dict[str, Promise] = {
    "tax_included": _("with tax"),
    "tax_excluded": _("without tax"),
    "count": _("count"),
    "skip": _("are left out"),
    "multiply": _("are multiplied"),
    "best": _("the largest counts"),
    "add": _("added up"),
    "points": _("points"),
    "stamps": _("stamps"),
    "sessions": _("prepaid sessions"),
    "money": _("cashback"),
    "never": _("never"),
    "days": _("days after they were earned"),
    "end_of_month": _("at the end of a month"),
    "end_of_year": _("at the end of a year"),
    "inactivity": _("after months without a purchase"),
    "floor": _("rounded down"),
    "half_up": _("rounded to the nearest"),
    "ceil": _("rounded up"),
    "carry": _("fractions are carried to the next purchase"),
    "sale": _("the purchase"),
    "line": _("each line"),
    "allow": _("it is owed"),
    "forgive": _("it is forgiven"),
    "calendar_month": _("in a month"),
    "calendar_year": _("in a year"),
    "lifetime": _("since joining"),
    "next_window": _("to the end of the next month or year"),
    "forever": _("for good"),
    "requalify": _("falls to what was reached again"),
    "one_step": _("falls by one tier"),
    "amount": _("amount of money"),
    "quantity": _("piece"),
    "day": _("on the day"),
    "week": _("in the week"),
    "month": _("in the month"),
    "true": _("only the first"),
    "false": _("all but the first"),
    "voucher": _("a voucher by itself"),
    "invite": _("the shop invites the customer"),
    "first_sale": _("the first purchase"),
    "every_sale": _("every purchase"),
}


_FIXED: dict[str, dict[str, str | Promise]] = {
    "weekdays": {
        "mon": _("Monday"),
        "tue": _("Tuesday"),
        "wed": _("Wednesday"),
        "thu": _("Thursday"),
        "fri": _("Friday"),
        "sat": _("Saturday"),
        "sun": _("Sunday"),
    },
    "payments": dict(PAYMENTS),
    "channels": dict(CHANNELS),
}
_MEASURES: dict[str, Promise] = {"spend": _("money spent"), "visits": _("visits")}


def _codes(document: Mapping[str, Any], section: str) -> list[tuple[str, str | Promise]]:
    """The codes of a section's items."""
    items = document.get(section) or ()
    return [(code, code) for item in items if (code := str(item.get("code") or ""))]


def _f(name: str, label: str | Promise, kind: str = "text", *choices: str, plain: bool = False) -> Field:
    return Field(name, label, kind, choices, plain)


_CODE = _f("code", _("Code: a short name in small letters"))
_UNIT = _f("unit", _("What it gives"))
_ITEMS = tuple(
    _f(f"{way}.{name}", label, "list")
    for way, label_of in (("items", 0), ("except", 1))
    for name, label in (
        ("departments", (_("Only these departments"), _("Not these departments"))[label_of]),
        ("products", (_("Only these products"), _("Not these products"))[label_of]),
        ("brands", (_("Only these brands"), _("Not these brands"))[label_of]),
        ("tags", (_("Only with these tags"), _("Not with these tags"))[label_of]),
    )
)
_WHEN = (
    _f("when.seasons", _("In these seasons"), "list"),
    _f("when.weekdays", _("On these weekdays"), "list"),
    _f("when.hours", _("At these hours, as 14:00-18:00"), "list"),
    _f("when.dates.from", _("From the day")),
    _f("when.dates.to", _("To the day")),
    _f("when.tiers", _("For these tiers"), "list"),
    _f("when.types", _("For these types of customers"), "list"),
    _f("when.stores", _("In these stores"), "list"),
    _f("when.tills", _("At these tills"), "list"),
    _f("when.payments", _("Paid in these ways"), "list"),
    _f("when.channels", _("Through these channels"), "list"),
    _f("when.min_amount", _("Purchases from this amount"), "number"),
    _f("when.min_items", _("From so many pieces"), "number"),
    _f("when.birthday", _("Around the birthday"), "choice", "day", "week", "month"),
    _f("when.first_sale", _("First purchase"), "choice", "true", "false"),
    _f("when.every_nth_sale", _("Every so many purchases"), "number"),
    _f("when.member_days.min", _("Member for at least so many days"), "number"),
    _f("when.member_days.max", _("Member for at most so many days"), "number"),
)

SECTIONS: dict[str, tuple[Field, ...]] = {
    "general": (
        _f("name", _("Name of the programme")),
        _f("currency", _("Currency, as BRL or EUR")),
        _f("timezone", _("Time zone, as America/Sao_Paulo")),
        _f("amounts", _("Amounts"), "choice", "tax_included", "tax_excluded"),
        _f("discounted_lines", _("Discounted items"), "choice", "count", "skip"),
        _f("boost_mix", _("Several boosts at once"), "choice", "multiply", "best", "add"),
        _f("late_days", _("Days for which late sales are taken"), "number"),
    ),
    "units": (
        _CODE,
        _f("kind", _("Kind"), "choice", "points", "stamps", "sessions", "money"),
        _f("expiry.kind", _("When they lapse"), "choice", "never", "days", "end_of_month", "end_of_year", "inactivity"),
        _f("expiry.days", _("After so many days"), "number"),
        _f("expiry.months", _("After so many months"), "number"),
        _f("expiry.years", _("After so many years"), "number"),
        _f("rounding", _("Rounding"), "choice", "floor", "half_up", "ceil", "carry"),
        _f("round_per", _("Rounded once for"), "choice", "sale", "line"),
        _f("decimals", _("Decimals"), "number"),
        _f("value", _("Worth of one, in money"), "number"),
        _f("pending_days", _("Days before they count"), "number"),
        _f("warn_days", _("Days of warning before they lapse"), "number"),
        _f("warn_required", _("Lapse only after a warning"), "flag"),
        _f("on_debt", _("When more is taken back than there is"), "choice", "allow", "forgive"),
        _f("visible", _("Customers see them"), "flag", plain=True),
    ),
    "seasons": (_CODE, _f("from", _("From: month and day as 12-01, or a date")), _f("to", _("To"))),
    "tiers": (
        _CODE,
        _f("factor", _("How many times as much it gives"), "number"),
        _f("reach.measure", _("Reached by")),
        _f("reach.amount", _("Reached with"), "number"),
        _f("reach.window", _("Counted"), "choice", "calendar_month", "calendar_year", "lifetime"),
        _f("reach.window.rolling", _("Or within so many days"), "number"),
        _f("keep", _("Kept"), "choice", "next_window", "forever"),
        _f("keep.days", _("Or for so many days"), "number"),
        _f("fall", _("Then"), "choice", "requalify", "one_step"),
    ),
    "earn": (
        _CODE,
        _UNIT,
        _f("give", _("Gives"), "number"),
        _f("basis", _("For each"), "choice", "amount", "quantity", "sale"),
        _f("per", _("So much money, or so many pieces"), "number"),
        _f("whole", _("Only full multiples"), "flag"),
        *_ITEMS,
        _f("cap.sale", _("At most a purchase"), "number"),
        _f("cap.day", _("At most a day"), "number"),
        _f("cap.month", _("At most a month"), "number"),
        _f("group", _("Group: of each the nearest rule counts")),
        *_WHEN,
    ),
    "boosts": (
        _CODE,
        _f("factor", _("Times"), "number"),
        _f("groups", _("Only these groups of rules"), "list"),
        *_WHEN,
    ),
    "covers": (_CODE, _UNIT, _f("take", _("Takes for each piece"), "number"), *_ITEMS[:4]),
    "awards": (
        _CODE,
        _UNIT,
        _f("every", _("At every"), "number"),
        _f("reward", _("Which reward")),
        _f("mode", _("How it comes"), "choice", "voucher", "invite"),
        _f("budget", _("What it may cost"), "number"),
    ),
    "referral": (
        _UNIT,
        _f("referrer", _("For who brings a friend"), "number"),
        _f("referred", _("For the friend"), "number"),
        _f("after", _("Given with"), "choice", "first_sale", "every_sale"),
        _f("min_amount", _("Purchases from this amount"), "number"),
        _f("max_per_month", _("Friends a month, at most"), "number"),
    ),
}
"""The fields of each section, in the order in which people fill them in."""

GROUPS: dict[str, Promise] = {
    "general": _("General"),
    "units": _("What is counted"),
    "earn": _("What gives"),
    "boosts": _("When it gives more or less"),
    "seasons": _("Seasons"),
    "tiers": _("Tiers"),
    "covers": _("Packs that pay"),
    "awards": _("Gifts that come by themselves"),
    "referral": _("Friends who bring friends"),
}
"""The sections as people call them, in the order in which they are shown."""


def typed_of(section: str, item: Mapping[str, Any]) -> dict[str, str]:
    """What stands in each field of a section, as text."""
    return {field.name: _text(field, _at(item, field.name.split("."))) for field in SECTIONS[section]}


def item_of(section: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the document says where this was typed; empty fields are left out."""
    item: dict[str, Any] = {}
    for field in SECTIONS[section]:
        value = _value(field, typed.get(field.name, "").strip())
        if value is None:
            continue
        *way, last = field.name.split(".")
        table = item
        for step in way:
            if not isinstance(table.get(step), dict):
                table[step] = {}
            table = table[step]
        table[last] = value
    return item


def _at(value: Any, way: list[str]) -> Any:
    for step in way:
        value = value.get(step) if isinstance(value, Mapping) else None
    return None if isinstance(value, Mapping) else value


def _text(field: Field, value: Any) -> str:
    if field.kind == "flag":
        return "true" if (field.plain if value is None else value) else ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _value(field: Field, text: str) -> Any:
    """The value that is meant; None: it is left out. What cannot be right stays as it was typed, for the check."""
    if field.kind == "flag":
        return None if bool(text) == field.plain else bool(text)
    if not text:
        return None
    if field.kind == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if field.kind == "number":
        return int(text) if _WHOLE.fullmatch(text) else text.replace(",", ".")
    return {"true": True, "false": False}.get(text, text) if field.name == "when.first_sale" else text
