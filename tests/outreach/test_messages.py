"""Messages to members: once each, only to who may be written to, and never past a stop."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from urllib.parse import parse_qsl

import pytest
from aiosmtpd.controller import Controller
from django.test import Client

from fiel.members.models import Consent
from fiel.ops.day import do_day
from fiel.outreach.channels import http
from fiel.outreach.messages.notices import read_some
from fiel.outreach.messages.queue import Draft, put
from fiel.outreach.messages.sending import send_some
from fiel.outreach.models import Message
from fiel.programme.versions import publish
from fiel.sales.models import LotWarning
from tests.counter.conftest import text
from tests.outreach.receiver import receiving
from tests.processes import free_port
from tests.stories.test_invitations import FOR_MANY, gelateria, joins, nobody_waits, nothing_compiled

__all__ = ["gelateria", "nobody_waits", "nothing_compiled"]

ANA = "ana@example.com"


class Mailbox:
    """A mail server. `answers`: what it says to the next messages; `came`: what it took."""

    def __init__(self):
        self.answers, self.came, self.asked = [], [], 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's name
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            self.came.append(message_from_bytes(envelope.content, policy=policy.default))
        return answer


@contextmanager
def mail_server():
    box = Mailbox()
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


@pytest.fixture
def box(settings):
    with mail_server() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield box


@pytest.fixture
def shop(gelateria, clock, client):
    """The ice-cream shop, with points that can be seen; it writes by e-mail, and tells everything by itself."""
    publish(gelateria.business, FOR_MANY, by="tests", now=clock.now, in_force_from=clock.now)
    settle(gelateria, client)
    return gelateria


def settle(shop, client, *, channels=("email",), notices=("earned", "lapsing", "tier", "voucher", "used"), **more):
    said = {"quiet_from": 21, "quiet_until": 8, "most_a_week": 2, **more}
    answer = client.post(f"/office/{shop.business.slug}/messages/", {"channels": channels, "notices": notices, **said})
    assert answer.status_code == 302, text(answer)


def work():
    """What a worker does, until nothing is due."""
    alive, going_on = (lambda: {"1"}), (lambda: False)
    while read_some("1.0", alive, going_on) or send_some("1.0", alive, going_on):
        pass


def offer(shop, member, n=1, **more):
    said = {"kind": "invite.away", "once": f"offer:{member.id}:{n}", "purposes": ("marketing",), **more}
    put(shop.business.id, [Draft(member.id, **said)], now=shop.clock.now)


def states():
    return list(Message.objects.order_by("id").values_list("state", "reason"))


def test_what_a_purchase_brought_is_told_once(shop, box, client):
    """Ana buys, is told, in her language; whatever the worker does again, she is not told again."""
    joins(shop, "Ana Souza", email=ANA, phone="+5511987654321")
    joins(shop, "Bia Lima", phone="+5511911111111")  # no way to reach her
    for number, phone in enumerate(("11 98765-4321", "11 91111-1111")):
        sale = {"number": f"R{number}", "store": "S1", "till": "T1", "member": {"phone": phone}, "amount": 25000}
        shop.till.sell(**sale, occurred_at=shop.clock.now.isoformat())
    work()
    earned, tier = sorted(box.came, key=lambda mail: "gold" in mail["Subject"])
    assert earned["To"] == ANA
    assert "Gelateria do Porto" in earned["From"]
    assert "250 points" in earned["Subject"]
    assert "Oi, Ana!" in earned.get_content()
    assert "250 points" in earned.get_content()
    assert "gold" in tier.get_content()
    assert earned["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sorted(set(states())) == [("dropped", "no_way"), ("sent", "")]
    sent = Message.objects.filter(state="sent").first()
    assert sent.reference == earned["Message-ID"] or sent.reference.startswith("<")
    shop.clock.advance(minutes=5)
    work()
    assert len(box.came) == 2
    page = "/office/gelateria/messages/"
    assert "2 Enviado" in text(client.get(page))
    not_sent = client.get(f"{page}?state=dropped")
    assert [str(row[5]) for row in not_sent.context["rows"]] == ["sem telefone ou e-mail para os canais em uso"] * 2
    assert 'href="?state=sent#log"' in not_sent.content.decode()


def test_nothing_lapses_that_was_not_announced(shop, box, clock):
    """Fifty days on the daily run warns; Ana is told by e-mail, once, and the proof of both stays."""
    joins(shop, "Ana Souza", email=ANA, phone="+5511987654321")
    shop.sell(("Sorvete", "", 5000), to="+5511987654321")
    work()
    box.came.clear()
    clock.advance(days=51)
    assert do_day(shop.business).counts["lapses_announced"] == 1
    assert do_day(shop.business).counts["lapses_announced"] == 0
    work()
    [mail] = box.came
    assert "50 points" in mail["Subject"]
    warned, told = LotWarning.objects.get(), Message.objects.get(kind="notice.lapsing")
    assert warned.expires_on.isoformat() == told.facts["day"] == "2026-05-03"
    assert told.sent_at.date() < warned.expires_on


def test_two_clicks_stop_what_is_on_its_way(shop, box, client):
    """The link under a message, and a button: nothing more comes, what was queued neither."""
    ana = joins(shop, "Ana Souza", email=ANA, yes=["marketing"])
    offer(shop, ana, 1)
    work()
    [mail] = box.came
    [link] = re.findall(r"http://\S+/c/gelateria/stop/\S+", mail.get_content())
    assert mail["List-Unsubscribe"].strip() == f"<{link}>"
    offer(shop, ana, 2)
    put(shop.business.id, [Draft(ana.id, "notice.tier", "t", ("notices",), facts={"tier": "gold"})], now=shop.clock.now)
    path = link.removeprefix("http://127.0.0.1:8000").removeprefix("http://localhost:8000")
    path = path[path.index("/c/") :]
    visitor = Client(enforce_csrf_checks=True)
    assert visitor.get(path).status_code == 200
    assert Message.objects.filter(state="waiting").count() == 2  # looking alone stops nothing
    # As a mail program does it: no page, no cookie.
    answer = visitor.post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert [(c.purpose, c.granted, c.source) for c in Consent.objects.order_by("id")][1:] == [
        ("marketing", False, "portal")
    ]
    offer(shop, ana, 3)
    work()
    assert [mail["Subject"] for mail in box.came][1:] == ["Você é gold na Gelateria do Porto"]
    assert Message.objects.filter(reason="said_stop").count() == 1
    assert Message.objects.filter(reason="no_consent").count() == 1
    visitor.post(path, {"what": "all"})
    put(shop.business.id, [Draft(ana.id, "notice.tier", "u", ("notices",), facts={"tier": "gold"})], now=shop.clock.now)
    work()
    assert len(box.came) == 2
    for wrong in (path[:-3] + "xx/", path.replace("gelateria", "outra")):
        assert visitor.post(wrong).status_code == 404


def test_a_passing_failure_is_tried_again_and_a_permanent_one_is_not(shop, box, clock):
    ana, bia = (joins(shop, name, email=f"{name}@example.com", yes=["marketing"]) for name in ("ana", "bia"))
    offer(shop, ana)
    box.answers = ["451 come back later"]
    work()
    assert states() == [("waiting", "smtp_451")]
    work()
    assert box.asked == 1  # it is not due yet
    clock.advance(minutes=2)
    work()
    assert states() == [("sent", "")]
    offer(shop, bia)
    box.answers = ["550 nobody here"]
    work()
    clock.advance(days=1)
    work()
    assert states() == [("sent", ""), ("failed", "refused_550")]
    assert box.asked == 3


def test_quiet_hours_and_no_more_than_two_offers_a_week(shop, box, clock):
    """At night nothing leaves; a third offer waits until the first lies a week back. What is owed comes."""
    ana = joins(shop, "Ana", email=ANA, yes=["marketing"])
    clock.set("2026-03-05T01:30:00+00:00")  # 22:30 in São Paulo
    for n in range(3):
        offer(shop, ana, n)
    work()
    assert box.came == []
    clock.set("2026-03-05T10:59:00+00:00")
    work()
    assert box.came == []
    clock.set("2026-03-05T11:00:00+00:00")
    work()
    assert len(box.came) == 2
    put(shop.business.id, [Draft(ana.id, "notice.tier", "t", ("notices",), facts={"tier": "gold"})], now=clock.now)
    work()
    assert len(box.came) == 3
    clock.set("2026-03-12T10:59:00+00:00")
    work()
    assert len(box.came) == 3
    clock.set("2026-03-12T11:01:00+00:00")
    work()
    assert len(box.came) == 4


def test_whoever_takes_over_from_the_dead_repeats_once_at_most(shop, box):
    """A message that a dead worker had in hand is sent by the next one; if that dies too, nobody tries again."""
    ana = joins(shop, "Ana", email=ANA, yes=["marketing"])
    offer(shop, ana)
    ours = Message.objects.filter()
    ours.update(state="sending", claimed_by="7.0", channel="email")
    send_some("1.0", lambda: {"1", "7"}, lambda: False)
    assert box.came == []  # its worker lives
    work()
    assert (len(box.came), states()) == (1, [("sent", "")])
    ours.update(state="sending", claimed_by="7.0", repeats=1)
    work()
    assert (len(box.came), states()) == (1, [("failed", "not_known_whether_sent")])


def test_a_used_voucher_is_told_once(shop, box, client, settings):
    """By e-mail the letter for the account's safety tells it, and the notice is left out; by text message it goes."""
    ana = joins(shop, "Ana", email=ANA, phone="+5511987654321")
    used = Draft(ana.id, "notice.used", "used:1", ("notices",), about=ana.id, facts={})
    put(shop.business.id, [used], now=shop.clock.now)
    work()
    assert (box.came, states()) == ([], [("dropped", "told_by_letter")])
    with receiving(then=200) as provider:
        settings.SMS_URL = f"json+http://secret@127.0.0.1:{provider.port}/send"
        settle(shop, client, channels=["sms", "email"], notices=["used"])
        put(shop.business.id, [replace(used, once="used:2")], now=shop.clock.now)
        work()
        assert len(provider.taken) == 1


