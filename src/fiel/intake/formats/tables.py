"""Rows of tables, by our names of their columns: sales, members, products, groups of goods.

A sale is one or more rows one after the other with the same store, till, number and time: one for each line. Amounts
are in the currency's major units, "7.90" or "7,90"; days are written 2026-11-22 or 22/11/2026; times without an
offset are the business's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import partial
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from fiel.core import identity
from fiel.core.identity import Identity
from fiel.core.money import minor_digits
from fiel.core.refusals import Refused
from fiel.core.sale import PAYMENT_KINDS, Line, Payment
from fiel.intake.columns import Columns, plain
from fiel.intake.papers import PaperLine, netted
from fiel.intake.rows import Brought, GroupRow, Item, ProductRow, Row, Terms, Unreadable
from fiel.members.newcomer import CONSENTS, Newcomer
from fiel.sales.incoming import Incoming

__all__ = ["Numbered", "items"]

_IDENTIFIERS = ("phone", "card", "tax_id", "email", "code")
_YES = frozenset({"1", "yes", "true", "sim", "sí", "si", "s", "x", "verdadeiro", "verdadero"})
_MONEY_MARKS = re.compile(r"[\s\u00a0\u202f]|R\$|€|EUR|BRL|\$|£")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(.*)", re.ASCII | re.DOTALL)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+", re.ASCII)
_MOST_LINES = 5000
_LONGEST = {"product": 64, "description": 200, "number": 64, "store": 50, "till": 50, "cashier": 100}
_ODD = re.compile("[\x00\ud800-\udfff]")

_PAYMENTS = {
    "dinheiro": "cash", "efectivo": "cash", "numerario": "cash",
    "cartao": "card", "tarjeta": "card", "multibanco": "card",
    "credito": "credit", "cartao de credito": "credit", "tarjeta de credito": "credit", "credit card": "credit",
    "debito": "debit", "cartao de debito": "debit", "tarjeta de debito": "debit", "debit card": "debit",
    "transferencia": "transfer", "boleto": "transfer", "mb way": "transfer", "bizum": "transfer",
    "vale alimentacao": "food", "vale refeicao": "meal", "cheque presente": "gift", "gift card": "gift",
    "pontos": "points", "puntos": "points", "outro": "other", "outros": "other", "otro": "other", "otros": "other",
}  # fmt: skip


Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row of a table: where it stands as a person finds it, its number, its cells by our names, and its text."""

    sheet: str
    number: int
    cells: Cells
    text: str

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.sheet} row {self.number}".strip()


