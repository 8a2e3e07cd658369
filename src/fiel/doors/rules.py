"""A programme's rules as plain sentences, in the person's language: the one place where they are put into words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fiel.core.conditions import When
from fiel.core.conditions.birthday import Birthday
from fiel.core.conditions.channels import Channels
from fiel.core.conditions.dates import Dates
from fiel.core.conditions.every_nth_sale import EveryNthSale
from fiel.core.conditions.first_sale import FirstSale
from fiel.core.conditions.hours import Hours
from fiel.core.conditions.member_days import MemberDays
from fiel.core.conditions.min_amount import MinAmount
from fiel.core.conditions.min_items import MinItems
from fiel.core.conditions.payments import Payments
from fiel.core.conditions.seasons import Seasons
from fiel.core.conditions.stores import Stores
from fiel.core.conditions.tiers import Tiers
from fiel.core.conditions.tills import Tills
from fiel.core.conditions.types import Types
from fiel.core.conditions.weekdays import WEEKDAYS, Weekdays
from fiel.core.programme import Award, Boost, Cover, Earn, Programme, Referral, Rolling, Selector, Tier, Unit
from fiel.core.seasons import Season
from fiel.doors.look import day_and_month, figure, full_day, listed, money, weekday, with_unit
from fiel.doors.words import CHANNELS, PAYMENTS

__all__ = ["lines_of", "rate_of", "sentences_of"]

_PIECE = 1000
_A_LEAP_YEAR = 2028
_A_MONDAY = date(2028, 1, 3)


def sentences_of(programme: Programme) -> dict[str, list[str]]:
    """A sentence for each unit, season, tier, rule and so on, by the document's sections, in the document's order."""
    tell = _Telling(programme)
    return {
        "units": [tell.unit(each) for each in programme.units.values()],
        "seasons": [tell.season(each) for each in programme.seasons.values()],
        "tiers": [tell.tier(each) for each in programme.tiers.values()],
        "earn": [tell.earn(each) for each in programme.earn],
        "boosts": [tell.boost(each) for each in programme.boosts],
        "covers": [tell.cover(each) for each in programme.covers],
        "awards": [tell.award(each) for each in programme.awards],
        "referral": [tell.referral(programme.referral)] if programme.referral else [],
    }


def lines_of(programme: Programme) -> list[str]:
    """All its sentences, one after the other, for comparing two versions."""
    return [
        f"{programme.name} · {programme.currency} · {programme.timezone}",
        *(each for section in sentences_of(programme).values() for each in section),
    ]


def rate_of(rule: Earn, programme: Programme) -> str:
    """What a rule gives for what: 1 point for each R$ 2.00."""
    unit = programme.units[rule.unit]
    if rule.give == 0:
        return _("gives nothing")
    give = with_unit(rule.give, unit, programme.currency)
    if rule.basis == "sale":
        return _("%(give)s for each sale") % {"give": give}
    if rule.basis == "amount":
        whole = rule.per.denominator == 1
        per = money(int(rule.per), programme.currency) if whole else figure(rule.per)
        return _("%(give)s for each %(per)s") % {"give": give, "per": per}
    pieces = rule.per / _PIECE
    if rule.whole:
        return _("%(give)s for every full %(pieces)s") % {"give": give, "pieces": figure(pieces)}
    if pieces == 1:
        return _("%(give)s for each piece") % {"give": give}
    return _("%(give)s for each %(pieces)s pieces") % {"give": give, "pieces": figure(pieces)}


class _Telling:
    """The words for the rules of one programme."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme

    def _amount(self, steps: int | Fraction, unit: str) -> str:
        return with_unit(steps, self.programme.units[unit], self.programme.currency)

    def _money(self, minor: int) -> str:
        return money(minor, self.programme.currency)

    def unit(self, unit: Unit) -> str:
        kinds = {
            "points": _("points"),
            "stamps": _("stamps"),
            "sessions": _("prepaid sessions"),
            "money": _("cashback"),
        }
        said = [f"{unit.code}: {kinds[unit.kind]}"]
        count, ends = unit.expiry.count, unit.expiry.kind
        if ends == "days":
            said.append(ngettext("good for %(n)s day", "good for %(n)s days", count) % {"n": count})
        elif ends == "end_of_month":
            text = ngettext(
                "good to the month's end, %(n)s month on", "good to the month's end, %(n)s months on", count
            )
            said.append(text % {"n": count})
        elif ends == "end_of_year":
            text = ngettext("good to the year's end, %(n)s year on", "good to the year's end, %(n)s years on", count)
            said.append(text % {"n": count})
        elif ends == "inactivity":
            text = ngettext(
                "good until %(n)s month pass without a purchase",
                "good until %(n)s months pass without a purchase",
                count,
            )
            said.append(text % {"n": count})
        else:
            said.append(_("never lapse"))
        rounding = {
            "carry": _("fractions are carried to the next purchase"),
            "ceil": _("rounded up"),
            "half_up": _("rounded to the nearest"),
        }
        said += [rounding[unit.rounding]] if unit.rounding in rounding else []
        if unit.pending_days:
            text = ngettext("wait %(n)s day before they count", "wait %(n)s days before they count", unit.pending_days)
            said.append(text % {"n": unit.pending_days})
        if unit.value is not None and unit.kind != "money":
            worth = self._money(int(unit.value * unit.steps)) if (unit.value * unit.steps).denominator == 1 else ""
            said += [_("each worth %(money)s") % {"money": worth}] if worth else []
        said += [] if unit.visible else [_("customers do not see them")]
        return "; ".join(said)

    def season(self, season: Season) -> str:
        ends = {"code": season.code, "first": _day(season.begin), "last": _day(season.end)}
        if isinstance(season.begin, date):
            return _("%(code)s: from %(first)s to %(last)s") % ends
        return _("%(code)s: every year from %(first)s to %(last)s") % ends

    def tier(self, tier: Tier) -> str:
        said = [f"{tier.code}: × {figure(tier.factor)}" if tier.factor != 1 else tier.code]
        reach = tier.reach
        if reach is None:
            said.append(_("where everybody starts"))
            return "; ".join(said)
        if reach.measure == "spend":
            amount = _("purchases of %(money)s") % {"money": self._money(reach.amount)}
        elif reach.measure == "visits":
            amount = ngettext("%(n)s visit", "%(n)s visits", reach.amount) % {"n": reach.amount}
        else:
            amount = self._amount(reach.amount, reach.measure)
        windows = {
            "calendar_month": _("in a month"),
            "calendar_year": _("in a year"),
            "lifetime": _("since joining"),
        }
        if isinstance(reach.window, Rolling):
            window = ngettext("within %(n)s day", "within %(n)s days", reach.window.days) % {"n": reach.window.days}
        else:
            window = windows[reach.window]
        said.append(_("reached with %(amount)s %(window)s") % {"amount": amount, "window": window})
        return "; ".join(said)

    def earn(self, rule: Earn) -> str:
        parts = [rate_of(rule, self.programme)]
        if rule.items.empty and not rule.excluded.empty:
            parts.append(_("on everything but %(what)s") % {"what": _things(rule.excluded)})
        elif not rule.items.empty:
            parts.append(_("on %(what)s") % {"what": _things(rule.items)})
            if not rule.excluded.empty:
                parts.append(_("but not on %(what)s") % {"what": _things(rule.excluded)})
        parts += self._when(rule.when)
        caps = (
            (rule.cap.sale, _("at most %(amount)s a purchase")),
            (rule.cap.day, _("at most %(amount)s a day")),
            (rule.cap.month, _("at most %(amount)s a month")),
        )
        parts += [text % {"amount": self._amount(most, rule.unit)} for most, text in caps if most is not None]
        return ", ".join(parts)

    def boost(self, boost: Boost) -> str:
        plain = {Fraction(2): _("double"), Fraction(3): _("triple"), Fraction(1, 2): _("half")}
        factor = plain.get(boost.factor) or _("%(factor)s times as much") % {"factor": figure(boost.factor)}
        parts = [factor, *self._when(boost.when)]
        if boost.groups:
            parts.append(_("for the rules of %(groups)s") % {"groups": listed(sorted(boost.groups))})
        return ", ".join(parts)

    def cover(self, cover: Cover) -> str:
        said = {"take": self._amount(cover.take, cover.unit), "what": _things(cover.items) or _("anything")}
        return _("%(take)s pay for %(what)s") % said

    def award(self, award: Award) -> str:
        said = {"every": self._amount(award.every, award.unit), "reward": award.reward}
        if award.mode == "invite":
            text = _("at every %(every)s the shop is told to invite the customer for: %(reward)s") % said
        else:
            text = _("at every %(every)s a voucher comes by itself: %(reward)s") % said
        if award.budget is None:
            return text
        cost = _("it may cost %(money)s") % {"money": self._money(award.budget)}
        return f"{text} ({cost})"

    def referral(self, gift: Referral) -> str:
        said = {"mine": self._amount(gift.referrer, gift.unit), "theirs": self._amount(gift.referred, gift.unit)}
        parts = [_("%(mine)s for who brings a friend, %(theirs)s for the friend") % said]
        parts.append(_("with the first purchase") if gift.after == "first_sale" else _("with every purchase"))
        if gift.min_amount:
            parts.append(_("from %(money)s") % {"money": self._money(gift.min_amount)})
        if gift.max_per_month is not None:
            most = gift.max_per_month
            parts.append(ngettext("at most %(n)s friend a month", "at most %(n)s friends a month", most) % {"n": most})
        return ", ".join(parts)

    def _when(self, when: When) -> Iterator[str]:
        for condition in when:
            yield _CONDITIONS[type(condition)](condition, self)


