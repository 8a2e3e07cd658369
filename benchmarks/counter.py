"""Counter and office among a million members: how long the server takes to find somebody and to record a sale.

    python benchmarks/counter.py [--members 1000000] [--rounds 200]

Runs on the database of FIEL_DATABASE_URL (a new, empty one), or on SQLite in a new folder. Members are written in bulk;
each round is what a browser asks for one customer: find, the member's page, a quote, the sale, its receipt; then what
the office asks for while somebody types a name or a phone, and the member's story. Times are of the whole request in
this process, with sessions and templates, without the network; `processor`: the median of what this process worked at
it, which says more than the clock where a machine is busy with other things.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import django

FIRST = ("Ana", "Bia", "Caio", "Davi", "Eva", "Fábio", "Gil", "Hugo", "Inês", "João", "Karina", "Luís", "Márcia")
LAST = ("Souza", "Lima", "Prado", "Alves", "Rocha", "Teixeira", "Nunes", "Moraes", "Campos", "Dias", "Farias")
PROGRAMME = {
    "name": "Load",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [{"code": "points", "kind": "points"}],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
}
AT_ONCE = 20_000


def main() -> None:
    """Make the members, go round by round, print the figures."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("FIEL_DATA", folder)
        os.environ.setdefault("FIEL_SECRET_KEY", "a key for this measurement alone")
        os.environ.setdefault("FIEL_LOG_LEVEL", "WARNING")
        os.environ["DJANGO_SETTINGS_MODULE"] = "fiel.ops.settings"
        django.setup()
        _measure(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> None:
    # Django is set up by now, and not before.
    from django.core.cache import cache  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import setup_test_environment  # noqa: PLC0415

    setup_test_environment()  # to see what a page was made of
    began = time.perf_counter()
    business, owner = _business()
    fill(business, options.members)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    seconds = time.perf_counter() - began
    print(f"{connection.vendor}: {options.members:,} members made in {seconds:.0f} s")
    client = Client(headers={"host": "localhost"})
    client.force_login(owner)
    dice = random.Random(1)
    taken: dict[str, list[float]] = {}
    work: dict[str, list[float]] = {}

    def timed(name: str, ask: Callable[..., Any], *said: Any) -> Any:
        at, worked = time.perf_counter(), time.process_time()
        answer = ask(*said)
        taken.setdefault(name, []).append((time.perf_counter() - at) * 1000)
        work.setdefault(name, []).append((time.process_time() - worked) * 1000)
        assert answer.status_code in (200, 302), (name, answer.status_code)
        return answer

    home = "/counter/load/"
    for _ in range(options.rounds):
        cache.clear()  # nobody is held up for looking up too many
        phone = phone_of(dice.randrange(options.members))
        answer = timed("find by phone", client.post, f"{home}find/", {"q": phone})
        page = timed("member's page", client.get, answer["Location"])
        form = {"number": page.context["number"], "member": str(page.context["glance"].member.id), "amount": "45,90"}
        timed("quote", client.post, f"{home}quote/", form)
        answer = timed("record", client.post, f"{home}sales/", form)
        timed("receipt's page", client.get, answer["Location"])
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)}"[:-1]
        timed("find by name", client.post, f"{home}find/", {"q": name})
        for typed in (name[0], name[:-2], f"11 {phone[5:10]}", phone[1:-2], ""):
            what = "name" if typed[:1].isalpha() else "number" if typed else "nothing"
            timed(f"office, {what}", client.get, "/office/load/members/", {"q": typed})
        timed("office, story", client.get, f"/office/load/members/{form['member']}/")
    print(f"{'ms':18}{'median':>8}{'95 %':>8}{'worst':>8}{'processor':>11}")
    for name, times in taken.items():
        ordered = sorted(times)
        late, own = ordered[int(len(ordered) * 0.95)], statistics.median(work[name])
        print(f"{name:18}{statistics.median(ordered):8.1f}{late:8.1f}{ordered[-1]:8.1f}{own:11.1f}")


def _business() -> tuple[Any, Any]:
    from datetime import timedelta  # noqa: PLC0415

    from django.core.management import call_command  # noqa: PLC0415

    from fiel import clock  # noqa: PLC0415
    from fiel.programme.versions import publish  # noqa: PLC0415
    from fiel.shops.opening import open_business, put_store  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    now = clock.now()
    said = {"name": "Load", "currency": "BRL", "timezone": "America/Sao_Paulo", "owner_email": "o@load.example"}
    business, owner = open_business(slug="load", now=now, **said)
    put_store(business, "S1")
    publish(business, PROGRAMME, by="benchmark", now=now, in_force_from=now - timedelta(days=30))
    return business, owner


def phone_of(number: int) -> str:
    """The phone of the n-th member."""
    return f"+55119{80_000_000 + number:08d}"


def fill(business: Any, count: int) -> None:
    """Members in bulk, each with a phone."""
    from django.db import transaction  # noqa: PLC0415

    from fiel import clock  # noqa: PLC0415
    from fiel.members.models import Identifier, Member  # noqa: PLC0415
    from fiel.members.names import name_key  # noqa: PLC0415
    from fiel.tables.ids import new_id  # noqa: PLC0415
    from fiel.tables.write import insert  # noqa: PLC0415

    now = clock.now()
    columns = ("business", "id", "code", "name", "name_key", "joined", "types", "consents")
    columns += ("language", "tier", "tier_floor", "created_at", "updated_at")
    dice = random.Random(2)

    def batch(start: int) -> Iterator[tuple[Any, ...]]:
        for number in range(start, min(start + AT_ONCE, count)):
            name = f"{dice.choice(FIRST)} {dice.choice(LAST)} {dice.choice(LAST)}"
            said = (f"{number:09d}", name, name_key(name), now.date(), [], {}, "", "", "")
            yield (business.id, new_id(), *said, now, now)

    with transaction.atomic():  # one wait for the disk, not a hundred
        for start in range(0, count, AT_ONCE):
            rows = list(batch(start))
            insert(Member, columns, rows)
            phones = [(business.id, "phone", phone_of(start + place), row[1]) for place, row in enumerate(rows)]
            insert(Identifier, ("business", "kind", "value", "member_id"), phones)


if __name__ == "__main__":
    main()
