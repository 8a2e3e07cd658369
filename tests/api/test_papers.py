"""Papers that were read in the shop: each stands alone, is answered in its place, and is counted once."""

from __future__ import annotations

import copy

import pytest

from fiel.intake import aside, run
from fiel.intake.models import Aside
from fiel.intake.papers import Void
from fiel.ledger.models import Entry
from fiel.sales.models import Receipt

CNPJ = "11222333000181"
PLACE = {"issuer": CNPJ, "till": "1"}


def paper(number, amount=1000, **more):
    said = {"place": PLACE, "number": number, "at": "2026-03-04T08:00:00-03:00", "currency": "BRL"}
    lines = [{"product": "PAO", "amount": amount}]
    return {"file": f"{number}.xml", "paper": {**said, "lines": lines, "buyer": "52998224725", **more}}


def void(number):
    original = {"place": PLACE, "number": number}
    return {"void": {"original": original, "number": f"V{number}", "at": "2026-03-04T08:30:00-03:00"}}


def back(number, of, quantity):
    line = {"original": {"place": PLACE, "number": of}, "product": "PAO", "quantity": quantity}
    return {"return": {"place": PLACE, "number": number, "at": "2026-03-04T08:40:00-03:00", "lines": [line]}}


@pytest.fixture
def agent(shop):
    shop.office.ok("PUT", "/stores", {"items": [{"code": "S1", "tax_id": CNPJ}]})
    shop.office.enrol(tax_id="529.982.247-25", name="Ana")
    return shop.key("import")


def ends(agent, *items):
    told = agent.ok("POST", "/papers", {"items": list(items)})["items"]
    return [(each["status"], each["state"], each.get("problem", {}).get("code")) for each in told]


def points(shop):
    return sum(Entry.objects.filter(business=shop.business).values_list("steps", flat=True))


def test_each_is_answered_in_its_place(shop, agent):
    sale = {"number": "9", "occurred_at": "2026-03-04T12:00:00Z", "store": "S1", "lines": [{"amount": 500}]}
    assert ends(
        agent,
        paper("1"),
        void("2"),
        paper("1"),
        paper("1", 1001),
        paper("3", at="2026-01-01T08:00:00-03:00"),
        paper("4", place={"issuer": "99", "till": "1"}),
        paper("5", currency="EUR"),
        paper("6", wrong="the lines are 10.00, the total 11.00"),
        {"paper": paper("7")["paper"], "sale": sale},
        "a paper",
        paper("8\0"),
        {"sale": sale},
        back("R1", "1", "0.500"),
    ) == [
        (201, "new", None),
        (202, "waits", "sale_missing"),
        (200, "known", None),
        (409, "refused", "conflict"),
        (202, "waits", "too_late"),
        (202, "waits", "store_unknown"),
        (422, "refused", "invalid"),
        (202, "waits", "does_not_add_up"),
        (422, "refused", "invalid"),
        (422, "refused", "invalid"),
        (422, "refused", "invalid"),
        (201, "new", None),
        (201, "new", None),
    ]
    assert points(shop) == 5
    assert Receipt.objects.get(business=shop.business, number="1").channel == "agent"
    assert Aside.objects.filter(business=shop.business).count() == 4
    assert "52998224725" not in str(list(Aside.objects.values_list("item", flat=True)))


def test_sent_again_nothing_changes(shop, agent):
    group = [paper("1"), back("R1", "1", "1"), paper("2"), void("2"), void("3")]
    assert [state for _, state, _ in ends(agent, *group)] == ["new", "new", "new", "new", "waits"]
    assert [state for _, state, _ in ends(agent, *group)] == ["known", "known", "known", "known", "waits"]
    assert points(shop) == 0
    assert Aside.objects.filter(business=shop.business).count() == 1
    assert ends(agent, paper("3")) == [(201, "new", None)]
    assert points(shop) == 0
    assert not Aside.objects.filter(business=shop.business).exists()


def test_the_time_is_the_papers_own_whatever_its_offset(shop, agent):
    assert ends(agent, paper("1", at="2026-03-04T08:00:00")) == [(201, "new", None)]
    receipt = Receipt.objects.get(business=shop.business)
    assert receipt.occurred_at.isoformat() == "2026-03-04T11:00:00+00:00"
    for odd in ("2026-03-04", "2026-13-04T08:00:00", "0001-01-01T00:00:00", 7):
        assert ends(agent, paper("2", at=odd)) == [(422, "refused", "invalid")]


def test_a_bound_key_brings_in_its_store_alone(shop, agent):
    """Of two stores with one tax id the key's is meant, which nobody else could tell."""
    shop.office.ok("PUT", "/stores", {"items": [{"code": "S2", "tax_id": CNPJ}, {"code": "S3", "tax_id": "33"}]})
    assert ends(agent, paper("1")) == [(202, "waits", "store_unknown")]
    bound = shop.key("import", store="S2")
    assert ends(bound, paper("1"), void("1"), paper("1", place={"issuer": "33", "till": "1"})) == [
        (201, "new", None),
        (201, "new", None),
        (403, "refused", "forbidden"),
    ]
    [receipt] = Receipt.objects.filter(business=shop.business)
    assert receipt.store == "S2"
    sale = {"number": "9", "occurred_at": "2026-03-04T12:00:00Z", "store": "S1", "lines": [{"amount": 500}]}
    assert ends(bound, {"sale": sale}) == [(403, "refused", "forbidden")]


def test_an_agents_key_opens_nothing_else(shop, agent):
    assert agent.post("/members/lookup", {"q": "52998224725"}).status == 403
    assert agent.post("/sales", agent.sale(store="S1", till="T1")).status == 403


def test_at_most_so_many(shop, agent):
    assert agent.post("/papers", {"items": [paper("1")] * 501}).pointers == ["/items"]
    assert agent.post("/papers", {"items": []}).pointers == ["/items"]


def test_a_cancellation_that_crosses_its_sale_does_not_wait_for_ever(shop, agent, monkeypatch):
    """The sale is recorded after the cancellation has looked for it, and before it is kept aside."""
    keep = aside.keep

    def while_somebody_records(business, kept):
        monkeypatch.setattr(aside, "keep", keep)
        if any(isinstance(item, Void) for item, *_ in kept):
            assert ends(copy.copy(agent), paper("1")) == [(201, "new", None)]
        keep(business, kept)

    monkeypatch.setattr(run.aside, "keep", while_somebody_records)
    assert ends(agent, void("1")) == [(202, "waits", "sale_missing")]
    assert points(shop) == 0
    assert Receipt.objects.get(business=shop.business).gone
    assert not Aside.objects.filter(business=shop.business).exists()
