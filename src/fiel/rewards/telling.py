"""Telling members what was spent from their account, at whichever door: by letter, from the books themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override
from django_tasks import task

from fiel.core.programme import Unit
from fiel.core.written import amount_text
from fiel.jobs.letters import again, send
from fiel.ledger.post import Books
from fiel.members.telling import portal_link, reached
from fiel.programme.units import units_of
from fiel.rewards.models import Delivery, Partner, Reward, Voucher
from fiel.shops.models import Business, Store
from fiel.tables.walls import of_one_business
from fiel.wording import unit_name

__all__ = ["tell_delivered", "tell_spent"]

_LATELY = timedelta(days=3)
"""What is brought in from longer ago is no news."""

Said = dict[str, Any]


def tell_spent(books: Books, *, now: datetime) -> None:
    """Tell the members what these books have taken from them, if the caller's transaction comes to be."""
    said = [
        {
            "member": str(spent.member_id),
            "at": spent.cause.occurred_at.isoformat(),
            "unit": spent.unit,
            "steps": spent.steps,
            "cause": str(spent.cause.id),
        }
        for spent in books.spent
        if now - spent.cause.occurred_at <= _LATELY
    ]
    if said:
        write_of_spending.enqueue(books.business_id, said)


def tell_delivered(rows: Sequence[Delivery]) -> None:
    """Tell the members that their vouchers were used."""
    said = [
        {
            "member": str(row.member_id),
            "at": row.at.isoformat(),
            "reward": row.reward,
            "store": row.store,
            "partner": row.partner,
        }
        for row in rows
    ]
    if said:
        write_of_spending.enqueue(rows[0].business_id, said)


@task
@of_one_business
def write_of_spending(business_id: int, said: list[Said], tries: int = 0) -> None:
    """Write one letter to each member, whatever was spent at once."""
    business = Business.objects.get(pk=business_id)
    by_member: dict[str, list[Said]] = defaultdict(list)
    for each in said:
        by_member[each["member"]].append(each)
    names = _Names(business, said)
    missed: list[Said] = []
    for member in reached(business, map(UUID, by_member)):
        theirs = by_member[str(member.member_id)]
        with override(member.language):
            if not send(*_letter(business, [names.line(each) for each in theirs]), member.email):
                missed += theirs
    if missed:
        again(write_of_spending, tries, business_id, missed)


def _letter(business: Business, lines: Iterable[str]) -> tuple[str, str]:
    said = {"business": business.name, "link": portal_link(business), "lines": "\n".join(lines)}
    subject = _("%(business)s: something was spent from your account") % said
    body = _(
        "%(lines)s\n\nYour account: %(link)s\n\nWas it not you? Sign in there, cancel the voucher if there is one and "
        "set a new password, and tell %(business)s."
    )
    return subject, body % said


class _Names:
    """What the codes and ids of many spendings are called, read once for all."""

    def __init__(self, business: Business, said: Sequence[Said]) -> None:
        self.business = business
        self.units = units_of(business.pk)
        causes = {each["cause"] for each in said if "cause" in each}
        vouchers = Voucher.objects.filter(business=business, id__in=causes).values_list("id", "reward")
        self.bought = {str(voucher): reward for voucher, reward in vouchers}
        codes = {*self.bought.values(), *_named(said, "reward")}
        self.rewards = {each.code: str(each) for each in Reward.objects.filter(business=business, code__in=codes)}
        self.stores = _called(Store, business, _named(said, "store"))
        self.partners = _called(Partner, business, _named(said, "partner"))

    def line(self, said: Said) -> str:
        """What happened, in the language that is spoken."""
        at = datetime.fromisoformat(said["at"]).astimezone(ZoneInfo(self.business.timezone))
        told: dict[str, str] = {"at": date_format(at, "SHORT_DATETIME_FORMAT")}
        if "unit" not in said:
            told["reward"] = self.rewards.get(said["reward"]) or said["reward"]
            told["place"] = self.partners.get(said["partner"]) or self.stores.get(said["store"]) or str(self.business)
            return _("%(at)s: a voucher was used at %(place)s: %(reward)s") % told
        told["amount"] = self._amount(self.units.get(said["unit"]), said["unit"], said["steps"])
        bought = self.bought.get(said["cause"])
        if bought is None:
            return _("%(at)s: %(amount)s") % told
        return _("%(at)s: %(amount)s, for %(reward)s") % {**told, "reward": self.rewards.get(bought, bought)}

    def _amount(self, unit: Unit | None, code: str, steps: int) -> str:
        if unit is None:
            return code
        number = amount_text(steps, unit)
        if unit.kind == "money":
            return f"{self.business.currency} {number}"
        return f"{number} {unit_name(code, Fraction(steps, unit.steps))}"


def _named(said: Iterable[Said], what: str) -> set[str]:
    return {each[what] for each in said if each.get(what)}


def _called(model: type[Store] | type[Partner], business: Business, codes: set[str]) -> Mapping[str, str]:
    if not codes:
        return {}
    return {row.code: str(row) for row in model._default_manager.filter(business=business, code__in=codes)}
