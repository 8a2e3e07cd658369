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
    """The figures of the page, once the worker has taken in what was sold."""
    from fiel.insight.keep import keep_up

    keep_up(shop.business, now=shop.clock.now)
    return {each.title: each for each in client.get(shop.page).context["figures"].cards}


# A new business


def test_a_new_business_is_led_through(signed_in, shop):
    from fiel.programme.versions import latest
    from fiel.rewards.models import Reward
    from fiel.shops.models import Store

    def step(step, **typed):
        return signed_in.post(f"{shop.page}first-steps/{step}/", typed, follow=True)

    def done():
        steps = signed_in.get(shop.page).context["steps"]
        return [name for name, is_done in steps.done.items() if is_done]

    assert done() == []
    assert "Write the name of your shop." in text(step("stores", store=["", ""]))
    step("stores", store=["Padaria Sol", "Praia"])
    assert [(row.code, row.name) for row in Store.objects.order_by("code")] == [("1", "Padaria Sol"), ("2", "Praia")]
    assert "Write both numbers" in text(step("rate", give="none", per="1"))
    step("rate", give="1", per="2,00")
    assert latest(shop.business.id).document["earn"][0] == {"code": "all", "unit": "points", "give": "1", "per": "2"}
    assert "Write what customers get" in text(step("reward", name="", points="100"))
    step("reward", name="Café", points="100")
    assert [(row.code, row.kind, row.price_steps) for row in Reward.objects.all()] == [("cafe", "item", 100)]
    assert done() == ["stores", "rate", "reward"]
    step("member", skip="1")
    shop.sell(BREAD, store="1")
    assert "Until the first sale" not in text(signed_in.get(shop.page))
    step("phone", skip="1")
    assert len(done()) == 6


def test_rules_of_ones_own_are_not_overwritten_by_the_first_question(signed_in, bakery):
    from fiel.programme.versions import latest

    answer = signed_in.post(f"{bakery.page}first-steps/rate/", {"give": "1", "per": "1"}, follow=True)
    assert "The programme has rules of its own by now" in text(answer)
    assert latest(bakery.business.id).number == 1


# Figures


def test_figures_are_those_of_the_sales(signed_in, bakery):
    bakery.enrol(ANA, "Ana Souza")
    bakery.sell(BREAD, to=ANA, ago=timedelta(hours=1))  # Wednesday: 7.90 × 2
    bakery.sell(("Café", "coffee", 500, 2000), ago=timedelta(hours=2))
    bakery.sell(("Café", "coffee", 500, 1000), to=ANA, ago=timedelta(days=1, minutes=1))  # Tuesday
    bakery.sell(BREAD, ago=timedelta(days=7, hours=1))
    bakery.sell(BREAD, ago=timedelta(days=7, hours=-2))  # last Wednesday, later than it is today
    found = figures(signed_in, bakery)
    today, week, month = found["Today"], found["This week"], found["This month"]
    assert (today.sales.now, today.sales.before) == (2, 1)
    assert (today.identified.now, today.identified.before) == (1, 0)
    assert (today.takings.now, today.takings.before) == (1290, 790)
    assert (week.sales.now, week.sales.before) == (3, 1)
    assert (month.sales.now, month.takings.now) == (3, 790 + 500 + 500)
    assert (today.active.now, week.active.now, month.active.before) == (1, 1, 0)
    assert [(str(what), amount) for what, amount, _ in today.moved] == [("Given", "15 points")]  # and 0.8 waits
    assert [amount for _, amount, _ in week.moved] == ["20 points", "1 coffee"]
    page = text(signed_in.get(bakery.page))
    assert "R$12.90" in page
    assert "1 (50%)" in page
    assert "against last Wednesday until 10:00" in page
    assert "against last week until Wednesday, 10:00" in page
    assert "against last month until 4 February" in page
    assert "20 points 0 points lapse within 30 days" in page


def test_what_waits_is_named_with_the_way_to_it(signed_in, bakery):
    from fiel.catalogue.models import UnknownProduct
    from fiel.intake.models import Import

    bakery.sell(BREAD)
    ended = {"files": [("a.csv", 1)], "made_at": bakery.clock.now, "ended_at": bakery.clock.now, "refused": 2}
    Import.objects.create(business=bakery.business, outcome={}, **ended)
    UnknownProduct.objects.create(business=bakery.business, code="789", first_seen_at=bakery.clock.now)
    waits = signed_in.get(bakery.page).context["waits"]
    assert [(str(each.what), each.count, each.where) for each in waits] == [
        ("Imports with refused rows", 1, f"{bakery.page}imports/"),
        ("Products without a department", 1, f"{bakery.page}catalogue/"),
    ]


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
    for address, most in (("/office/", 55), (bakery.page, 55), (f"{bakery.page}receipts/{last}/", 15)):
        rules_of.cache_clear()
        with CaptureQueriesContext(connection) as asked:
            assert signed_in.get(address).status_code == 200
        # PostgreSQL does not tell the text of a statement that was prepared.
        said = [query["sql"] or "prepared" for query in asked.captured_queries]
        queries = [each for each in said if "SAVEPOINT" not in each]
        assert len(queries) < most, "\n".join(queries)


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
    unknown = signed_in.get(f"{bakery.page}receipts/00000000-0000-7000-8000-000000000000/")
    assert (none.status_code, unknown.status_code) == (404, 404)
    for address in (
        other.page,
        f"{other.page}receipts/{theirs}/",
        f"{other.page}receipts/{ours}/",
        f"{bakery.page}receipts/{theirs}/",
    ):
        answer = signed_in.get(address)
        same = unknown if address.startswith(bakery.page) else none
        assert (answer.status_code, text(answer)) == (404, text(same)), address


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
