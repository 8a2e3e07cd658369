"""Acts as a person reads them: names in place of codes and ids, days and amounts in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from django.db import models
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fiel.catalogue.models import Department, Product
from fiel.core.programme import Unit
from fiel.doors.inviting import HOWS
from fiel.doors.look import LANGUAGES, ROLES, figure, long_day, money, time_of_day, with_unit
from fiel.doors.office.import_columns import COLUMNS
from fiel.doors.office.import_words import TABLES, WAITING
from fiel.doors.office.keys import SCOPES
from fiel.doors.office.messages import CHANNELS, NOTICE_NAMES
from fiel.doors.office.printing import NAMES as PAPERS
from fiel.doors.office.privacy import KEPT
from fiel.doors.office.receipts import name_of
from fiel.doors.office.trail_acts import ACTS, FIELDS
from fiel.doors.office.watch import WHYS
from fiel.doors.office.webhooks import EVENTS
from fiel.doors.people import Place
from fiel.doors.words import ASKED, CONSENTS, IDENTIFIERS, REWARD_KINDS, SETTLEMENTS
from fiel.members.read import members_by_id
from fiel.programme.units import units_of
from fiel.rewards.models import Partner, Reward
from fiel.shops.models import Person, Store
from fiel.trail.models import Act
from fiel.wording import locale_now

__all__ = ["Field", "Row", "rows_of"]


@dataclass(frozen=True, slots=True)
class Field:
    """What an act says of something: what it was, and what it is; empty where the act does not say."""

    name: object
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """An act: its name, what it was done to, where that is looked at, and each field."""

    act: Act
    word: object
    about: str
    where: str
    fields: tuple[Field, ...]


_PERSON: dict[str, Promise] = {
    **IDENTIFIERS,
    "name": gettext_lazy("Name"),
    "birth_date": gettext_lazy("Birth date"),
    "address": gettext_lazy("Address for letters"),
    "language": gettext_lazy("Language"),
    "types": gettext_lazy("Types of customer"),
}
_WORDS: dict[str, Mapping[str, object]] = {
    "as": {"json": "JSON", "csv": "CSV"},
    "changed": _PERSON,
    "channels": CHANNELS,
    "events": EVENTS,
    "invited_how": HOWS,
    "language": LANGUAGES,
    "notices": NOTICE_NAMES,
    "on_expire": {"give_back": gettext_lazy("the price comes back"), "lapse": gettext_lazy("it is lost")},
    "role": ROLES,
    "scopes": SCOPES,
    "state": SETTLEMENTS,
    "steps_over": {
        "stores": gettext_lazy("Your shop"),
        "rate": gettext_lazy("How customers earn"),
        "reward": gettext_lazy("The first reward"),
        "member": gettext_lazy("The first member"),
        "sale": gettext_lazy("The first sale"),
        "phone": gettext_lazy("Pair a phone"),
    },
    "what": ASKED,
    "why": WHYS,
}
"""Fields that hold codes of ours."""

_KINDS: dict[str, Mapping[str, Promise]] = {"reward.set": REWARD_KINDS, "columns.said": TABLES}
"""What `kind` is, by the act."""

_CODES = {
    "gift": "rewards",
    "into": "members",
    "member": "members",
    "partner": "partners",
    "partners": "partners",
    "person_id": "people",
    "reward": "rewards",
    "store": "stores",
    "stores": "stores",
}
"""Fields that hold codes and ids of what has a name."""

_ABOUT = {
    "card": ("members", "member"),
    "invitation": ("members", "member"),
    "member": ("members", "member"),
    "partner": ("partners", "partner-of"),
    "request": ("members", "member"),
    "reward": ("rewards", "reward"),
    "staff": ("people", ""),
    "store": ("stores", "store"),
}
"""What acts are about, by the first half of their code: where its name stands, and the page that shows it."""

_NONE: dict[str, Promise] = {
    "hand_limit": gettext_lazy("no limit"),
    "per_member": gettext_lazy("no limit"),
    "spend_limit": gettext_lazy("no limit"),
    "stock": gettext_lazy("any number"),
    "until": gettext_lazy("for good"),
    "valid_days": gettext_lazy("no end"),
}
"""What it means that there is nothing."""

_MONEY = frozenset({"amount", "ceiling", "floor", "value"})
_HIDDEN = {
    "member.tier_given": {"floor"},
    "reward.set": {"price_unit"},
    "reward.picture_set": {"digest"},
    "invitation.not_interested": {"closed_why"},
}
"""What is told by the act itself, or by another of its fields."""

_PLACES = {name: place for place, name in enumerate(FIELDS)}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DAY.pattern}T.+")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST_ID = 10


def rows_of(place: Place, acts: Iterable[Act]) -> list[Row]:
    """Acts as they are shown; a few queries, however many they are."""
    listed = list(acts)
    telling = _Telling(place, listed)
    return [telling.row(act) for act in listed]


class _Telling:
    """The words for some acts of a business. Names are looked up once for all of them, and only where one is asked."""

    def __init__(self, place: Place, acts: Iterable[Act]) -> None:
        self.business = place.business
        self.zone = ZoneInfo(place.business.timezone)
        self.texts = {text for act in acts for text in _texts([act.about, act.before, act.after])}

    def row(self, act: Act) -> Row:
        """One of them."""
        about, where = self._about(act)
        return Row(act, ACTS.get(act.what, act.what), about, where, tuple(self._fields(act)))

    def _about(self, act: Act) -> tuple[str, str]:
        """What it was done to, by its name, and the address of its page; empty where the fields tell it."""
        subject = act.what.partition(".")[0]
        if act.what == "programme.published":
            return _("Version %(number)s") % {"number": act.about}, ""
        if act.what == "business.text_set":
            return str(LANGUAGES.get(act.about.rpartition(" ")[2], "")), ""
        if act.what == "printing.asked":
            return str(PAPERS.get(act.about, act.about)), ""
        if subject == "voucher" and _ID.fullmatch(act.about):
            return "", reverse("voucher", args=[self.business.slug, act.about])
        kind, page = _ABOUT.get(subject, ("", ""))
        named = getattr(self, kind).get(act.about) if kind else None
        if named is None:  # what is not there any more is called by its code, nobody by an id
            return ("" if kind in ("", "members", "people") else act.about), ""
        return named, reverse(page, args=[self.business.slug, act.about]) if page else ""

    def _fields(self, act: Act) -> Iterator[Field]:
        before, after = act.before or {}, act.after or {}
        hidden = _HIDDEN.get(act.what, set()) | ({"unit"} if "steps" in after else set())
        for name in sorted({**before, **after}, key=_order):
            if name in hidden:
                continue
            was, now = (self._side(act, name, side) for side in (before, after))
            if was or now:
                was = was or ("–" if name in before else "")
                yield Field(_called(act, name), was, now or ("–" if name in after else ""))

    def _side(self, act: Act, name: str, fields: Mapping[str, Any]) -> str:
        if name not in fields:
            return ""
        own_way = _OWN_WAY.get((act.what, name)) or _OWN_WAY.get(("", name))
        if own_way is not None and fields[name] is not None:
            return own_way(self, fields[name], {"about": act.about, **fields})
        if act.what == "retention.set":
            return _days(fields[name])
        if name == "kind":
            return str(_KINDS.get(act.what, {}).get(fields[name], fields[name]))
        return self.value(name, fields[name])

    def value(self, name: str, value: Any) -> str:
        """A value of a field, as a person reads it."""
        if isinstance(value, list):
            return ", ".join(self.value(name, each) for each in value)
        if isinstance(value, dict):
            return ", ".join(f"{FIELDS.get(key, key)}: {self.value(key, each)}" for key, each in value.items() if each)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return str(_NONE.get(name, "")) if value is None else self._one(name, value)

    def _one(self, name: str, value: int | str) -> str:
        """A number, or a text, which may be a code or an id of what has a name."""
        if name in _CODES:
            return str(getattr(self, _CODES[name]).get(str(value), value))
        if isinstance(value, int):
            return money(value, self.business.currency) if name in _MONEY else figure(value)
        return str(_WORDS[name].get(value, value)) if name in _WORDS else self._text(value)

    def _text(self, text: str) -> str:
        """A text; a day, a month or a moment as one says it."""
        if _DAY.fullmatch(text):
            return long_day(date.fromisoformat(text))
        if _MONTH.fullmatch(text):
            return str(format_skeleton("yMMMM", date.fromisoformat(f"{text}-01"), locale=locale_now()))
        if _MOMENT.fullmatch(text):
            at = datetime.fromisoformat(text).astimezone(self.zone)
            return f"{long_day(at.date())}, {time_of_day(at, self.zone)}"
        return text

    # Names, by code or id

    @cached_property
    def stores(self) -> dict[str, str]:
        return self._named(Store)

    @cached_property
    def partners(self) -> dict[str, str]:
        return self._named(Partner)

    @cached_property
    def rewards(self) -> dict[str, str]:
        return self._named(Reward)

    @cached_property
    def priced_in(self) -> dict[str, str]:
        rows = Reward.objects.filter(business=self.business, code__in=self.texts)
        return dict(rows.values_list("code", "price_unit"))

    @cached_property
    def goods(self) -> dict[str, dict[str, str]]:
        return {"departments": self._named(Department), "products": self._named(Product)}

    @cached_property
    def members(self) -> dict[str, str]:
        ids = {UUID(text) for text in self.texts if _ID.fullmatch(text)}
        return {str(id_): name_of(member) for id_, member in members_by_id(self.business.pk, ids).items()}

    @cached_property
    def people(self) -> dict[str, str]:
        ids = [int(text) for text in self.texts if text.isdecimal() and len(text) < _LONGEST_ID]
        return {str(person.pk): str(person) for person in Person.objects.filter(pk__in=ids)}

    @cached_property
    def units(self) -> Mapping[str, Unit]:
        return units_of(self.business.pk)

    def _named(self, model: type[models.Model]) -> dict[str, str]:
        rows = model._default_manager.filter(business=self.business, code__in=self.texts)
        return {row.code: str(row) for row in rows}  # type: ignore[attr-defined]


def _texts(value: Any) -> Iterator[str]:
    """All texts and whole numbers in it, as texts."""
    match value:
        case dict():
            for key, each in value.items():
                yield key
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
        case str() | int():
            yield str(value)


def _order(name: str) -> tuple[bool, bool, int, str]:
    """The name first, the reason last: a database may keep fields in an order of its own."""
    return name == "reason", name != "name", _PLACES.get(name, len(_PLACES)), name


def _called(act: Act, name: str) -> object:
    """What a field is called."""
    if act.what == "retention.set" and name in KEPT:
        return KEPT[name][0]
    return CONSENTS.get(name, name) if act.what == "member.changed" and name in CONSENTS else FIELDS.get(name, name)


def _days(days: int | None) -> str:
    if days is None:
        return _("without end")
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": figure(days)}


# Fields that are told in a way of their own: by what they hold, and by the others


def _steps(telling: _Telling, steps: int, fields: Mapping[str, Any]) -> str:
    unit = telling.units.get(fields.get("unit", ""))
    return with_unit(steps, unit, telling.business.currency, sign=True) if unit else figure(steps)


def _price(telling: _Telling, steps: int, fields: Mapping[str, Any]) -> str:
    unit = telling.units.get(fields.get("price_unit") or telling.priced_in.get(fields["about"], ""))
    return with_unit(steps, unit, telling.business.currency) if unit else figure(steps)


def _percent(telling: _Telling, thousandths: int, fields: Mapping[str, Any]) -> str:
    return f"{figure(Fraction(thousandths, 1000))} %"


def _items(telling: _Telling, items: Mapping[str, list[str]], fields: Mapping[str, Any]) -> str:
    return ", ".join(telling.goods.get(what, {}).get(code, code) for what, codes in items.items() for code in codes)


def _prices(telling: _Telling, prices: list[tuple[str, str, int]], fields: Mapping[str, Any]) -> str:
    said = _("%(reward)s: %(price)s from %(day)s")
    return ", ".join(
        said
        % {
            "reward": telling.rewards.get(reward, reward),
            "price": money(price, telling.business.currency),
            "day": long_day(date.fromisoformat(day)),
        }
        for reward, day, price in prices
    )


def _places(telling: _Telling, places: Any, fields: Mapping[str, Any]) -> str:
    """A partner's own places, by code, or tills."""
    return ", ".join(name or code for code, name in places.items())


