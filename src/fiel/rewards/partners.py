"""Partners: other companies where vouchers are redeemed, their places and clerks, and the prices agreed with them.

A partner sees the voucher, the reward and how long it is good; never the person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from fiel.core.identity import email
from fiel.core.refusals import Fault, Refused
from fiel.rewards.models import Delivery, Partner, PartnerClerk, PartnerPrice, PartnerStore, Reward
from fiel.rewards.vouchers import find_voucher
from fiel.shops.models import Business, Person, Role, Staff
from fiel.tables.walls import unwalled
from fiel.tables.write import upsert
from fiel.trail.note import note

__all__ = [
    "Desk",
    "PartnerRow",
    "PartnerTold",
    "Seen",
    "change_partner",
    "desks_of",
    "partner_named",
    "partners_told",
    "price_for",
    "put_partner",
    "redemptions",
    "see_voucher",
]


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner as it shall be. `stores`: names by code. `clerks`: the place of each (empty: any), by e-mail.

    `prices`: (reward, first day, minor units), added to those agreed before, or set anew for a day that is to come.
    """

    name: str
    tax_id: str = ""
    email: str = ""
    ended: bool = False
    stores: Mapping[str, str] = field(default_factory=dict)
    clerks: Mapping[str, str] = field(default_factory=dict)
    prices: Sequence[tuple[str, date, int]] = ()


@dataclass(frozen=True, slots=True)
class PartnerTold:
    """A partner with everything about it; `prices` by reward, the earliest first."""

    partner: Partner
    stores: Mapping[str, str]
    clerks: Mapping[str, str]
    prices: Mapping[str, Sequence[tuple[date, int]]]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a clerk works: one partner of one business; `store` empty: any of its places."""

    business: Business
    partner: Partner
    store: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a partner may know of a voucher: nothing of the person."""

    reward: str
    name: str
    text: str
    state: str
    valid_until: date | None
    closed_at: datetime | None
    here: bool
    price: int | None


def put_partner(business: Business, code: str, row: PartnerRow, *, now: datetime, today: date) -> Partner:
    """Make a partner, or set it to what is said here; agreed prices are only added to. Raises `invalid`.

    What was handed over keeps the price of its day: a price is agreed for today or a day to come.
    """
    faults = list(_faults(business, code, row, today))
    if faults:
        raise Refused("invalid", "The partner cannot be right.", faults)
    with transaction.atomic():
        before = Partner.objects.filter(business=business, code=code).first()
        ended_at = ((before.ended_at if before else None) or now) if row.ended else None
        said = {"name": row.name, "tax_id": row.tax_id, "email": row.email, "ended_at": ended_at}
        partner, _ = Partner.objects.update_or_create(business=business, code=code, defaults=said)
        _put_places(business, code, row, now)
        prices = [(business.id, code, reward, day, price) for reward, day, price in row.prices]
        upsert(PartnerPrice, ("business", "partner", "reward", "valid_from"), ("price",), prices)
        after = {"name": row.name, "ended": row.ended, "stores": dict(row.stores), "clerks": sorted(row.clerks)}
        agreed = [[reward, day.isoformat(), price] for reward, day, price in row.prices]
        note(business.id, "partner.set", about=code, after={**after, "prices": agreed}, now=now)
    return partner


def change_partner(
    business: Business, code: str, change: Callable[[PartnerRow], PartnerRow], *, now: datetime, today: date
) -> Partner:
    """Change something of a partner, whatever else is said of it at the same time. Raises `not_found`, `invalid`.

    `change` is handed the partner as it is, without the prices, which are only added to.
    """
    with transaction.atomic():
        partner = Partner.objects.select_for_update(no_key=True).filter(business=business, code=code).first()
        if partner is None:
            raise Refused("not_found", "No partner has this code.")
        [told] = partners_told(business.id, [partner])
        row = PartnerRow(
            name=partner.name,
            tax_id=partner.tax_id,
            email=partner.email,
            ended=partner.ended_at is not None,
            stores=told.stores,
            clerks=told.clerks,
        )
        return put_partner(business, code, change(row), now=now, today=today)


def _put_places(business: Business, code: str, row: PartnerRow, now: datetime) -> None:
    """Set the partner's places and clerks; who is not known yet may sign in by a link from then on."""
    PartnerStore.objects.filter(business=business, partner=code).exclude(code__in=row.stores).delete()
    stores = [(business.id, code, store, name) for store, name in row.stores.items()]
    upsert(PartnerStore, ("business", "partner", "code"), ("name",), stores)
    wanted = {address.strip().lower(): store for address, store in row.clerks.items()}
    PartnerClerk.objects.filter(business=business, partner=code).exclude(person__email__in=wanted).delete()
    people = {person.email: person for person in Person.objects.filter(email__in=wanted)}
    for address in wanted.keys() - people.keys():
        people[address] = Person.objects.create_user(address, created_at=now)
    working = {clerk.person_id: clerk.since for clerk in PartnerClerk.objects.filter(business=business, partner=code)}
    clerks = [
        (business.id, code, person.id, wanted[address], working.get(person.id, now))
        for address, person in people.items()
    ]
    upsert(PartnerClerk, ("business", "partner", "person"), ("store", "since"), clerks)
    _put_staff(business, people.values(), now)


def _put_staff(business: Business, clerks: Iterable[Person], now: datetime) -> None:
    """Let clerks into the business as such; who works in it keeps that place. Who is nobody's clerk any more is out."""
    places = [Staff(business=business, person=person, role=Role.PARTNER, since=now) for person in clerks]
    Staff.objects.bulk_create(places, ignore_conflicts=True)
    working = PartnerClerk.objects.filter(business=business).values("person")
    Staff.objects.filter(business=business, role=Role.PARTNER).exclude(person__in=working).delete()


