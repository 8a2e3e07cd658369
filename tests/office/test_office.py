"""What a business sees of itself: its figures, its last receipts, what it is made of; and who may look."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from fiel.shops.models import Role

ANA, BIA = "+5511987650001", "+5511987650002"
BREAD = ("Pão francês", "bakery", 790)


def text(response):
    """What can be read on the page, on one line."""
    page = re.sub(r"<(script|style|title).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ")).strip()


def figures(client, shop):
    return {each.title: each for each in client.get(shop.page).context["figures"]}


# A new business


def test_a_new_business_is_told_what_to_do_next(signed_in, shop):
    page = text(signed_in.get(shop.page))
    assert "Until the first sale" in page
    assert "fiel programme publish padaria programme.toml" in page
    assert "fiel key create padaria --scope till --scope office" in page
    assert "None is published yet" in page
    assert "No store yet." in page
    assert "No key yet." in page
    assert 'href="/api/v1/docs"' in signed_in.get(shop.page).content.decode()


def test_steps_are_ticked_off(signed_in, bakery):
    from fiel.shops.keys import create_key

    assert "fiel key create padaria --scope till --store S1" in text(signed_in.get(bakery.page))
    create_key(bakery.business, scopes=["till"], now=bakery.clock.now, store="S1")
    page = text(signed_in.get(bakery.page))
    assert "fiel programme publish" not in page
    assert "fiel key create" not in page
    assert "Send the first sale" in page
    bakery.sell(BREAD)
    assert "Until the first sale" not in text(signed_in.get(bakery.page))


# Figures


def test_figures_are_those_of_the_sales(signed_in, bakery):
    bakery.enrol(ANA, "Ana Souza")
    bakery.sell(BREAD, to=ANA, ago=timedelta(hours=1))  # Wednesday: 7.90 × 2
    bakery.sell(("Café", "coffee", 500, 2000), ago=timedelta(hours=2))
    bakery.sell(("Café", "coffee", 500, 1000), to=ANA, ago=timedelta(days=1, minutes=1))  # Tuesday
    bakery.sell(BREAD, ago=timedelta(days=1, hours=1))
    bakery.sell(BREAD, ago=timedelta(hours=21))  # yesterday at noon: later than it is today
    found = figures(signed_in, bakery)
    today, week, month = found["Today"], found["This week"], found["This month"]
    assert (today.sales.now, today.sales.before) == (2, 2)
    assert (today.identified.now, today.identified.before) == (1, 1)
    assert (today.takings.now, today.takings.before) == (1290, 1290)
    assert (week.sales.now, week.sales.before) == (5, 0)
    assert (month.sales.now, month.takings.now) == (5, 790 + 500 + 500 + 790 + 790)
    assert dict(today.earned)["15 points"].now == 15  # and 0.8 waits
    assert dict(week.earned).keys() == {"20 points", "1 coffees"}
    page = text(signed_in.get(bakery.page))
    assert "R$12.90" in page
    assert "1 (50%)" in page
    assert "against yesterday until 09:00" in page
    assert "against last week until Wednesday, 09:00" in page
    assert "against last month until 4 February" in page


def test_new_members_are_counted_by_the_day_they_joined(signed_in, bakery):
    day = bakery.clock.now.date()
    for number, ago in enumerate((0, 0, 1, 2, 9, 31, 200)):
        bakery.enrol(f"+55119876500{number:02d}", joined=day - timedelta(days=ago))
    bakery.sell(BREAD)
    members = {title: (each.members.now, each.members.before) for title, each in figures(signed_in, bakery).items()}
    assert members == {"Today": (2, 1), "This week": (4, 1), "This month": (4, 1)}


def test_what_was_wholly_returned_is_no_sale(signed_in, bakery):
    from fiel.sales.take_back import IncomingReturn, take_back

    bakery.enrol(ANA)
    gone = bakery.sell(BREAD, to=ANA, ago=timedelta(hours=1))
    take_back(bakery.business, gone, IncomingReturn(number="D1", occurred_at=bakery.clock.now))
    assert figures(signed_in, bakery)["Today"].sales.now == 0
    assert "returned" in text(signed_in.get(bakery.page))


def test_another_business_is_not_counted(signed_in, bakery, open_shop):
    other = open_shop(slug="outra", email="outra@example.com").furnish()
    other.sell(BREAD)
    bakery.sell(BREAD)
    assert figures(signed_in, bakery)["Today"].sales.now == 1
    assert len(signed_in.get(bakery.page).context["receipts"]) == 1


# What it is made of


def test_the_last_ten_receipts_the_newest_first(signed_in, bakery):
    bakery.enrol(ANA, "Ana Maria Souza")
    for hours in range(12):
        bakery.sell(BREAD, to=ANA, ago=timedelta(hours=30 - hours))
    response = signed_in.get(bakery.page)
    assert [row.number for row in response.context["receipts"]] == [f"{n:06d}" for n in range(12, 2, -1)]
    page = text(response)
    assert "yesterday, 14:00 Centro · T1 · 000012 Ana S. R$7.90 +8 points" in page
    assert f'href="{bakery.page}receipts/' in response.content.decode()


def test_a_receipt_has_the_time_of_its_store(signed_in, bakery):
    bakery.sell(BREAD, store="S2", ago=timedelta(hours=1))
    assert "today, 07:00 Manaus · T1 · 000001 without a member" in text(signed_in.get(bakery.page))


def test_programme_stores_and_keys_are_named(signed_in, bakery):
    from fiel.programme.versions import publish
    from fiel.shops.keys import create_key
    from tests.office.conftest import PROGRAMME

    key, secret = create_key(bakery.business, scopes=["till", "read"], now=bakery.clock.now, name="Caixa")
    later = bakery.clock.now + timedelta(days=20)
    publish(bakery.business, {**PROGRAMME, "name": "Novo"}, by="x", now=bakery.clock.now, in_force_from=later)
    page = text(signed_in.get(bakery.page))
    assert "Clube da Padaria Version 1, in force since 4 Mar 2025, 09:00" in page
    assert "Version 2 comes into force: 24 Mar, 09:00" in page
    assert "Centro S1 Manaus S2" in page
    assert f"{key.hint} till, read Caixa · not used yet" in page
    assert secret not in page
    assert key.hash not in page


def test_a_page_costs_few_queries(signed_in, bakery):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from fiel.programme.versions import rules_of

    bakery.enrol(ANA)
    for _ in range(12):
        last = bakery.sell(BREAD, to=ANA)
    for address in ("/office/", bakery.page, f"{bakery.page}receipts/{last}/"):
        rules_of.cache_clear()
        with CaptureQueriesContext(connection) as asked:
            assert signed_in.get(address).status_code == 200
        queries = [query["sql"] for query in asked.captured_queries if "SAVEPOINT" not in query["sql"]]
        assert len(queries) < 15, "\n".join(queries)


# Who may look


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PARTNER}))
def test_every_role_of_the_business_may_look(client, bakery, place_for, role):
    receipt = bakery.sell(BREAD)
    client.force_login(place_for(role))
    assert client.get(bakery.page).status_code == 200
    assert client.get(f"{bakery.page}receipts/{receipt}/").status_code == 200


def test_a_stranger_is_asked_to_sign_in(client, bakery):
    receipt = bakery.sell(BREAD)
    for address in ("/office/", bakery.page, "/office/there-is-none/", f"{bakery.page}receipts/{receipt}/"):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={address}")


def test_another_business_is_answered_like_none(signed_in, bakery, open_shop):
    other = open_shop(slug="outra", email="outra@example.com").furnish()
    theirs, ours = other.sell(BREAD), bakery.sell(BREAD)
    none = signed_in.get("/office/there-is-none/")
    assert none.status_code == 404
    for address in (
        other.page,
        f"{other.page}receipts/{theirs}/",
        f"{other.page}receipts/{ours}/",
        f"{bakery.page}receipts/{theirs}/",
        f"{bakery.page}receipts/00000000-0000-7000-8000-000000000000/",
    ):
        answer = signed_in.get(address)
        assert (answer.status_code, text(answer)) == (404, text(none)), address


def test_who_is_of_one_store_sees_that_store(client, bakery, place_for):
    here, there = bakery.sell(BREAD, store="S1"), bakery.sell(BREAD, store="S2")
    client.force_login(place_for("cashier", stores=["S2"]))
    assert figures(client, bakery)["Today"].sales.now == 1
    page = client.get(bakery.page)
    assert [row.id for row in page.context["receipts"]] == [there]
    assert "Centro" not in text(page)
    assert client.get(f"{bakery.page}receipts/{there}/").status_code == 200
    assert client.get(f"{bakery.page}receipts/{here}/").status_code == 404


def test_one_business_is_shown_at_once_and_several_to_choose_from(signed_in, bakery, open_shop, place_for):
    assert text(signed_in.get("/office/")) == text(signed_in.get(bakery.page))
    other = open_shop(slug="outra", name="Outra", email="outra@example.com")
    place_for("auditor", email=bakery.owner.email, business=other.business)
    choice = signed_in.get("/office/").content.decode()
    assert f'href="{bakery.page}"' in choice
    assert f'href="{other.page}"' in choice
    assert "Another business" in text(signed_in.get(other.page))


def test_who_has_no_place_is_told_so(client, shop):
    from fiel.shops.models import Person

    client.force_login(Person.objects.create_user("ninguem@example.com", None, created_at=datetime.now(UTC)))
    assert "You have no place in a business yet" in text(client.get("/office/"))


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_only_looked_at(signed_in, bakery, method):
    receipt = bakery.sell(BREAD)
    for address in ("/", "/office/", bakery.page, f"{bakery.page}receipts/{receipt}/"):
        assert getattr(signed_in, method)(address).status_code == 405
