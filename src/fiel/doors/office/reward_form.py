"""A reward as a form: the fields of its kind, and the way from what was typed to the reward and back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fiel.core.reading import decimal_fraction
from fiel.core.refusals import Fault, Refused
from fiel.core.written import amount_text, fraction_text
from fiel.doors.amounts import amount_of, as_typed
from fiel.doors.look import LANGUAGES, decimal_sign, sign_of, unit_name
from fiel.doors.office.picking import PICKED_FROM
from fiel.doors.people import Place
from fiel.doors.present import Present
from fiel.rewards.change import RewardRow
from fiel.rewards.models import Partner, Reward
from fiel.rewards.pictures import MOST_BYTES, type_of
from fiel.shops.models import Store

__all__ = ["PICKED", "RewardForm"]

PICKED = ("departments", "products")
_WORDS = ("brands", "tags")
_PERCENT = 1000  # 1/1000 of a per cent

_NO_KIND_HAS = {
    "item": {"value", "percent", "floor", "ceiling"},
    "money_off": {*PICKED, *_WORDS},
    "service": {*PICKED, *_WORDS, "value", "percent", "floor", "ceiling"},
    "cashback": {*PICKED, *_WORDS, "value", "percent", "price_amount"},
}
"""What a reward of each kind has no use for."""

_AT: dict[str, tuple[str, Promise]] = {
    "/price": ("price_unit", gettext_lazy("Choose what is turned into money.")),
    "/price/unit": ("price_unit", gettext_lazy("Choose what it costs. What is to be turned into money needs a worth.")),
    "/price/amount": ("price_amount", gettext_lazy("Above zero, with no more decimals than the unit has.")),
    "/value": ("value", gettext_lazy("Say how much it takes off: an amount, or so many per cent. One of the two.")),
    "/value/amount": ("value", gettext_lazy("Write an amount above zero.")),
    "/value/percent": ("percent", gettext_lazy("Above 0, at most 100.")),
    "/value/floor": ("floor", gettext_lazy("At most what stands beside “at most”.")),
    "/value/ceiling": ("ceiling", gettext_lazy("Above zero; with a fixed amount leave it empty.")),
    "/to": ("ends_on", gettext_lazy("It would be over before it begins.")),
    "/tiers": ("tiers", gettext_lazy("One of these tiers is no longer in the programme.")),
    "/stores": ("stores", gettext_lazy("One of these stores is no longer there.")),
    "/partners": ("partners", gettext_lazy("One of these partners is no longer there.")),
}
"""The field at which a fault stands, and what to say there."""


_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:([.,\s])[0-9]{3})(?:\1[0-9]{3})*")


class _Amount(forms.CharField):
    """Money, as people write it; minor units."""

    def __init__(self, currency: str, **options: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(required=False, max_length=20, widget=forms.TextInput(attrs=attrs), **options)
        self.currency = currency

    def clean(self, value: Any) -> int | None:
        """The minor units that were typed; None for nothing."""
        text = super().clean(value)
        try:
            return amount_of(text, self.currency) if text else None
        except Refused as refused:
            raise forms.ValidationError(refused.detail) from None


class _Number(forms.CharField):
    """An exact number, with a comma or a point."""

    def __init__(self, **options: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(required=False, max_length=20, widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> Fraction | None:
        """The number that was typed; None for nothing."""
        text = super().clean(value)
        # Three figures behind the sign are thousands: nobody writes 1.000 for one.
        plain = re.sub(r"[.,\s]", "", text) if _GROUPED.fullmatch(text) else text.replace(",", ".")
        number = decimal_fraction(plain) if text else None
        if text and (number is None or number < 0):
            raise forms.ValidationError(_("Write a number, like 50 or 2.5."))
        return number


def _day(label: Any, hint: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=hint)


def _count(label: Any, hint: Any, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=most, help_text=hint)


def _boxes(label: Any, hint: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, widget=forms.CheckboxSelectMultiple, help_text=hint)


class RewardForm(forms.Form):
    """The fields of a reward of one kind; `kind` is chosen before, and stays."""

    name = forms.CharField(label=gettext_lazy("What it is called"), max_length=200)
    text = forms.CharField(
        label=gettext_lazy("What customers read about it"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp", "data-preview": "preview"}),
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 512 KiB."),
    )
    price_unit = forms.ChoiceField(label=gettext_lazy("Paid with"), required=False)
    price_amount = _Number(label=gettext_lazy("How many it costs"))
    percent = _Number(label=gettext_lazy("Or so many per cent"))
    brands = forms.CharField(label=gettext_lazy("Only these brands"), required=False, max_length=500)
    tags = forms.CharField(label=gettext_lazy("Only with these tags"), required=False, max_length=500)
    valid_days = _count(
        gettext_lazy("Days in which a voucher can be used"), gettext_lazy("Empty: without end."), 36_500
    )
    on_expire = forms.ChoiceField(
        label=gettext_lazy("If it is not used in time"),
        choices=[
            ("give_back", gettext_lazy("the price comes back")),
            ("lapse", gettext_lazy("it is lost")),
        ],
    )
    stock = forms.IntegerField(
        label=gettext_lazy("How many there are"),
        required=False,
        min_value=0,
        max_value=1_000_000_000,
        help_text=gettext_lazy("Empty: any number."),
    )
    per_member = _count(gettext_lazy("How many a customer can have"), gettext_lazy("Empty: any number."), 1_000_000)
    starts_on = _day(gettext_lazy("Can be had from"))
    ends_on = _day(gettext_lazy("Until and with"))
    tiers = _boxes(gettext_lazy("Who can have it"), gettext_lazy("None ticked: everybody."))
    stores = _boxes(gettext_lazy("Where it is given"), gettext_lazy("None ticked: in every store, or at its partners."))
    partners = _boxes(gettext_lazy("Partners who give it"), "")

    def __init__(self, *said: Any, place: Place, now: Present, kind: str, new: bool, **options: Any) -> None:
        super().__init__(*said, **options)
        self.kind, self.place, self.now = kind, place, now
        currency, business_id = place.business.currency, place.business.pk
        self.fields["value"] = _Amount(currency, label=_("Takes off (%(currency)s)") % {"currency": sign_of(currency)})
        floor, ceiling = (
            (_("One voucher is worth at least"), _("At most"))
            if kind == "cashback"
            else (_("Only for purchases from"), _("Takes off at most"))
        )
        self.fields["floor"], self.fields["ceiling"] = (_Amount(currency, label=each) for each in (floor, ceiling))
        for language in self.languages:
            said_in = _("in %(language)s") % {"language": LANGUAGES[language]}
            self.fields[f"name_{language}"] = forms.CharField(
                label=f"{self.fields['name'].label} {said_in}", max_length=200, required=False
            )
            self.fields[f"text_{language}"] = forms.CharField(
                label=f"{self.fields['text'].label} {said_in}", max_length=2000, required=False
            )
        units = [unit for unit in now.shown if kind != "cashback" or unit.value is not None]
        free = [] if kind == "cashback" else [("", _("nothing: it comes by itself, by the programme"))]
        choices: dict[str, Iterable[tuple[str, Any]]] = {
            "price_unit": free + [(unit.code, unit_name(unit.code, 2)) for unit in units],
            "tiers": [(code, code) for code in (now.programme.tiers if now.programme else ())],
            "stores": _named(Store.objects.filter(business_id=business_id)),
            "partners": _named(Partner.objects.filter(business_id=business_id, ended_at=None)),
        }
        for name, each in choices.items():
            self.fields[name].choices = each  # type: ignore[attr-defined]
        for name in (*_NO_KIND_HAS[kind], *(() if new else ("stock",))):
            self.fields.pop(name, None)

    @property
    def languages(self) -> list[str]:
        """The languages besides the business's own."""
        return [each for each in LANGUAGES if each != self.place.business.language]

    @property
    def in_languages(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Name and text in each other language."""
        return [(LANGUAGES[each], self[f"name_{each}"], self[f"text_{each}"]) for each in self.languages]

    @property
    def in_languages_open(self) -> bool:
        """Whether something is said in another language."""
        return any(field.value() for _, *fields in self.in_languages for field in fields)

    def picked(self, what: str) -> list[str]:
        """The codes that are ticked in a pick list."""
        if self.is_bound:
            return list(self.data.getlist(what))  # type: ignore[attr-defined]
        return list(self.initial.get(what, ()))

    def clean_picture(self) -> Any:
        """The picture's bytes; None where none was chosen."""
        file = self.cleaned_data["picture"]
        if file is None:
            return None
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("This picture is larger than 512 KiB; make it smaller."))
        data = file.read()
        if type_of(data) is None:
            raise forms.ValidationError(_("This is no picture; choose a PNG, JPEG or WebP file."))
        return data

    def row(self) -> RewardRow:
        """The reward that was typed. Raises nothing: what cannot be right is said by `put_reward`."""
        said = self.cleaned_data
        unit, amount, percent = said.get("price_unit"), said.get("price_amount"), said.get("percent")
        items: dict[str, list[str]] = {}
        if "brands" in self.fields:
            items = {what: _known(self.place.business.pk, what, self.picked(what)) for what in PICKED}
            items |= {what: [each.strip() for each in said[what].split(",") if each.strip()] for what in _WORDS}
        return RewardRow(
            kind=self.kind,
            name=said["name"].strip(),
            text=said["text"].strip(),
            translations=self._translations(),
            items=items,
            price=(unit, amount) if unit else None,
            value=said.get("value"),
            percent=None if percent is None else round(percent * _PERCENT),
            floor=said.get("floor"),
            ceiling=said.get("ceiling"),
            valid_days=said["valid_days"],
            on_expire=said["on_expire"],
            stock=said.get("stock"),
            starts_on=said["starts_on"],
            ends_on=said["ends_on"],
            tiers=said["tiers"],
            stores=said["stores"],
            partners=said["partners"],
            per_member=said["per_member"],
        )

    def _translations(self) -> dict[str, dict[str, str]]:
        """What is said in other languages; those that the form does not ask for stay as they are."""
        kept = {each: told for each, told in self.initial.get("translations", {}).items() if each not in LANGUAGES}
        said = {
            each: {what: self.cleaned_data[f"{what}_{each}"].strip() for what in ("name", "text")}
            for each in self.languages
        }
        return kept | {each: told for each, told in said.items() if any(told.values())}

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Say what `put_reward` found, at the fields."""
        for fault in faults:
            field, sentence = _AT.get(fault.pointer) or _AT.get(fault.pointer.rpartition("/")[0]) or ("", fault.detail)
            self.add_error(field if field in self.fields else None, str(sentence))

    @staticmethod
    def typed(reward: Reward, now: Present, currency: str) -> dict[str, Any]:
        """What stands in the fields for a reward as it is."""
        unit = now.units.get(reward.price_unit)
        names = ("name", "text", "price_unit", "valid_days", "on_expire", "per_member", "starts_on", "ends_on")
        typed: dict[str, Any] = {name: getattr(reward, name) for name in (*names, "tiers", "stores", "partners")}
        typed |= {name: as_typed(getattr(reward, name), currency) for name in ("value", "floor", "ceiling")}
        if unit is not None and reward.price_steps:
            typed["price_amount"] = _plain(amount_text(reward.price_steps, unit))
        if reward.percent is not None:
            typed["percent"] = _plain(fraction_text(Fraction(reward.percent, _PERCENT)))
        for language, told in reward.translations.items():
            typed |= {f"{what}_{language}": told.get(what, "") for what in ("name", "text")}
        typed |= {what: reward.items.get(what, []) for what in PICKED}
        typed["translations"] = reward.translations
        return typed | {what: ", ".join(reward.items.get(what, [])) for what in _WORDS}


def _plain(text: str) -> str:
    return text.replace(".", str(decimal_sign()))


def _named(rows: Any) -> list[tuple[str, str]]:
    return [(each.code, str(each)) for each in rows.order_by("name", "code")]


def _known(business_id: int, what: str, codes: list[str]) -> list[str]:
    """Those of the codes that are there, in the order in which they were ticked."""
    rows = PICKED_FROM[what].objects.filter(business_id=business_id, code__in=codes)  # type: ignore[attr-defined]
    known = set(rows.values_list("code", flat=True))
    return [code for code in dict.fromkeys(codes) if code in known]
