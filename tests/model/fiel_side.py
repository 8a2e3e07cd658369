"""Fiel as the model sees it: the same calls by the same names, done by the real functions, and how things stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from fiel.catalogue.models import Department, Product
from fiel.core.identity import Identity
from fiel.core.lots import NEVER
from fiel.core.refusals import Refused
from fiel.core.returns import Returned
from fiel.core.sale import Line, Payment
from fiel.core.tiers import effective
from fiel.hand.entries import adjust, open_balance
from fiel.hand.merge import merge
from fiel.hand.tier import give_tier
from fiel.ledger.models import Entry
from fiel.ledger.read import balances
from fiel.members.enrol import Newcomer, enrol
from fiel.members.find import find
from fiel.members.models import Member
from fiel.members.tiers import tier_state
from fiel.ops.audit import audit
from fiel.programme.versions import publish, rules_of
from fiel.rewards.codes import open_code
from fiel.rewards.give import cancel, issue, redeem
from fiel.rewards.models import Invitation, Reward, Voucher
from fiel.sales.daily import run_daily
from fiel.sales.incoming import Incoming
from fiel.sales.record import Recorded, quote, record
from fiel.sales.take_back import IncomingReturn, take_back
from fiel.shops.models import Business
from fiel.shops.opening import open_business, put_store
from tests.model import model
from tests.model.programmes import Document

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def open_shop(slug: str, document: Document, shop: model.Shop) -> Business:
    """A business with stores, wares, rewards and its programme, in force since long ago."""
    business, _ = open_business(
        slug=slug,
        name=slug,
        currency=document["currency"],
        timezone=shop.zone,
        owner_email=f"{slug}@example.org",
        now=LONG_AGO,
    )
    for code, zone in shop.stores.items():
        put_store(business, code, timezone=zone)
    for code, parent in shop.departments.items():
        Department.objects.create(business=business, code=code, parent=parent or None, name=code)
    for code, (department, tags) in shop.products.items():
        Product.objects.create(business=business, code=code, department=department, tags=list(tags))
    programme = model.Programme(document)
    for code, reward in shop.rewards.items():
        unit, amount = reward.price or ("", Fraction(0))
        Reward.objects.create(
            business=business,
            code=code,
            kind="item" if reward.items else "service",
            items={"products": list(reward.items)} if reward.items else {},
            price_unit=unit,
            price_steps=int(amount / programme.step(unit)) if unit else 0,
            valid_days=reward.valid_days,
            on_expire=reward.on_expire,
        )
    publish(business, document, by="owner", now=LONG_AGO)
    return business


@dataclass
class Fiel:
    """A business of Fiel. Members by their number or phone; sales and vouchers by their place, as in the model."""

    business: Business
    shop: model.Shop
    ids: dict[str, UUID] = field(default_factory=dict)
    sales: list[UUID] = field(default_factory=list)
    vouchers: list[UUID] = field(default_factory=list)
    codes: dict[UUID, str] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)

    # Calls

    def enrol(self, who: str, now: datetime, types: tuple[str, ...], born: date | None, referrer: str | None) -> None:
        newcomer = Newcomer(
            code=who, types=types, birth_date=born, referred_by=self.ids[referrer] if referrer else None
        )
        [member] = enrol(self.business, [newcomer], now=now, today=now.date(), source="test", by="test")
        assert isinstance(member, Member)
        self.ids[who] = member.id

    def publish(self, document: Document, now: datetime) -> None:
        publish(self.business, document, by="owner", now=now)

    def sell(self, baskets: Iterable[model.Basket]) -> list[Recorded | Refused]:
        """Record sales that arrive together."""
        return record(self.business, [self.incoming(basket) for basket in baskets])

    def quote(self, basket: model.Basket) -> list[tuple[str, str, int]] | str:
        """What a sale would move of the member's accounts, or why not."""
        try:
            return _moves(quote(self.business, self.incoming(basket)).outcome)
        except Refused as refused:
            return refused.code

    def incoming(self, basket: model.Basket) -> Incoming:
        return Incoming(
            store=basket.store,
            till="T1",
            number=basket.number,
            occurred_at=basket.at,
            lines=tuple(_line(number, line) for number, line in enumerate(basket.lines, 1)),
            member=self.identity(basket.who) if basket.who else None,
            discount=basket.discount,
            payments=tuple(Payment(each.kind, each.amount, each.unit) for each in basket.payments),
            vouchers=tuple(self.codes[self.vouchers[number]] for number in basket.vouchers),
            use_packs=basket.use_packs,
            enrol=basket.enrol,
        )

    def identity(self, who: str) -> Identity:
        return Identity("phone" if who.startswith("+") else "code", who)

    def take_back(self, sale: int, number: str, at: datetime, lines: tuple[tuple[int, Fraction], ...] | None) -> bool:
        returned = None if lines is None else tuple(Returned(i + 1, int(1000 * q)) for i, q in lines)
        return take_back(self.business, self.sales[sale], IncomingReturn(number, at, returned))[1]

    def issue(self, who: str, reward: str) -> None:
        issue(self.business, self.ids[who], reward)

    def redeem(self, voucher: int) -> None:
        redeem(self.business, self.codes[self.vouchers[voucher]], by="counter")

    def cancel(self, voucher: int) -> None:
        cancel(self.business, self.codes[self.vouchers[voucher]], by="counter")

    def adjust(self, who: str, unit: str, amount: Fraction) -> None:
        adjust(self.business, self.ids[who], unit, amount, reason="a reason", by="maria")

    def open_balance(self, who: str, unit: str, amount: Fraction, expires_on: date | None, reference: str) -> bool:
        _, moved = open_balance(
            self.business, self.ids[who], unit, amount, expires_on=expires_on, reference=reference, by="maria"
        )
        return moved is None

    def give_tier(self, who: str, tier: str, until: date | None) -> None:
        give_tier(self.business, self.ids[who], tier, until=until, reason="a reason", by="maria")

    def merge(self, into: str, gone: str) -> None:
        merge(self.business, into=self.ids[into], gone=self.ids[gone], by="maria")

    def daily(self) -> None:
        run_daily(self.business)

    def findings(self) -> list[str]:
        """What the audit does not find right; every sale is counted again too."""
        return [f"{each.code} {each.where}: {each.detail}" for each in audit(self.business, recount=True).findings]

    # How things stand

    def known_by(self, who: str) -> UUID | None:
        """The member that a number or phone leads to."""
        identity = self.identity(who)
        found = find(self.business.id, [identity])
        return found[identity].member_id if found else None

    def standing(self, version: int, today: date) -> dict[str, dict[str, Any]]:
        """Each member that is not part of another, as the model tells it; by the rules of a version."""
        programme = rules_of(self.business.id, version).programme
        self.steps = {code: unit.steps for code, unit in programme.units.items()}
        names = {id_: name for name, id_ in self.ids.items()}
        told: dict[str, dict[str, Any]] = {}
        for member in Member.objects.filter(business=self.business, merged_into=None):
            told[names.get(member.id, str(member.id))] = {
                "tier": effective(programme, tier_state(member), today),
                "kept until": member.tier_kept_until,
                "invitations": set(),
                "accounts": {},
            }
        invited = Invitation.objects.filter(business=self.business, closed_at=None)
        for member_id, award in invited.values_list("member_id", "award") if programme.awards else ():
            told[names[member_id]]["invitations"].add(award)
        for balance in balances(self.business.id, self.ids.values()):
            step, holding = Fraction(1, self.steps[balance.unit]), balance.holding
            account = {
                "balance": holding.balance * step,
                "available": holding.available(today) * step,
                "pending": holding.pending(today) * step,
                "carry": balance.carry * step,
                "debt": holding.debt * step,
                "lots": {tuple(lot): steps * step for lot, steps in holding.lots.items()},
            }
            if any(account.values()):
                # A member that is part of another holds nothing.
                told[names[balance.member_id]]["accounts"][balance.unit] = account
        return told

    def moved(self, now: datetime) -> Counter[tuple[str, str, str, date | None]]:
        """The entries that were recorded at this moment, added up as cases are."""
        names = {id_: name for name, id_ in self.ids.items()}
        fields = ("member_id", "unit", "kind", "available_on", "expires_on", "steps")
        told: Counter[tuple[str, str, str, date | None]] = Counter()
        for member_id, unit, kind, available_on, expires_on, steps in Entry.objects.filter(
            business=self.business, recorded_at=now
        ).values_list(*fields):
            lot = (expires_on or NEVER) if available_on and kind != "transfer" else None
            told[names[member_id], unit, kind, lot] += Fraction(steps, self.steps[unit])  # type: ignore[assignment]
        return told

    def voucher_states(self, ours: list[model.Voucher]) -> list[tuple[str, str]]:
        """The state of each voucher, and who has it by now. Those that the model issued are found among the new."""
        rows = list(Voucher.objects.filter(business=self.business).order_by("id"))
        names = {id_: name for name, id_ in self.ids.items()}
        new = [voucher for voucher in rows if voucher.id not in self.codes]
        for voucher in ours[len(self.vouchers) :]:
            said = (voucher.reward, voucher.owner, voucher.award, voucher.price, voucher.until)
            same = [each for each in new if self._said(each, names) == said]
            assert same, f"not issued: {said}; issued: {[self._said(each, names) for each in new]}"
            self.vouchers.append(same[0].id)
            self.codes[same[0].id] = open_code(same[0].sealed)
            new.remove(same[0])
        assert not new, f"issued beside: {[self._said(each, names) for each in new]}"
        told = {voucher.id: (voucher.state, names[voucher.member_id]) for voucher in rows}
        return [told[id_] for id_ in self.vouchers]

    def _said(self, voucher: Voucher, names: dict[UUID, str]) -> tuple[Any, ...]:
        step = Fraction(voucher.price_steps, self.steps.get(voucher.price_unit, 1))
        price = (voucher.price_unit, step) if voucher.price_unit else None
        return voucher.reward, names[voucher.member_id], voucher.award, price, voucher.valid_until


def _line(number: int, line: model.Line) -> Line:
    return Line(
        number=number,
        amount=line.amount,
        quantity=int(line.quantity * 1000),
        discount=line.discount,
        tax_rate=int(line.tax * 1000),
        product=line.product,
        departments=(line.department,) if line.department else (),
    )


def _moves(outcome: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(unit, kind, steps) for unit, kind, steps, *_ in outcome.get("moved", ())]
