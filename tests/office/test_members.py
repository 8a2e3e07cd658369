"""Members in the office: found as one types, their whole story, and what is done for them by hand."""

from __future__ import annotations

from django.test import Client

from fiel.members.models import Card, CardBlock, Member
from fiel.trail.models import Act

ANA, BIA = "+5511987654321", "+5511987650000"


def people(bakery):
    """Ana, who bought for R$ 7.90 of bread twice, and Bia, who has the same name with an accent."""
    ana, bia = bakery.enrol(ANA, "Ana Souza"), bakery.enrol(BIA, "Ána Beatriz Lima")
    bakery.sell(("Pão", "bakery", 1000), to=ANA)
    return ana, bia


def found(browser, bakery, q):
    """Whom the list shows for what was typed, as htmx asks for it."""
    answer = browser.get(f"{bakery.page}members/", {"q": q}, headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    return [row.profile.member.name for row in answer.context["rows"]]


def page(browser, bakery, member):
    return browser.get(f"{bakery.page}members/{member.id}/").content.decode()


def act(browser, bakery, member, what, **said):
    return browser.post(f"{bakery.page}members/{member.id}/{what}/", said)


def acts(bakery):
    return list(Act.objects.filter(business=bakery.business).order_by("number").values_list("what", flat=True))


def test_one_is_found_by_how_anything_of_them_begins(signed_in, bakery):
    ana, bia = people(bakery)
    Card.objects.create(business=bakery.business, number="2900000000018", member_id=bia.id, given_at=bakery.clock.now)
    both = ["Ána Beatriz Lima", "Ana Souza"]
    assert sorted(found(signed_in, bakery, "ana")) == sorted(both)
    assert found(signed_in, bakery, "ana so") == ["Ana Souza"]
    assert sorted(found(signed_in, bakery, "(11) 98765")) == sorted(both)
    assert found(signed_in, bakery, "11 98765-43") == ["Ana Souza"]
    assert found(signed_in, bakery, "+55 11 98765 00") == ["Ána Beatriz Lima"]
    assert found(signed_in, bakery, "29000000") == ["Ána Beatriz Lima"]
    assert found(signed_in, bakery, ana.code) == ["Ana Souza"]
    assert found(signed_in, bakery, "zé") == []
    assert len(found(signed_in, bakery, "")) == 2


def test_names_come_a_page_at_a_time(signed_in, bakery):
    for number in range(25):
        bakery.enrol(f"+55119876543{number:02d}", f"Maria {number:02d}")
    first = signed_in.get(f"{bakery.page}members/", {"q": "maria"}).context
    following = signed_in.get(f"{bakery.page}members/", {"q": "maria", "after": first["after"]}).context
    names = [row.profile.member.name for each in (first, following) for row in each["rows"]]
    assert names == [f"Maria {number:02d}" for number in range(25)]
    assert following["after"] is None


def test_another_business_finds_nobody(bakery, open_shop):
    ana, _ = people(bakery)
    other = open_shop(slug="outra", email="outra@example.com")
    browser = Client()
    browser.force_login(other.owner)
    assert found(browser, other, "ana") == []
    assert browser.get(f"{other.page}members/{ana.id}/").status_code == 404
    assert act(browser, other, ana, "adjust", unit="points", amount="5", reason="x").status_code == 404


def test_the_story_tells_balances_movements_and_receipts(signed_in, bakery):
    ana, _ = people(bakery)
    text = page(signed_in, bakery, ana)
    assert "20 points" in text  # 10 for R$ 10.00, doubled on Wednesdays
    assert "S1 · 000001" in text
    assert "May send offers" in text
    assert "Say why" not in text


def test_an_adjustment_needs_a_reason_and_keeps_what_was_typed(signed_in, bakery):
    ana, _ = people(bakery)
    answer = act(signed_in, bakery, ana, "adjust", way="add", unit="points", amount="12", reason="")
    assert answer.status_code == 422
    assert "Say why: it stays with the movement." in answer.content.decode()
    assert 'value="12"' in answer.content.decode()
    answer = act(signed_in, bakery, ana, "adjust", way="take", unit="points", amount="999", reason="wrong")
    assert "There is not enough on the account." in answer.content.decode()
    assert act(signed_in, bakery, ana, "adjust", unit="points", amount="doze", reason="x").status_code == 422
    assert act(signed_in, bakery, ana, "adjust", unit="points", amount="5", reason="sorry").status_code == 302
    text = page(signed_in, bakery, ana)
    assert "25 points" in text
    assert "sorry" in text


def test_above_the_limit_a_second_person_agrees(signed_in, bakery, place_for):
    ana, _ = people(bakery)
    bakery.business.hand_limit = 10
    bakery.business.save()
    act(signed_in, bakery, ana, "adjust", unit="points", amount="11", reason="a lost receipt")
    assert "20 points" in page(signed_in, bakery, ana)
    [(entry, *_)] = signed_in.get(f"{bakery.page}adjustments/").context["rows"]
    own = signed_in.post(f"{bakery.page}adjustments/{entry.id}/agree/", follow=True)
    assert "somebody else has to agree" in own.content.decode()
    second = Client()
    second.force_login(place_for("manager"))
    second.post(f"{bakery.page}adjustments/{entry.id}/agree/")
    assert "31 points" in page(signed_in, bakery, ana)
    assert signed_in.get(f"{bakery.page}adjustments/").context["rows"] == []
    assert acts(bakery)[-2:] == ["adjustment.entered", "adjustment.agreed"]


def test_nobody_adjusts_their_own_account(signed_in, bakery):
    from fiel.shops.models import Staff

    ana, _ = people(bakery)
    Staff.objects.filter(business=bakery.business, person=bakery.owner).update(member_id=ana.id)
    answer = act(signed_in, bakery, ana, "adjust", unit="points", amount="5", reason="for me")
    assert answer.status_code == 422
    assert "This is your own card" in answer.content.decode()
    assert "20 points" in page(signed_in, bakery, ana)


def test_a_lost_card_is_blocked_and_another_given(signed_in, bakery):
    ana, bia = people(bakery)
    assert act(signed_in, bakery, ana, "card", number="2900000000018").status_code == 302
    assert act(signed_in, bakery, bia, "card", number="2900000000018").status_code == 422
    assert act(signed_in, bakery, bia, "block", number="2900000000018").status_code == 422
    assert act(signed_in, bakery, ana, "card", instead_of="2900000000018").status_code == 302
    assert CardBlock.objects.get().number == "2900000000018"
    assert Card.objects.filter(member_id=ana.id).count() == 2
    assert acts(bakery)[-3:] == ["card.given", "card.blocked", "card.given"]
    assert not Act.objects.filter(after__icontains="2900000000018").exists()


def test_a_tier_is_given_until_a_day(signed_in, bakery):
    ana, _ = people(bakery)
    assert act(signed_in, bakery, ana, "tier", tier="gold", until="2020-01-01", reason="x").status_code == 422
    assert act(signed_in, bakery, ana, "tier", tier="gold", until="never", reason="x").status_code == 422
    assert act(signed_in, bakery, ana, "tier", tier="gold", until="", reason="a friend").status_code == 302
    text = page(signed_in, bakery, ana)
    assert "silver → gold" in text
    assert "a friend" in text


def test_two_are_merged_as_it_was_shown_before(signed_in, bakery):
    ana, bia = people(bakery)
    bakery.sell(("Pão", "bakery", 500), to=BIA)
    merging = f"{bakery.page}members/{ana.id}/merge/"
    shown = signed_in.get(merging, {"q": BIA})
    assert [account.balance for account in shown.context["after"][2]] == ["30 points", "0 coffees"]
    assert Member.objects.get(id=bia.id).merged_into is None  # only looked at
    assert "No customer is known by this." in signed_in.get(merging, {"q": "+5511900000000"}).content.decode()
    assert "These two are the same member." in signed_in.get(merging, {"q": ANA}).content.decode()
    assert signed_in.post(merging, {"gone": str(bia.id)}).status_code == 302
    assert "30 points" in page(signed_in, bakery, ana)
    assert signed_in.get(f"{bakery.page}members/{bia.id}/")["Location"].endswith(f"/members/{ana.id}/")
    assert found(signed_in, bakery, BIA) == ["Ana Souza"]
    assert signed_in.post(merging, {"gone": str(bia.id)}).status_code == 422


def test_the_auditor_looks_and_changes_nothing(bakery, place_for):
    ana, _ = people(bakery)
    auditor = Client()
    auditor.force_login(place_for("auditor"))
    assert "20 points" in page(auditor, bakery, ana)
    assert "Adjust a balance" not in page(auditor, bakery, ana)
    assert act(auditor, bakery, ana, "adjust", unit="points", amount="5", reason="x").status_code == 403


def test_a_second_person_says_no_and_why(signed_in, bakery, place_for):
    """What was refused never moves; whoever entered it may take it back themselves."""
    ana, _ = people(bakery)
    bakery.business.hand_limit = 10
    bakery.business.save()
    for reason in ("a lost receipt", "by mistake"):
        act(signed_in, bakery, ana, "adjust", unit="points", amount="11", reason=reason)
    (mistake, *_), (lost, *_) = signed_in.get(f"{bakery.page}adjustments/").context["rows"]
    assert waits(signed_in, bakery) == {"Adjustments for a second person": 2}
    second = Client()
    second.force_login(place_for("manager"))
    silent = second.post(f"{bakery.page}adjustments/{lost.id}/refuse/", {"reason": " "})
    assert (silent.status_code, "Say why: whoever entered it reads it." in silent.content.decode()) == (422, True)
    second.post(f"{bakery.page}adjustments/{lost.id}/refuse/", {"reason": "it was found"})
    signed_in.post(f"{bakery.page}adjustments/{mistake.id}/refuse/", {"reason": "my own"})
    told = second.post(f"{bakery.page}adjustments/{lost.id}/agree/", follow=True).content.decode()
    assert "Somebody else did this in the meantime." in told
    assert "alguem@padaria.example: it was found" in told
    assert "20 points" in page(signed_in, bakery, ana)
    assert signed_in.get(f"{bakery.page}adjustments/").context["rows"] == []
    assert waits(signed_in, bakery) == {}  # what was refused waits for nobody
    assert acts(bakery)[-2:] == ["adjustment.refused", "adjustment.refused"]


def waits(browser, bakery):
    return {str(each.what): each.count for each in browser.get(bakery.page).context["waits"]}


PERSON = {
    "name": "Ana Lima",
    "phone": "11 98765-4321",
    "email": "ANA@example.com",
    "address": "Rua das Flores 12\n\n 01310-100 São Paulo ",
    "language": "pt-br",
    "types": "neighbour, choir",
    "birth_date": "1990-11-24",
    "marketing": "yes",
    "partners": "no",
}


def test_contacts_and_consents_change_and_the_trail_keeps_no_name(signed_in, bakery):
    from fiel.members.models import Consent, Identifier

    ana, _ = people(bakery)
    at = f"{bakery.page}members/{ana.id}/change/"
    assert signed_in.post(at, PERSON).status_code == 302
    ana.refresh_from_db()
    assert (ana.name, ana.language, ana.types) == ("Ana Lima", "pt-br", ["neighbour", "choir"])
    assert ana.address == "Rua das Flores 12\n01310-100 São Paulo"
    known = dict(Identifier.objects.filter(member_id=ana.id).values_list("kind", "value"))
    assert known == {"phone": ANA, "email": "ana@example.com"}
    answers = Consent.objects.filter(member_id=ana.id).order_by("purpose")
    assert list(answers.values_list("purpose", "granted", "source", "recorded_by")) == [
        ("marketing", True, "office", "dona@padaria.example"),
        ("partners", False, "office", "dona@padaria.example"),
    ]
    noted = Act.objects.get(what="member.changed")
    assert noted.after["changed"] == ["address", "birth_date", "email", "language", "name", "types"]
    assert "Lima" not in str(noted.after)
    signed_in.post(at, PERSON)
    assert Consent.objects.filter(member_id=ana.id).count() == 2  # nothing was answered anew


def test_what_cannot_be_right_of_a_person_is_said_at_its_field(signed_in, bakery):
    ana, _ = people(bakery)
    wrong = {"phone": BIA, "birth_date": "1850-01-01", "address": "\n".join("abcdefg")}
    answer = signed_in.post(f"{bakery.page}members/{ana.id}/change/", {**PERSON, "address": wrong["address"]})
    assert answer.context["form"].errors == {"address": ["At most six lines of 80 letters."]}
    for field, sentence in (("phone", "Another customer has this already"), ("birth_date", "lies in the past")):
        answer = signed_in.post(f"{bakery.page}members/{ana.id}/change/", {**PERSON, field: wrong[field]})
        assert answer.status_code == 422
        assert sentence in answer.context["form"].errors[field][0]
    answer = signed_in.post(f"{bakery.page}members/{ana.id}/change/", {**PERSON, "email": "ana"})
    assert "no e-mail address" in answer.context["form"].errors["email"][0]
    assert Member.objects.get(id=ana.id).name == "Ana Souza"


def test_a_member_is_erased_once_their_number_is_typed(signed_in, bakery, settings, tmp_path):
    import json

    settings.DATA_FOLDER = tmp_path
    ana, _ = people(bakery)
    at = f"{bakery.page}members/{ana.id}/"
    told = json.loads(signed_in.get(f"{at}export/json/").content)
    assert told["member"]["phone"] == ANA
    assert signed_in.get(f"{at}export/csv/").content.startswith(b"PK")
    assert "<strong>20 points</strong>" in signed_in.get(f"{at}erase/").content.decode()
    assert signed_in.post(f"{at}erase/", {"number": "yes"}).status_code == 422
    assert page(signed_in, bakery, ana)
    assert signed_in.post(f"{at}erase/", {"number": ana.code}).status_code == 302
    assert found(signed_in, bakery, ANA) == []
    assert (tmp_path / "erasures.jsonl").exists()
    assert acts(bakery)[-3:] == ["member.exported", "member.exported", "member.erased"]
