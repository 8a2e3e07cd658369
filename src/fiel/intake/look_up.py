"""From a paper to a sale of ours: which store issued it, which member bought, which departments its goods are of.

Stores are known by the tax id of who issues their receipts. Where several stores share one, the branch that the paper
names decides (a store's code or name), else the series, entered as a till of its store. A web shop has no tax id in
its orders: there any store may be meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from fiel.catalogue.groups import Groups
from fiel.catalogue.models import Product
from fiel.core.identity import Identity
from fiel.core.identity import email as read_email
from fiel.core.identity import phone as read_phone
from fiel.core.identity import tax_id as read_tax_id
from fiel.core.refusals import Refused
from fiel.core.sale import Line
from fiel.intake.papers import Paper, PaperLine, Place, bare_tax_id
from fiel.members.find import find
from fiel.sales.incoming import Incoming
from fiel.shops.models import Business, Store, Till
from fiel.tables.read import matching

__all__ = ["LookedUp", "Stores", "members_of", "taken_up"]

LookedUp = Incoming | Refused


class Stores:
    """The stores of a business as papers name them. `only`: the one that papers may be of, where there is but one."""

    def __init__(self, business: Business, *, only: str = "") -> None:
        self._only = only
        self._by_tax_id: dict[str, list[str]] = {}
        self._names: dict[str, str] = {}
        self._zones: dict[str, ZoneInfo] = {}
        rows = Store.objects.filter(business=business).values_list("code", "name", "tax_id", "timezone")
        for code, name, tax_id, zone in rows.order_by("code"):
            self._names[code] = name
            self._zones[code] = ZoneInfo(zone or business.timezone)
            if tax_id:
                self._by_tax_id.setdefault(bare_tax_id(tax_id), []).append(code)
        tills = Till.objects.filter(business=business).values_list("code", "store") if len(self._names) > 1 else []
        self._tills: dict[str, list[str]] = {}
        for till, store in tills:
            self._tills.setdefault(till, []).append(store)

    def store_of(self, place: Place) -> str:
        """The code of the store. Raises `store_unknown`, and `forbidden` for any but the only one."""
        stores = self._by_tax_id.get(place.issuer, []) if place.issuer else list(self._names)
        if self._only and stores:
            if self._only not in stores:
                raise Refused("forbidden", f"This key is for the store {self._only!r} alone; the paper is of another.")
            return self._only
        if len(stores) == 1:
            return stores[0]
        if not stores and place.issuer:
            raise Refused("store_unknown", f"No store has the tax id {place.issuer}: enter it at the store.")
        branch = place.branch.casefold()
        named = [code for code in stores if branch and branch in (code.casefold(), self._names[code].casefold())]
        serial = [code for code in self._tills.get(place.till, []) if code in stores]
        for found in (named, serial):
            if len(found) == 1:
                return found[0]
        shared = f"have the tax id {place.issuer}" if place.issuer else f"might be {place.branch!r}"
        detail = (
            f"{len(stores)} stores {shared}, and the receipt does not tell which: "
            f"enter its series {place.till!r} as a till of its store."
        )
        raise Refused("store_unknown", detail)

    def moment(self, store: str, at: datetime) -> datetime:
        """A time with its offset; what has none is by the store's clock."""
        return at if at.tzinfo else at.replace(tzinfo=self._zones[store])


def members_of(business: Business, buyers: Iterable[str]) -> dict[str, Identity]:
    """Those buyers who are members, by the tax id as the papers have it; everybody else is nobody."""
    known = {buyer: identity for buyer in set(buyers) if (identity := _identity(buyer, business.country))}
    found = find(business.id, known.values())
    return {buyer: identity for buyer, identity in known.items() if identity in found}


def _identity(buyer: str, country: str) -> Identity | None:
    """Who may be meant: a tax id that can be somebody's, or another way, as "phone:…"."""
    kind, marked, value = buyer.partition(":")
    if not buyer or not marked:
        kind, value = "tax_id", buyer
    read = _READ.get(kind)
    if not value or read is None:
        return None
    try:
        return Identity(kind, read(value, country))
    except Refused:
        return None


_READ: dict[str, Callable[[str, str], str]] = {
    "tax_id": lambda text, country: read_tax_id(text, country=country),
    "phone": lambda text, country: read_phone(text, region=country),
    "email": lambda text, country: read_email(text),
    "code": lambda text, country: text,
    "id": lambda text, country: text,  # a member's, in what was kept aside
}


def taken_up(business: Business, papers: Sequence[Paper], stores: Stores, groups: Groups) -> list[LookedUp]:
    """The papers as sales, or why they cannot be: a few queries, however many there are."""
    members = members_of(business, (paper.buyer for paper in papers))
    codes = {(code,) for paper in papers for line in paper.lines for code in (line.product, line.ean) if code}
    known = {code for (code,) in matching(Product, business.id, ("code",), codes, ())}
    result: list[LookedUp] = []
    for paper in papers:
        try:
            result.append(_sale(business, paper, stores, groups, members, known))
        except Refused as refused:
            result.append(refused)
    groups.note_new()
    return result


def _sale(
    business: Business,
    paper: Paper,
    stores: Stores,
    groups: Groups,
    members: Mapping[str, Identity],
    known: set[str],
) -> Incoming:
    if paper.wrong:
        raise Refused("does_not_add_up", f"The receipt does not add up: {paper.wrong}.")
    if paper.currency != business.currency:
        raise Refused("invalid", f"The receipt is in {paper.currency}; {business.name} counts {business.currency}.")
    store = stores.store_of(paper.place)
    return Incoming(
        store=store,
        till=paper.place.till,
        number=paper.number,
        occurred_at=stores.moment(store, paper.at),
        lines=tuple(_line(number, line, paper.scheme, groups, known) for number, line in enumerate(paper.lines, 1)),
        member=members.get(paper.buyer),
        discount=paper.discount,
        payments=paper.payments,
        channel=paper.channel,
        paper=paper.digest(),
    )


def _line(number: int, line: PaperLine, scheme: str, groups: Groups, known: set[str]) -> Line:
    department = groups.department(scheme, line.group, line.description)
    return Line(
        number=number,
        amount=line.amount,
        quantity=line.quantity,
        discount=line.discount,
        tax_rate=line.tax_rate,
        product=line.ean if line.ean in known and line.product not in known else line.product,
        departments=(department,) if department else (),
        description=line.description,
    )
