"""The columnar extract, for those who outgrow the pages: a Parquet file for each business and month.

    FOLDER/lines/business=padaria/month=2026-03/lines.parquet

DuckDB, Spark or a warehouse read it as it is (`docs/extract.md`). A file is written anew where the kept sums of its
month have moved since, beside the old one and then in its place, so that nobody reads half a month. What stands is in
it: a returned piece is not. Members are ids; who was erased has a random one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from fiel.core.refusals import Refused
from fiel.insight.days import days_of_month
from fiel.insight.keep import keep_up
from fiel.insight.models import ALL_STORES, CashierDay, DepartmentDay, MemberMonth
from fiel.insight.sums import OF_DAYS, days_values, of_receipts
from fiel.members.models import Member
from fiel.shops.models import Business
from fiel.tables.spans import as_uuid, rows, snapshot

__all__ = ["COLUMNS", "extract"]

COLUMNS = (
    "sale",
    "number",
    "store",
    "till",
    "receipt",
    "day",
    "occurred_at",
    "cashier",
    "channel",
    "member",
    "named_late",
    "product",
    "description",
    "department",
    "brand",
    "quantity",
    "total_minor",
    "discounted",
)
"""The columns, in their order; `docs/extract.md` explains them, and a test holds it to that."""

_QUERY = """
    SELECT p.receipt_id, p.number, p.store, r.till, r.number, p.day, r.occurred_at, r.cashier, r.channel, p.member_id,
        p.linked, p.product, l.description, p.department, l.brand, p.quantity, p.total, p.discount
    FROM parts p
    JOIN sales_receipt r ON r.business_id = %(business)s AND r.id = p.receipt_id
    JOIN sales_receiptline l ON l.business_id = %(business)s AND l.receipt_id = p.receipt_id AND l.number = p.number
    ORDER BY p.receipt_id, p.number
"""
_AT_ONCE = 20_000


def extract(business: Business, folder: Path, *, now: datetime) -> list[Path]:
    """Write the months that moved; which. Raises `unavailable` where pyarrow is not installed."""
    if find_spec("pyarrow") is None:
        raise Refused("unavailable", "The extract needs pyarrow: pip install 'fiel[extract]'.")
    keep_up(business, now=now)
    written = []
    for month, mark in _marks(business).items():
        file = folder / "lines" / f"business={business.slug}" / f"month={month:%Y-%m}" / "lines.parquet"
        if _mark_of(file) != mark:
            _write(business, month, file, mark)
            written.append(file)
    return written


def _marks(business: Business) -> dict[date, str]:
    """What tells a month as it stands from any other: its sums, by whom, and how many members."""
    sums: dict[date, list[object]] = {}
    for model, names in (
        (DepartmentDay, ("lines", "quantity", "total", "discounted", "member_total")),
        (CashierDay, ("sales", "linked", "total")),
    ):
        of_all = model.objects.filter(business=business, store=ALL_STORES)
        found = of_all.annotate(month=TruncMonth("day")).values_list("month")
        for month, *row in found.annotate(*(Sum(name) for name in names)).order_by("month"):
            if row[0]:
                sums.setdefault(month, []).append(row)
    members = MemberMonth.objects.filter(business=business).values_list("month")
    for month, *row in members.annotate(Count("member_id"), Sum("visits")).order_by("month"):
        sums.setdefault(month, []).append(row)
    merged = Member.objects.filter(business=business, merged_into__isnull=False).count()
    for row in sums.values():
        row.append(merged)  # whose sales they were may stand in any month
    return {month: hashlib.sha256(repr(row).encode()).hexdigest() for month, row in sums.items()}


def _mark_of(file: Path) -> str:
    from pyarrow import parquet  # noqa: PLC0415 - an extra that need not be installed

    if not file.exists():
        return ""
    told: dict[bytes, bytes] = parquet.read_schema(file).metadata or {}
    return told.get(b"fiel", b"").decode()


def _write(business: Business, month: date, file: Path, mark: str) -> None:
    from pyarrow import RecordBatch, parquet  # noqa: PLC0415

    values = days_values(days_of_month(month), business.timezone)
    schema = _schema().with_metadata({"fiel": mark})
    draft = file.with_suffix(".draft")
    file.parent.mkdir(parents=True, exist_ok=True)
    # Not in bulk: a month is found by indexes, and hashing would read all lines of all years for each.
    with snapshot(), parquet.ParquetWriter(draft, schema, compression="zstd") as writer:
        found = rows(of_receipts(_QUERY, OF_DAYS), business=business.id, **values)
        told = (_told(row) for row in found)
        while some := list(islice(told, _AT_ONCE)):
            columns = zip(*some, strict=True)
            arrays = dict(zip(COLUMNS, (list(column) for column in columns), strict=True))
            writer.write_batch(RecordBatch.from_pydict(arrays, schema=schema))
    draft.replace(file)


def _schema() -> Any:
    import pyarrow as pa  # noqa: PLC0415

    text = pa.dictionary(pa.int32(), pa.string())
    kinds = {
        "number": pa.int16(),
        "day": pa.date32(),
        "occurred_at": pa.timestamp("us", tz="UTC"),
        "named_late": pa.bool_(),
        "quantity": pa.decimal128(18, 3),
        "total_minor": pa.int64(),
        "discounted": pa.bool_(),
    }
    plain = ("sale", "receipt", "member", "description")
    return pa.schema([(name, kinds.get(name, pa.string() if name in plain else text)) for name in COLUMNS])


def _told(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as the file has it."""
    sale, number, store, till, receipt, day, at, cashier, channel, member, late, *goods, quantity, total, off = row
    at = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return (
        str(as_uuid(sale)),
        number,
        store,
        till,
        receipt,
        day if isinstance(day, date) else date.fromisoformat(day),
        at if at.tzinfo else at.replace(tzinfo=UTC),
        cashier,
        channel,
        str(as_uuid(member)) if member else None,
        bool(late),
        *goods,
        Decimal(quantity).scaleb(-3),
        total,
        off > 0,
    )
