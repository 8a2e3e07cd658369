"""The office of a business with a million members and ten million lines: how long the server takes for each page.

    python benchmarks/office.py [--members 1000000] [--lines 10000000] [--rounds 3] [--bound 500]
    python tests/databases.py python benchmarks/office.py

Runs on the database of FIEL_DATABASE_URL (a new, empty one), or on SQLite in a new folder; where the business stands in
it already, from a run before in the folder FIEL_DATA, its pages are asked for at once. What is in it, and how it comes
there: `large.py`.

Every address of the office that can be opened is asked for, found among its addresses: of what it names there is one
(`_named`), and an address of which nobody said what it names ends the run. Lists are searched, sorted out and read on
to later pages as well (`_asked`). Once as the owner, then as somebody who runs one store. Times are of the whole
request in this process, with sessions and templates, without the network; `processor` is what this process worked at
it, on SQLite with the database, and tells more than the clock on a busy machine. The exit status is 1 where a page
takes longer than the bound. How many members a segment's conditions fit is told in a form that is there already, and
may take two seconds: see `segments.py`.
"""

from __future__ import annotations

import argparse
import atexit
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import django

if "FIEL_DATA" not in os.environ:
    os.environ["FIEL_DATA"] = tempfile.mkdtemp(prefix="fiel-office-")
    atexit.register(shutil.rmtree, os.environ["FIEL_DATA"], ignore_errors=True)
Path(os.environ["FIEL_DATA"]).mkdir(parents=True, exist_ok=True)
os.environ.setdefault("FIEL_SECRET_KEY", "a key for this measurement alone")
os.environ.setdefault("FIEL_SECOND_STEP", "optional")
os.environ.setdefault("FIEL_LOG_LEVEL", "ERROR")
os.environ["DJANGO_SETTINGS_MODULE"] = "fiel.ops.settings"
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import URLPattern  # noqa: E402
from large import MANAGER, SLUG, make_large  # type: ignore[import-not-found]  # noqa: E402

from fiel.doors.office.reports.pages import REPORTS  # noqa: E402
from fiel.doors.office.urls import urlpatterns  # noqa: E402
from fiel.events.models import Endpoint, Event  # noqa: E402
from fiel.hand.models import HandEntry  # noqa: E402
from fiel.insight.models import Suspicion  # noqa: E402
from fiel.intake.models import Aside, Import  # noqa: E402
from fiel.intake.uploads import keep_upload  # noqa: E402
from fiel.jobs.models import Job  # noqa: E402
from fiel.ledger.models import Entry  # noqa: E402
from fiel.members.models import Identifier, Member  # noqa: E402
from fiel.outreach.models import Campaign, Message  # noqa: E402
from fiel.rewards.codes import open_code  # noqa: E402
from fiel.rewards.models import STATES as VOUCHER_STATES  # noqa: E402
from fiel.rewards.models import Delivery, Invitation, Settlement, SettlementLine, Voucher  # noqa: E402
from fiel.sales.models import Receipt  # noqa: E402
from fiel.shops.models import Business, Person, Staff  # noqa: E402
from fiel.trail.models import Act  # noqa: E402

Answer = tuple[float, float, int]
"""How long it took and how much of it was work, in milliseconds; the status."""

_ELSEWHERE = 405
_COUNTED_MS = 2_000
_TABLE = "members,phone,name\n" + "\n".join(f"{n},+551197000{n:04},Ana {n}" for n in range(2_000))
_SEGMENT = "s-away_days=45&s-visits_min=3"
_CODES = {
    "S7": ("store", "till", "store-closed"),
    "p0": ("partner-of", "partner-change"),
    "r0": ("reward", "reward-stock", "reward-picture", "reward-slips"),
}
_ANY = "00000000-0000-7000-8000-000000000000"
JOBS = ("printing", "what_if", "aside")
SHOWN = (("due", True), ("done", False))


def main() -> None:
    """Make the business, ask for each page, print the figures."""
    options = _options()
    if not _there():
        began = time.monotonic()
        make_large(
            options.members,
            options.lines,
            lambda what: print(f"{time.monotonic() - began:6.0f} s: {what}", flush=True),
        )
    business = Business.objects.get(slug=SLUG)
    print(f"{connection.vendor}: {Receipt.objects.count():,} receipts, {Entry.objects.count():,} movements", flush=True)
    slow = [
        address
        for person in Person.objects.filter(email__in=("o@load.example", MANAGER)).order_by("-email")
        for address in _measured(business, person, options)
    ]
    print(f"{len(slow)} slower than {options.bound} ms" + "".join(f"\n    {each}" for each in slow))
    sys.exit(bool(slow))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bound", type=int, default=500, help="Milliseconds that a page may take.")
    parser.add_argument("--only", default="", help="Ask only for addresses that have this in them.")
    return parser.parse_args()


def _there() -> bool:
    tables = connection.introspection.table_names()
    return Business._meta.db_table in tables and Business.objects.filter(slug=SLUG).exists()


