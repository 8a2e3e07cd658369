"""The words of imports: kinds of rows and tables, columns, and a row as it will be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fiel import clock
from fiel.core.identity import Identity
from fiel.core.refusals import REFUSALS
from fiel.doors.look import day, figure, money, time_of_day
from fiel.doors.office.import_columns import COLUMNS
from fiel.doors.office.import_reasons import place_in_words, reason_in_words
from fiel.intake.columns import Columns, missing
from fiel.intake.papers import GoodsBack, Paper, Void
from fiel.intake.rows import Brought, DepartmentRow, GroupRow, Item, ProductRow, StoreRow, Unreadable
from fiel.members.newcomer import Newcomer
from fiel.sales.incoming import Incoming
from fiel.shops.models import Business

__all__ = ["ROWS", "TABLES", "WAITING", "Told", "counts_of", "reasons_of", "told", "what_is_missing"]

ROWS: dict[str, Promise] = {
    "sales": gettext_lazy("Receipts"),
    "cancellations": gettext_lazy("Cancelled receipts"),
    "returns": gettext_lazy("Returns"),
    "members": gettext_lazy("Members"),
    "members with balances": gettext_lazy("Members with a balance"),
    "stores": gettext_lazy("Stores"),
    "departments": gettext_lazy("Departments"),
    "products": gettext_lazy("Products"),
    "groups of goods": gettext_lazy("Groups of goods"),
    "rows": gettext_lazy("Rows"),
}
WAITING: dict[str, Promise] = {
    "sale": gettext_lazy("Receipt"),
    "paper": gettext_lazy("Receipt"),
    "void": gettext_lazy("Cancellation"),
    "return": gettext_lazy("Return"),
}
TABLES: dict[str, Promise] = {
    "members": gettext_lazy("Members, with their balance where a column has one"),
    "sales": gettext_lazy("Receipts"),
    "products": gettext_lazy("Products"),
    "groups": gettext_lazy("Groups of goods and their department"),
}


class Told(NamedTuple):
    """A row as it will be recorded: what it is, which, more of it, and its figure."""

    kind: str
    title: str
    more: str
    figure: str = ""


def told(item: Item, business: Business) -> Told | None:
    """A row as a person reads it; None for what is not recorded."""
    match item:
        case Incoming():
            total = sum(line.amount - line.discount for line in item.lines) - item.discount
            place = f"{item.store} / {item.till}"
            return _receipt(business, item.number, item.occurred_at, place, total, len(item.lines), _who(item.member))
        case Paper():
            total = sum(line.amount - line.discount for line in item.lines) - item.discount
            return _receipt(business, item.number, item.at, item.place.till, total, len(item.lines), "")
        case Void() | GoodsBack():
            kind, number = (
                (_("Return"), item.number) if isinstance(item, GoodsBack) else (_("Cancellation"), item.original.number)
            )
            return Told(kind, number, _moment(item.at, business))
        case Brought():
            return _member(item.newcomer, f"{figure(item.amount)} {item.unit}".strip())
        case Newcomer():
            return _member(item, "")
    return _of_shop(item)


def _receipt(business: Business, number: str, at: datetime, place: str, total: int, lines: int, who: str) -> Told:
    more = [_moment(at, business), place, ngettext("%(n)s line", "%(n)s lines", lines) % {"n": lines}, who]
    amount = money(total, business.currency)
    return Told(_("Receipt"), number, " · ".join(part for part in more if part), amount)


def _member(newcomer: Newcomer, holds: str) -> Told:
    known = [_who(identity) for identity in newcomer.identities]
    code = [newcomer.code] if newcomer.code else []
    return Told(_("Member"), newcomer.name or (known or code)[0], " · ".join([*code, *known]), holds)


def _of_shop(item: Item) -> Told | None:
    match item:
        case ProductRow():
            return Told(
                _("Product"), item.name or item.code, " · ".join(filter(None, (item.code, item.brand))), item.department
            )
        case DepartmentRow():
            return Told(_("Department"), item.name or item.code, item.code, item.parent)
        case GroupRow():
            return Told(_("Group of goods"), item.code, item.scheme, item.department)
        case StoreRow():
            return Told(_("Store"), item.name or item.code, item.code)
        case Unreadable():
            column = COLUMNS.get(item.column, item.column)
            return Told(_("Not readable"), str(column), reason_in_words(item.reason))
    return None


def _who(identity: Identity | None) -> str:
    return identity.value if identity else ""


def _moment(at: datetime, business: Business) -> str:
    zone = ZoneInfo(business.timezone)
    today = clock.now().astimezone(zone).date()
    return f"{day(at.astimezone(zone).date(), today=today)}, {time_of_day(at, zone)}"


def counts_of(outcome: Mapping[str, Mapping[str, int]]) -> list[tuple[object, int, int]]:
    """How many rows of each kind are new, and how many were there before."""
    new, known = outcome["new"], outcome["known"]
    return [(ROWS.get(kind, kind), new.get(kind, 0), known.get(kind, 0)) for kind in sorted({*new, *known})]


def reasons_of(reasons: list[tuple[str, int, str, str]]) -> list[tuple[str, int, str, str]]:
    """The reasons by their titles: how often each, and the first place and sentence."""
    return [
        (_(REFUSALS[code].title), count, place_in_words(place), reason_in_words(reason))
        for code, count, place, reason in reasons
    ]


def what_is_missing(columns: Columns) -> str:
    """What no column tells, as a sentence."""
    either = _(" or ")
    names = [either.join(str(COLUMNS[name]) for name in names) for names in missing(columns)]
    return _("Say which column holds: %(names)s.") % {"names": ", ".join(names)}
