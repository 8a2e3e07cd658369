"""What is known before a group of sales is counted: everything is looked up once for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fiel.catalogue.classify import Catalogue, read_catalogue
from fiel.core.compiled import Compiled
from fiel.core.identity import Identity
from fiel.core.refusals import Fault, Refused
from fiel.core.sale import Facts, Sale
from fiel.core.tiers import Measures, effective
from fiel.ledger.post import Books, open_books
from fiel.members.enrol import Newcomer, enrol
from fiel.members.find import Found, find, follow, lock
from fiel.members.models import Member
from fiel.members.tiers import TierBook, tier_state
from fiel.programme.versions import Versions, rules_of, versions_of
from fiel.rewards.awards import AwardBook, open_award_book
from fiel.rewards.models import Delivery, Reward, Voucher
from fiel.rewards.read import waiting_gifts
from fiel.rewards.vouchers import VoucherBook, lock_vouchers
from fiel.sales.history import History
from fiel.sales.incoming import Incoming, Key
from fiel.sales.keys import held_elsewhere
from fiel.sales.measures import read_measures
from fiel.sales.models import Receipt
from fiel.sales.referrals import ReferralBook, open_referrals, referrers_of
from fiel.shops.models import Business, IdempotencyKey, Person, Staff, Store
from fiel.tables.read import matching

__all__ = ["Document", "Known", "gather", "late_days"]

_AHEAD = timedelta(minutes=5)
_LATE_DAYS = 7

Document = tuple[str, str, str, date]
"""Store, till, number and the store's date: what a receipt is known by, for ever."""


@dataclass(slots=True)
class Known:
    """What a group of sales needs to know. `documents` and `keys` grow as the sales are counted.

    `repeated`: receipts that were there before, with the keys that now lead to them too.

    `own`: by member, what a cashier is called who is that member.

    `history`: receipts from before; what is spendable is then looked at as of their own day.
    """

    business: Business
    now: datetime
    history: bool
    by_first_version: bool
    versions: Versions
    zones: Mapping[str, ZoneInfo]
    refused: dict[int, Refused]
    found: Mapping[Identity, Found]
    newcomers: Set[UUID]
    members: Mapping[UUID, Member]
    own: Mapping[UUID, frozenset[str]]
    books: Books
    catalogue: Catalogue
    earlier: History
    measures: Mapping[UUID, Measures]
    tiers: TierBook
    awards: AwardBook
    referrals: ReferralBook
    vouchers: Mapping[str, Voucher]
    rewards: Mapping[str, Reward]
    owners: Mapping[UUID, UUID]
    documents: dict[Document, tuple[UUID, str]]
    keys: dict[str, tuple[str, UUID | None, int]]
    used: list[Voucher] = field(default_factory=list)
    delivered: list[Delivery] = field(default_factory=list)
    repeated: list[tuple[UUID, Key]] = field(default_factory=list)

    def owner(self, voucher: Voucher) -> UUID:
        """The member who has a voucher by now: who had it was maybe merged."""
        return self.owners.get(voucher.member_id, voucher.member_id)

    def document(self, sale: Incoming) -> Document:
        """What the receipt is known by."""
        return _document(sale, self.zones)

    def version(self, moment: datetime) -> int | None:
        """The version of the programme that counts a sale of this moment."""
        return _version(self.versions, moment, by_first=self.by_first_version)

    def today(self, occurred_at: datetime, zone: ZoneInfo) -> date:
        """The day on which lots must be good to be spent: now (the till's clock may be ahead); in history, then."""
        return (occurred_at if self.history else max(self.now, occurred_at)).astimezone(zone).date()

    def facts(self, member: Member, sale: Sale, compiled: Compiled) -> Facts:
        """What the rules may know of a member, as it stands before this sale."""
        programme, books = compiled.programme, self.books
        day = sale.occurred_at.astimezone(programme.timezone).date()
        today = self.today(sale.occurred_at, programme.timezone)
        paying = {*compiled.session_units, *(payment.unit for payment in sale.payments if payment.unit)}
        carried = [unit.code for unit in programme.units.values() if unit.rounding == "carry"]
        return Facts(
            tier=effective(programme, tier_state(member), today),
            types=frozenset(member.types),
            birth_date=member.birth_date,
            joined=member.joined,
            sales_so_far=self.earlier.sales_so_far(member.id),
            caps_used={rule: self.earlier.used(member.id, rule, day) for rule in compiled.capped},
            carry={unit: books.carry(member.id, unit) for unit in carried},
            held={unit: books.holding(member.id, unit).available(today) for unit in paying},
            owed={unit: books.holding(member.id, unit).debt for unit in compiled.session_units},
            today=today if compiled.session_units and today != day else None,
        )