def _measured(business: Business, person: Person, options: argparse.Namespace) -> list[str]:
    """Asks for each page as this person, prints what each took, and tells which took too long."""
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    found = [each for each in _addresses(business) if options.only in each]
    asked = {address: list(_times(client, address, options.rounds)) for address in dict.fromkeys(found)}
    taken = {address: times for address, times in asked.items() if times}
    medians = {address: statistics.median(each[0] for each in times) for address, times in taken.items()}
    print(f"{person.email}, {len(taken)} addresses{'':50}{'median':>10}{'worst':>9}{'processor':>11}  status")
    for address, median in sorted(medians.items(), key=lambda each: -each[1]):
        worst = max(each[0] for each in taken[address])
        work = statistics.median(each[1] for each in taken[address])
        status = taken[address][0][2]
        print(f"{address[len(f'/office/{SLUG}') :][:80]:82}{median:8.1f} {worst:8.1f}   {work:8.1f}  {status}")
    return [
        f"{person.email} {address}: {median:.0f} ms"
        for address, median in medians.items()
        if median > (_COUNTED_MS if "/campaigns/count/" in address else options.bound)
    ]


def _times(client: Client, address: str, rounds: int) -> Iterator[Answer]:
    for _ in range(rounds):
        at, worked = time.perf_counter(), time.process_time()
        answer = client.get(address)
        seconds, work = time.perf_counter() - at, time.process_time() - worked
        if answer.status_code == _ELSEWHERE:  # what only takes what is sent
            return
        if answer.status_code not in (200, 302, 403, 404):
            sys.exit(f"{address}: {answer.status_code}")
        yield seconds * 1000, work * 1000, answer.status_code


# What is asked for


def _addresses(business: Business) -> list[str]:
    """Every address of the office that can be opened, and what people ask of its lists."""
    there, home = _named(business), f"/office/{SLUG}/"
    routes = [each for each in urlpatterns if isinstance(each, URLPattern)]
    found = [
        "/" + address
        for route in routes
        if str(route.pattern).startswith("office/<")
        for address in _filled(str(route.pattern), str(route.name), there)
    ]
    return found + [f"{home}{page}?{query}" for page, queries in _asked(business).items() for query in queries]


