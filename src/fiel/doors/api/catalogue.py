"""Calls about stores, departments and products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Router

from fiel.catalogue.change import Put, put_departments, put_products
from fiel.catalogue.groups import put_groups
from fiel.catalogue.models import Department, GoodsGroup, Product
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.access import key_of
from fiel.doors.api.once import reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.shop_shapes import (
    DepartmentsAnswer,
    DepartmentsIn,
    GroupsAnswer,
    GroupsIn,
    ProductsAnswer,
    ProductsIn,
    PutAnswer,
    StoresAnswer,
    StoresIn,
)
from fiel.shops.change import StoreRow, put_stores
from fiel.shops.models import Store, Till

__all__ = ["router"]

router = Router(tags=["Stores and catalogue"])


@router.get("/stores", response=StoresAnswer, operation_id="list_stores", summary="List stores")
def get_stores(request: HttpRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    """The business's stores with their tills, by code."""
    business_id = key_of(request).business_id
    rows, next_cursor = _by_code(Store.objects.filter(business_id=business_id), limit, cursor)
    tills: dict[str, list[dict[str, str]]] = {row.code: [] for row in rows}
    found = Till.objects.filter(business_id=business_id, store__in=list(tills)).order_by("store", "code")
    for store, code, name in found.values_list("store", "code", "name"):
        tills[store].append({"code": code, "name": name})
    items = [
        {
            "code": row.code,
            "name": row.name,
            "timezone": row.timezone or None,
            "tax_id": row.tax_id,
            "tills": tills[row.code],
        }
        for row in rows
    ]
    return reply(200, {"items": items, "next_cursor": next_cursor})


@router.put("/stores", response=PutAnswer, operation_id="put_stores", summary="Make or change stores")
def put_stores_call(request: HttpRequest, body: StoresIn) -> HttpResponse:
    """Make stores, or set them to what is said here, by code: all of them, or none. Stores left out stay as they are.

    A store's time zone says on which date its receipts are, and when a happy hour is there.
    """
    rows = []
    for index, each in enumerate(body.items):
        tills = {till.code: till.name or "" for till in each.tills or ()}
        if len(tills) != len(each.tills or ()):
            fault = Fault(f"/items/{index}/tills", "each till once")
            raise Refused("invalid", "A till comes twice.", [fault])
        rows.append(StoreRow(each.code, each.name or "", each.timezone or "", each.tax_id or "", tills))
    try:
        put = put_stores(key_of(request).business, rows)
    except Refused as refused:
        raise Refused(refused.code, refused.detail, _within_items(refused.faults)) from None
    return reply(200, _counted(put))


@router.get("/departments", response=DepartmentsAnswer, operation_id="list_departments", summary="List departments")
def get_departments(request: HttpRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    """The departments, by code, each with the one above it."""
    rows, next_cursor = _by_code(Department.objects.filter(business=key_of(request).business_id), limit, cursor)
    items = [{"code": row.code, "name": row.name, "parent": row.parent} for row in rows]
    return reply(200, {"items": items, "next_cursor": next_cursor})


@router.put("/departments", response=PutAnswer, operation_id="put_departments", summary="Make or change departments")
def put_departments_call(request: HttpRequest, body: DepartmentsIn) -> HttpResponse:
    """Make departments, or set them to what is said here, by code: all of them, or none.

    A parent is there already or comes in the same body, in any order; no department lies within itself.
    """
    rows = [(each.code, each.name or "", each.parent) for each in body.items]
    with transaction.atomic():
        put = _all_or_none(put_departments(key_of(request).business, rows))
    return reply(200, _counted(put))


@router.get("/groups", response=GroupsAnswer, operation_id="list_groups", summary="List groups of goods")
def get_groups(request: HttpRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    """The kinds of goods that files name (NCM codes, product groups), by scheme and code, with their departments."""
    rows = GoodsGroup.objects.filter(business=key_of(request).business_id)
    ended = read_cursor(cursor, str, str)
    if ended:
        rows = rows.filter(Q(scheme__gt=ended[0]) | Q(scheme=ended[0], code__gt=ended[1]))
    found = list(rows.order_by("scheme", "code")[: limit + 1])
    kept, next_cursor = page(found, limit, lambda row: (row.scheme, row.code))
    names = ("scheme", "code", "department", "description")
    items = [{name: getattr(row, name) for name in names} for row in kept]
    return reply(200, {"items": items, "next_cursor": next_cursor})


@router.put("/groups", response=PutAnswer, operation_id="put_groups", summary="Place groups of goods")
def put_groups_call(request: HttpRequest, body: GroupsIn) -> HttpResponse:
    """Say which department kinds of goods belong to: all of them, or none.

    It holds for receipts that come from files from now on, for products that the catalogue gives no department.
    """
    rows = [(each.scheme, each.code, each.department) for each in body.items]
    with transaction.atomic():
        put = _all_or_none(put_groups(key_of(request).business, rows))
    return reply(200, _counted(put))


@router.get("/products", response=ProductsAnswer, operation_id="list_products", summary="List products")
def get_products(request: HttpRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    """The products of the catalogue, by code. Receipts may name others; the office lists them."""
    rows, next_cursor = _by_code(Product.objects.filter(business=key_of(request).business_id), limit, cursor)
    items = [
        {"code": row.code, "name": row.name, "department": row.department, "brand": row.brand, "tags": row.tags}
        for row in rows
    ]
    return reply(200, {"items": items, "next_cursor": next_cursor})


@router.put("/products", response=PutAnswer, operation_id="put_products", summary="Make or change products")
def put_products_call(request: HttpRequest, body: ProductsIn) -> HttpResponse:
    """Make products, or set them to what is said here, by code: all of them, or none.

    What a product is decides what its next sale earns; sales that were counted stay as they are.
    """
    rows = [(each.code, each.name or "", each.department, each.brand or "", each.tags or []) for each in body.items]
    with transaction.atomic():
        put = _all_or_none(put_products(key_of(request).business, rows))
    return reply(200, _counted(put))


def _by_code(rows: Any, limit: int, cursor: str) -> tuple[Sequence[Any], str | None]:
    ended = read_cursor(cursor, str)
    if ended:
        rows = rows.filter(code__gt=ended[0])
    return page(list(rows.order_by("code")[: limit + 1]), limit, lambda row: (row.code,))


def _all_or_none(put: Sequence[Put | Refused]) -> list[Put]:
    """What became of the rows, where none was refused; else raises `invalid` with every fault, which undoes them."""
    faults = [
        Fault(f"/{index}{fault.pointer}", fault.detail)
        for index, each in enumerate(put)
        if isinstance(each, Refused)
        for fault in each.faults
    ]
    if faults:
        raise Refused("invalid", "Some of it cannot be right; nothing was changed.", _within_items(faults))
    return [each for each in put if not isinstance(each, Refused)]


def _within_items(faults: Iterable[Fault]) -> list[Fault]:
    return [Fault(f"/items{fault.pointer}", fault.detail) for fault in faults]


def _counted(put: Iterable[str | None]) -> dict[str, int]:
    count = Counter(each or "unchanged" for each in put)
    return {"new": count["new"], "changed": count["changed"], "unchanged": count["unchanged"]}
