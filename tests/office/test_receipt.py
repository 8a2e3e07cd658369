"""A receipt's page tells why it gave what it gave, from what was stored with it."""

from __future__ import annotations

from tests.office.conftest import PROGRAMME
from tests.office.test_office import ANA, BREAD, text

MEAT = ("Alcatra", "butcher", 4100)
SMOKE = ("Cigarros", "tobacco", 1500)
COFFEE = ("Café", "coffee", 650, 3000)


def page_of(client, shop, receipt):
    response = client.get(f"{shop.page}receipts/{receipt}/")
    assert response.status_code == 200
    return response, text(response)


def test_line_by_line_with_rule_factor_and_carry(signed_in, bakery):
    bakery.enrol(ANA, "Ana Souza")
    bakery.sell(("Suco", "drinks", 25), to=ANA)  # 0.25 × 2: half a point waits
    receipt = bakery.sell(BREAD, MEAT, SMOKE, to=ANA)
    response, page = page_of(signed_in, bakery, receipt)
    assert "Why 57 points?" in page
    assert "Pão francês 1 point for each R$1.00 (all) R$7.90 counted wednesday × 2 15.8" in page
    assert "Alcatra 1 point for each R$2.00 (meat) R$41.00 counted wednesday × 2 41" in page
    assert "Cigarros gives nothing (smoke) R$15.00 counted 0" in page
    [why] = response.context["whys"]
    assert [(step.text, step.amount) for step in why.steps] == [
        ("Together", "56.8"),
        ("Carried over from the sale before", "+0.5"),
        ("Carried to the next sale", "−0.3"),
        ("Given", "57 points"),
    ]
    assert "Ana S. · silver" in page
    assert "Earned: +57 points" in page
    assert "Counted by Clube da Padaria, version 1" in page
    assert "Together R$63.90 Pix R$63.90" in page


def test_a_cap_is_named(signed_in, bakery):
    bakery.enrol(ANA)
    response, page = page_of(signed_in, bakery, bakery.sell(COFFEE, BREAD, to=ANA))
    stamps = response.context["whys"][1]
    assert stamps.given == "2 coffees"
    assert [(step.text, step.amount) for step in stamps.steps] == [
        ("Together", "3"),
        ("Above the limit for one sale (rule stamp)", "−1"),
        ("Given", "2 coffees"),
    ]
    assert stamps.left_out == (("No rule is about it", ("Pão francês",)),)
    assert "1 coffee for each piece (stamp) 3 counted" in page


def test_the_tier_counts_as_it_was(signed_in, bakery):
    bakery.enrol(ANA)
    first = bakery.sell(("Festa", "bakery", 10_000), to=ANA)
    second = bakery.sell(BREAD, to=ANA)
    assert "gold ×" not in page_of(signed_in, bakery, first)[1]
    assert "gold × 1.2 wednesday × 2 18.96" in page_of(signed_in, bakery, second)[1]


def test_rounding_and_discounts_are_told(signed_in, shop):
    document = {
        **PROGRAMME,
        "discounted_lines": "skip",
        "units": [{"code": "points", "kind": "points"}, PROGRAMME["units"][1]],
        "boosts": [],
    }
    shop.furnish(document)
    shop.enrol(ANA)
    cheap, free = ("Bolo", "bakery", 2000, 1000, 500), ("Bala", "sweets", 0)
    response, page = page_of(signed_in, shop, shop.sell(BREAD, cheap, free, to=ANA))
    [why] = response.context["whys"]
    assert [(step.text, step.amount) for step in why.steps] == [
        ("Together", "7.9"),
        ("Rounded down, once for the sale", "−0.9"),
        ("Given", "7 points"),
    ]
    assert why.left_out == (("Discounted items are left out", ("Bolo",)),)
    assert "R$20.00 less R$5.00" in page


def test_money_and_whole_multiples(signed_in, shop):
    rules = [
        {"code": "back", "unit": "cash", "give": "0.03", "per": "1.00"},
        {"code": "six", "unit": "points", "basis": "quantity", "whole": True, "give": 5, "per": 3},
        {"code": "come", "unit": "points", "basis": "sale", "give": 2, "group": "visit"},
    ]
    units = [{"code": "cash", "kind": "money"}, {"code": "points", "kind": "points"}]
    shop.furnish({**PROGRAMME, "units": units, "earn": rules, "boosts": []})
    shop.enrol(ANA)
    _, page = page_of(signed_in, shop, shop.sell(("Água", "drinks", 1000, 4000), to=ANA))
    assert "Why R$0.30?" in page
    assert "R$0.03 for each R$1.00 (back) R$10.00 counted 0.3" in page
    assert "5 points for every full 3 (six) 4 counted 5" in page
    assert "The sale as a whole 2 points for each sale (come) 2" in page
    assert "Given 7 points" in page


def test_what_came_back_is_told_beside_what_was_given(signed_in, bakery):
    from fiel.core.returns import Returned
    from fiel.sales.take_back import IncomingReturn, take_back

    bakery.enrol(ANA)
    receipt = bakery.sell(BREAD, MEAT, to=ANA)
    back = IncomingReturn(number="D-7", occurred_at=bakery.clock.now, lines=(Returned(2, 1000),))
    take_back(bakery.business, receipt, back)
    _, page = page_of(signed_in, bakery, receipt)
    assert "Why 56 points?" in page
    assert "What came back 1 × Alcatra Taken back: −41 points" in page
    assert "D-7" in page


def test_a_sale_of_nobody_says_why_there_is_nothing(signed_in, bakery):
    _, page = page_of(signed_in, bakery, bakery.sell(BREAD))
    assert "Why nothing? Nobody was named at the till" in page


def test_a_sale_from_before_the_programme_says_so(signed_in, shop):
    from fiel.shops.opening import put_store

    put_store(shop.business, "S1")
    shop.enrol(ANA)
    _, page = page_of(signed_in, shop, shop.sell(BREAD, to=ANA))
    assert "The sale is from before the first programme." in page


def test_what_a_till_sent_is_text_and_nothing_else(signed_in, bakery):
    receipt = bakery.sell(("<script>alert(1)</script>", '"><img src=x>', 100))
    response, _ = page_of(signed_in, bakery, receipt)
    page = response.content.decode()
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
