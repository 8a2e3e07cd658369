"""Members hear of everything that is spent from their account, and of every change of how they sign in."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.core import mail

from fiel.members.models import MemberSession
from tests.jobs import conftest as jobs
from tests.portal.conftest import text

work_off = jobs.work_off


@pytest.fixture
def letters():
    """What has come to Ana since one looked last: address, subject, and the lines of what happened."""
    seen = len(mail.outbox)

    def look():
        nonlocal seen
        new, seen = mail.outbox[seen:], len(mail.outbox)
        return [(each.to, each.subject, each.body.split("\n\n")[0]) for each in new]

    return look


@pytest.fixture
def counter(client, bakery):
    from tests.counter.conftest import Counter

    client.force_login(bakery.owner)
    return Counter(client, bakery)


@pytest.fixture
def office(bakery, clock):
    """The till API, with everything it may do."""
    from fiel.shops.keys import create_key
    from tests.api.till import Till

    return Till(create_key(bakery.business, scopes=["till", "office"], store="S1", till="T9", now=clock.now)[1])


def spent(line):
    return [(["ana@example.com"], "Padaria Sol: something was spent from your account", line)]


def test_whoever_spends_it_wherever_the_member_is_told(ana_at, ana, bakery, counter, office, letters, clock):
    from fiel.rewards.models import Reward
    from fiel.rewards.partners import PartnerRow, put_partner

    bakery.sell(("Bolos", "bakery", 9000), to="+5511987650001")
    at = "03/04/2026 9 a.m."  # São Paulo
    letters()

    taken = ana_at.post("rewards/take/", reward="cake", once="1")
    assert letters() == spent(f"{at}: 50 points, for Bolo")
    code = text(ana_at.client.get(taken["Location"])).split("Bolo ")[1].split(" ")[0]
    counter.sell(
        "11987650001", product="CAKE", department="", description="Bolo", quantity="1", price="30", by=f"voucher:{code}"
    )
    assert letters() == spent(f"{at}: a voucher was used at Centro: Bolo")

    counter.post(f"members/{ana.id}/rewards/", reward="cake")
    assert letters() == spent(f"{at}: 50 points, for Bolo")

    Reward.objects.create(
        business=bakery.business, code="balance", kind="service", name="Balanceamento", price_unit="points",
        price_steps=10, partners=["tyres"],
    )  # fmt: skip
    today = clock.now.date()
    row = PartnerRow("Pneus Silva", prices=[("balance", today, 4000)])
    put_partner(bakery.business, "tyres", row, now=clock.now, today=today)
    bought = office.ok("POST", "/vouchers", {"member": str(ana.id), "reward": "balance"})
    assert letters() == spent(f"{at}: 10 points, for Balanceamento")
    office.ok("POST", f"/vouchers/{bought['code']}/redeem", {"partner": "tyres", "cashier": "rui"})
    assert letters() == spent(f"{at}: a voucher was used at Pneus Silva: Balanceamento")

    office.sell(
        number="P1", member={"id": str(ana.id)}, lines=[{"product": "PACK-5", "quantity": "1", "amount": 40000}]
    )
    assert letters() == []
    session = [{"product": "MASSAGE-60", "quantity": "2", "amount": 20000}]
    office.sell(number="P2", member={"id": str(ana.id)}, lines=session, use_packs=True, payments=[])
    assert letters() == spent(f"{at}: 2 massages")


def test_receipts_from_before_are_no_news(ana, bakery, office, letters, clock):
    """A voucher that was used in a sale which comes in as history is not written about: that was long ago."""
    bakery.sell(("Bolos", "bakery", 9000), to="+5511987650001")
    code = office.ok("POST", "/vouchers", {"member": str(ana.id), "reward": "cake"})["code"]
    letters()
    cake = {"description": "Bolo", "product": "CAKE", "amount": 3000}
    sale = office.sale(member={"id": str(ana.id)}, lines=[cake], vouchers=[code], occurred_at=clock.now.isoformat())
    [item] = office.post("/sales/batch", {"sales": [sale], "history": True}).body["items"]
    assert item["status"] == 201, item
    assert letters() == []


def test_a_change_by_the_staff_is_told_to_the_address_from_before_and_waited_for(ana_at, ana, office, letters, clock):
    """Somebody talks the shop into another phone number: Ana hears of it, and nothing can be spent for a day."""
    letters()
    office.patch(f"/members/{ana.id}", {"name": "Ana Maria Souza"})
    assert letters() == []
    office.ok("PATCH", f"/members/{ana.id}", {"phone": "+5511987650009", "email": "thief@example.com"})
    [(to, subject, _)] = letters()
    assert (to, subject) == (["ana@example.com"], "Padaria Sol: your sign-in was changed")
    assert not MemberSession.objects.filter(member_id=ana.id).exists()
    ana_at.enter("thief@example.com")
    assert ana_at.post("rewards/take/", reward="cake", once="1").status_code == 409
    clock.advance(hours=24)
    assert ana_at.post("rewards/take/", reward="cake", once="1").status_code == 302


def test_a_letter_outlives_the_server_and_waits_for_the_post(ana, bakery, settings, work_off, monkeypatch, clock):
    """A row of the same transaction: a worker sends it, and tries again after a while where the mail server is away."""
    from django.core.mail import EmailMessage
    from django_tasks_db.models import DBTaskResult

    from fiel.rewards.give import issue

    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    issue(bakery.business, ana.id, "cake")
    assert mail.outbox == []
    send, tried = EmailMessage.send, []

    def away_twice(letter):
        tried.append(letter.to)
        if len(tried) < 3:
            raise smtplib.SMTPServerDisconnected
        return send(letter)

    monkeypatch.setattr(EmailMessage, "send", away_twice)
    work_off()  # the queue asks the system's clock, which is past all waiting by the test's
    assert (len(tried), [each.to for each in mail.outbox]) == (3, [["ana@example.com"]])
    waited = DBTaskResult.objects.exclude(run_after=None).order_by("run_after").values_list("run_after", flat=True)
    assert [(each - clock.now).total_seconds() / 60 for each in waited if each < clock.now + timedelta(days=1)] == [
        1,
        5,
    ]
