"""A member at a glance: what the cashier must say, then what there is to spend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fiel import clock
from fiel.catalogue.models import Product
from fiel.core.conditions.birthday import is_birthday
from fiel.core.identity import mask_phone
from fiel.core.programme import Cover
from fiel.doors.counter.desk import Desk
from fiel.doors.inviting import open_rows
from fiel.doors.look import day as day_said
from fiel.doors.look import figure, how_often, with_unit
from fiel.doors.present import Present
from fiel.insight.member import indicators_of
from fiel.members.models import Member
from fiel.members.read import Profile, Standing, profiles, standings
from fiel.rewards.models import Reward
from fiel.rewards.prices import Reach, reach_of
from fiel.rewards.read import UsableVoucher, usable_vouchers

__all__ = ["Alert", "Balance", "Glance", "Held", "Offer", "Pack"]

_MOST_OFFERS = 50


@dataclass(frozen=True, slots=True)
class Alert:
    """What the cashier must say: its code, which never changes, and the sentence.

    `gives`: the invitation whose gift can be given at once.
    """

    code: str
    text: str
    gives: UUID | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member holds of a unit: in words; `pending`, `debt`: empty where there is none."""

    unit: str
    holds: str
    pending: str
    debt: str
    sessions: bool


@dataclass(frozen=True, slots=True)
class Pack:
    """Sessions that are paid for; `covers`: what they can be used for (product, department, what it is called)."""

    unit: str
    holds: str
    covers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward: what it costs, and what is missing for it; `missing` empty: it can be had."""

    code: str
    name: str
    price: str
    missing: str


@dataclass(frozen=True, slots=True)
class Held:
    """Vouchers of which it makes no difference which is used; `code`: of the one that ends first, on the day `until`.

    `until` empty: none ends. `ends_differ`: the others end later, or never.
    """

    code: str
    name: str
    times: int
    until: str
    ends_differ: bool

    @property
    def called(self) -> str:
        """What they are, and how many."""
        return f"{self.name} × {self.times}" if self.times > 1 else self.name


class Glance:
    """A member as the counter shows them. What a page does not show is not looked up."""

    def __init__(self, desk: Desk, member: Member) -> None:
        self._desk = desk
        self._now = Present(desk.business, clock.now())
        self.member = member
        self.name = desk.name_of(member)
        self.tier = self._now.tier(member)

    @cached_property
    def profile(self) -> Profile:
        """What identifies the member."""
        return profiles(self._desk.business.id, [self.member])[0]

    @property
    def phone(self) -> str:
        """The end of the phone number, to tell two of one name apart."""
        return mask_phone(self.profile.identifiers.get("phone", ""))

    @cached_property
    def standings(self) -> Sequence[Standing]:
        """The member's accounts."""
        now = self._now
        return standings(self._desk.business.id, self.member.id, shown=now.shown, units=now.units, today=now.today)

    @cached_property
    def balances(self) -> list[Balance]:
        """The accounts in words."""
        return [
            Balance(
                unit=each.unit.code,
                holds=self._said(each.available if each.balance > 0 else 0, each),
                pending=self._said(each.pending, each) if each.pending else "",
                debt=self._said(each.debt, each) if each.debt else "",
                sessions=each.unit.kind == "sessions",
            )
            for each in self.standings
        ]

    @cached_property
    def vouchers(self) -> list[Held]:
        """Vouchers that are good today, equal ones together."""
        alike: list[list[UsableVoucher]] = []
        for voucher in usable_vouchers(self._desk.business.id, self.member.id, self._now.today):
            some = next((some for some in alike if some[0].like(voucher)), None)
            if some is None:
                alike.append(some := [])
            some.append(voucher)
        return [self._held(some) for some in alike]

    def _held(self, some: Sequence[UsableVoucher]) -> Held:
        first = some[0]
        until = self._day(first.valid_until) if first.valid_until else ""
        return Held(first.code, first.name, len(some), until, any(x.valid_until != first.valid_until for x in some))

    @cached_property
    def alerts(self) -> list[Alert]:
        """What must be said, the most pleasant first."""
        return list(self._alerts())

    @cached_property
    def visits(self) -> str:
        """How often the member comes, and when they came last; empty before the first sale."""
        told = indicators_of(self._desk.business.id, self.member.id)
        if told is None:
            return ""
        said = ngettext("%(n)s visit", "%(n)s visits", told.visits) % {"n": figure(told.visits)}
        if told.gap_days:
            said += " · " + how_often(told.gap_days)
        return said + " · " + _("last: %(day)s") % {"day": self._day(told.last_visit)}

    def _alerts(self) -> Iterator[Alert]:
        born, today = self.member.birth_date, self._desk.day(clock.now())
        if born and is_birthday(today, born, "day"):
            yield Alert("birthday", _("Birthday today!"))
        elif born and is_birthday(today, born, "week"):
            yield Alert("birthday", _("Birthday this week"))
        for row in open_rows(self._desk.place, self.member):
            treat = _("A treat is due: %(reward)s") % {"reward": row.gift} if row.gift else ""
            if treat or row.invitation.why != "birthday":
                text = treat if row.invitation.why == "goal" else " · ".join(filter(None, (row.why, treat)))
                yield Alert("invite", text, gives=row.invitation.id if row.gift else None)
        for held in self.vouchers:
            yield Alert("voucher", _("Has a voucher: %(reward)s") % {"reward": held.called})
        for each in self.standings:
            for lapses_on, steps in each.expiring[:1]:
                said = {"amount": self._said(steps, each), "day": self._day(lapses_on)}
                yield Alert("expiring", _("%(amount)s lapse after %(day)s") % said)

    @cached_property
    def packs(self) -> list[Pack]:
        """Sessions that can be used now."""
        programme = self._now.programme
        covers = programme.covers if programme else ()
        held = [each for each in self.standings if each.unit.kind == "sessions" and each.available >= each.unit.steps]
        covered = {each.unit.code: [cover for cover in covers if cover.unit == each.unit.code] for each in held}
        wanted = {code for ours in covered.values() for cover in ours for code in cover.items.products}
        rows = Product.objects.filter(business=self._desk.business, code__in=wanted) if wanted else ()
        names = {product.code: str(product) for product in rows}
        return [
            Pack(
                unit=each.unit.code,
                holds=self._said(each.available, each),
                covers=tuple(_covered(covered[each.unit.code], names)),
            )
            for each in held
        ]

    @cached_property
    def offers(self) -> list[Offer]:
        """The rewards that are sold for units, those that can be had first."""
        business_id = self._desk.business.id
        rewards = list(Reward.objects.filter(business_id=business_id).order_by("price_steps", "code")[:_MOST_OFFERS])
        reach = reach_of(business_id, self.member, rewards, self._now.programme, self._now.today)
        offers = [self._offer(reward, reach[reward.code]) for reward in rewards]
        return sorted(
            (offer for offer in offers if offer.price or not offer.missing), key=lambda each: bool(each.missing)
        )

    def _offer(self, reward: Reward, reach: Reach) -> Offer:
        missing = self._units(reach.missing.unit, reach.missing.steps) if reach.missing else ""
        return Offer(
            code=reward.code,
            name=str(reward),
            price=self._units(reward.price_unit, reward.price_steps) if reward.price_unit else "",
            missing=missing or ("" if reach.can_have else "–"),
        )

    def _units(self, code: str, steps: int) -> str:
        unit = self._now.units.get(code)
        return with_unit(steps, unit, self._desk.business.currency) if unit else ""

    def _said(self, steps: int, each: Standing) -> str:
        return with_unit(steps, each.unit, self._desk.business.currency)

    def _day(self, day: date) -> str:
        return day_said(day, today=self._now.today)


def _covered(covers: Iterable[Cover], names: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for cover in covers:
        for product in sorted(cover.items.products):
            yield product, "", names.get(product, product)
        for department in sorted(cover.items.departments):
            yield "", department, department