def _languages(telling: _Telling, said: Mapping[str, Mapping[str, str]], fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{LANGUAGES.get(each, each)}: {words.get('name', '')}" for each, words in said.items())


def _columns(telling: _Telling, columns: Mapping[str, str], fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{theirs}: {COLUMNS.get(ours, ours)}" for theirs, ours in columns.items() if ours)


def _papers(telling: _Telling, names: list[str], fields: Mapping[str, Any]) -> str:
    kinds = (each.partition(" ") for each in names)
    return ", ".join(f"{WAITING.get(kind, kind)} {name}" for kind, _space, name in kinds)


def _there(telling: _Telling, digest: str, fields: Mapping[str, Any]) -> str:
    return _("yes") if digest else _("no")


_OWN_WAY: dict[tuple[str, str], Callable[[_Telling, Any, Mapping[str, Any]], str]] = {
    ("", "steps"): _steps,
    ("reward.set", "price_steps"): _price,
    ("reward.set", "percent"): _percent,
    ("reward.set", "items"): _items,
    ("reward.set", "translations"): _languages,
    ("partner.set", "prices"): _prices,
    ("partner.set", "stores"): _places,
    ("store.set", "tills"): _places,
    ("columns.said", "columns"): _columns,
    ("aside.dropped", "dropped"): _papers,
    ("business.brand_set", "logo"): _there,
}
"""By the act ("" for any) and the field."""
