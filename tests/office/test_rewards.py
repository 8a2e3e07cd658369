"""Rewards in the office: made by hand, changed, counted; their vouchers, deliveries, partners and settlements."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fiel.rewards.deliveries import Place
from fiel.rewards.give import issue, redeem
from fiel.rewards.models import (
    Partner,
    PartnerClerk,
    PartnerPrice,
    Reward,
    RewardPicture,
    Settlement,
    Voucher,
)
from fiel.trail.models import Act
from tests.api.test_rewards import PNG

ANA = "+5511987654321"
COFFEE = {
    "kind": "item",
    "name": "A coffee",
    "text": "Any size",
    "price_unit": "points",
    "price_amount": "20",
    "valid_days": "30",
    "on_expire": "give_back",
    "stock": "10",
    "per_member": "3",
    "stores": ["S1"],
    "tiers": ["gold", "silver"],
    "products": ["cafe"],
    "name_pt-br": "Um café",
}


def text(answer):
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", plain)


@pytest.fixture
def make(signed_in, bakery):
    """Makes a reward by its page, as it was typed; its code."""
    from fiel.catalogue.models import Product

    Product.objects.get_or_create(business=bakery.business, code="cafe", defaults={"name": "Café"})

    def making(**typed):
        answer = signed_in.post(f"{bakery.page}rewards/new/", {**COFFEE, **typed})
        assert answer.status_code == 302, answer.context["form"].errors
        return re.search(r"reward/([^/]+)/", answer["Location"])[1]

    return making


@pytest.fixture
def ana(bakery):
    """Ana, with 200 points."""
    member = bakery.enrol(ANA, "Ana Souza")
    bakery.sell(("Pão", "bakery", 10_000), to=ANA)
    return member


def acts(bakery):
    return list(Act.objects.filter(business=bakery.business).order_by("number").values_list("what", flat=True))


def test_the_first_reward_is_made_without_a_code_typed(signed_in, bakery, make):
    empty = signed_in.get(f"{bakery.page}rewards/")
    assert "What will your customers come back for?" in text(empty)
    assert "Something you sell" in text(signed_in.get(f"{bakery.page}rewards/new/"))
    code = make()
    assert code == "a-coffee"
    assert make() == "a-coffee-2"
    kept = Reward.objects.get(code=code)
    assert (kept.kind, kept.name, kept.price_unit, kept.price_steps) == ("item", "A coffee", "points", 20)
    assert (kept.valid_days, kept.on_expire, kept.stock, kept.per_member) == (30, "give_back", 10, 3)
    assert (kept.stores, kept.tiers, kept.items) == (["S1"], ["gold", "silver"], {"products": ["cafe"]})
    assert kept.translations == {"pt-br": {"name": "Um café", "text": ""}}
    page = signed_in.get(f"{bakery.page}reward/{code}/")
    assert "A coffee" in text(page)
    assert 'name="price_amount" value="20"' in page.content.decode()
    assert acts(bakery)[-2:] == ["reward.set", "reward.set"]


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"price_amount": ""}, "price_amount", "Above zero, with no more decimals than the unit has."),
        ({"price_amount": "1.5"}, "price_amount", "Above zero, with no more decimals than the unit has."),
        ({"price_amount": "many"}, "price_amount", "Write a number, like 50 or 2.5."),
        ({"name": ""}, "name", "This field is required."),
        ({"starts_on": "2026-12-24", "ends_on": "2026-12-01"}, "ends_on", "It would be over before it begins."),
        ({"kind": "money_off"}, "value", "Say how much it takes off: an amount, or so many per cent. One of the two."),
        ({"kind": "money_off", "value": "many"}, "value", "“many” is not an amount; write it like 45 or 45,90."),
        ({"kind": "money_off", "percent": "120"}, "percent", "Above 0, at most 100."),
    ],
)
def test_what_cannot_be_right_is_said_at_its_field_and_nothing_is_lost(signed_in, bakery, wrong, field, sentence):
    answer = signed_in.post(f"{bakery.page}rewards/new/", {**COFFEE, **wrong})
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [sentence]
    assert not Reward.objects.exists()
    assert 'name="text"' in answer.content.decode()
    assert "Any size" in answer.content.decode()


def test_money_is_read_as_people_write_it(signed_in, bakery, make):
    code = make(kind="money_off", name="Ten off", value="10,50", floor="1.050,00", price_amount="1.000")
    kept = Reward.objects.get(code=code)
    assert (kept.value, kept.floor, kept.price_steps) == (1050, 105_000, 1000)
    again = signed_in.get(f"{bakery.page}reward/{code}/").context["form"]
    assert (again["value"].value(), again["floor"].value(), again["price_amount"].value()) == (
        "10.50",
        "1050.00",
        "1000",
    )


def test_a_change_leaves_the_stock_alone_and_other_languages_too(signed_in, bakery, make, ana):
    code = make()
    Reward.objects.filter(code=code).update(translations={"fr": {"name": "Un café", "text": ""}})
    issue(bakery.business, ana.id, code)
    answer = signed_in.post(f"{bakery.page}reward/{code}/", {**COFFEE, "name": "A big coffee", "stock": "10"})
    assert answer.status_code == 302
    kept = Reward.objects.get(code=code)
    assert (kept.name, kept.stock, kept.stocked) == ("A big coffee", 9, 10)
    assert set(kept.translations) == {"fr", "pt-br"}


def test_a_count_of_the_stock_adds_what_was_taken_meanwhile(signed_in, bakery, make, ana):
    """Somebody saw 10 and counts 12; meanwhile one was taken: 11 are left."""
    code = make()
    issue(bakery.business, ana.id, code)
    signed_in.post(f"{bakery.page}reward/{code}/stock/", {"seen": "10", "left": "12", "reason": "a delivery came"})
    kept = Reward.objects.get(code=code)
    assert (kept.stock, kept.stocked) == (11, 12)
    assert Act.objects.get(what="reward.stock_set").after == {"stock": 11, "reason": "a delivery came"}
    signed_in.post(f"{bakery.page}reward/{code}/stock/", {"seen": "11", "left": "many"})
    assert Reward.objects.get(code=code).stock == 11
    signed_in.post(f"{bakery.page}reward/{code}/stock/", {"seen": "11", "left": ""})
    assert Reward.objects.get(code=code).stock is None


def test_a_picture_is_looked_at_before_it_is_kept(signed_in, bakery, make):
    code = make(picture=SimpleUploadedFile("coffee.png", PNG, "image/png"))
    answer = signed_in.get(f"{bakery.page}reward/{code}/picture/")
    assert (answer.content, answer["Content-Type"]) == (PNG, "image/png")
    script = SimpleUploadedFile("coffee.png", b"<svg onload=alert(1)>", "image/png")
    answer = signed_in.post(f"{bakery.page}reward/{code}/", {**COFFEE, "picture": script})
    assert answer.context["form"].errors["picture"] == ["This is no picture; choose a PNG, JPEG or WebP file."]
    signed_in.post(f"{bakery.page}reward/{code}/", {**COFFEE, "drop_picture": "1"})
    assert not RewardPicture.objects.exists()
    assert [what for what in acts(bakery) if "picture" in what] == ["reward.picture_set", "reward.picture_dropped"]


def test_the_list_is_searched_by_name_and_by_how_they_stand(signed_in, bakery, make):
    make(name="Coffee")
    make(name="Tea", stock="0")
    make(name="Easter egg", ends_on="2020-04-12")

    def listed(**asked):
        answer = signed_in.get(f"{bakery.page}rewards/", asked, headers={"HX-Request": "true"})
        return [row.reward.name for row in answer.context["rows"]]

    assert listed() == ["Coffee", "Easter egg", "Tea"]
    assert listed(q="TEA") == ["Tea"]
    assert listed(state="on") == ["Coffee"]
    assert listed(state="ended") == ["Easter egg"]
    assert listed(state="out_of_stock") == ["Tea"]


def test_a_pick_list_keeps_what_is_ticked_and_finds_by_name(signed_in, bakery, make):
    make()
    asked = {"q": "caf", "products": ["cafe", "gone"], "field": "products"}
    answer = signed_in.get(f"{bakery.page}pick/products/", asked)
    told = [(each.code, each.name, each.ticked) for each in answer.context["choices"]]
    assert told == [("cafe", "Café", True), ("gone", "gone", True)]
    assert [each.code for each in signed_in.get(f"{bakery.page}pick/products/?q=CAF").context["choices"]] == ["cafe"]
    assert "Nothing here is called so." in text(signed_in.get(f"{bakery.page}pick/products/?q=zzz"))


def test_a_voucher_is_found_by_code_and_by_member_and_cancelled_with_a_reason(signed_in, bakery, make, ana):
    code = make()
    issued = issue(bakery.business, ana.id, code)
    listed = f"{bakery.page}vouchers/"
    at = signed_in.get(listed, {"q": issued.code.lower()})["Location"]
    assert at == f"{listed}{issued.voucher.id}/"
    by_phone = signed_in.get(listed, {"q": "11 98765-4321", "state": "issued"})
    assert [row.voucher.id for row in by_phone.context["rows"]] == [issued.voucher.id]
    assert "no customer is known by it" in text(signed_in.get(listed, {"q": "11 90000-0000"}))
    assert issued.code in text(signed_in.get(at))
    assert "Say why" in text(signed_in.post(f"{at}cancel/"))
    assert Voucher.objects.get().state == "issued"
    signed_in.post(f"{at}cancel/", {"reason": "given by mistake"})
    assert (Voucher.objects.get().state, Reward.objects.get().stock) == ("cancelled", 10)
    assert Act.objects.get(what="voucher.cancelled").after == {"reward": code, "reason": "given by mistake"}
    assert "can no longer be cancelled" in text(signed_in.post(f"{at}cancel/", {"reason": "again"}, follow=True))


def test_deliveries_tell_who_gave_what_when_and_where(signed_in, bakery, make, ana):
    code = make()
    redeem(bakery.business, issue(bakery.business, ana.id, code).code, by="maria", place=Place(store="S1"))
    listed = f"{bakery.page}deliveries/"
    told = text(signed_in.get(listed))
    assert "A coffee Ana Souza" in told
    assert "maria · Centro" in told
    today = bakery.clock.now.date().isoformat()
    for asked, found in (
        ({"at": "store:S1"}, 1),
        ({"at": "store:S2"}, 0),
        ({"last": "2020-01-01"}, 0),
        ({"first": today}, 1),
    ):
        assert len(signed_in.get(listed, asked).context["rows"]) == found


def test_a_partner_gets_places_clerks_and_prices(signed_in, bakery, make, mailoutbox, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    code = make(kind="service", name="Wheel balancing", partners=[], stores=[])
    at = signed_in.post(f"{bakery.page}partners/new/", {"name": "Pneus Silva", "email": "silva@example.com"})[
        "Location"
    ]
    assert at.endswith("/partner/pneus-silva/")
    signed_in.post(f"{at}stores/", {"store": "Lapa"})
    for unlike in ("rui", "rui@localhost", '"rui silva"@pneus.example'):
        assert "Write an e-mail address" in text(signed_in.post(f"{at}clerks/", {"email": unlike}))
        assert "Write an e-mail address" in text(signed_in.post(at, {"name": "Pneus Silva", "email": unlike}))
    signed_in.post(at, {"name": "Pneus Silva", "email": " José@pneus.example "})
    assert Partner.objects.get().email == "josé@pneus.example"  # by the rule of the till API, which Django's is not
    signed_in.post(f"{at}clerks/", {"email": "Rui@pneus.example", "store": "lapa"})
    assert PartnerClerk.objects.get().store == "lapa"
    assert [each.to for each in mailoutbox] == [["rui@pneus.example"]]
    assert "/sign-in/" in mailoutbox[0].body
    wrong = signed_in.post(f"{at}prices/", {"reward": code, "price": "40,00", "from": "2020-01-01"})
    assert "Today or later" in text(wrong)
    assert 'value="40,00"' in wrong.content.decode()
    today = bakery.clock.now.date().isoformat()
    signed_in.post(f"{at}prices/", {"reward": code, "price": "40,00", "from": today})
    assert PartnerPrice.objects.get().price == 4000
    assert "does not name this partner yet" in text(signed_in.get(at))
    signed_in.post(f"{at}stores/", {"remove": "lapa"})
    assert PartnerClerk.objects.get().store == ""
    signed_in.post(f"{at}clerks/", {"remove": "rui@pneus.example"})
    assert not PartnerClerk.objects.exists()
    signed_in.post(at, {"name": "Pneus Silva Ltda", "ended": "on"})
    assert Partner.objects.get().ended_at is not None
    assert PartnerPrice.objects.get().price == 4000


def test_the_link_of_somebody_who_has_an_account_is_never_shown(signed_in, bakery, open_shop, settings):
    """Else whoever runs one business would sign in as the owner of another."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    open_shop(slug="outra", email="outra@example.com")
    at = signed_in.post(f"{bakery.page}partners/new/", {"name": "Pneus"})["Location"]
    known = text(signed_in.post(f"{at}clerks/", {"email": "outra@example.com"}, follow=True))
    assert "/sign-in/" not in known
    new = text(signed_in.post(f"{at}clerks/", {"email": "rui@pneus.example"}, follow=True))
    assert "/sign-in/" in new


