"""The life of a voucher: issued, then redeemed, cancelled, expired or revoked; points.md §7.

Its price goes when it is issued. One conditional update decides who gets it: `update()` returns 1 for one only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from fiel.core.programme import Selector
from fiel.core.refusals import Fault, Refused
from fiel.events.tell import Happened, listen, tell
from fiel.ledger.post import Books, Cause, Movement
from fiel.ledger.read import drawn_by
from fiel.rewards.codes import hash_of, new_code, plain, seal
from fiel.rewards.deliveries import Place, undo_deliveries
from fiel.rewards.kinds import KINDS
from fiel.rewards.models import Reward, Voucher
from fiel.rewards.stock import give_stock_back, stock_freed_by, take_stock
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.write import insert

__all__ = [
    "Price",
    "VoucherBook",
    "check_place",
    "check_redeemable",
    "close",
    "expire",
    "find_voucher",
    "give_price_back",
    "lock_vouchers",
    "money_off",
    "reopen",
    "revoke_newest",
    "selector_of",
    "tell_of",
    "unknown_codes",
]


@dataclass(frozen=True, slots=True)
class Price:
    """What a voucher takes: steps of a unit."""

    unit: str
    steps: int


@dataclass(slots=True)
class VoucherBook:
    """Vouchers issued one after the other, written together.

    `codes`: as they are shown, by voucher; `stocked`: the rewards among them that have a stock.
    """

    business_id: int
    issued: list[Voucher] = field(default_factory=list)
    codes: dict[UUID, str] = field(default_factory=dict)
    stocked: set[str] = field(default_factory=set)

    def issue(
        self,
        books: Books,
        member_id: UUID,
        reward: Reward,
        price: Price | None,
        *,
        at: datetime,
        today: date,
        award: str = "",
        amount: int | None = None,
    ) -> tuple[Voucher, Movement | None]:
        """Issue a voucher and draw its price. Raises `not_enough`; then nothing is issued.

        `amount`: the money it shall be worth, in minor units, where its kind leaves that to the member.
        """
        voucher_id, code = new_id(), new_code()
        movement = None
        if price is not None and price.steps:
            cause = Cause("voucher", voucher_id, at)
            movement = books.spend(member_id, price.unit, price.steps, today, kind="spend", cause=cause)
        voucher = Voucher(
            business_id=self.business_id,
            id=voucher_id,
            reward=reward.code,
            member_id=member_id,
            hash=hash_of(code),
            sealed=seal(code),
            price_unit=price.unit if price else "",
            price_steps=price.steps if price else 0,
            award=award,
            issued_at=at,
            valid_until=None if reward.valid_days is None else today + timedelta(days=reward.valid_days),
            terms=dict(KINDS[reward.kind].terms(reward, amount)),
        )
        if reward.stock is not None:
            self.stocked.add(reward.code)
        self.issued.append(voucher)
        self.codes[voucher_id] = code
        return voucher, movement

    def write(self) -> None:
        """Take from the stock what there is of it, and insert what was issued, in the caller's transaction."""
        take_stock(self.business_id, self.issued, self.stocked)
        insert(Voucher, _COLUMNS, [_row(voucher) for voucher in self.issued])
        tell_of("voucher.issued", self.issued)


_COLUMNS = (
    "business",
    "id",
    "reward",
    "member_id",
    "hash",
    "sealed",
    "state",
    "price_unit",
    "price_steps",
    "award",
    "issued_at",
    "valid_until",
    "closed_by",
    "terms",
    "from_stock",
)


def _row(voucher: Voucher) -> tuple[object, ...]:
    return (voucher.business_id, *(getattr(voucher, name) for name in _COLUMNS[1:]))


def tell_of(kind: str, vouchers: Sequence[Voucher]) -> None:
    """Tell who listens what became of vouchers of one business."""
    if vouchers:
        at = max(voucher.closed_at or voucher.issued_at for voucher in vouchers)
        tell(listen(vouchers[0].business_id), kind, [Happened(voucher.id, {}) for voucher in vouchers], at=at)