def _filled(route: str, name: str, there: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The addresses of a route: with what is there of each name, or with what this route alone means by it."""
    found = [route]
    for each in re.findall(r"<\w+:(\w+)>", route):
        means = there.get(name, {}).get(each, there[""].get(each))
        if means is None:
            sys.exit(f"Say in _named() what {each!r} is in {route}, which is called {name!r}.")
        several = means if isinstance(means, tuple) else (means,)
        found = [re.sub(rf"<\w+:{each}>", str(one), address) for address in found for one in several]
    return found


def _named(business: Business) -> dict[str, dict[str, Any]]:
    """What addresses name: under the name of a route what it alone means, under "" what the others do."""
    ours: dict[str, Any] = {"business": business}
    jobs = {kind: Job.objects.filter(**ours, kind=kind).order_by("-created_at")[0].id for kind in JOBS}
    brought = Import.objects.filter(**ours, outcome__isnull=False).order_by("-made_at")[0]
    sent = Import.objects.filter(**ours, job_id=None, outcome=None).first() or keep_upload(
        business, [("clientes.csv", len(_TABLE), [_TABLE.encode()])], person=Person.objects.get(email=MANAGER)
    )
    campaigns = {each.state: each.id for each in Campaign.objects.filter(**ours)}
    voucher = Voucher.objects.filter(**ours, state="issued").order_by("-id")[0]
    waiting = HandEntry.objects.filter(**ours, kind="adjust", posted_at=None)[0]
    usual = {
        "business": SLUG,
        "member_id": (_busiest(business), voucher.member_id),
        "receipt_id": Receipt.objects.filter(**ours, member_id__isnull=False).order_by("-occurred_at")[0].id,
        "voucher_id": voucher.id,
        "settlement_id": SettlementLine.objects.filter(**ours)[0].settlement_id,
        "suspicion_id": Suspicion.objects.filter(**ours)[0].id,
        "campaign_id": (campaigns["running"], campaigns["draft"]),
        "import_id": (brought.id, sent.id),
        "endpoint_id": Endpoint.objects.filter(**ours)[0].id,
        "person_id": Staff.objects.filter(**ours).order_by("-person_id")[0].person_id,
        "entry_id": waiting.id,
        "subject": tuple(REPORTS),
        "section": "earn",
        "number": ("0", "new"),
        "language": "pt-br",
    }
    # What can only be sent, or answers alike whatever is named.
    usual |= dict.fromkeys(("step", "what", "act", "invitation_id", "device_id", "key_id", "request_id"), _ANY)
    return {
        "": usual,
        "member-export": {"kind": ("json", "csv")},
        "settlement-paper": {"kind": ("csv", "pdf")},
        "wording": {"kind": "notice.earned"},
        "pick": {"what": ("departments", "products", "rewards", "stores")},
        "report-file": {"subject": "goods", "table": "products", "kind": ("csv", "xlsx")},
        "printed": {"job_id": jobs["printing"]},
        "printed-file": {"job_id": jobs["printing"]},
        "what-if-found": {"job_id": jobs["what_if"]},
        "aside-retried": {"job_id": jobs["aside"]},
        "aside-refused": {"job_id": jobs["aside"]},
        **{route: {"code": code} for code, routes in _CODES.items() for route in routes},
    }


def _busiest(business: Business) -> UUID:
    """The member who comes all the time, who is the first."""
    return Member.objects.get(business=business, code="000000000").id


def _asked(business: Business) -> dict[str, list[str]]:
    """What people ask of lists: searched, of one kind, of some days, and pages far behind the first."""
    ours: dict[str, Any] = {"business": business}

    def far(model: Any, order: str, **only: Any) -> Any:
        """The row that stands in the middle of the list."""
        rows = model.objects.filter(**ours, **only).order_by(order)
        return rows[rows.count() // 2]

    member, voucher = far(Member, "code"), far(Voucher, "-id")
    member_named = far(Member, "id", name_key__startswith="ana ")
    phone = Identifier.objects.get(**ours, kind="phone", member_id=member.id).value
    handed, act, entry = far(Delivery, "-at"), far(Act, "-number"), far(Entry, "number", member_id=_busiest(business))
    settled = far(Settlement, "-month")
    codes = (
        "q=ana",
        "q=a",
        "q=ana+s",
        "q=ana+souza+lima",
        "q=xyz",
        f"q={phone[3:8]}",
        f"q={phone[3:]}",
        f"q={member.code}",
    )
    months = (
        "from=2026-10-01&to=2026-10-31",
        "from=2024-01-01",
        "against=year",
        "against=",
        "store=S7",
        "store=S1&store=S7",
    )
    return {
        "members/": [*codes, f"after={member.id}", f"q=ana&after={member_named.id}"],
        f"members/{_busiest(business)}/": [
            f"before={quote(entry.recorded_at.isoformat())},{entry.unit},{entry.number}"
        ],
        f"members/{_busiest(business)}/merge/": [f"q={quote(phone)}"],
        f"members/{_busiest(business)}/statement.pdf": ["letter"],
        "vouchers/": [
            *(f"state={state}" for state in VOUCHER_STATES),
            *(f"reward=r7&state={state}" for state in VOUCHER_STATES),
            f"q={open_code(voucher.sealed)}",
            f"q={quote(phone)}",
            f"q={member.code}",
            f"before={voucher.id}",
            f"reward=r7&before={voucher.id}",
            f"member={_busiest(business)}",
        ],
        "deliveries/": [
            *("reward=r7", "at=store:S7", "at=partner:p5", "reward=r7&at=store:S7", "first=2026-01-01&last=2026-01-31"),
            *("reward=r7&first=2025-01-01&last=2025-02-28", "at=store:none", "at=store:S7&last=2025-01-31"),
            f"before={quote(handed.at.isoformat())},{handed.id}",
        ],
        "catalogue/": ["after=999002500"],
        "catalogue/products/": [
            "q=produto+49",
            "q=789001",
            "q=xyz",
            "department=d7",
            "department=-",
            "after=789015000",
        ],
        "catalogue/groups/": ["all", "all&after=ncm%1F00001500"],
        "imports/": [f"after={far(Import, '-made_at').id}"],
        "imports/aside/": ["code=too_late", f"after={far(Aside, 'kept_at').id}"],
        "trail/": [
            *("q=c7@load.example", "q=c7", "q=xyz", "q=member.changed", "q=cliente", f"q={act.about}"),
            f"before={act.number}",
            f"q=c7@load.example&before={act.number}",
        ],
        "invitations/": [
            *("show=invited", "show=later", "show=done", "show=done&mine=1", "mine=1"),
            *(f"show={show}&after={far(Invitation, 'opened_at', closed_at__isnull=open_).id}" for show, open_ in SHOWN),
        ],
        "invitations/report/": ["days=30", "days=90", "days=365"],
        "messages/": [f"after={far(Message, '-created_at').id}"],
        "messages/words/notice.earned/": [f"q={quote(phone)}"],
        "settlements/": [f"behind={settled.month:%Y-%m},{settled.partner}"],
        f"settlements/{SettlementLine.objects.filter(**ours)[0].settlement_id}/": ["after=250"],
        f"webhooks/{Endpoint.objects.filter(**ours)[0].id}/": [f"after={far(Event, 'id').id}"],
        "adjustments/": [f"after={far(HandEntry, 'id', posted_at=None).id}"],
        "partners/": ["q=parceiro", "q=xyz", "after=p20"],
        "rewards/": ["q=premio", "q=xyz", "state=on", "state=out_of_stock", "after=r30"],
        "printing/": ["what=letters&q=ana"],
        "programme/basket/": ["amount=10&quantity=1&department=d7&product=789000007"],
        "pick/products/": ["q=produto+7", "q=789001", "q=xyz"],
        "pick/rewards/": ["q=1"],
        "campaigns/count/": [_SEGMENT],
        **{f"reports/{subject}/": list(months) for subject in REPORTS},
    }


if __name__ == "__main__":
    main()