def _day(end: date | tuple[int, int]) -> str:
    return full_day(end) if isinstance(end, date) else day_and_month(date(_A_LEAP_YEAR, *end))


def _things(selector: Selector) -> str:
    """Departments, products, brands and tags, as the shop calls them."""
    return listed(sorted(selector.departments | selector.products | selector.brands | selector.tags))


def _dates(span: Dates, tell: _Telling) -> str:
    if span.first and span.last:
        return _("from %(first)s to %(last)s") % {"first": full_day(span.first), "last": full_day(span.last)}
    if span.first:
        return _("from %(first)s on") % {"first": full_day(span.first)}
    return _("until %(last)s") % {"last": full_day(span.last)} if span.last else ""


def _weekdays(days: Weekdays, tell: _Telling) -> str:
    names = [weekday(date.fromordinal(_A_MONDAY.toordinal() + WEEKDAYS.index(code))) for code in days.named()]
    return _("on %(days)s") % {"days": listed(names)}


def _least(least: MinAmount, tell: _Telling) -> str:
    minor = least.amount * tell.programme.minor_units
    amount = money(int(minor), tell.programme.currency) if minor.denominator == 1 else figure(least.amount)
    return _("on purchases from %(money)s") % {"money": amount}


def _days(days: MemberDays, tell: _Telling) -> str:
    if days.most is None:
        return _("for members of %(n)s days or longer") % {"n": days.least}
    return _("for members of %(least)s to %(most)s days") % {"least": days.least, "most": days.most}


