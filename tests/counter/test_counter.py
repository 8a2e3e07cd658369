"""The counter, by the pages that whoever serves goes through."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.counter.conftest import text

ANA = "+5511987650001"
ROW = ("product", "department", "description", "quantity", "price", "by")


def count(model):
    return model.objects.count()


# Finding


@pytest.mark.parametrize(
    "typed",
    ["(11) 98765-0001", "11987650001", "+55 11 98765 0001", "2900000000018", "529.982.247-25", "52998224725"],
)
def test_one_field_finds_a_customer_by_whatever_they_give(counter, typed):
    from fiel.members.models import Card, Identifier

    ana = counter.shop.enrol(ANA, "Ana Souza")
    business = counter.shop.business
    Card.objects.create(business=business, number="2900000000018", member_id=ana.id, given_at=counter.shop.clock.now)
    Identifier.objects.create(business=business, kind="tax_id", value="52998224725", member_id=ana.id)
    assert "Ana Souza" in text(counter.member(typed))


@pytest.mark.parametrize(
    "typed",
    [";2900000000018?", "ñ2900000000018_", "ç2900000000018:", "%B2900000000018^SOUZA/ANA^?;2900000000018=99?"],
    ids=["us", "spanish", "portuguese", "two tracks"],
)
def test_a_swiped_card_is_read_as_any_keyboard_delivers_it(counter, typed):
    from fiel.members.models import Card

    ana = counter.shop.enrol(ANA, "Ana Souza")
    Card.objects.create(
        business=counter.shop.business, number="2900000000018", member_id=ana.id, given_at=counter.shop.clock.now
    )
    assert "Ana Souza" in text(counter.member(typed))


def test_a_blocked_card_is_said_to_be_one(counter):
    from fiel.members.cards import block_card
    from fiel.members.models import Card

    ana = counter.shop.enrol(ANA, "Ana Souza")
    business, now = counter.shop.business, counter.shop.clock.now
    Card.objects.create(business=business, number="2900000000018", member_id=ana.id, given_at=now)
    block_card(business, "2900000000018", by="tests", now=now)
    answer = counter.find("2900000000018")
    assert answer.status_code == 409
    assert "This card is blocked" in text(answer)


def test_a_cashier_sees_no_whole_name(cashier):
    cashier.shop.enrol(ANA, "Ana Maria Souza")
    page = text(cashier.member(ANA))
    assert "Ana S." in page
    assert "Souza" not in page
    assert "+55 ••••• 0001" in page


def test_who_asks_for_too_many_waits(cashier):
    for _ in range(60):
        assert cashier.find("11987650009").status_code == 200
    answer = cashier.find("11987650009")
    assert answer.status_code == 429
    assert "wait a moment" in text(answer)
    cashier.shop.clock.advance(minutes=1)
    assert cashier.find("11987650009").status_code == 200


# Enrolling


def test_an_unknown_phone_leads_to_enrolling_with_two_fields(counter):
    answer = counter.find("(11) 98765-0001")
    assert "Nobody here is known by" in text(answer)
    assert answer.context["form"].phone == "(11) 98765-0001"
    answer = counter.post("enrol/", phone="(11) 98765-0001", name="Ana Souza")
    page = text(counter.client.get(answer["Location"]))
    assert "Ana Souza" in page
    assert "Enrolled." in page


def test_consents_are_off_until_they_are_ticked(counter):
    from fiel.members.models import Consent

    counter.post("enrol/", phone="11987650001", name="Ana")
    assert count(Consent) == 0
    counter.post("enrol/", phone="11987650002", name="Bia", birth_date="1990-03-06", **{"consent-marketing": "on"})
    [consent] = Consent.objects.all()
    assert (consent.purpose, consent.granted, consent.source) == ("marketing", True, "counter")


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"phone": "12", "name": "Ana"}, "phone", "This is not a phone number; write it with the area code."),
        ({"phone": "", "name": "Ana"}, "phone", "Type a phone number: it is what the customer is known by."),
        ({"phone": "11987650001", "birth_date": "2027-01-01"}, "birth_date", "A birth date lies in the past."),
        ({"phone": "11987650001", "birth_date": "soon"}, "birth_date", "Write the day, month and year."),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(counter, fields, field, sentence):
    answer = counter.post("enrol/", **fields)
    assert answer.status_code == 422
    assert answer.context["form"].wrong == {field: sentence}
    assert answer.context["form"].name == fields.get("name", "")


def test_who_is_known_already_is_not_enrolled_twice(counter):
    from fiel.members.models import Member

    counter.shop.enrol(ANA, "Ana")
    answer = counter.post("enrol/", phone="11987650001", name="Ana")
    assert answer.status_code == 409
    assert answer.context["form"].wrong == {"phone": "Somebody here has this already."}
    assert count(Member) == 1


# Selling


@pytest.mark.parametrize(
    ("typed", "points"),
    [("45", 45), ("45,90", 45), ("R$ 1.234,50", 1234), ("4.50", 4), ("2,5", 2), ("1 234,00", 1234), ("7,", 7)],
)
def test_an_amount_is_read_as_people_write_it(counter, typed, points):
    counter.shop.enrol(ANA, "Ana")
    assert counter.sell(ANA, typed).context["outcome"].gave.gives == (f"+{points:,} points",)


@pytest.mark.parametrize("typed", ["abc", "4,5,0", "1.23.4", "-5", "7891000100103", "45 e 90"])
def test_what_is_no_amount_is_said_and_kept_as_typed(counter, typed):
    from fiel.sales.models import Receipt

    counter.shop.enrol(ANA, "Ana")
    page = counter.member(ANA)
    answer = counter.post("sales/", **counter.form(page), amount=typed)
    assert answer.status_code == 422
    assert answer.context["amount"] == typed
    assert answer.context["number"] == page.context["number"]
    assert count(Receipt) == 0


def test_a_quote_writes_nothing(counter):
    from fiel.sales.models import Receipt

    counter.shop.enrol(ANA, "Ana")
    page = counter.member(ANA)
    answer = text(counter.post("quote/", **counter.form(page), amount="45,90"))
    assert answer == "R$45.90 +45 points"
    assert count(Receipt) == 0


def test_the_result_says_what_it_gave_and_why(counter):
    counter.shop.enrol(ANA, "Ana")
    page = text(counter.sell(ANA, "45,90", payment="pix"))
    assert "+45 points" in page
    assert "New balance: 45 points" in page
    assert "Why 45 points?" in page
    assert "Pix R$45.90" in page


def test_a_form_that_is_sent_twice_is_one_sale(counter):
    from fiel.sales.models import Receipt

    counter.shop.enrol(ANA, "Ana")
    form = counter.form(counter.member(ANA))
    first = counter.post("sales/", **form, amount="45")
    counter.later(days=40)  # long after the key is forgotten, and on another day
    again = counter.post("sales/", **form, amount="45,00")
    assert first["Location"] == again["Location"]
    assert count(Receipt) == 1
    other = counter.post("sales/", **form, amount="46")
    assert other.status_code == 409
    assert "with another amount" in text(other)
    assert count(Receipt) == 1


def test_an_undone_sale_gave_nothing(counter):
    counter.shop.enrol(ANA, "Ana")
    page = counter.sell(ANA, "45")
    receipt = page.context["receipt"].id
    number = page.context["number"]
    for _ in range(2):  # pressed twice
        answer = counter.post(f"receipts/{receipt}/return/", number=number, whole="1")
        assert answer.status_code == 302
    assert "Returned" in text(counter.client.get(answer["Location"]))
    assert "0 points" in text(counter.member(ANA))


def test_a_sale_can_be_undone_for_some_minutes_and_returned_later(counter):
    counter.shop.enrol(ANA, "Ana")
    page = counter.sell(ANA, "45")
    assert "Undo this sale" in text(page)
    counter.shop.clock.advance(minutes=11)
    page = text(counter.get(f"receipts/{page.context['receipt'].id}/"))
    assert "Undo this sale" not in page
    assert "Return everything" in page


def test_nobody_sells_to_themselves(client, shop, place_for):
    from fiel.shops.models import Staff
    from tests.counter.conftest import Counter, furnish

    counter = Counter(client, furnish(shop))
    person = place_for("cashier", email="caixa@padaria.example")
    ana = shop.enrol(ANA, "Ana")
    Staff.objects.filter(person=person).update(member_id=ana.id)
    client.force_login(person)
    page = counter.member(ANA)
    assert "your own account" in text(page)
    answer = counter.post("sales/", **counter.form(page), amount="45")
    assert answer.status_code == 403


# Receipts


def test_todays_receipts_of_this_till_are_listed_by_the_page(counter):
    counter.shop.enrol(ANA, "Ana")
    counter.sell(ANA, "1")
    counter.later(days=1)
    for amount in range(1, 23):
        counter.shop.clock.advance(minutes=2)
        counter.sell(ANA, str(amount))
    counter.shop.sell(("Pão", "bakery", 790))  # at another till
    page = counter.get("receipts/")
    assert [row.total for row in page.context["rows"]] == [amount * 100 for amount in range(22, 2, -1)]
    page = counter.get("receipts/", after=page.context["more"])
    assert [row.total for row in page.context["rows"]] == [200, 100]
    assert page.context["more"] is None


def test_a_foreign_receipt_is_as_one_that_there_is_not(counter, open_shop):
    other = open_shop(slug="outra", email="outra@example.com").furnish()
    foreign = other.sell(("Pão", "bakery", 790), ago=timedelta(hours=1))
    assert counter.get(f"receipts/{foreign}/").status_code == 404
    assert counter.post(f"receipts/{foreign}/return/", whole="1").status_code == 404


@pytest.mark.parametrize("path", ["quote/", "sales/"])
def test_a_form_that_we_did_not_make_is_refused_with_a_sentence(counter, path):
    answer = counter.post(path, product=["A", "B"], price="1", amount="3")
    assert answer.status_code == 422
    assert "load the page anew" in text(answer)


def test_equal_vouchers_are_one_button_that_takes_the_one_that_ends_first(counter):
    """Three vouchers for toast and one for cake are two buttons; two toasts leave the one that ends last."""
    from fiel.rewards.give import give_freely
    from fiel.rewards.models import Voucher

    ana, today = counter.shop.enrol(ANA, "Ana Souza"), counter.shop.clock.now.date()
    ends = {}
    for reward, days in (("toast", 300), ("cake", None), ("toast", 20), ("toast", 100)):
        issued = give_freely(counter.shop.business, ana.id, reward)
        until = None if days is None else today + timedelta(days=days)
        Voucher.objects.filter(id=issued.voucher.id).update(valid_until=until)
        ends[issued.code] = days
    page = counter.member(ANA)
    assert "Has a voucher: Torrada × 3 Has a voucher: Bolo " in text(page)
    toasts, cakes = page.context["glance"].vouchers
    assert "Use the voucher: Torrada × 3 the first until 24 Mar Use the voucher: Bolo Items" in text(page)
    assert [ends[each.code] for each in (toasts, cakes)] == [20, None]

    form, rows = counter.form(page), []
    for pressed in (1, 2, 3, 3):  # a fourth is not there to be used
        columns = {name: [getattr(row, name) for row in rows] for name in ROW}
        answer = counter.post(f"members/{ana.id}/items/", **form, **columns, use=toasts.code)
        rows = answer.context["rows"]
        assert [ends[row.voucher] for row in rows] == [20, 100, 300][:pressed]
    columns = {name: [getattr(row, name) for row in rows[:2]] for name in ROW}
    assert counter.post("sales/", **form, **columns, amount="10").status_code == 302
    left = Voucher.objects.filter(state="issued", reward="toast").get()
    assert left.valid_until == today + timedelta(days=300)
    assert "Use the voucher: Torrada until " in text(counter.member(ANA))


def test_a_reward_that_costs_too_much_is_not_given(counter):
    from fiel.rewards.models import Voucher

    ana = counter.shop.enrol(ANA, "Ana")
    answer = counter.post(f"members/{ana.id}/rewards/", reward="cake")
    assert answer.status_code == 409
    assert "There is not enough on the account." in text(answer)
    assert count(Voucher) == 0


# By name


def test_a_name_leads_to_the_only_one_or_to_a_choice(counter):
    jose = counter.shop.enrol(ANA, "José Álvares de Souza")
    counter.shop.enrol("+5511987650002", "Josefa Lima")
    counter.shop.enrol("+5511987650003", "Ana Souza")
    assert "José Álvares" in text(counter.member("jose al"))
    assert "José Álvares" in text(counter.member("JOSE souza"))
    page = text(counter.find("jos"))
    assert "José Álvares de Souza +55 ••••• 0001" in page
    assert "Josefa Lima" in page
    assert "Ana Souza" not in page
    assert counter.find("souza").context["form"].name == "souza"  # nobody's name begins so: maybe somebody new
    from fiel.members.change import Change, change_member

    now = counter.shop.clock.now
    change_member(
        counter.shop.business, jose.id, Change({"name": "Zé"}), now=now, today=now.date(), source="tests", by="tests"
    )
    assert "Zé" in text(counter.member("ze"))


def test_many_of_a_name_are_shown_by_the_page(counter):
    for number in range(45):
        counter.shop.enrol(f"+55119876600{number:02d}", f"Maria {number:02d}")
    seen, after = [], ""
    while True:
        page = counter.post("find/", q="maria", after=after)
        seen += [name for _, name, _ in page.context["found"]]
        after = page.context["after"]
        if after is None:
            break
    assert seen == [f"Maria {number:02d}" for number in range(45)]


def test_a_name_of_another_business_is_not_found(counter, open_shop):
    open_shop(slug="outra", email="outra@example.com").furnish().enrol(ANA, "Xenia Prado")
    assert counter.find("xenia").context["form"].name == "xenia"