class _Wrong(Exception):
    """A cell that cannot be read."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.unreadable = Unreadable(column, reason)


def items(numbered: Iterator[Numbered], columns: Columns, business: Terms) -> Iterator[Row]:
    """What the rows hold, by the kind of table."""
    if columns.kind == "sales":
        return _sales(numbered, business)
    read: Callable[[Cells], Item] = partial(_member, business=business)
    if columns.kind == "products":
        read = _product
    elif columns.kind == "groups":
        read = _group
    return (Row(row.place, _careful(row.text, partial(read, row.cells)), row.text) for row in numbered)


def _careful(text: str, read: Callable[[], Item]) -> Item:
    """What was read, or why it cannot be."""
    if _ODD.search(text):
        return Unreadable("", "a text holds NUL, or half a character: neither can be kept")
    try:
        return read()
    except _Wrong as wrong:
        return wrong.unreadable
    except Refused as refused:
        column = refused.faults[0].pointer.rpartition("/")[2] if refused.faults else ""
        return Unreadable(column, refused.detail)


# Sales


def _sales(numbered: Iterator[Numbered], business: Terms) -> Iterator[Row]:
    def document(row: Numbered) -> tuple[str, ...]:
        return tuple(row.cells.get(name, "") for name in ("store", "till", "number", "occurred_at", "date", "time"))

    for _, same in groupby(numbered, key=document):
        rows = list(islice(same, _MOST_LINES + 1))
        if len(rows) > _MOST_LINES:
            yield Row(rows[0].place, Unreadable("", f"a sale of more than {_MOST_LINES:,} rows; they were left out"))
            continue
        place = rows[0].place if len(rows) == 1 else f"{rows[0].sheet} rows {rows[0].number}-{rows[-1].number}".strip()
        text = "\n".join(row.text for row in rows)
        yield Row(place, _careful(text, partial(_sale, rows, business)), text)


def _sale(rows: Sequence[Numbered], business: Terms) -> Incoming:
    head = rows[0].cells
    digits = minor_digits(business.currency)
    discount = _scaled(head, "sale_discount", digits)
    lines = tuple(_line(number, row.cells, digits) for number, row in enumerate(rows, 1))
    if any(line.amount < 0 for line in lines):
        lines, over = _netted(lines)
        discount += over
    paid = sum(line.amount - line.discount for line in lines) - discount
    return Incoming(
        store=_needed(head, "store"),
        till=_short(head, "till") or "import",
        number=_needed(head, "number"),
        occurred_at=_moment(head, business),
        lines=lines,
        member=_who(head, business),
        discount=discount,
        payments=_payments(head, paid),
        cashier=_short(head, "cashier"),
        channel="import",
    )


def _line(number: int, cells: Cells, digits: int) -> Line:
    department = cells.get("department", "")
    quantity = _scaled(cells, "quantity", 3, most=6) if cells.get("quantity") else 1000
    if cells.get("amount"):
        amount = _scaled(cells, "amount", digits)
    else:
        price = _scaled(cells, "price", digits + 3, needed=True, most=digits + 6)
        amount = (price * quantity + 500_000) // 1_000_000
    return Line(
        number=number,
        amount=amount,
        quantity=quantity,
        discount=_scaled(cells, "discount", digits),
        tax_rate=_scaled(cells, "tax_rate", 3),
        product=_short(cells, "product"),
        departments=(department,) if department else (),
        brand=cells.get("brand", ""),
        tags=frozenset(_listed(cells, "tags")),
        description=cells.get("description", "")[: _LONGEST["description"]],
    )


def _netted(lines: Sequence[Line]) -> tuple[tuple[Line, ...], int]:
    """Lines below zero taken from their twins; what has none is a discount on the whole."""
    kept, over = netted([_as_paper(line) for line in lines])
    found = {(line.product, line.description): line for line in reversed(lines)}
    result = []
    for number, paper in enumerate(kept, 1):
        like = found[paper.product, paper.description]
        result.append(
            Line(
                number,
                paper.amount,
                paper.quantity,
                paper.discount,
                paper.tax_rate,
                paper.product,
                like.departments,
                like.brand,
                like.tags,
                paper.description,
            )
        )
    return tuple(result), over


def _as_paper(line: Line) -> PaperLine:
    return PaperLine(
        line.amount, line.quantity, line.discount, line.tax_rate, line.product, description=line.description
    )


def _payments(cells: Cells, paid: int) -> tuple[Payment, ...]:
    said = cells.get("payment", "")
    if not said:
        return ()
    kind = said if said in PAYMENT_KINDS else _PAYMENTS.get(plain(said), plain(said))
    if kind not in PAYMENT_KINDS:
        raise _Wrong("payment", f"{said!r} is no kind of payment; choose one of {', '.join(PAYMENT_KINDS)}")
    return (Payment(kind, paid),)


def _moment(cells: Cells, business: Terms) -> datetime:
    text = cells.get("occurred_at") or f"{_needed(cells, 'date')[:10]}T{cells.get('time') or '00:00'}"
    moment = _time(text)
    if moment is None:
        column = "occurred_at" if cells.get("occurred_at") else "date"
        raise _Wrong(column, f"{text!r} is no time; write 2026-11-22T10:15:00-03:00, or 22/11/2026 10:15")
    if not 1970 < moment.year < 2999:
        raise _Wrong("occurred_at", f"{text!r} lies too far away")
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(business.timezone))


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_iso(text))
    except ValueError:
        return None


def _iso(text: str) -> str:
    """A day written day first, with what follows it, as ISO 8601 has it."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return text.strip()
    day, month, year, rest = match.groups()
    rest = rest.strip().lstrip("T").strip()
    clock = rest if rest[1:2] != ":" else f"0{rest}"
    return f"{year}-{int(month):02d}-{int(day):02d}" + (f"T{clock}" if clock else "")


# Members, products, groups of goods


def _member(cells: Cells, business: Terms) -> Item:
    identities = tuple(each for kind in _IDENTIFIERS if kind != "code" and (each := _identity(kind, cells, business)))
    code = cells.get("code", "")
    if not identities and not code:
        raise _Wrong("", f"nothing tells who this is: fill one of {', '.join(_IDENTIFIERS)}")
    newcomer = Newcomer(
        identities=identities,
        code=code[:50],
        name=cells.get("name", "")[:200],
        birth_date=_day(cells, "birth_date"),
        joined=_day(cells, "joined"),
        language=cells.get("language", "")[:10],
        types=tuple(_listed(cells, "types")),
        consents={purpose: cells[purpose].lower() in _YES for purpose in CONSENTS if cells.get(purpose)},
    )
    amount = _units(cells, "points")
    if not amount:
        return newcomer
    return Brought(newcomer, amount, cells.get("unit", ""), _day(cells, "expires_on"))