def _birthday(span: Birthday, tell: _Telling) -> str:
    return {
        "day": _("on the customer's birthday"),
        "week": _("in the week of the customer's birthday"),
        "month": _("in the month of the customer's birthday"),
    }[span.span]


def _nth(each: EveryNthSale, tell: _Telling) -> str:
    return _("on every purchase number %(n)s") % {"n": each.nth}


def _pieces(least: MinItems, tell: _Telling) -> str:
    return ngettext("from %(n)s piece", "from %(n)s pieces", least.pieces) % {"n": Decimal(least.pieces)}


_CONDITIONS: dict[type, Callable[[Any, _Telling], str]] = {
    Stores: lambda it, tell: _("in the stores %(codes)s") % {"codes": listed(it.named())},
    Tills: lambda it, tell: _("at the tills %(codes)s") % {"codes": listed(it.named())},
    Types: lambda it, tell: _("for customers of the type %(codes)s") % {"codes": listed(it.named())},
    Tiers: lambda it, tell: _("for the tier %(codes)s") % {"codes": listed(it.named())},
    Seasons: lambda it, tell: _("in the season %(codes)s") % {"codes": listed(it.named())},
    Dates: _dates,
    Weekdays: _weekdays,
    Hours: lambda it, tell: _("at %(hours)s o'clock") % {"hours": it.because()},
    Payments: lambda it, tell: _("paid by %(how)s") % {"how": listed(PAYMENTS.get(each, each) for each in it.named())},
    MinAmount: _least,
    MinItems: _pieces,
    Birthday: _birthday,
    FirstSale: lambda it, tell: _("on the first purchase") if it.first else _("on any purchase but the first"),
    EveryNthSale: _nth,
    MemberDays: _days,
    Channels: lambda it, tell: listed(str(CHANNELS.get(each, each)).lower() for each in it.named()),
}
