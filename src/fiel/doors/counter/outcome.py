"""What a sale gave and why, in plain words: from what was stored with it, or what a quote would store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from fiel.doors.counter.desk import Desk
from fiel.doors.look import with_unit
from fiel.doors.why import Why, whys_of
from fiel.members.read import members_by_id
from fiel.programme.units import units_of
from fiel.programme.versions import rules_of
from fiel.rewards.models import Reward
from fiel.sales.answer import message_of, terms_of
from fiel.sales.measures import earned_of
from fiel.sales.models import Receipt
from fiel.sales.outcome import stored_covered
from fiel.sales.read import contents_of

__all__ = ["Gave", "Outcome", "gave_of", "outcome_of"]


@dataclass(frozen=True, slots=True)
class Gave:
    """What a sale gives, each with its unit; `balances`: how the accounts stand afterwards; `told`: what else to say.

    `used`: sessions and vouchers that paid for something.
    """

    gives: tuple[str, ...]
    balances: tuple[str, ...]
    used: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def in_short(self) -> str:
        """One line: what it gave and the new balance."""
        return " · ".join((*self.gives, *self.used, *self.told)) or _("recorded")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A receipt's outcome with the reasons for it. `message`: what can be sent to the member."""

    gave: Gave
    whys: tuple[Why, ...]
    issued: tuple[str, ...]
    message: str


def gave_of(desk: Desk, receipt: Receipt) -> Gave:
    """What a receipt still gives, in words."""
    units, currency = units_of(desk.business.id), desk.business.currency
    stored = receipt.outcome
    gives = [
        with_unit(steps, units[code], currency, sign=True)
        for code, steps in earned_of(stored, receipt.standing).items()
        if steps and code in units
    ]
    moved = {code for code, *_rest in stored.get("moved", ())}
    balances = [
        with_unit(balance, units[code], currency)
        for code, balance, *_rest in stored.get("balances", ())
        if code in moved
    ]
    return Gave(tuple(gives), tuple(balances), tuple(_used(desk, receipt)), tuple(_told(desk, receipt)))


def _used(desk: Desk, receipt: Receipt) -> Iterator[str]:
    units = units_of(desk.business.id)
    for cover in stored_covered(receipt.outcome):
        if cover.unit:
            yield with_unit(-cover.count, units[cover.unit], desk.business.currency)
    for code, steps in receipt.outcome.get("spent", {}).items():
        yield with_unit(-steps, units[code], desk.business.currency)


def _told(desk: Desk, receipt: Receipt) -> Iterator[str]:
    stored = receipt.outcome
    codes = [reward for reward, _voucher in stored.get("issued", ())]
    rows = Reward.objects.filter(business=desk.business, code__in=codes) if codes else ()
    names = {reward.code: str(reward) for reward in rows}
    for code in codes:
        yield _("New voucher: %(reward)s") % {"reward": names.get(code, code)}
    alerts = stored.get("alerts", ())
    if "invite" in alerts:
        yield _("A treat is due")
    if "own_account" in alerts:
        yield _("Nobody credits their own card: counted for nobody")
    if "member_not_found" in alerts:
        yield _("Counted for nobody")


def outcome_of(desk: Desk, receipt: Receipt) -> Outcome:
    """All there is to say about a recorded sale."""
    terms = terms_of(desk.business, [receipt])
    member = members_by_id(desk.business.id, [receipt.member_id])[receipt.member_id] if receipt.member_id else None
    whys: list[Why] = []
    if member is not None and receipt.version is not None:
        lines = contents_of(desk.business.id, [receipt.id])[receipt.id].lines
        whys = whys_of(receipt, lines, rules_of(desk.business.id, receipt.version).programme)
    return Outcome(
        gave=gave_of(desk, receipt),
        whys=tuple(whys),
        issued=tuple(str(reward) for reward, _voucher in receipt.outcome.get("issued", ())),
        message=message_of(receipt, member, terms),
    )