def gather(
    business: Business,
    sales: Sequence[Incoming],
    now: datetime,
    *,
    history: bool = False,
    by_first_version: bool = False,
    enrolling: bool = True,
) -> Known:
    """Look up what the sales are about, and lock the members they name, in the caller's transaction.

    Documents are looked up under the lock: a twin that is being recorded has been waited for.
    """
    versions = versions_of(business.id)
    zones = _zones(business, sales)
    refused = _misplaced(business, sales, zones, late_days(versions, now), now, history=history)
    refused |= _in_progress(business, sales)
    waiting = [sale for index, sale in enumerate(sales) if index not in refused]
    found, newcomers = _find_members(business, waiting, now, enrolling=enrolling)
    numbers = {_version(versions, sale.occurred_at, by_first=by_first_version) for sale in waiting}
    rules = [rules_of(business.id, number) for number in numbers if number is not None]
    named = {each.member_id for each in found.values()}
    refers = any(compiled.programme.referral for compiled in rules)
    referrers = referrers_of(business.id, named) if refers else {}
    members = lock(business.id, {*named, *referrers.values()})
    vouchers = lock_vouchers(business, {code for sale in waiting for code in sale.vouchers})
    return Known(
        business=business,
        now=now,
        history=history,
        by_first_version=by_first_version,
        versions=versions,
        zones=zones,
        refused=refused,
        found=found,
        newcomers=newcomers,
        members=members,
        own=_own(business, named),
        books=open_books(business.id, members),
        catalogue=read_catalogue(business.id, {line.product for sale in waiting for line in sale.lines}),
        earlier=_earlier(business, waiting, members, rules),
        measures=_measures(business, waiting, members, rules),
        tiers=TierBook(business.id),
        awards=_awards(business, members, rules),
        referrals=open_referrals(business.id, referrers, [_utc_day(sale) for sale in waiting]),
        vouchers=vouchers,
        rewards=_rewards(business, vouchers),
        owners=follow(business.id, {voucher.member_id for voucher in vouchers.values()}),
        # Of all: what is in the books already is answered, however late it is sent again.
        documents=_documents(business, [sale for sale in sales if sale.store in zones], zones),
        keys=_keys(business, sales),
    )