def test_a_provider_of_text_messages(shop, client, settings, clock):
    """It is busy, and asked again with the same key; it refuses a number, and is asked no more."""
    ana = joins(shop, "Ana", phone="+5511987654321", yes=["marketing"])
    with receiving(then=200) as provider:
        settings.SMS_URL = f"json+http://secret@127.0.0.1:{provider.port}/send"
        settle(shop, client, channels=["sms"], notices=[])
        offer(shop, ana, 1)
        provider.answers = [503]
        work()
        clock.advance(minutes=2)
        work()
        (first, body), (second, again) = provider.asked
        assert (first["authorization"], first["idempotency-key"]) == ("Bearer secret", second["idempotency-key"])
        assert body == again
        assert b'"to": "+5511987654321"' in body
        provider.answers = [400]
        offer(shop, ana, 2)
        work()
        assert states() == [("sent", ""), ("failed", "refused_400")]


TOLD = "Oi, Ana!\nFaz tempo que não vemos você na Gelateria do Porto."
# How Twilio (Messages resource) and Meta (Cloud API, messages) want a message, and how they answer.
TWILIO = ("twilio://AC1:t%2Fk@+15550100", "_TWILIO", "/AC1/Messages.json", b'{"sid": "SM7"}', "SM7")
META = ("meta://t%2Fk@42", "_META", "/42/messages", b'{"messages": [{"id": "wamid.7"}]}', "wamid.7")


