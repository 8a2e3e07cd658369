"""The conditions of a segment as a form: a field for each, empty ones do not count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dates import MONTHS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fiel import clock
from fiel.catalogue.models import Department
from fiel.core.money import minor_digits
from fiel.doors.look import figure, money
from fiel.doors.office.picking import PICKED_FROM, picked_names
from fiel.doors.people import Place, stores_of
from fiel.doors.present import Present
from fiel.outreach.segments.conditions import CONDITIONS
from fiel.shops.models import Business

__all__ = ["SegmentForm", "rules_said"]

NAMES: Mapping[str, Promise] = {
    "away_days": gettext_lazy("Not here for so many days, or longer"),
    "seen_days": gettext_lazy("Here within so many days"),
    "visits_min": gettext_lazy("Visits, at least"),
    "visits_max": gettext_lazy("Visits, at most"),
    "every_days": gettext_lazy("Comes every so many days, or oftener"),
    "spent_min": gettext_lazy("Spent in all, at least"),
    "spent_max": gettext_lazy("Spent in all, at most"),
    "ticket_min": gettext_lazy("Average ticket, at least"),
    "ticket_max": gettext_lazy("Average ticket, at most"),
    "departments": gettext_lazy("Bought in one of these departments"),
    "products": gettext_lazy("Bought one of these products"),
    "months": gettext_lazy("Was here in one of these months, in the last two years"),
    "stores": gettext_lazy("Was in one of these stores"),
    "tiers": gettext_lazy("Has one of these tiers"),
    "types": gettext_lazy("Belongs to one of these groups"),
    "birthday_months": gettext_lazy("Birthday in one of these months"),
    "joined_within": gettext_lazy("Joined within so many days"),
    "joined_before": gettext_lazy("Joined so many days ago, or longer"),
    "lapsing_days": gettext_lazy("Holds something that lapses within so many days"),
}
GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (
        gettext_lazy("How often and how much"),
        ("away_days", "seen_days", "visits_min", "visits_max", "every_days", "spent_min", "spent_max", "ticket_min",
         "ticket_max"),
    ),
    (gettext_lazy("What, when and where"), ("departments", "products", "months", "stores")),
    (
        gettext_lazy("Who they are"),
        ("tiers", "types", "birthday_months", "joined_within", "joined_before", "lapsing_days"),
    ),
)  # fmt: skip
"""The conditions as they stand together."""

_TYPED = ("products", "types")  # too many to list: codes with commas between


class SegmentForm(forms.Form):
    """What must hold of a member; `rules`: as a segment keeps it."""

    def __init__(self, data: Any = None, *, place: Place, rules: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, prefix="s")
        self.digits = minor_digits(place.business.currency)
        choices = _choices(place)
        for code, condition in CONDITIONS.items():
            field: forms.Field
            if condition.kind == "number":
                field = forms.IntegerField(required=False, min_value=0, max_value=99_999)
            elif condition.kind == "money":
                field = forms.DecimalField(required=False, min_value=0, max_value=10**9, decimal_places=self.digits)
            elif code in _TYPED:
                field = forms.CharField(required=False, max_length=2000, help_text=_("Codes, with commas between."))
            else:
                field = forms.MultipleChoiceField(
                    required=False, choices=choices[code], widget=forms.CheckboxSelectMultiple
                )
            field.label = str(NAMES[code])
            self.fields[code] = field
        self.initial = {code: self._shown(code, value) for code, value in (rules or {}).items() if code in CONDITIONS}
        for code in [code for code, given in choices.items() if not given]:
            del self.fields[code]

    def groups(self) -> Iterator[tuple[Promise, list[forms.BoundField], bool]]:
        """The fields as they stand together, and whether something is filled in there."""
        for name, codes in GROUPS:
            fields = [self[code] for code in codes if code in self.fields]
            yield name, fields, any(field.value() or field.errors for field in fields)

    def _shown(self, code: str, value: Any) -> Any:
        kind = CONDITIONS[code].kind
        if kind == "money":
            return Decimal(value).scaleb(-self.digits)
        if code in _TYPED:
            return ", ".join(value)
        return [str(each) for each in value] if isinstance(value, list) else value

    @property
    def rules(self) -> dict[str, Any]:
        """What was filled in, of a valid form."""
        return {
            code: kept for code, value in self.cleaned_data.items() if (kept := self._kept(code, value)) is not None
        }

    def _kept(self, code: str, value: Any) -> Any:
        kind = CONDITIONS[code].kind
        if value in (None, "", []):
            return None
        if kind == "money":
            return int(value.scaleb(self.digits))
        if kind == "months":
            return [int(each) for each in value]
        if code in _TYPED:
            return [each.strip() for each in value.split(",") if each.strip()] or None
        return value


def _choices(place: Place) -> dict[str, list[tuple[str, Any]]]:
    business = place.business
    departments = Department.objects.filter(business=business).order_by("name", "code")
    programme = Present(business, clock.now()).programme
    months = [(str(number), name) for number, name in MONTHS.items()]
    return {
        "departments": [(each.code, str(each)) for each in departments],
        "months": months,
        "stores": [(store.code, str(store)) for store in stores_of(place)],
        "tiers": [(code, code) for code in programme.tiers] if programme else [],
        "birthday_months": months,
    }


def rules_said(rules: Mapping[str, Any], business: Business) -> Iterator[tuple[Promise, str]]:
    """The conditions in words: what each is called, and its value."""
    for code, value in rules.items():
        if code not in CONDITIONS:
            continue
        kind = CONDITIONS[code].kind
        if kind == "money":
            yield NAMES[code], money(value, business.currency)
        elif kind == "months":
            yield NAMES[code], ", ".join(str(MONTHS[each]) for each in value)
        elif isinstance(value, list):
            yield NAMES[code], ", ".join(_named(business, code, value))
        else:
            yield NAMES[code], figure(value)


def _named(business: Business, code: str, chosen: Sequence[str]) -> Iterator[str]:
    """What was chosen, by its name where it has one."""
    names = picked_names(business.pk, code, chosen) if code in PICKED_FROM else {}
    return (names.get(each) or each for each in chosen)
