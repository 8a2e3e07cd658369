"""The form of a campaign: when, what, how many are held back, and what is said in each language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.look import LANGUAGES, unit_name
from fiel.doors.people import Place
from fiel.doors.present import Present
from fiel.outreach.campaigns.offers import check_offer
from fiel.outreach.campaigns.words import FIELDS
from fiel.outreach.wordings import Words, check_fields
from fiel.rewards.models import Reward

__all__ = ["OFFERS", "CampaignForm", "shown_words"]

_WHENS = [
    ("once", gettext_lazy("Once")),
    ("yearly", gettext_lazy("Every year, from this day on")),
    ("rule", gettext_lazy("Every night, for whoever fits by then")),
]
OFFERS = [
    ("text", gettext_lazy("Only the text")),
    ("voucher", gettext_lazy("A voucher")),
    ("bonus", gettext_lazy("A bonus at once")),
    ("boost", gettext_lazy("More of the next purchase")),
]


def _day() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class CampaignForm(forms.Form):
    """When, what, how many are held back, what is said."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    when = forms.ChoiceField(label=pgettext_lazy("campaign", "When"), choices=_WHENS)
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=_day())
    ends_on = forms.DateField(label=gettext_lazy("Until"), required=False, widget=_day())
    others_from = forms.DateField(
        label=gettext_lazy("Everybody else hears of it from"),
        required=False,
        widget=_day(),
        help_text=gettext_lazy("For an event or an offer that some get before the others. Empty: the others never."),
    )
    offer = forms.ChoiceField(label=gettext_lazy("What they get"), choices=OFFERS)
    reward = forms.ChoiceField(label=gettext_lazy("Which reward"), required=False)
    unit = forms.ChoiceField(label=gettext_lazy("More of what"), required=False)
    amount = forms.DecimalField(label=gettext_lazy("Bonus"), required=False, min_value=0, max_value=10**9)
    factor = forms.DecimalField(label=gettext_lazy("The next purchase counts times"), required=False, max_value=10)
    share = forms.IntegerField(
        label=gettext_lazy("Hold back, of a hundred"),
        min_value=0,
        max_value=50,
        help_text=gettext_lazy(
            "Chosen by lot and told nothing: who comes more often than they, comes because of this."
        ),
    )
    counts_days = forms.IntegerField(label=gettext_lazy("Visits count for so many days"), min_value=1, max_value=365)
    by_list = forms.BooleanField(
        label=gettext_lazy("Send nothing: put them on the list of whom to invite"), required=False
    )

    def __init__(self, *said: Any, place: Place, **options: Any) -> None:
        super().__init__(*said, **options)
        rewards = Reward.objects.filter(business=place.business).order_by("name", "code")
        programme = Present(place.business, clock.now()).programme
        units = programme.units if programme else {}
        self.fields["reward"].choices = [("", "–"), *((each.code, str(each)) for each in rewards)]  # type: ignore[attr-defined]
        self.fields["unit"].choices = [("", "–"), *((code, unit_name(code, 2)) for code in units)]  # type: ignore[attr-defined]
        self.place, self.units = place, units
        own = place.business.language
        self.spoken = [own, *(code for code in LANGUAGES if code != own)]
        for code in self.spoken:
            self.fields[f"subject_{code}"] = forms.CharField(
                label=gettext_lazy("Subject of an e-mail"), max_length=200, required=False
            )
            self.fields[f"body_{code}"] = forms.CharField(
                label=gettext_lazy("Text"),
                max_length=4000,
                required=code == own,
                widget=forms.Textarea(attrs={"rows": 6}),
            )

    def settings(self) -> Iterator[forms.BoundField]:
        """What is not said to members."""
        return (field for field in self if not field.name.startswith(("subject_", "body_")))

    def own_words(self) -> list[forms.BoundField]:
        """Subject and text in the business's own language."""
        return self._words_in(self.spoken[0])

    def other_words(self) -> Iterator[tuple[str, str, list[forms.BoundField], bool]]:
        """Of each other language: its code, its name, subject and text, and whether something is written there."""
        for code in self.spoken[1:]:
            fields = self._words_in(code)
            yield code, LANGUAGES[code], fields, any(field.value() or field.errors for field in fields)

    def _words_in(self, code: str) -> list[forms.BoundField]:
        return [self[f"subject_{code}"], self[f"body_{code}"]]

    def words(self) -> dict[str, dict[str, str]]:
        """What stands in the form, as a campaign keeps it: {language: {"subject", "body"}}, without empty ones."""
        told = {}
        for code in self.spoken:
            subject, body = (str(field.value() or "").strip() for field in self._words_in(code))
            if body:
                told[code] = {"subject": subject, "body": body}
        return told

    def clean(self) -> dict[str, Any]:
        """An offer that can be given, and days that follow upon each other."""
        told = super().clean() or {}
        try:
            check_offer(self.place.business, self.offered, clock.now())
        except Refused as refused:
            field = refused.faults[0].pointer.strip("/") if refused.faults else ""
            where = {"kind": "offer"}.get(field, field)
            self.add_error(where if where in self.fields else "offer", _("Say what is offered, and how much."))
        if told.get("ends_on") and told.get("starts_on") and told["ends_on"] < told["starts_on"]:
            self.add_error("ends_on", _("The last day comes before the first."))
        for code, said in self.words().items():
            try:
                check_fields(Words(said["subject"], said["body"]), FIELDS)
            except Refused as refused:
                self.add_error(f"body_{code}", refused.detail)
        return told

    @property
    def offered(self) -> dict[str, Any]:
        """The offer as a campaign keeps it."""
        told = self.cleaned_data
        kind = told.get("offer", "text")
        offer: dict[str, Any] = {"kind": kind}
        if kind == "voucher":
            offer["reward"] = told.get("reward", "")
        if kind in ("bonus", "boost"):
            offer["unit"] = told.get("unit", "")
        if kind == "bonus":
            unit = self.units.get(offer["unit"])
            steps = (told.get("amount") or Decimal(0)) * (unit.steps if unit else 1)
            offer["steps"] = int(steps) if steps == int(steps) else 0
        if kind == "boost":
            offer["factor"] = str(told.get("factor") or "")
        return offer


def shown_words(words: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """A campaign's words as the form's fields have them."""
    return {f"{part}_{code}": text for code, said in words.items() for part, text in said.items()}
