"""A clerk of the tyre shop's, at the partner's desk, by its pages."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from fiel.ops.audit import audit
from fiel.shops.models import Person
from fiel.trail.models import Act
from tests.api import conftest
from tests.counter.conftest import text
from tests.stories import test_partners as story

shop, _forget, ana, tyres = conftest.shop, conftest._forget, story.ana, story.tyres
HOME = "/partner/padaria/"


@pytest.fixture
def rui(client, tyres):
    client.force_login(Person.objects.get(email="rui@pneus.example"))
    return client


def last_link(answer):
    return re.findall(r'href="(/partner/padaria/redemptions/[0-9a-f-]{36}/)"', answer.content.decode())[0]


def test_a_clerk_comes_straight_to_the_only_desk(rui):
    assert rui.get("/partner/")["Location"] == HOME
    assert "Pneus Silva" in text(rui.get(HOME))


def test_the_desk_goes_on_a_phone_s_home_screen(rui):
    """The page leads to what a phone must know: where it begins, what it is called, its icons, which are there."""
    page = rui.get(HOME).content.decode()
    [path] = re.findall(r'rel="manifest" href="([^"]+)"', page)
    told = rui.get(path).json()
    assert (told["start_url"], told["scope"], told["display"]) == (HOME, HOME, "standalone")
    assert told["name"].startswith("Pneus Silva · ")
    assert f'name="theme-color" content="{told["theme_color"]}"' in page
    assert [icon["sizes"] for icon in told["icons"]] == ["192x192", "512x512"]
    for icon in [*(each["src"] for each in told["icons"]), *re.findall(r'touch-icon" href="([^"]+)"', page)]:
        assert rui.get(icon)["Content-Type"] == "image/png"


def test_a_voucher_is_looked_at_and_redeemed_once(rui, shop, ana):
    """The clerk sees reward and validity, never the person; the second time it says that it was used."""
    code = story.ask(shop, ana)
    seen = rui.post(HOME + "voucher/", {"code": code.lower().replace("-", " ")})
    assert "Balanceamento" in text(seen)
    assert "No end date" in text(seen)
    done = rui.post(HOME + "redeem/", {"code": code}, follow=True)
    assert "You are paid R$40.00 for it" in text(done)
    assert "It was used already" in text(rui.post(HOME + "voucher/", {"code": code}))
    assert rui.post(HOME + "redeem/", {"code": code}).status_code == 409
    pages = [seen, done, rui.get(HOME), rui.get(HOME + "redemptions/")]
    for each in pages:
        assert not {"Ana", "Souza", "98765", ana["id"]} & set(re.findall(r"[\w-]+", each.content.decode()))


def test_a_redemption_is_undone_within_minutes(rui, shop, ana, clock):
    code = story.ask(shop, ana)
    at = rui.post(HOME + "redeem/", {"code": code})["Location"]
    assert "Say why." in text(rui.post(at))
    clock.advance(minutes=15)
    assert "Undone. The voucher can be used again." in text(rui.post(at, {"reason": "not_done"}, follow=True))
    assert rui.post(at, {"reason": "not_done"}).status_code == 409
    act = Act.objects.get(what="delivery.undone")
    assert (act.who, act.after) == ("rui@pneus.example", {"partner": "tyres", "reason": "not_done"})
    again = rui.post(HOME + "redeem/", {"code": code})["Location"]
    clock.advance(minutes=15, seconds=1)
    assert rui.post(again, {"reason": "not_done"}).status_code == 409
    assert audit(shop.business).holds


def test_ten_wrong_codes_a_minute(rui, shop, ana, clock):
    """Unknown, malformed, and for what this partner does not give: one answer. Then a right code waits too."""
    shop.office.ok("PUT", "/rewards/mug", {"kind": "item", "name": "Mug", "price": {"unit": "points", "amount": 1},
                                           "items": {"products": ["MUG"]}})  # fmt: skip
    mug, good = story.ask(shop, ana, "mug"), story.ask(shop, ana)
    wrong = [mug, "K7QM-2XWA-9DB", "nonsense", "", "'; --"]
    said = {text(rui.post(HOME + "voucher/", {"code": code})).replace(code, "") for code in wrong}
    assert len(said) == 1
    answers = {rui.post(HOME + "redeem/", {"code": code}).status_code for code in wrong}
    assert answers == {409}
    assert rui.post(HOME + "voucher/", {"code": good}).status_code == 429
    clock.advance(minutes=1)
    assert "Balanceamento" in text(rui.post(HOME + "voucher/", {"code": good}))


def test_what_was_redeemed_by_day_and_page(rui, shop, ana, clock):
    office = shop.office
    office.ok("PUT", "/rewards/balance", {"kind": "service", "name": "Balanceamento", "partners": ["tyres"],
                                          "price": {"unit": "points", "amount": "1"}})  # fmt: skip
    clock.set("2026-03-05T02:40:00Z")  # still the 4th in São Paulo
    rui.logout()
    rui.force_login(Person.objects.get(email="rui@pneus.example"))
    for _ in range(26):
        assert rui.post(HOME + "redeem/", {"code": story.ask(shop, ana)}).status_code == 302
    clock.set("2026-03-05T03:00:00Z")
    assert rui.post(HOME + "redeem/", {"code": story.ask(shop, ana)}).status_code == 302
    listed = rui.get(HOME + "redemptions/")
    assert (len(listed.context["rows"]), listed.context["page"].paginator.count) == (25, 27)
    assert len(rui.get(HOME + "redemptions/", {"page": "2"}).context["rows"]) == 2
    assert rui.get(HOME + "redemptions/", {"day": "2026-03-04"}).context["page"].paginator.count == 26
    assert len(rui.get(HOME + "redemptions/", {"day": "2026-03-05"}).context["rows"]) == 1
    assert "Nothing was redeemed on that day" in text(rui.get(HOME + "redemptions/", {"day": "2026-03-06"}))


def test_the_month_is_disputed_corrected_and_agreed(rui, shop, ana, tyres, clock):
    rui.post(HOME + "redeem/", {"code": story.ask(shop, ana)})
    march = tyres.settle("2026-03")
    page = f"{HOME}settlements/{march['id']}/"
    assert rui.get(page).status_code == 404  # a draft is the business's own
    clock.set("2026-04-02T12:00:00Z")
    tyres.step(march, "sent")
    rui.logout()
    rui.force_login(Person.objects.get(email="rui@pneus.example"))
    assert "To be looked at" in text(rui.get(HOME + "settlements/"))
    assert "R$40.00" in text(rui.get(page))
    refused = rui.post(page, {"state": "disputed", "note": " "})
    assert (refused.status_code, "Say what is wrong with it." in text(refused)) == (422, True)
    assert "Your answer was sent" in text(rui.post(page, {"state": "disputed", "note": "Two cars"}, follow=True))
    shop.office.ok("POST", f"/settlements/{march['id']}/corrections", {"amount": 4000, "reason": "Second car"})
    tyres.step(march, "corrected")
    assert "R$80.00" in text(rui.get(page))
    assert "Agreed" in text(rui.post(page, {"state": "agreed"}, follow=True))
    assert rui.post(page, {"state": "disputed", "note": "No"}).status_code == 409
    assert rui.get(page + "pdf/").content.startswith(b"%PDF")
    table = rui.get(page + "csv/")
    assert "Second car" in table.content.decode()
    assert table["Content-Disposition"] == 'attachment; filename="padaria-2026-03.csv"'
    assert rui.get(page + "exe/").status_code == 404


def test_another_partners_clerk_sees_nothing_of_it(rui, shop, ana, tyres, clock):
    at = rui.post(HOME + "redeem/", {"code": story.ask(shop, ana)})["Location"]
    march = tyres.settle("2026-03")
    clock.set("2026-04-02T12:00:00Z")
    tyres.step(march, "sent")
    shop.office.ok("PUT", "/partners/cakes", {"name": "Doces", "clerks": [{"email": "bia@doces.example"}]})
    bia = Client()
    bia.force_login(Person.objects.get(email="bia@doces.example"))
    assert bia.get(HOME).status_code == 200
    for path in (at, f"{HOME}settlements/{march['id']}/", f"{HOME}settlements/{march['id']}/csv/"):
        unknown = re.sub(r"[0-9a-f-]{36}", "00000000-0000-7000-8000-000000000000", path)
        answers = [bia.get(path), bia.get(unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert text(answers[0]) == text(answers[1])
    assert bia.post(at, {"reason": "trying"}).status_code == 404


def test_who_works_at_several_desks_chooses(rui, shop):
    shop.office.ok("PUT", "/partners/cakes", {"name": "Doces", "clerks": [{"email": "rui@pneus.example"}]})
    assert rui.get(HOME)["Location"] == "/partner/"
    assert "Doces · " in text(rui.get("/partner/"))
    assert rui.post("/partner/desk/", {"business": "padaria", "partner": "mine"}).status_code == 404
    assert rui.post("/partner/desk/", {"business": "padaria", "partner": "cakes"})["Location"] == HOME
    assert "Doces" in text(rui.get(HOME))
