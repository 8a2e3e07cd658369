"""Reports in the office: the figures of a small shop, as pages and files; the watch; what a member's page tells."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from fiel.catalogue.change import put_products
from fiel.doors.office.reports.pages import REPORTS
from fiel.insight.models import ALL_STORES, AssortmentMonth, StoreHour, Suspicion
from fiel.insight.nightly import keep_by_night
from fiel.members.consenting import answer_consents
from fiel.members.models import Member
from fiel.members.newcomer import NOT_KNOWN
from fiel.programme.drafts import draft_of
from fiel.programme.versions import latest
from fiel.trail.models import Act

ANA, BIA = "+5511987654321", "+5511987650000"


@pytest.fixture
def sold(bakery):
    """A month of sales: Ana comes every five days, Bia came once, others do not say who they are."""
    bakery.enrol(ANA, "Ana Souza"), bakery.enrol(BIA, "=Bia Lima")
    for ago in range(30, -1, -5):
        bakery.sell(("Pão", "bakery", 1000), ("Café", "coffee", 500), to=ANA, ago=timedelta(days=ago))
        bakery.sell(("Pão", "bakery", 700), ago=timedelta(days=ago), store="S2")
    bakery.sell(("Carne", "butcher", 4000), to=BIA, ago=timedelta(days=20))
    keep_by_night(bakery.business, now=bakery.clock.now)
    return bakery


def file_of(browser, shop, subject, table, kind="csv", **asked):
    return browser.get(f"{shop.page}reports/{subject}/{table}/{kind}", asked)


def test_every_report_opens_and_its_files_say_the_same(signed_in, sold):
    for subject in REPORTS:
        page = signed_in.get(f"{sold.page}reports/{subject}/", {"from": "2026-02-01", "to": "2026-03-04"})
        assert page.status_code == 200
        for table in page.context["tables"]:
            lines = file_of(signed_in, sold, subject, table.code).content.decode().splitlines()
            assert len(lines) >= 1 + (1 if table.rows else 0)
    assert signed_in.get(f"{sold.page}reports/nonsense/").status_code == 404
    assert file_of(signed_in, sold, "members", "nonsense").status_code == 404
    assert file_of(signed_in, sold, "members", "stores", "pdf").status_code == 404


def test_figures_are_those_of_the_days_and_stores_that_were_chosen(signed_in, sold):
    said = file_of(signed_in, sold, "members", "beside", **{"from": "2026-02-27", "to": "2026-03-04"})
    assert said.content.decode().splitlines() == [
        ",Sales,Total,A sale,Against before",
        "Members,2,30.00,15.00,100.0",
        "Everybody else,2,14.00,7.00,100.0",
    ]
    said = file_of(signed_in, sold, "members", "stores", **{"from": "2026-01-01"})
    assert said.content.decode().splitlines()[1:] == ["Centro,8,8,100.0", "Manaus,7,0,0.0"]
    said = file_of(signed_in, sold, "members", "stores", **{"from": "2026-01-01", "store": "S2"})
    assert said.content.decode().splitlines()[1:] == ["Manaus,7,0,0.0"]
    said = file_of(signed_in, sold, "members", "cohorts", **{"from": "2026-01-01"})
    assert said.content.decode().splitlines()[1:] == ["2026-02,2,50.0"]
    said = file_of(signed_in, sold, "goods", "departments", **{"from": "2026-01-01", "against": ""})
    assert said.content.decode().splitlines() == [
        "Item,Total,Pieces,To members",
        "bakery,119.00,14,58.8",
        "butcher,40.00,1,100.0",
        "coffee,35.00,7,100.0",
    ]
    book = load_workbook(io.BytesIO(file_of(signed_in, sold, "goods", "departments", "xlsx").content))
    assert [cell.value for cell in list(book.active)[1]][:2] == ["bakery", 119]


def test_every_product_that_sold_is_searched_sorted_and_read_on(signed_in, bakery):
    put_products(bakery.business, [(f"P{n:02}", f"Pão {n}", None, "Boa", ()) for n in range(60)])
    AssortmentMonth.objects.bulk_create(
        AssortmentMonth(
            business=bakery.business,
            month=date(2026, 2, 1),
            product=f"P{n:02}",
            lines=1,
            quantity=1000 * (60 - n),
            total=100 + n,
            discounted=0,
            member_total=0,
        )
        for n in range(60)
    )

    def items(**asked):
        asked = {"from": "2026-02-01", "to": "2026-03-04", **asked}
        page = signed_in.get(f"{bakery.page}reports/goods/products/", asked)
        return [item for item, *_ in page.context["table"].rows]

    by_total = [f"Pão {n}" for n in range(59, -1, -1)]
    assert (items(), items(page=1), items(page=2)) == (by_total[:50], by_total[50:], [])
    assert items(by="nonsense", page="-1", store="nowhere") == by_total[:50]
    assert items(by="pieces") == items(by="code") == by_total[:-51:-1]
    assert items(q="pão 1", by="code") == ["Pão 1", *(f"Pão {n}" for n in range(10, 20))]
    assert (items(q="P07"), len(items(q="boa", page=1)), items(q="%")) == (["Pão 7"], 10, [])


def sold_in_february(shop):
    """As much in each open hour, but on Tuesday evenings in the first days of the month."""
    rows = [
        (day, hour, 1000 if hour == 18 and day.weekday() == 1 and day.day <= 10 else 9000)
        for day in (date(2026, 2, 1) + timedelta(days=n) for n in range(28))
        for hour in (8, 12, 13, 14, 18)
    ]
    kept = {"business": shop.business, "of_member": False, "sales": 1, "discounted": 0}
    StoreHour.objects.bulk_create(
        StoreHour(store=store, day=day, hour=hour, total=total, **kept)
        for store in ("S1", ALL_STORES)
        for day, hour, total in rows
    )


def test_a_quiet_time_of_a_part_of_the_month_opens_as_a_boost_to_be_drafted(signed_in, bakery, client, place_for):
    sold_in_february(bakery)
    chosen = {"from": "2026-02-01", "to": "2026-02-28"}
    said = file_of(signed_in, bakery, "quiet", "chances", **chosen).content.decode().splitlines()
    assert said[1:] == ['1st to 10th,"Tuesday, 18:00–21:00",points × 2,11.2,10.00']
    # What is sold from 8 to 9 is little for three hours, and usual for the one hour that is open.
    said = file_of(signed_in, bakery, "quiet", "hours", **chosen).content.decode().splitlines()
    assert sorted(line for line in said if "Monday" in line) == [
        '"Monday, 06:00–09:00",–,101.3,90.00',
        '"Monday, 12:00–15:00",–,101.3,270.00',
        '"Monday, 18:00–21:00",–,101.3,90.00',
    ]

    [table] = [
        each
        for each in signed_in.get(f"{bakery.page}reports/quiet/", chosen).context["tables"]
        if each.code == "chances"
    ]
    [link] = table.links
    typed = {field.name: value for field, value, *_ in signed_in.get(link).context["fields"] if value}
    assert typed == {
        "code": "quiet-tue-18-04-01",
        "factor": "2",
        "when.weekdays": "tue",
        "when.hours": "18:00-21:00",
        "when.dates.from": "2026-04-01",
        "when.dates.to": "2026-04-10",
    }
    assert signed_in.post(link.partition("?")[0], typed).status_code == 302
    boosts = draft_of(bakery.business).document["boosts"]
    assert [each["code"] for each in boosts] == ["wednesday", "quiet-tue-18-04-01"]
    assert latest(bakery.business.id).number == 1  # what is in force is as it was

    client.force_login(place_for("marketing"))  # sees the chances, and may not draft rules
    assert link.encode() not in client.get(f"{bakery.page}reports/quiet/", chosen).content.replace(b"&amp;", b"&")


def test_whoever_works_in_one_store_sees_that_store(client, sold, place_for):
    client.force_login(place_for("marketing", stores=["S2"]))
    said = file_of(client, sold, "members", "stores", **{"from": "2026-01-01"})
    assert said.content.decode().splitlines()[1:] == ["Manaus,7,0,0.0"]


def test_a_members_page_tells_what_the_receipts_tell_and_habits_where_that_was_allowed(signed_in, sold):
    ana = Member.objects.get(name="Ana Souza")
    page = signed_in.get(f"{sold.page}members/{ana.id}/")
    told = page.context["told"]
    assert (told.indicators.visits, told.indicators.gap_days, told.ticket, told.habits) == (7, 5, 1500, None)
    assert [total for _, total in told.months] == [9000, 1500]
    answer_consents([(ana, {"profiling": True}, NOT_KNOWN)], now=sold.clock.now, source="tests", by="tests")
    habits = dict(signed_in.get(f"{sold.page}members/{ana.id}/").context["habits"])
    assert (habits["Favourite department"], habits["Usually pays by"]) == ("bakery", "Pix")


def test_a_suspicion_is_looked_at_and_dismissed_with_a_reason(signed_in, sold):
    for _ in range(8):
        sold.sell(("Pão", "bakery", 900), to=BIA, ago=timedelta(hours=1))
    keep_by_night(sold.business, now=sold.clock.now)
    assert "Many sales on one day" in signed_in.get(f"{sold.page}watch/").content.decode()
    [found] = Suspicion.objects.all()
    address = f"{sold.page}watch/{found.id}/"
    assert len(signed_in.get(address).context["receipts"]) == 8
    assert signed_in.post(address, {"reason": ""}).status_code == 422
    assert signed_in.post(address, {"reason": "A birthday in the office"}).status_code == 302
    text = signed_in.get(f"{sold.page}watch/").content.decode()
    assert "Nothing looks like abuse." in text
    assert "A birthday in the office" in text
    assert Act.objects.filter(what="suspicion.dismissed").count() == 1