def find_voucher(business: Business, code: str) -> Voucher:
    """The voucher of a code. Unknown, foreign and malformed codes are refused alike (`voucher_not_redeemable`)."""
    voucher = None
    if plain(code):
        voucher = Voucher.objects.filter(business=business, hash=hash_of(code)).first()
    if voucher is None:
        raise Refused("voucher_not_redeemable", "There is no voucher with this code.", [Fault("/code", "check it")])
    return voucher


def lock_vouchers(business: Business, codes: Iterable[str]) -> dict[str, Voucher]:
    """The vouchers of codes as they were sent, locked until the transaction ends; those unknown are left out."""
    hashes = {hash_of(code): code for code in codes if plain(code)}
    if not hashes:
        return {}
    rows = Voucher.objects.filter(business=business, hash__in=hashes).order_by("id").select_for_update(no_key=True)
    return {hashes[voucher.hash]: voucher for voucher in rows}


def unknown_codes(business: Business, codes: Iterable[str]) -> list[str]:
    """Those of the codes, as they were sent, of which the business has no voucher."""
    named = list(codes)
    hashes = {hash_of(code) for code in named if plain(code)}
    known = set(Voucher.objects.filter(business=business, hash__in=hashes).values_list("hash", flat=True))
    return [code for code in named if not plain(code) or hash_of(code) not in known]


def check_redeemable(voucher: Voucher | None, today: date) -> Voucher:
    """The voucher, if it can be redeemed today. Raises `voucher_not_redeemable`."""
    if voucher is None:
        raise Refused("voucher_not_redeemable", "There is no voucher with this code.", [Fault("/vouchers", "check it")])
    if voucher.state != "issued" or (voucher.valid_until is not None and voucher.valid_until < today):
        raise Refused("voucher_not_redeemable", _why(voucher, today), [Fault("/vouchers", "leave it out")])
    return voucher


def check_place(reward: Reward, place: Place) -> None:
    """Raise where a reward is not given at this place: `invalid` if none is named, else `voucher_not_redeemable`."""
    if place.partner:
        allowed = place.partner in reward.partners
    elif reward.stores and not place.store:
        fault = Fault("/store", "name the store")
        raise Refused("invalid", f"{reward} is given in some stores only: say in which this is.", [fault])
    else:
        allowed = place.store in reward.stores if reward.stores else not reward.partners
    if not allowed:
        at = Fault("/partner" if place.partner else "/store", "it is given elsewhere")
        where = ", ".join((*reward.stores, *reward.partners)) or "the stores of the business"
        raise Refused("voucher_not_redeemable", f"{reward} is not given here, but at: {where}.", [at])


def money_off(voucher: Voucher, reward: Reward, purchase: int | None) -> int | None:
    """What a voucher takes off a purchase of so much, in minor units; None where it is no money, or nobody asked.

    Raises `invalid` where a percentage is asked of nothing, `voucher_not_redeemable` below its floor.
    """
    if not voucher.terms:
        return None
    if purchase is None:
        if "value" in voucher.terms and "floor" not in voucher.terms:
            return int(voucher.terms["value"])
        fault = Fault("/amount", "say what the purchase comes to, in minor units")
        raise Refused("invalid", f"What {reward} takes off depends on the purchase.", [fault])
    off = KINDS[reward.kind].off(voucher.terms, purchase)
    if not off:
        floor = voucher.terms.get("floor", 1)
        fault = Fault("/amount", f"at least {floor}, in minor units")
        raise Refused("voucher_not_redeemable", f"The purchase is too small for {reward}.", [fault])
    return off


def close(voucher: Voucher, state: str, *, at: datetime, by: str, today: date, receipt_id: UUID | None = None) -> None:
    """Bring an issued voucher into its last state, once. Raises `voucher_not_redeemable` where somebody was first.

    It must still be good today, but to expire: what it may be does not wait for the daily run.
    """
    good = Q() if state == "expired" else _good(today)
    ours = Voucher.objects.filter(good, business_id=voucher.business_id, id=voucher.id, state="issued")
    if not ours.update(state=state, closed_at=at, closed_by=by, receipt_id=receipt_id):
        voucher.refresh_from_db()
        raise Refused("voucher_not_redeemable", _why(voucher, today))
    if state == "redeemed":
        tell(listen(voucher.business_id), "voucher.redeemed", [Happened(voucher.id, {})], at=at)


