"""Spreadsheets saved as CSV, with Fiel's own column names: sales, members, or products.

A sale is one or more rows in a row with the same store, till, number and time: one for each line. Amounts are in the
currency's major units with a point or a comma ("7.90", "7,90"). Times without an offset are the business's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from fiel.core import identity
from fiel.core.identity import Identity
from fiel.core.money import minor_digits
from fiel.core.refusals import Refused
from fiel.core.sale import PAYMENT_KINDS, Line, Payment
from fiel.intake.rows import Item, ProductRow, Row, Unreadable
from fiel.members.enrol import CONSENTS, Newcomer
from fiel.sales.incoming import Incoming
from fiel.shops.models import Business

__all__ = ["CsvFile"]

_SALES = {"store", "number", "occurred_at", "amount"}
_PRODUCTS = {"code", "name", "department"}
_IDENTIFIERS = ("phone", "card", "tax_id", "email", "code")
_YES = frozenset({"1", "yes", "true", "sim", "sí", "si", "x"})

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A row of the file, with its number as a spreadsheet counts it, and its text."""

    number: int
    cells: Cells
    text: str


class _Wrong(Exception):
    """A cell that cannot be read."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.unreadable = Unreadable(column, reason)


class CsvFile:
    """A CSV file whose first row names the columns; comma, semicolon or tab between them; UTF-8 or Windows-1252."""

    name = "csv"

    def sniff(self, path: Path) -> bool:
        """It has a first row with columns that we know."""
        if not path.is_file() or path.suffix.lower() not in (".csv", ".txt", ".tsv"):
            return False
        header = {name.strip().lower() for name in _open(path).fieldnames or ()}
        return bool(header.intersection(_IDENTIFIERS)) or header >= _SALES

    def size(self, path: Path) -> int | None:
        """Rows after the first; rows of one sale are counted each."""
        with path.open("rb") as file:
            return max(0, sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) - 1)

    def rows(self, path: Path, business: Business) -> Iterator[Row]:
        """Sales, members or products, as the columns tell."""
        reader = _open(path)
        header = {name.strip().lower() for name in reader.fieldnames or ()}
        numbered = _numbered(reader)
        if header >= _SALES:
            return _sales(numbered, business)
        if header >= _PRODUCTS and not header.intersection(("phone", "card", "birth_date")):
            return _each(numbered, _product)
        return _each(numbered, partial(_member, business=business))


def _open(path: Path) -> csv.DictReader[str]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("windows-1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="", restval="")


def _numbered(reader: csv.DictReader[str]) -> Iterator[_Numbered]:
    for row in reader:
        cells = {name.strip().lower(): value.strip() for name, value in row.items() if isinstance(value, str) and name}
        yield _Numbered(reader.line_num, cells, ",".join(cells.values()))


def _each(numbered: Iterator[_Numbered], read: Callable[[Cells], Item]) -> Iterator[Row]:
    for row in numbered:
        yield Row(f"row {row.number}", _careful(partial(read, row.cells)), row.text)


def _careful(read: Callable[[], Item]) -> Item:
    """What was read, or why it cannot be."""
    try:
        return read()
    except _Wrong as wrong:
        return wrong.unreadable
    except Refused as refused:
        column = refused.faults[0].pointer.rpartition("/")[2] if refused.faults else ""
        return Unreadable(column, refused.detail)


# Sales


def _sales(numbered: Iterator[_Numbered], business: Business) -> Iterator[Row]:
    def document(row: _Numbered) -> tuple[str, ...]:
        return tuple(row.cells.get(name, "") for name in ("store", "till", "number", "occurred_at"))

    for _, same in groupby(numbered, key=document):
        rows = list(same)
        place = f"row {rows[0].number}" if len(rows) == 1 else f"rows {rows[0].number}-{rows[-1].number}"
        item = _careful(partial(_sale, rows, business))
        yield Row(place, item, "\n".join(row.text for row in rows))


def _sale(rows: Sequence[_Numbered], business: Business) -> Incoming:
    head = rows[0].cells
    digits = minor_digits(business.currency)
    lines = tuple(_line(number, row.cells, digits) for number, row in enumerate(rows, 1))
    discount = _scaled(head, "sale_discount", digits)
    paid = sum(line.amount - line.discount for line in lines) - discount
    return Incoming(
        store=_needed(head, "store"),
        till=head.get("till") or "import",
        number=_needed(head, "number"),
        occurred_at=_moment(head, business),
        lines=lines,
        member=_who(head, business),
        discount=discount,
        payments=_payments(head, paid),
        cashier=head.get("cashier", ""),
        channel="import",
    )


def _line(number: int, cells: Cells, digits: int) -> Line:
    department = cells.get("department", "")
    return Line(
        number=number,
        amount=_scaled(cells, "amount", digits, needed=True),
        quantity=_scaled(cells, "quantity", 3) if cells.get("quantity") else 1000,
        discount=_scaled(cells, "discount", digits),
        tax_rate=_scaled(cells, "tax_rate", 3),
        product=cells.get("product", ""),
        departments=(department,) if department else (),
        brand=cells.get("brand", ""),
        tags=frozenset(_listed(cells, "tags")),
        description=cells.get("description", ""),
    )


def _payments(cells: Cells, paid: int) -> tuple[Payment, ...]:
    kind = cells.get("payment", "")
    if not kind:
        return ()
    if kind not in PAYMENT_KINDS:
        raise _Wrong("payment", f"{kind!r} is no kind of payment; choose one of {', '.join(PAYMENT_KINDS)}")
    return (Payment(kind, paid),)


def _moment(cells: Cells, business: Business) -> datetime:
    text = _needed(cells, "occurred_at")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Wrong("occurred_at", f"{text!r} is no time; write 2026-11-22T10:15:00-03:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(business.timezone))


# Members and products


def _member(cells: Cells, business: Business) -> Newcomer:
    identities = tuple(each for kind in _IDENTIFIERS if kind != "code" and (each := _identity(kind, cells, business)))
    code = cells.get("code", "")
    if not identities and not code:
        raise _Wrong("", f"nothing tells who this is: fill one of {', '.join(_IDENTIFIERS)}")
    return Newcomer(
        identities=identities,
        code=code,
        name=cells.get("name", ""),
        birth_date=_day(cells, "birth_date"),
        joined=_day(cells, "joined"),
        language=cells.get("language", ""),
        types=tuple(_listed(cells, "types")),
        consents={purpose: cells[purpose].lower() in _YES for purpose in CONSENTS if cells.get(purpose)},
    )


def _product(cells: Cells) -> ProductRow:
    return ProductRow(
        code=_needed(cells, "code"),
        name=cells.get("name", ""),
        department=cells.get("department", ""),
        brand=cells.get("brand", ""),
        tags=tuple(_listed(cells, "tags")),
    )


def _who(cells: Cells, business: Business) -> Identity | None:
    """The first of the columns that tells who bought."""
    return next((each for kind in _IDENTIFIERS if (each := _identity(kind, cells, business))), None)


def _identity(kind: str, cells: Cells, business: Business) -> Identity | None:
    text = cells.get(kind, "")
    if not text:
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
    text = cells.get(column, "")
    if not text:
        raise _Wrong(column, "this is needed")
    return text


def _scaled(cells: Cells, column: str, places: int, *, needed: bool = False) -> int:
    """A decimal as a whole number of its smallest part; empty is 0 unless it is needed."""
    text = _needed(cells, column) if needed else cells.get(column, "")
    if not text:
        return 0
    # "1.234,56" and "1,234.56": the last mark is the decimal one.
    marks = text.replace(",", ".")
    whole, _, part = marks.rpartition(".")
    plain = f"{whole.replace('.', '')}.{part}" if whole else marks
    try:
        number = Decimal(plain).scaleb(places)
    except InvalidOperation:
        raise _Wrong(column, f"{text!r} is no number") from None
    if number != number.to_integral_value() or not number.is_finite():
        raise _Wrong(column, f"{text!r} has more than {places} decimals")
    return int(number)


def _day(cells: Cells, column: str) -> date | None:
    text = cells.get(column, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Wrong(column, f"{text!r} is no date; write 1987-04-23") from None


def _listed(cells: Cells, column: str) -> list[str]:
    return [part.strip() for part in cells.get(column, "").replace(";", "|").split("|") if part.strip()]
