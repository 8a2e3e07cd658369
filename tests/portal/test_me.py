"""What a member decides in the portal, takes along, and leaves behind."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pypdfium2
import pytest
from django.core import mail
from typer.testing import CliRunner

from fiel.ledger.models import Entry
from fiel.members.models import Card, Consent, Identifier, Login, LoginCode, Member, MemberSession
from fiel.ops.audit import audit
from fiel.ops.cli import WITH_DJANGO, application, commands
from fiel.privacy.erase import FILE
from fiel.programme.versions import publish
from fiel.rewards.models import Voucher
from fiel.shops.models import IdempotencyKey
from tests.counter.conftest import FULL
from tests.portal.conftest import ANA, PASSWORD, Portal, text


@pytest.fixture(autouse=True)
def kept_apart(settings, tmp_path, bakery):
    settings.DATA_FOLDER = tmp_path
    yield
    assert audit(bakery.business, recount=True).holds


def test_a_consent_is_given_and_withdrawn_in_two_clicks(ana_at, ana):
    """Rows are added, never changed, each with the words that were shown."""
    ana_at.post("me/consent/", purpose="marketing", granted="1")
    assert "Offers and news: yes" in text(ana_at.get("me/"))
    ana_at.post("me/consent/", purpose="marketing", granted="0")
    assert "Offers and news: no" in text(ana_at.get("me/"))
    rows = Consent.objects.filter(member_id=ana.id).order_by("id")
    assert [(row.granted, row.source, row.notice_version, len(row.notice_hash)) for row in rows] == [
        (True, "portal", "2026-11", 64),
        (False, "portal", "2026-11", 64),
    ]
    assert ana_at.post("me/consent/", purpose="everything", granted="1").status_code == 404


def test_another_address_is_proved_told_and_waited_for(ana_at, ana, clock):
    """The old address hears of it; for a day nothing can be spent from here."""
    asked = ana_at.post("me/contact/", who="ana@new.example")
    assert mail.outbox[-1].to == ["ana@new.example"]
    assert ana_at.client.post(asked["Location"], {"code": "000"}).status_code == 422
    ana_at.client.post(asked["Location"], {"code": ana_at.code()})
    assert Identifier.objects.get(member_id=ana.id, kind="email").value == "ana@new.example"
    assert (mail.outbox[-1].to, "was changed" in mail.outbox[-1].subject) == (["ana@example.com"], True)
    refused = ana_at.post("rewards/take/", reward="cake", once="1")
    assert (refused.status_code, "nothing can be spent here until" in text(refused)) == (409, True)
    clock.advance(hours=24)
    assert ana_at.post("rewards/take/", reward="cake", once="1").status_code == 302


def test_an_address_that_is_somebody_elses_shows_nowhere(ana_at, bakery):
    bia = bakery.enrol("+5511987650002", "Bia")
    Identifier.objects.create(business=bakery.business, kind="email", value="bia@example.com", member_id=bia.id)
    asked = ana_at.post("me/contact/", who="bia@example.com")
    assert asked.status_code == 302
    taken = ana_at.client.post(asked["Location"], {"code": ana_at.code()})
    wrong = ana_at.client.post(asked["Location"], {"code": "1"})
    assert (taken.status_code, text(taken)) == (422, text(wrong))
    # Nor does a code for changing sign anybody in.
    asked = ana_at.post("me/contact/", who="ana@new.example")["Location"]
    elsewhere = Portal(ana_at.shop).client.post(asked.replace("/me/contact/", "/code/"), {"code": ana_at.code()})
    assert elsewhere.status_code == 422


@pytest.mark.usefixtures("costly_passwords")
def test_a_password_is_changed_and_other_browsers_are_signed_out(ana_at, ana):
    other = Portal(ana_at.shop)
    other.enter("ana@example.com")
    assert "at least 10 characters" in text(ana_at.post("me/password/", new="short"))
    assert ana_at.post("me/password/", new=PASSWORD).status_code == 302
    assert "was changed" in mail.outbox[-1].subject
    assert Login.objects.get(member_id=ana.id).password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert other.get("me/").status_code == 302
    third = Portal(ana_at.shop)
    third.post("sign-in/", who="ana@example.com", password=PASSWORD)
    assert "This is not your password." in text(third.post("me/password/", old="wrong", new=PASSWORD + "!"))
    assert third.post("me/password/", old=PASSWORD, new=PASSWORD + "!").status_code == 302


def test_name_and_language(ana_at):
    ana_at.post("me/settings/", name="Ana Maria", language="pt-br")
    assert "Olá, Ana Maria" in text(ana_at.get())


def test_the_data_is_taken_along_and_agrees_with_the_books(ana_at, bakery):
    Member.objects.filter(name="Ana Souza").update(name="=cmd()")
    told = json.loads(ana_at.get("me/export/json/").content)
    assert (told["member"]["phone"], told["member"]["email"]) == (ANA, "ana@example.com")
    assert {"unit": "points", "balance": 60, "sum_of_movements": 60, "agrees": True} in told["balances"]
    assert told["receipts"][0]["items"] == [{"what": "Pão francês", "quantity": 1000, "amount": 6000}]
    packed = zipfile.ZipFile(io.BytesIO(ana_at.get("me/export/csv/").content))
    assert "'=cmd()" in packed.read("member.csv").decode()
    assert "Pão francês" in packed.read("items.csv").decode()
    statement = pypdfium2.PdfDocument(ana_at.get("me/export/pdf/").content)[0].get_textpage().get_text_range()
    assert ["Padaria Sol" in statement, "+60 points" in statement] == [True, True]
    assert ana_at.get("me/export/exe/").status_code == 404


def test_a_friend_is_brought_by_the_link(ana_at, bakery):
    """Only where the programme thanks for it; the friend shows by first name and initial, and waits."""
    assert ana_at.get("bring/").status_code == 404
    thanks = {**FULL, "referral": {"unit": "points", "referrer": 10, "referred": 5}}
    publish(bakery.business, thanks, by="tests", now=bakery.clock.now, in_force_from=bakery.clock.now)
    page = ana_at.get("bring/")
    link = re.search(r"/c/padaria/join\?by=([A-Z0-9]{8})", page.content.decode())
    Portal(bakery).join("rui@example.com", name="Rui Silva", by=link[1])
    assert "Rui S. waits for the first purchase" in text(ana_at.get("bring/"))


def test_who_leaves_is_told_what_is_lost_and_erased(ana_at, ana, bakery, tmp_path):
    """What identifies is gone, what is on the account forfeited, and the books hold."""
    once = ana_at.post("rewards/take/", reward="cake", once="1")
    assert once.status_code == 302
    kept = {"key": "k1", "fingerprint": "f", "status": 200, "created_at": bakery.clock.now}
    IdempotencyKey.objects.create(business=bakery.business, answer={"id": str(ana.id), "name": "Ana"}, **kept)
    IdempotencyKey.objects.create(business=bakery.business, answer={"id": "another"}, **{**kept, "key": "k2"})
    assert "You lose: 10 points" in text(ana_at.get("me/leave/"))
    assert ana_at.post("me/leave/").status_code == 200  # not ticked: it asks again
    assert Member.objects.get(id=ana.id).name == "Ana Souza"
    assert "You have left" in text(ana_at.post("me/leave/", sure="1"))
    gone = Member.objects.get(id=ana.id)
    assert (gone.name, gone.name_key, gone.birth_date, gone.code[:5]) == ("", "", None, "gone-")
    for model in (Identifier, Card, Login, LoginCode, MemberSession):
        assert not model.objects.filter(business=bakery.business).exists(), model
    assert Voucher.objects.get(member_id=ana.id).state == "revoked"
    [entry] = Entry.objects.filter(member_id=ana.id, kind="forfeit")
    assert (entry.unit, entry.steps, entry.balance) == ("points", -60, 0)
    answers = dict(IdempotencyKey.objects.values_list("key", "answer"))
    assert answers == {"k1": None, "k2": {"id": "another"}}
    assert mail.outbox[-1].to == ["ana@example.com"]
    assert ana_at.get("me/").status_code == 302
    [line] = (tmp_path / FILE).read_text().splitlines()
    left_at = bakery.clock.now.isoformat()
    assert json.loads(line) == {"business": "padaria", "member": str(ana.id), "at": left_at}  # nothing of the person


def test_a_restored_backup_erases_again(ana_at, ana, bakery, tmp_path):
    """The backup is from before Ana left: she is in it as she was, and the record makes it forget her."""
    line = {"business": "padaria", "member": str(ana.id), "at": bakery.clock.now.isoformat()}
    (tmp_path / FILE).write_text(json.dumps(line) + "\n")
    run = CliRunner().invoke(application(commands(WITH_DJANGO)), ["erasures", "repeat"])
    assert (run.exit_code, run.output.strip()) == (0, "1 in the record, 1 of them erased again.")
    assert Member.objects.get(id=ana.id).name == ""
    assert not Identifier.objects.exists()
    run = CliRunner().invoke(application(commands(WITH_DJANGO)), ["erasures", "repeat", str(tmp_path / FILE)])
    assert run.output.strip() == "1 in the record, 0 of them erased again."
    run = CliRunner().invoke(application(commands(WITH_DJANGO)), ["erasures", "repeat", str(tmp_path / "none")])
    assert run.exit_code == 1
