"""The office of a business with a million members: how long the server takes for each page.

    python benchmarks/office.py [--members 1000000] [--receipts 200000] [--lines 5] [--rounds 5] [--bound 500]

Runs on the database of FIEL_DATABASE_URL (a new, empty one), or on SQLite in a new folder. Members and their balances
are written in bulk, receipts recorded in groups of a thousand, and the sums counted as the worker does. Then each page
of the office is asked for, found among its addresses: those without a page of their own to name are filled with what
there is. Times are of the whole request in this process, with sessions and templates, without the network; `slowest
page` decides the exit status: 1 where it takes longer than the bound.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import django
from counter import AT_ONCE, PROGRAMME, _fill, _phone  # type: ignore[import-not-found]

DEPARTMENTS, PRODUCTS = 40, 5_000
PAST_DAYS = 120
_ONLY_POSTED = 405


def main() -> None:
    """Make the business, ask for each page, print the figures."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("FIEL_DATA", folder)
        os.environ.setdefault("FIEL_SECRET_KEY", "a key for this measurement alone")
        os.environ.setdefault("FIEL_LOG_LEVEL", "ERROR")
        os.environ["DJANGO_SETTINGS_MODULE"] = "fiel.ops.settings"
        django.setup()
        sys.exit(_measure(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--receipts", type=int, default=200_000)
    parser.add_argument("--lines", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bound", type=int, default=500, help="Milliseconds that a page may take.")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> int:
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    began = time.perf_counter()
    business, owner = _business()
    _fill(business, options.members)
    _balances(business)
    print(f"{options.members:,} members with balances in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    _sales(business, options)
    lines = options.receipts * options.lines
    print(f"{options.receipts:,} receipts, {lines:,} lines in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    _keep(business)
    print(f"sums counted in {time.perf_counter() - began:.0f} s", flush=True)
    client = Client(headers={"host": "localhost"})
    client.force_login(owner)
    pages = [address for address in _addresses(business) if client.get(address).status_code != _ONLY_POSTED]
    taken = {address: list(_times(client, address, options.rounds)) for address in pages}
    print(f"{connection.vendor}, ms{'':40}{'median':>8}{'worst':>8}")
    for address, times in sorted(taken.items(), key=lambda each: -statistics.median(each[1])):
        print(f"{address[:50]:50}{statistics.median(times):8.1f}{max(times):8.1f}")
    slowest = max(statistics.median(times) for times in taken.values())
    print(f"slowest page: {slowest:.0f} ms of at most {options.bound}")
    return int(slowest > options.bound)


def _times(client: Any, address: str, rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        at = time.perf_counter()
        answer = client.get(address)
        seconds = time.perf_counter() - at
        assert answer.status_code in (200, 302), (address, answer.status_code)
        yield seconds * 1000


def _business() -> tuple[Any, Any]:
    from datetime import timedelta  # noqa: PLC0415

    from django.core.management import call_command  # noqa: PLC0415

    from fiel import clock  # noqa: PLC0415
    from fiel.catalogue.change import put_departments, put_products  # noqa: PLC0415
    from fiel.programme.versions import publish  # noqa: PLC0415
    from fiel.shops.opening import open_business, put_store  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    now = clock.now()
    said = {"name": "Load", "currency": "BRL", "timezone": "America/Sao_Paulo", "owner_email": "o@load.example"}
    business, owner = open_business(slug="load", now=now, **said)
    for store in range(12):
        put_store(business, f"S{store}", name=f"Loja {store}")
    publish(business, PROGRAMME, by="benchmark", now=now, in_force_from=now - timedelta(days=PAST_DAYS + 1))
    put_departments(
        business, [(f"d{n}", f"Departamento {n}", f"d{n % 5}" if n > 5 else None) for n in range(DEPARTMENTS)]
    )
    products = [(f"789{n:06}", f"Produto {n}", f"d{n % DEPARTMENTS}", "", ()) for n in range(PRODUCTS)]
    put_products(business, products)
    return business, owner


def _balances(business: Any) -> None:
    """An opening balance for each member, as another system's would be brought over."""
    from datetime import timedelta  # noqa: PLC0415

    from django.db import transaction  # noqa: PLC0415

    from fiel import clock  # noqa: PLC0415
    from fiel.core.lots import NEVER  # noqa: PLC0415
    from fiel.ledger.models import Account, Entry, Lot  # noqa: PLC0415
    from fiel.members.models import Member  # noqa: PLC0415
    from fiel.tables.ids import new_id  # noqa: PLC0415
    from fiel.tables.write import insert  # noqa: PLC0415

    now, dice = clock.now(), random.Random(3)
    today = now.date()
    members = list(Member.objects.filter(business=business).values_list("id", flat=True))
    entry = ("business", "member_id", "unit", "number", "kind", "steps", "balance", "occurred_at", "recorded_at")
    entry += ("cause_kind", "cause", "available_on", "expires_on")
    lot = ("business", "member_id", "unit", "expires_on", "available_on", "steps")
    with transaction.atomic():
        for start in range(0, len(members), AT_ONCE):
            some = [
                (id_, dice.randint(1, 900), today + timedelta(days=dice.randint(1, 700)))
                for id_ in members[start : start + AT_ONCE]
            ]
            ends = [(id_, steps, until if steps % 10 else NEVER) for id_, steps, until in some]
            head = (business.id,)
            insert(
                Account,
                ("business", "member_id", "unit", "balance", "carry_numerator", "carry_denominator", "entries"),
                [(*head, id_, "points", steps, 0, 1, 1) for id_, steps, _ in ends],
            )
            told = [
                (*head, i, "points", 1, "opening", n, n, now, now, "opening", new_id(), today, until)
                for i, n, until in ends
            ]
            insert(Entry, entry, told)
            insert(Lot, lot, [(*head, id_, "points", until, today, steps) for id_, steps, until in ends])


def _sales(business: Any, options: argparse.Namespace) -> None:
    from datetime import timedelta  # noqa: PLC0415

    from fiel import clock  # noqa: PLC0415
    from fiel.core.identity import Identity  # noqa: PLC0415
    from fiel.core.sale import Line, Payment  # noqa: PLC0415
    from fiel.sales.incoming import Incoming  # noqa: PLC0415
    from fiel.sales.record import record  # noqa: PLC0415

    now, dice = clock.now(), random.Random(4)

    def line(number: int) -> Any:
        amount = dice.randint(200, 4000)
        return Line(number, amount=amount, quantity=1000, product=f"789{dice.randrange(PRODUCTS):06}")

    def sale(number: int) -> Any:
        lines = tuple(line(each) for each in range(1, options.lines + 1))
        who = Identity("phone", _phone(dice.randrange(options.members))) if dice.random() < 0.7 else None
        ago = timedelta(seconds=dice.randrange(60, PAST_DAYS * 86_400))
        paid = (Payment("pix", sum(each.amount for each in lines)),)
        store = f"S{dice.randrange(12)}"
        return Incoming(
            store, f"T{number % 4}", f"{number:09}", now - ago, lines, member=who, payments=paid, cashier="ana"
        )

    for start in range(0, options.receipts, 1_000):
        record(business, [sale(number) for number in range(start, min(start + 1_000, options.receipts))], history=True)


def _keep(business: Any) -> None:
    from django.db import connection  # noqa: PLC0415

    from fiel import clock  # noqa: PLC0415
    from fiel.insight.keep import keep_up, recount  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    recount(business, now=clock.now())
    keep_up(business, now=clock.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _addresses(business: Any) -> list[str]:
    """Every page of the office that can be opened, with something there is in place of what it names."""
    from django.urls import URLPattern  # noqa: PLC0415

    from fiel.doors.office.urls import urlpatterns  # noqa: PLC0415
    from fiel.members.models import Member  # noqa: PLC0415
    from fiel.sales.models import Receipt  # noqa: PLC0415
    from fiel.shops.models import Staff  # noqa: PLC0415

    receipt = Receipt.objects.filter(business=business, member_id__isnull=False).order_by("-id")[0]
    member = Member.objects.get(business=business, id=receipt.member_id)
    person = Staff.objects.filter(business=business).values_list("person_id", flat=True)[0]
    there = {"member_id": member.id, "receipt_id": receipt.id, "person_id": person, "language": "pt-br"}
    there |= {"business": business.slug, "section": "earn", "number": "0"}
    found = [
        "/office/load/members/?q=ana+s",
        "/office/load/members/?q=11980000",
        "/office/load/catalogue/products/?q=produto+49",
    ]
    for each in urlpatterns:
        route = str(each.pattern)
        if not isinstance(each, URLPattern):
            continue
        names = set(each.pattern.converters)
        known = there | ({"code": "S1"} if each.name == "store" else {})
        if route.startswith("office/<") and names <= set(known):
            found.append("/" + _filled(route, {name: str(known[name]) for name in names}))
    return found


def _filled(route: str, said: dict[str, str]) -> str:
    for name, value in said.items():
        for kind in ("slug", "uuid", "int", "str"):
            route = route.replace(f"<{kind}:{name}>", value)
    return route


if __name__ == "__main__":
    main()
