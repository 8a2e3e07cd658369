"""A customer at the portal, by its pages."""

from __future__ import annotations

import re

import pytest
from django.core import mail

from fiel.members.models import Consent, Identifier, Login, Member
from fiel.ops.audit import audit
from fiel.programme.versions import publish
from fiel.rewards.give import issue
from fiel.rewards.models import Voucher
from fiel.sales.bringing import referral_code
from tests.counter.conftest import FULL
from tests.portal.conftest import ANA, PASSWORD, Portal, text

UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def books_hold(bakery):
    yield
    assert audit(bakery.business).holds


def test_an_account_that_the_shop_made_is_claimed_by_a_code(portal, ana):
    """Ana never had a password; a code to her address shows her what she has, and her phone leads there too."""
    assert "Send me a code" in text(portal.get())
    portal.enter("ana@example.com")
    assert mail.outbox[-1].to == ["ana@example.com"]
    page = text(portal.get())
    assert "Hello, Ana Souza" in page
    assert "60 points" in page
    other = Portal(portal.shop)
    other.enter("11 98765-0001")
    assert mail.outbox[-1].to == [f"{ANA}@phone.invalid"]  # letters are only written here
    assert "60 points" in text(other.get())


def test_a_phones_code_goes_to_the_accounts_address_where_letters_leave(portal, ana, monkeypatch):
    monkeypatch.setattr("fiel.doors.portal.sending.can_text", lambda: False)
    portal.enter("11 98765-0001")
    assert mail.outbox[-1].to == ["ana@example.com"]


def test_who_joins_is_a_member_with_a_card_and_nothing_agreed_to(portal, bakery):
    done = portal.join("Bia@Example.com ", name="Bia Lima", password=PASSWORD)
    assert done["Location"] == portal.home
    bia = Member.objects.get(business=bakery.business, name="Bia Lima")
    assert Identifier.objects.get(business=bakery.business, member_id=bia.id).value == "bia@example.com"
    assert Login.objects.get(member_id=bia.id).password.startswith("argon2")
    assert [row.purpose for row in Consent.objects.filter(member_id=bia.id)] == ["notice"]  # told, and nothing more
    assert "EAN" not in text(portal.get("card/"))
    assert re.search(r"\b29\d{11}\b", text(portal.get("card/")))
    portal.post("sign-out/")
    assert "Send me a code" in text(portal.get())
    assert portal.post("sign-in/", who="bia@example.com", password="not this one").status_code == 422
    assert portal.post("sign-in/", who="bia@example.com", password=PASSWORD).status_code == 302
    assert "Hello, Bia Lima" in text(portal.get())


def test_who_joins_with_a_known_address_comes_in_as_who_they_are(portal, ana, bakery):
    """The answer tells no stranger that the address is known; the code decides."""
    asked = portal.post("join", who="ana@example.com", name="Mallory", adult="on", consent="marketing")
    stranger = Portal(portal.shop).post("join", who="nobody@example.com", adult="on")
    assert re.sub(r"[0-9a-f-]{36}", "", asked["Location"]) == re.sub(r"[0-9a-f-]{36}", "", stranger["Location"])
    assert Member.objects.count() == 1
    portal.client.post(asked["Location"], {"code": re.search(r": (\d{6})\n", mail.outbox[0].body)[1]})
    assert "Hello, Ana Souza" in text(portal.get())
    [consent] = Consent.objects.filter(member_id=ana.id).exclude(purpose="notice")
    assert (consent.purpose, consent.granted, consent.source) == ("marketing", True, "portal")
    assert (consent.notice_version, len(consent.notice_hash), consent.language) == ("2026-11", 64, "en")


def test_what_is_asked_of_who_joins(portal):
    refused = portal.post("join", who="nobody", password="short")
    assert refused.status_code == 422
    assert "This field is required" in text(refused)
    assert "at least 10 characters" in text(refused)
    assert "Write an e-mail address like" in text(portal.post("join", who="nobody", adult="on"))


def test_unknown_accounts_are_answered_like_known_ones(portal, ana):
    asked = [portal.post("sign-in/", who=who, by_code="1") for who in ("ana@example.com", "nobody@example.com")]
    assert [each.status_code for each in asked] == [302, 302]
    assert len(mail.outbox) == 1
    pages = [portal.client.post(each["Location"], {"code": "12345"}) for each in asked]
    assert [each.status_code for each in pages] == [422, 422]
    assert text(pages[0]) == text(pages[1])
    wrong = [portal.post("sign-in/", who=who, password="x" * 12) for who in ("ana@example.com", "nobody@example.com")]
    assert text(wrong[0]) == text(wrong[1])


def test_codes_are_good_for_five_tries_and_a_quarter_of_an_hour(portal, ana, clock):
    asked = portal.post("sign-in/", who="ana@example.com", by_code="1")["Location"]
    right = portal.code()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(5):
        assert portal.client.post(asked, {"code": wrong}).status_code == 422
    assert portal.client.post(asked, {"code": right}).status_code == 422
    asked = portal.post("sign-in/", who="ana@example.com", by_code="1")["Location"]
    clock.advance(minutes=15)
    assert portal.client.post(asked, {"code": portal.code()}).status_code == 422


