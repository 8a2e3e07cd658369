"""The programme in the office: told in sentences, built by hand, checked at the field, tried, published, undone."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from fiel.core.document import read_programme
from fiel.doors.office.programme_form import typed_of
from fiel.doors.rules import sentences_of
from fiel.programme.examples import EXAMPLES, example
from fiel.programme.models import Draft, Version


def keep(browser, shop, section, number, **typed):
    return browser.post(f"{shop.page}programme/{section}/{number}/", typed)


def build(browser, shop, document):
    """Fills the forms in as they stand for each item of a document."""
    assert keep(browser, shop, "general", "0", **typed_of("general", document)).status_code == 302
    for section in ("units", "seasons", "tiers", "earn", "boosts", "covers", "awards"):
        for item in document.get(section, ()):
            answer = keep(browser, shop, section, "new", **typed_of(section, item))
            assert answer.status_code == 302, answer.context["fields"]
    if "referral" in document:
        assert keep(browser, shop, "referral", "0", **typed_of("referral", document["referral"])).status_code == 302


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_built_by_hand_is_its_file(client, open_shop, name):
    document = example(name)
    shop = open_shop(slug="casa", email="casa@example.com", currency=document["currency"])
    client.force_login(shop.owner)
    build(client, shop, document)
    assert Draft.objects.get().document == document
    assert client.post(f"{shop.page}programme/publish/")["Location"].endswith("/history/")
    assert Version.objects.get().document == document
    assert not Draft.objects.exists()


def test_rules_are_told_in_plain_sentences(db):
    told = sentences_of(read_programme(example("supermarket")))
    assert told["earn"][2] == "1 point for each R$2.00, on butcher"
    assert told["boosts"] == ["double, in the season december"]
    with translation.override("pt-br"):
        told = sentences_of(read_programme(example("supermarket")))
        assert told["earn"][2] == "1 ponto a cada R$\xa02,00, em butcher"
        assert told["boosts"] == ["em dobro, na temporada december"]


def test_a_wrong_rule_is_explained_at_its_field_and_keeps_what_was_typed(signed_in, bakery):
    answer = keep(signed_in, bakery, "earn", "new", code="sweets", unit="stars", give="1", per="zero")
    assert answer.status_code == 422
    wrong = {field.name: text for field, _, text, _ in answer.context["fields"] if text}
    assert wrong == {
        "unit": "there is no unit 'stars'; the units are points, coffees",
        "per": 'write a decimal that is greater than 0, as text: "1.20"',
    }
    assert 'value="zero"' in answer.content.decode()
    assert not Draft.objects.exists()


def test_a_draft_counts_only_once_it_is_published(signed_in, bakery):
    keep(signed_in, bakery, "boosts", "0", code="wednesday", factor="3", **{"when.weekdays": "wed"})
    assert Version.objects.count() == 1
    assert "triple, on Wednesday" in signed_in.get(f"{bakery.page}programme/").content.decode()
    signed_in.post(f"{bakery.page}programme/publish/")
    [(second, changed), (first, _)] = signed_in.get(f"{bakery.page}programme/history/").context["rows"]
    assert (second.number, first.number) == (2, 1)
    assert changed == [(False, "double, on Wednesday"), (True, "triple, on Wednesday")]
    signed_in.post(f"{bakery.page}programme/draft/", {"version": "1"})
    assert Draft.objects.get().document == first.document


def test_who_was_overtaken_is_told_so(signed_in, bakery):
    from fiel.programme.versions import publish

    keep(signed_in, bakery, "boosts", "0", code="wednesday", factor="3")
    publish(bakery.business, Version.objects.get().document, by="somebody", now=bakery.clock.now)
    answer = signed_in.post(f"{bakery.page}programme/publish/", follow=True)
    assert "Another version was published in the meantime" in answer.content.decode()
    assert Version.objects.count() == 2


def test_a_rule_is_taken_out(signed_in, bakery):
    assert keep(signed_in, bakery, "boosts", "0", remove="1").status_code == 302
    assert "boosts" not in Draft.objects.get().document
    signed_in.post(f"{bakery.page}programme/draft/", {"forget": "1"})
    assert not Draft.objects.exists()


def test_out_and_in_again_as_a_file(signed_in, bakery):
    text = signed_in.get(f"{bakery.page}programme/file/").content
    assert tomllib.loads(text.decode(), parse_float=Decimal)["name"] == "Clube da Padaria"
    signed_in.post(f"{bakery.page}programme/draft/", {"file": SimpleUploadedFile("rules.toml", text)})
    assert Draft.objects.get().document == Version.objects.get().document
    answer = signed_in.post(
        f"{bakery.page}programme/draft/", {"file": SimpleUploadedFile("x.toml", b"= nothing")}, follow=True
    )
    assert "x.toml is no TOML" in answer.content.decode()


def test_a_basket_shows_its_reasons_line_by_line(signed_in, bakery):
    said = {"amount": ["10,00", "8.00"], "quantity": ["", ""], "department": ["bakery", "butcher"], "product": ["", ""]}
    page = signed_in.get(f"{bakery.page}programme/basket/", {**said, "tier": "gold"}).context
    assert page["gave"] == ["33 points"]  # 10 + 4, × 1.2 for gold, doubled on Wednesdays: 33.6
    assert [(number, rule, gives) for number, _, rule, _, _, gives in page["reasons"]] == [
        (1, "all", "24"),
        (2, "meat", "9.6"),
    ]
    answer = signed_in.get(f"{bakery.page}programme/basket/", {**said, "amount": ["ten", ""]})
    assert "Write each amount like 12.50" in answer.content.decode()


def test_what_if_answers_beside_todays_rules(signed_in, bakery):
    from fiel.jobs.models import Job
    from fiel.sales.what_if import what_if

    bakery.enrol("+5511987654321", "Ana")
    bakery.sell(("Pão", "bakery", 1000), to="+5511987654321")
    keep(signed_in, bakery, "boosts", "0", code="wednesday", factor="3", **{"when.weekdays": "wed"})
    day = bakery.clock.now.date().isoformat()
    asking = f"{bakery.page}programme/what-if/"
    assert signed_in.post(asking, {"first": day, "last": "2020-01-01"}).status_code == 422
    found = signed_in.post(asking, {"first": day, "last": day})["Location"]
    job = Job.objects.get()
    if job.state == "waiting":
        assert "Waits for its turn" in signed_in.get(found).content.decode()
        document = Draft.objects.get().document
        what_if.call(bakery.business.id, str(job.id), document=document, first=day, last=day)
    page = signed_in.get(found).context
    assert page["given"] == [("points", "30", "20", "+50%")]
    assert [each["data"] for each in page["charts"][0]["sets"]] == [["30"], ["20"]]


def test_codes_are_picked_not_typed(signed_in, bakery):
    """Units, tiers, weekdays and rewards are chosen from what there is; what is not there yet stays."""
    from fiel.rewards.models import Reward

    Reward.objects.create(business=bakery.business, code="cake", kind="item", name="Bolo")
    told = signed_in.get(f"{bakery.page}programme/earn/1/").context["fields"]
    fields = {field.name: choices for field, _, _, choices in told}
    assert [each.code for each in fields["unit"]] == ["points", "coffees"]
    assert [(each.code, each.ticked) for each in fields["items.departments"]] == [("butcher", True)]
    assert [each.name for each in fields["when.weekdays"]][:2] == ["Monday", "Tuesday"]
    awards = signed_in.get(f"{bakery.page}programme/awards/new/")
    assert '<option value="cake">Bolo</option>' in awards.content.decode()
    rule = {"code": "meat", "unit": "points", "give": "1", "per": "2.00"}
    several = {"items.departments": ["butcher", "fish"], "when.weekdays": ["mon", "sun"], "when.tiers": ["gold"]}
    assert signed_in.post(f"{bakery.page}programme/earn/1/", {**rule, **several}).status_code == 302
    kept = signed_in.get(f"{bakery.page}programme/file/").content.decode()
    assert 'departments = ["butcher", "fish"]' in kept
    assert 'weekdays = ["mon", "sun"]' in kept