@pytest.mark.parametrize(("channel", "provider"), [("sms", TWILIO), ("whatsapp", TWILIO), ("whatsapp", META)])
def test_twilio_and_meta_are_asked_as_they_want_it(shop, client, settings, clock, monkeypatch, channel, provider):
    """The address, who asks, the body; too much at once and a fault of theirs pass, a refused number does not."""
    setting, base, path, says, reference = provider
    ana = joins(shop, "Ana", phone="+5511987654321", yes=["marketing"])
    setattr(settings, f"{channel.upper()}_URL", setting)
    settle(shop, client, channels=[channel], notices=[])
    with receiving(then=201) as box:
        monkeypatch.setattr(http, base, f"http://127.0.0.1:{box.port}")
        box.answers, box.says = [429, 500], says
        offer(shop, ana, 1)
        for minutes in (0, 2, 30):
            clock.advance(minutes=minutes)
            work()
        assert states() == [("sent", "")]
        assert Message.objects.get().reference == reference
        assert box.paths == [path] * 3
        headers, body = box.asked[-1]
        assert {body} == {each for _, each in box.asked}
        box.answers = [400]
        offer(shop, ana, 2)
        work()
        clock.advance(days=1)
        work()
        assert states()[1] == ("failed", "refused_400")
        assert len(box.asked) == 4
    if provider is META:
        told = json.loads(body)
        assert told.pop("text")["body"].startswith(TOLD)
        assert told == {"messaging_product": "whatsapp", "to": "5511987654321", "type": "text"}
        assert (headers["authorization"], headers["content-type"]) == ("Bearer t/k", "application/json")
    else:
        prefix = "whatsapp:" if channel == "whatsapp" else ""
        told = dict(parse_qsl(body.decode(), strict_parsing=True))
        assert told.pop("Body").startswith(TOLD)
        assert told == {"To": f"{prefix}+5511987654321", "From": f"{prefix}+15550100"}
        assert headers["authorization"] == "Basic " + b64encode(b"AC1:t/k").decode()
        assert headers["content-type"] == "application/x-www-form-urlencoded"


def test_words_of_one_s_own_tried_on_a_member(shop, box, client):
    """The owner writes their own words; unknown fields are refused at once; what is not known leaves its line out."""
    ana = joins(shop, "Ana Souza", email=ANA, yes=["marketing"])
    page = "/office/gelateria/messages/words/invite.away/?language=pt-br"
    wrong = client.post(page, {"subject": "Oi", "body": "{saldo}!", "keep": "1"})
    assert wrong.status_code == 422
    assert "{saldo}" in text(wrong)
    words = {"subject": "Saudade, {name}", "body": "Volte, {name}!\nTem {gift} esperando.\nAssinado {business}"}
    tried = client.post(page, {**words, "try": "1", "q": "Ana"})
    assert "Volte, Ana!" in text(tried)
    client.post(page, {**words, "keep": "1"})
    offer(shop, ana)
    work()
    [mail] = box.came
    assert mail["Subject"] == "Saudade, Ana"
    assert mail.get_content().replace("\r", "").startswith("Volte, Ana!\nAssinado Gelateria do Porto\n")
    client.post(page, {"subject": "", "body": "", "keep": "1"})
    assert "Volte" not in text(client.get(page))