def _own(business: Business, members: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """Those of the members who work here, by what tills and the counter call them: nobody credits their own card."""
    working = matching(Staff, business.id, ("member_id",), [(member,) for member in members], ("person",))
    people = Person.objects.in_bulk([person for _, person in working]) if working else {}
    return {
        member: frozenset({people[person].name.casefold(), people[person].email} - {""}) for member, person in working
    }


def _utc_day(sale: Incoming) -> date:
    """A day not after the sale's by any clock: months are looked up from it on."""
    return sale.occurred_at.astimezone(UTC).date() - timedelta(days=1)


def _zones(business: Business, sales: Sequence[Incoming]) -> dict[str, ZoneInfo]:
    rows = matching(Store, business.id, ("code",), [(sale.store,) for sale in sales], ("timezone",))
    return {code: ZoneInfo(zone or business.timezone) for code, zone in rows}


def _document(sale: Incoming, zones: Mapping[str, ZoneInfo]) -> Document:
    return (sale.store, sale.till, sale.number, sale.occurred_at.astimezone(zones[sale.store]).date())


def _version(versions: Versions, moment: datetime, *, by_first: bool) -> int | None:
    number = versions.number_at(moment)
    return versions.first if number is None and by_first else number


def late_days(versions: Versions, now: datetime) -> int:
    """How many days late a sale may come, by the rules in force now."""
    current = versions.number_at(now)
    return rules_of(versions.business_id, current).programme.late_days if current else _LATE_DAYS


def _misplaced(
    business: Business,
    sales: Sequence[Incoming],
    zones: Mapping[str, ZoneInfo],
    most_days: int,
    now: datetime,
    *,
    history: bool,
) -> dict[int, Refused]:
    """Sales of stores that are not ours and of times that are not now, by their place in the list."""
    refused: dict[int, Refused] = {}
    for index, sale in enumerate(sales):
        if sale.store not in zones:
            fault = Fault("/store", "name one of your stores; the office lists them")
            refused[index] = Refused("invalid", f"{business.name} has no store {sale.store!r}.", [fault])
        elif sale.occurred_at > now + _AHEAD:
            fault = Fault("/occurred_at", "at most 5 minutes ahead of the server's clock")
            refused[index] = Refused("too_early", "The sale lies in the future: set the till's clock.", [fault])
        elif sale.occurred_at < now - timedelta(days=most_days) and not history:
            fault = Fault("/occurred_at", f"at most {most_days} days ago")
            detail = f"The sale is older than {most_days} days: the office can bring it in as history."
            refused[index] = Refused("too_late", detail, [fault])
    return refused


def _find_members(
    business: Business, sales: Sequence[Incoming], now: datetime, *, enrolling: bool
) -> tuple[dict[Identity, Found], set[UUID]]:
    """The members that the sales name, and those who are new: phones are enrolled where the sale asks for it."""
    found = find(business.id, [sale.member for sale in sales if sale.member])
    newcomers = {
        sale.member: Newcomer(identities=(sale.member,))
        for sale in sales
        if enrolling and sale.enrol and sale.member and sale.member.kind == "phone" and sale.member not in found
    }
    new: set[UUID] = set()
    if newcomers:
        today = now.astimezone(ZoneInfo(business.timezone)).date()
        made = enrol(business, list(newcomers.values()), now=now, today=today, source="sale", by="till")
        for identity, member in zip(newcomers, made, strict=True):
            if isinstance(member, Member):
                found[identity] = Found(member.id)
                new.add(member.id)
    return found, new


def _documents(
    business: Business, sales: Sequence[Incoming], zones: Mapping[str, ZoneInfo]
) -> dict[Document, tuple[UUID, str]]:
    """The receipts that are in the books already, with what tells their content."""
    wanted = [_document(sale, zones) for sale in sales]
    rows = matching(Receipt, business.id, ("store", "till", "number", "day"), wanted, ("id", "digest"))
    return {(store, till, number, day): (id_, digest) for store, till, number, day, id_, digest in rows}


def _keys(business: Business, sales: Sequence[Incoming]) -> dict[str, tuple[str, UUID | None, int]]:
    """The idempotency keys that were used before: for what, the receipt they led to, and what was answered."""
    named = [(sale.key.key,) for sale in sales if sale.key]
    rows = matching(IdempotencyKey, business.id, ("key",), named, ("fingerprint", "receipt", "status"))
    return {key: (fingerprint, receipt, status) for key, fingerprint, receipt, status in rows}


def _in_progress(business: Business, sales: Sequence[Incoming]) -> dict[int, Refused]:
    """Sales whose key another process is working on, by their place in the list."""
    named = {index: sale.key.key for index, sale in enumerate(sales) if sale.key}
    running = held_elsewhere(business.id, named.values())
    detail = "The first request with this Idempotency-Key is still being worked on."
    return {index: Refused("in_progress", detail) for index, key in named.items() if key in running}


def _earlier(
    business: Business, sales: Sequence[Incoming], members: Iterable[UUID], rules: Sequence[Compiled]
) -> History:
    """What earlier sales mean, as far as a rule asks."""
    earlier = History()
    if any(compiled.needs_history for compiled in rules):
        earlier.read_counts(business.id, members)
    capped = next((compiled.programme for compiled in rules if compiled.capped), None)
    if capped is not None:
        days = {sale.occurred_at.astimezone(capped.timezone).date() for sale in sales}
        earlier.read_caps(business.id, members, days, capped.timezone)
    return earlier


def _measures(
    business: Business, sales: Sequence[Incoming], members: Iterable[UUID], rules: Sequence[Compiled]
) -> dict[UUID, Measures]:
    """What tiers measure, where a programme has tiers."""
    programme = next((compiled.programme for compiled in rules if len(compiled.programme.tiers) > 1), None)
    if programme is None:
        return {}
    days = [sale.occurred_at.astimezone(programme.timezone).date() for sale in sales]
    return read_measures(business.id, members, programme, days)


def _awards(business: Business, members: Collection[UUID], rules: Sequence[Compiled]) -> AwardBook:
    """The open invitations of members, and the rewards that awards give."""
    book = AwardBook(business.id, {}, VoucherBook(business.id))
    for compiled in rules:
        more = open_award_book(business, compiled.programme, members)
        book.rewards = {**book.rewards, **more.rewards}
        book.open.update(more.open)
    book.waiting = waiting_gifts(business.id, members) if members else {}
    return book


def _rewards(business: Business, vouchers: Mapping[str, Voucher]) -> dict[str, Reward]:
    """The rewards that the vouchers named are for."""
    if not vouchers:
        return {}
    rows = Reward.objects.filter(business=business, code__in={voucher.reward for voucher in vouchers.values()})
    return {reward.code: reward for reward in rows}