def test_tries_are_limited(portal, ana):
    for _ in range(5):
        assert portal.post("sign-in/", who="ana@example.com", password="wrong wrong").status_code == 422
    assert portal.post("sign-in/", who="ana@example.com", password="wrong wrong").status_code == 429
    for _ in range(5):
        assert portal.post("sign-in/", who="ana@example.com", by_code="1").status_code == 302
    assert portal.post("sign-in/", who="ana@example.com", by_code="1").status_code == 429


def test_a_members_session_is_not_one_of_the_staff(ana_at):
    assert ana_at.client.get("/office/").status_code == 302
    assert "sessionid" not in "".join(ana_at.client.cookies)
    assert [name for name in ana_at.client.cookies if "member" in name] == ["fiel-member-padaria"]


def test_movements_say_why_and_lead_to_the_receipt(ana_at):
    page = ana_at.get("movements/")
    assert re.search(r"Earned : Pão francês R\$60\.00 .*receipt \+60 points", text(page))
    receipt = re.search(r"/c/padaria/receipts/[0-9a-f-]+/", page.content.decode())[0]
    told = text(ana_at.client.get(receipt))
    assert "Why 60 points?" in told
    assert "1 × Pão francês" in told
    assert "R$60.00" in text(ana_at.get("receipts/"))


def test_the_cake_is_chosen_shown_and_given_up(ana_at, bakery):
    page = ana_at.get("rewards/")
    assert "Bolo 50 points ✓ you can have this" in text(page)
    once = re.search(r'name="once" value="([^"]+)"', page.content.decode())[1]
    done = ana_at.post("rewards/take/", reward="cake", once=once)
    assert "50 points, for Bolo" in mail.outbox[-1].body
    again = ana_at.post("rewards/take/", reward="cake", once=once)  # the form sent twice
    assert again["Location"] == "/c/padaria/rewards/"
    assert Voucher.objects.count() == 1
    shown = ana_at.client.get(done["Location"])
    assert re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{3}", text(shown))
    assert "<svg" in shown.content.decode()
    assert "10 points" in text(ana_at.get())
    assert "40 points to go" in text(ana_at.get("rewards/"))
    assert ana_at.post("rewards/take/", reward="cake", once="2").status_code == 409
    ana_at.client.post(done["Location"] + "cancel/")
    assert "Cancelled" in text(ana_at.client.get(done["Location"]))
    assert "60 points" in text(ana_at.get())


def test_stamps_are_a_picture(ana_at, bakery):
    page = ana_at.get().content.decode()
    assert page.count('<li class="full">') == 0
    assert page.count("<li></li>") == 10


def test_a_friend_is_brought(ana_at, bakery):
    code = referral_code(bakery.business, bakery_member(bakery).id)
    friend = Portal(bakery)
    page = friend.get("join", by=code)
    assert "Ana S. invites you" in text(page)
    assert "Souza" not in page.content.decode()
    friend.join("rui@example.com", name="Rui", by=code)
    assert Member.objects.get(name="Rui").referred_by == bakery_member(bakery).id
    assert "invites you" not in text(friend.get("join", by="A2345678"))


def bakery_member(bakery):
    return Member.objects.get(business=bakery.business, name="Ana Souza")


def test_programmes_with_hidden_figures(ana_at, bakery):
    """Card, rewards given and consents are all that shows."""
    hidden = {**FULL, "units": [{**unit, "visible": False} for unit in FULL["units"]]}
    publish(bakery.business, hidden, by="tests", now=bakery.clock.now, in_force_from=bakery.clock.now)
    page = text(ana_at.get())
    assert "points" not in page
    assert "Movements" not in page
    assert ana_at.get("movements/").status_code == 404
    assert ana_at.get("receipts/").status_code == 404
    assert ana_at.post("rewards/take/", reward="cake", once="1").status_code == 404
    assert ana_at.get("card/").status_code == 200


def test_look_alikes_are_all_answered_alike(ana_at, bakery, open_shop):
    """Thirty tries at what is somebody else's, elsewhere, or nobody's: none tells them apart, none succeeds."""
    open_shop(slug="outra", email="outra@example.com")
    bia = bakery.enrol("+5511987650002", "Bia Lima")
    theirs = bakery.sell(("Bolo", "bakery", 9000), to="+5511987650002")
    voucher = issue(bakery.business, bia.id, "cake").voucher.id
    found = set()
    for id_ in (voucher, theirs, bia.id, UNKNOWN, UNKNOWN[:-1] + "1"):
        for path in (f"vouchers/{id_}/", f"receipts/{id_}/"):
            answer = ana_at.get(path)
            found.add((answer.status_code, text(answer)))
        answer = ana_at.post(f"vouchers/{id_}/cancel/")
        found.add((answer.status_code, text(answer)))
        for path in (f"vouchers/{id_}/", f"receipts/{id_}/"):
            assert ana_at.client.get(f"/c/outra/{path}")["Location"] == "/c/outra/"  # signed in there as nobody
        found.add(
            (ana_at.client.get(f"/c/nowhere/vouchers/{id_}/").status_code, text(ana_at.get(f"vouchers/{UNKNOWN}/")))
        )
    assert len(found) == 1
    assert {status for status, _ in found} == {404}
    assert Voucher.objects.get(id=voucher).state == "issued"