def _faults(business: Business, code: str, row: PartnerRow, today: date) -> Iterator[Fault]:
    if not row.name.strip():
        yield Fault("/name", "write the partner's name")
    if row.email:
        yield from _email_faults(row.email, "/email")
    for index, (address, store) in enumerate(row.clerks.items()):
        yield from _email_faults(address, f"/clerks/{index}/email")
        if store and store not in row.stores:
            yield Fault(f"/clerks/{index}/store", "name one of the partner's stores")
    known = set(Reward.objects.filter(business=business, code__in=[each[0] for each in row.prices]).values_list("code"))
    agreed = set(
        PartnerPrice.objects.filter(business=business, partner=code).values_list("reward", "valid_from", "price")
    )
    times = Counter((reward, day) for reward, day, _ in row.prices)
    for index, price in enumerate(row.prices):
        if (price[0],) not in known:
            yield Fault(f"/prices/{index}/reward", "name a reward")
        if price[1] < today and price not in agreed:
            yield Fault(f"/prices/{index}/from", "today or later: what was handed over keeps the price of its day")
        if times[price[:2]] > 1:
            yield Fault(f"/prices/{index}/from", "one price for each reward and day")


def _email_faults(address: str, at: str) -> tuple[Fault, ...]:
    try:
        email(address, at)
    except Refused as refused:
        return tuple(refused.faults)
    return ()


def partner_named(business_id: int, code: str) -> Partner:
    """The partner of a code. Raises `not_found`."""
    partner = Partner.objects.filter(business_id=business_id, code=code).first()
    if partner is None:
        raise Refused("not_found", "No partner has this code.")
    return partner


def partners_told(business_id: int, partners: Sequence[Partner]) -> list[PartnerTold]:
    """Partners with everything about them: three queries, however many there are."""
    codes = [partner.code for partner in partners]
    stores: dict[str, dict[str, str]] = {code: {} for code in codes}
    clerks: dict[str, dict[str, str]] = {code: {} for code in codes}
    prices: dict[str, dict[str, list[tuple[date, int]]]] = {code: {} for code in codes}
    ours = {"business_id": business_id, "partner__in": codes}
    for partner, code, name in (
        PartnerStore.objects.filter(**ours).order_by("code").values_list("partner", "code", "name")
    ):
        stores[partner][code] = name
    people = PartnerClerk.objects.filter(**ours).order_by("person__email")
    for partner, address, store in people.values_list("partner", "person__email", "store"):
        clerks[partner][address] = store
    agreed = PartnerPrice.objects.filter(**ours).order_by("reward", "valid_from")
    for partner, reward, day, price in agreed.values_list("partner", "reward", "valid_from", "price"):
        prices[partner].setdefault(reward, []).append((day, price))
    return [PartnerTold(each, stores[each.code], clerks[each.code], prices[each.code]) for each in partners]


def price_for(business_id: int, partner: str, reward: str, day: date) -> int:
    """What a redemption costs the business on a day, in minor units. Raises `voucher_not_redeemable`.

    A partner who has ended redeems nothing any more.
    """
    gone = Partner.objects.filter(business_id=business_id, code=partner).exclude(ended_at=None).exists()
    agreed = PartnerPrice.objects.filter(
        business_id=business_id, partner=partner, reward=reward, valid_from__lte=day
    ).order_by("-valid_from")
    price = None if gone else agreed.values_list("price", flat=True).first()
    if price is None:
        detail = "No price has been agreed with this partner for this reward; the business can say more."
        raise Refused("voucher_not_redeemable", detail, [Fault("/partner", "agree on a price first")])
    return price


# The partner's desk


@unwalled()
def desks_of(person: Person) -> list[Desk]:
    """Where a person works as a partner's clerk."""
    clerks = list(PartnerClerk.objects.filter(person=person).select_related("business"))
    named = Partner.objects.filter(business__in=[each.business_id for each in clerks], ended_at=None)
    partners = {
        (each.business_id, each.code): each for each in named.filter(code__in=[each.partner for each in clerks])
    }
    return [
        Desk(clerk.business, partners[place], clerk.store)
        for clerk in clerks
        if (place := (clerk.business_id, clerk.partner)) in partners
    ]


def see_voucher(business: Business, partner: str, code: str, *, today: date) -> Seen:
    """What a partner sees of a voucher before redeeming it. Raises `voucher_not_redeemable`.

    A voucher for what the partner does not give is as unknown as one that there is not.
    """
    voucher = find_voucher(business, code)
    reward = Reward.objects.get(business=business, code=voucher.reward)
    if partner not in reward.partners:
        raise Refused("voucher_not_redeemable", "There is no voucher with this code.", [Fault("/code", "check it")])
    over = voucher.state == "issued" and voucher.valid_until is not None and voucher.valid_until < today
    here = Delivery.objects.filter(business=business, voucher_id=voucher.id, undone_at=None, partner=partner).first()
    return Seen(
        reward=reward.code,
        name=str(reward),
        text=reward.text,
        state="expired" if over else voucher.state,
        valid_until=voucher.valid_until,
        closed_at=voucher.closed_at,
        here=here is not None,
        price=here.price if here else None,
    )


def redemptions(business_id: int, partner: str, *, since: datetime | None = None) -> QuerySet[Delivery]:
    """What a partner has redeemed, the latest first. Show reward, time, place and price of each; never the member."""
    rows = Delivery.objects.filter(business_id=business_id, partner=partner, undone_at=None).defer("member_id")
    return (rows.filter(at__gte=since) if since else rows).order_by("-at", "-id")