def _good(today: date) -> Q:
    """Vouchers whose time is not over."""
    return Q(valid_until=None) | Q(valid_until__gte=today)


def _why(voucher: Voucher, today: date) -> str:
    if voucher.state == "issued" and voucher.valid_until and voucher.valid_until < today:
        return f"This voucher was good until {voucher.valid_until.isoformat()}."
    when = f" on {voucher.closed_at:%Y-%m-%d %H:%M} UTC" if voucher.closed_at else ""
    who = f" by {voucher.closed_by}" if voucher.closed_by else ""
    return f"This voucher was {voucher.state}{who}{when}."


def reopen(
    books: Books,
    receipt_id: UUID,
    voucher_ids: Sequence[UUID] | None = None,
    *,
    at: datetime,
    now: datetime,
    today: date,
) -> list[Movement]:
    """Undo the use of vouchers in a sale that was returned: issued again, with their old dates, or expired by now.

    Of those named, or of all. Gives what came back of the prices of those that expired.
    """
    used = Voucher.objects.filter(business_id=books.business_id, receipt_id=receipt_id, state="redeemed")
    if voucher_ids is not None:
        used = used.filter(id__in=voucher_ids)
    freed = list(used.order_by("id"))
    used.update(state="issued", closed_at=None, closed_by="", receipt_id=None)
    undo_deliveries(books.business_id, [voucher.id for voucher in freed], at=now)
    over = [voucher for voucher in freed if voucher.valid_until and voucher.valid_until < today]
    return expire(books, over, at=at, now=now, by="return", today=today)


def expire(
    books: Books, over: Sequence[Voucher], *, at: datetime, now: datetime, by: str, today: date
) -> list[Movement]:
    """Let issued vouchers expire whose time is over; their price comes back, as of `at`, or lapses, as rewards say."""
    rewards = Reward.objects.filter(business_id=books.business_id, code__in={voucher.reward for voucher in over})
    gives_back = set(rewards.filter(on_expire="give_back").values_list("code", flat=True)) if over else set()
    moved = []
    for voucher in over:
        close(voucher, "expired", at=now, by=by, today=today)
        movement = give_price_back(books, voucher.member_id, voucher, at=at) if voucher.reward in gives_back else None
        moved += [movement] if movement else []
    give_stock_back(books.business_id, stock_freed_by(over))
    return moved


def revoke_newest(books: Books, member_id: UUID, unit: str, *, at: datetime, today: date) -> Movement | None:
    """Revoke the newest unused voucher that an award made from an account: its price comes back. None: there is none"""
    made = Voucher.objects.filter(
        _good(today), business_id=books.business_id, member_id=member_id, price_unit=unit, state="issued"
    ).exclude(award="")
    # By id, not `issued_at`: that is the till's clock, and sales come late.
    newest = made.order_by("-id").first()
    if newest is None:
        return None
    close(newest, "revoked", at=at, by="return", today=today)
    give_stock_back(books.business_id, stock_freed_by([newest]))
    return give_price_back(books, member_id, newest, at=at)


def selector_of(reward: Reward) -> Selector:
    """The lines that an item reward holds."""
    names = {name: frozenset(reward.items.get(name, ())) for name in ("departments", "products", "brands", "tags")}
    return Selector(**names)


def give_price_back(books: Books, member_id: UUID, voucher: Voucher, *, at: datetime) -> Movement | None:
    """Give the price back to the lots it came from; None where it had no price."""
    if not voucher.price_steps:
        return None
    drawn = drawn_by(voucher.business_id, voucher.price_unit, voucher.id)
    cause = Cause("voucher", voucher.id, at)
    return books.put_back(member_id, voucher.price_unit, voucher.price_steps, drawn, cause=cause)