def test_a_month_is_settled_disputed_corrected_and_agreed(signed_in, bakery, make, ana, clock):
    """Both sides see each step; what is wrong stands at its field."""
    from fiel.rewards.settlement import move

    at = signed_in.post(f"{bakery.page}partners/new/", {"name": "Pneus"})["Location"]
    code = make(kind="service", name="Wheel balancing", partners=["pneus"], stores=[])
    signed_in.post(f"{at}prices/", {"reward": code, "price": "40", "from": clock.now.date().isoformat()})
    issued = issue(bakery.business, ana.id, code)
    redeem(bakery.business, issued.code, by="rui", place=Place(partner="pneus"))
    month, listed = f"{clock.now:%Y-%m}", f"{bakery.page}settlements/"
    signed_in.post(listed, {"month": month})
    made = Settlement.objects.get()
    page = f"{listed}{made.id}/"
    assert "R$40.00" in text(signed_in.get(listed))
    assert "the month is not over" in text(signed_in.post(page, {"state": "sent"}))
    clock.advance(days=40)
    signed_in = Client()  # sessions last half a day
    signed_in.force_login(bakery.owner)
    assert "The partner looks at it now." in text(signed_in.post(page, {"state": "sent"}, follow=True))
    said = {"side": "partner", "by": "rui", "now": clock.now}
    move(bakery.business, made.id, "disputed", said="two were done", **said)
    assert "two were done" in text(signed_in.get(page))
    assert "Say why" in text(signed_in.post(page, {"amount": "40", "way": "more", "reason": ""}))
    signed_in.post(page, {"amount": "40", "way": "more", "reason": "the second one"})
    assert signed_in.post(page, {"state": "corrected"}).status_code == 302
    move(bakery.business, made.id, "agreed", **said)
    made.refresh_from_db()
    assert (made.state, made.total) == ("agreed", 8000)
    assert "the second one" in signed_in.get(f"{page}csv/").content.decode()
    assert signed_in.get(f"{page}pdf/").content.startswith(b"%PDF")
    moved = [what for what in acts(bakery) if what.startswith("settlement.")]
    assert moved == [
        f"settlement.{each}" for each in ("drafted", "sent", "disputed", "line_added", "corrected", "agreed")
    ]


def test_marketing_makes_rewards_and_another_business_sees_none(bakery, make, ana, place_for, open_shop):
    code = make()
    issued = issue(bakery.business, ana.id, code)
    helper = Client()
    helper.force_login(place_for("marketing"))
    assert helper.post(f"{bakery.page}rewards/new/", {**COFFEE, "name": "Tea"}).status_code == 302
    assert "Partners" not in text(helper.get(f"{bakery.page}rewards/"))
    other = open_shop(slug="outra", email="outra@example.com")
    stranger = Client()
    stranger.force_login(other.owner)
    for path in (f"reward/{code}/", f"reward/{code}/picture/", f"vouchers/{issued.voucher.id}/"):
        assert stranger.get(f"{other.page}{path}").status_code == 404
    assert stranger.post(f"{other.page}vouchers/{issued.voucher.id}/cancel/", {"reason": "x"}).status_code == 404
    assert stranger.get(f"{other.page}vouchers/").context["rows"] == []
    assert Voucher.objects.get().state == "issued"