def _product(cells: Cells) -> ProductRow:
    return ProductRow(
        code=cells.get("code") or _needed(cells, "product"),
        name=cells.get("name") or cells.get("description", ""),
        department=cells.get("department", ""),
        brand=cells.get("brand", ""),
        tags=tuple(_listed(cells, "tags")),
    )


def _group(cells: Cells) -> GroupRow:
    code = _needed(cells, "group")
    bare = re.sub(r"[.\s]", "", code)
    is_ncm = bare.isdecimal() and len(bare) <= 8
    scheme = cells.get("scheme") or ("ncm" if is_ncm else "group")
    return GroupRow(scheme, bare if scheme == "ncm" else code, cells.get("department", ""))


def _who(cells: Cells, business: Terms) -> Identity | None:
    """The first of the columns that tells who bought; a tax id that stands for nobody is nobody."""
    return next((each for kind in _IDENTIFIERS if (each := _identity(kind, cells, business))), None)


def _identity(kind: str, cells: Cells, business: Terms) -> Identity | None:
    text = cells.get(kind, "")
    if not text or (kind == "tax_id" and identity.is_nobody(text)):
        return None
    if kind == "phone":
        return Identity(kind, identity.phone(text, region=business.country))
    if kind == "tax_id":
        return Identity(kind, identity.tax_id(text, country=business.country))
    if kind == "email":
        return Identity(kind, identity.email(text))
    if kind == "card":
        return Identity(kind, identity.card_number(text))
    return Identity(kind, text)


# Cells


def _needed(cells: Cells, column: str) -> str:
    text = _short(cells, column)
    if not text:
        raise _Wrong(column, "this is needed")
    return text


def _short(cells: Cells, column: str) -> str:
    text = cells.get(column, "")
    if len(text) > _LONGEST.get(column, 1000):
        raise _Wrong(column, f"at most {_LONGEST.get(column, 1000)} characters")
    return text


def _units(cells: Cells, column: str) -> Fraction:
    """Whole units of an account. No unit has three decimals: "1.250" is more than a thousand."""
    text = cells.get(column, "")
    return Fraction(_decimal(column, re.sub(r"[.,]", "", text) if _THOUSANDS.fullmatch(text) else text))


def _decimal(column: str, text: str) -> Decimal:
    if not text:
        return Decimal(0)
    # "1.234,56" and "1,234.56": the last mark is the decimal one.
    marks = _MONEY_MARKS.sub("", text).replace(",", ".")
    whole, _, part = marks.rpartition(".")
    plain_text = f"{whole.replace('.', '')}.{part}" if whole else marks
    try:
        number = Decimal(plain_text)
    except InvalidOperation:
        raise _Wrong(column, f"{text[:40]!r} is no number") from None
    if not number.is_finite() or number.adjusted() > 12 or number.adjusted() < -12:
        raise _Wrong(column, f"{text[:40]!r} is no number of a receipt")
    return number


def _scaled(cells: Cells, column: str, places: int, *, needed: bool = False, most: int | None = None) -> int:
    """A decimal as a whole number of its smallest part; empty is 0 unless it is needed.

    `most`: so many decimals may be written; what is finer than `places` is rounded, halves up.
    """
    text = _needed(cells, column) if needed else cells.get(column, "")
    number = _decimal(column, text).scaleb(places)
    fine = number.scaleb((most or places) - places)
    if fine != fine.to_integral_value():
        raise _Wrong(column, f"{text!r} has more than {most or places} decimals")
    return int((number * 2 + 1) // 2) if most else int(number)


def _day(cells: Cells, column: str) -> date | None:
    text = cells.get(column, "")
    if not text:
        return None
    moment = _time(text)
    if moment is None:
        raise _Wrong(column, f"{text!r} is no date; write 1987-04-23 or 23/04/1987")
    return moment.date()


def _listed(cells: Cells, column: str) -> list[str]:
    return [part.strip() for part in cells.get(column, "").replace(";", "|").split("|") if part.strip()]
