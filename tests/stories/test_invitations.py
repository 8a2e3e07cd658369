"""The shop, not the customer, keeps count, and is told whom to invite."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from fiel.core.identity import Identity
from fiel.members.enrol import Newcomer, enrol
from fiel.members.models import Member
from fiel.ops.audit import audit
from fiel.ops.day import do_day
from fiel.outreach.invitations.came import note_who_came_lately
from fiel.programme.files import read_document
from fiel.programme.versions import publish
from fiel.rewards.models import Delivery, Invitation, Reward, Voucher
from fiel.shops.keys import create_key
from fiel.shops.opening import put_store
from fiel.tables.write import insert
from tests.api.till import Till
from tests.counter.conftest import Counter, nobody_waits, text
from tests.office.conftest import Shop, nothing_compiled

__all__ = ["nobody_waits", "nothing_compiled"]

RECOGNITION = Path(__file__).parents[2] / "src/fiel/programme/examples/recognition.toml"


@pytest.fixture
def gelateria(db, clock, client):
    """An ice-cream shop in which a treat waits at R$ 500; customers never see a figure."""
    shop = Shop(clock, slug="gelateria", name="Gelateria do Porto", language="pt-br")
    put_store(shop.business, "S1", name="Porto")
    rules = read_document(RECOGNITION)
    publish(shop.business, rules, by="tests", now=clock.now, in_force_from=clock.now - timedelta(365))
    Reward.objects.create(business=shop.business, code="sundae", kind="item", name="Sundae")
    client.force_login(shop.owner)
    shop.counter = Counter(client, shop)
    shop.till = Till(create_key(shop.business, scopes=["till"], now=clock.now)[1])
    return shop


def joins(shop, name, *, phone="", email="", born=None, yes=(), no=(), language=""):
    """Somebody becomes a member; `yes`, `no`: what they answered."""
    known = [Identity(kind, value) for kind, value in (("phone", phone), ("email", email)) if value]
    consents = {**dict.fromkeys(yes, True), **dict.fromkeys(no, False)}
    newcomer = Newcomer(identities=tuple(known), name=name, birth_date=born, consents=consents, language=language)
    today = shop.clock.now.date()
    [member] = enrol(shop.business, [newcomer], now=shop.clock.now, today=today, source="tests", by="tests")
    return member


def page(shop, client, path="", **query):
    return client.get(f"/office/{shop.business.slug}/invitations/{path}", query)


def names(answer):
    return [row.name for row in answer.context["rows"]]


def test_five_hundred_reais_and_a_sundae(gelateria, client):
    """Ana reaches R$ 500. The list opens WhatsApp; Ana comes back, has her sundae, and the list is empty.

    She never sees a point: what she hears is that a treat waits.
    """
    shop, counter = gelateria, gelateria.counter
    ana = joins(shop, "Ana Souza", phone="+5511987654321")
    counter.sell("11 98765-4321", "490")
    assert names(page(shop, client)) == []
    assert "mimo" in text(counter.sell("11 98765-4321", "10"))

    answer = page(shop, client)
    [row] = answer.context["rows"]
    assert (row.name, row.why, row.gift, row.budget) == ("Ana Souza", "Meta atingida", "Sundae", "R$\xa018,00")
    whatsapp = row.ways[0][2]
    assert whatsapp.startswith("https://wa.me/5511987654321?text=")
    assert "Sundae" in whatsapp
    assert "Ana" in whatsapp
    assert [how for how, *_ in row.ways] == ["whatsapp", "call", "sms"]
    act = f"{page(shop, client).request['PATH_INFO']}{ana.id}/{row.invitation.id}/"
    noted = client.post(act, {"act": "invited", "how": "whatsapp"}, headers={"HX-Request": "true"})
    assert (noted.status_code, noted.content.decode()) == (200, "Anotado como convidado.")
    assert names(page(shop, client)) == []
    assert names(page(shop, client, show="invited")) == ["Ana Souza"]

    counter.later(days=2)
    seen = shop.till.ok("POST", "/members/lookup", {"q": "11 98765-4321"})
    assert seen["alerts"] == [{"code": "invite", "text": "A gift is due: treat"}]
    sold = shop.till.sell(
        number="R9",
        store="S1",
        till="T9",
        member={"phone": "11 98765-4321"},
        amount=2000,
        occurred_at=shop.clock.now.isoformat(),
    )
    assert [alert["code"] for alert in sold["alerts"]] == ["invite"]
    note_who_came_lately(shop.clock.now)
    came = Invitation.objects.get()
    assert came.came_at == shop.clock.now

    her = counter.member("11 98765-4321")
    assert "Um mimo está à espera: Sundae" in text(her) or "Sundae" in text(her)
    [gives] = re.findall(r'action="([^"]*/invitations/[^"]*)"', her.content.decode())
    handed = client.post(gives, {"act": "give"})
    assert (handed.status_code, Voucher.objects.get().reward) == (302, "sundae")
    assert handed["Location"].endswith(f"?voucher={Voucher.objects.get().id}")
    for show in ("due", "invited", "later"):
        assert names(page(shop, client, show=show)) == []
    [line] = page(shop, client, "report/").context["lines"]
    invited, others = line[1:]
    assert (invited.due, invited.came, invited.spent, invited.gifts, invited.cost) == (1, 1, 2000, 1, 1800)
    assert others.due == 0
    assert audit(shop.business, recount=True).holds


def test_the_birthday_week_of_the_bakery(gelateria, client, clock):
    """Each night those are listed whose birthday is one of the next seven days, once, if they said yes to offers."""
    shop = gelateria
    client.post(
        f"/office/{shop.business.slug}/invitations/rules/",
        {"why": "birthday", "birthday-active": "on", "birthday-figure": "7", "birthday-gift": "sundae",
         "birthday-budget": "12.50"},
    )  # fmt: skip
    said = {"yes": ["marketing"]}
    bia = joins(shop, "Bia Lima", phone="+5511911111111", born=date(1990, 3, 8), language="es", **said)
    joins(shop, "Caio Reis", phone="+5511922222222", born=date(1990, 3, 11), **said)  # in eight days
    joins(shop, "Davi Melo", phone="+5511933333333", born=date(1990, 3, 8))  # was never asked
    joins(shop, "Eva Nunes", phone="+5511944444444", born=date(1990, 3, 8), no=["marketing"])
    joins(shop, "Gil Costa", phone="+5511955555555", born=date(2009, 3, 8), **said)  # a minor
    joins(shop, "Hugo Dias", born=date(1992, 2, 29), email="hugo@example.com", **said)

    assert do_day(shop.business).counts["due_birthday"] == 1
    assert do_day(shop.business).counts["due_birthday"] == 0
    [row] = page(shop, client).context["rows"]
    assert (row.name, row.gift, row.budget) == ("Bia Lima", "Sundae", "R$\xa012,50")
    assert row.words.body.startswith("¡Hola, Bia!")

    sold = shop.till.sell(number="R1", store="S1", till="T1", member={"phone": "11 91111-1111"}, amount=1000)
    assert sold["alerts"][0] == {"code": "invite", "text": "A gift is due: sundae"}
    again = shop.till.sell(number="R1", store="S1", till="T1", member={"phone": "11 91111-1111"}, amount=1000)
    assert again["alerts"] == sold["alerts"]
    # A till that gives the cake itself, and asks twice.
    [due] = shop.till.ok("GET", "/invitations")["items"]
    assert (due["why"], due["gift"], due["budget"], due["until"]) == ("birthday", "sundae", 1250, "2026-03-11")
    act = f"/members/{bia.id}/invitations/{due['id']}"
    later = shop.till.ok("POST", act, {"act": "later", "until": "2026-03-06"}, Idempotency_Key="k1")
    assert later["later_until"] == "2026-03-06"
    assert shop.till.ok("GET", "/invitations")["items"] == []
    invited = shop.till.ok("POST", act, {"act": "invited", "how": "call"}, Idempotency_Key="k2")
    assert (invited["invited_how"], invited["later_until"]) == ("call", None)
    given = [shop.till.ok("POST", act, {"act": "give"}, Idempotency_Key="k3") for _ in range(2)]
    assert given[0] == given[1]
    assert shop.till.call("POST", act, {"act": "give"}, Idempotency_Key="k4").code == "conflict"
    assert shop.till.ok("GET", f"/vouchers/{given[0]['voucher']}")["state"] == "issued"
    [gift] = Voucher.objects.all()
    assert (gift.price_steps, gift.reward, gift.state) == (0, "sundae", "issued")
    assert Invitation.objects.get().cost == 1250

    shop.counter.later(days=4)  # 8 March
    assert do_day(shop.business).counts["due_birthday"] == 1  # Caio's
    shop.counter.later(days=7)
    assert do_day(shop.business).counts["invitations_over"] == 1
    assert names(page(shop, client, show="done")) == ["Caio Reis", "Bia Lima"]
    clock.set("2027-03-05T12:00:00+00:00")
    shop.counter.later(minutes=1)
    assert do_day(shop.business).counts["due_birthday"] == 2  # the next year's
    assert audit(shop.business, recount=True).holds


FOR_MANY = {
    "name": "Clube",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [
        {"code": "points", "kind": "points", "warn_days": 10, "expiry": {"kind": "days", "days": 60}},
    ],
    "tiers": [
        {"code": "silver"},
        {"code": "gold", "reach": {"measure": "spend", "amount": "200.00", "window": "calendar_month"}},
    ],
    "earn": [{"code": "all", "unit": "points", "give": 1, "per": "1.00"}],
}  # fmt: skip


def test_long_away_about_to_lapse_close_to_gold(gelateria, client, clock):
    """Whoever stays away 45 days, whose points lapse, who lacks a fifth of gold: each for one reason, each once."""
    shop, yes = gelateria, ["marketing", "profiling"]
    publish(shop.business, FOR_MANY, by="tests", now=clock.now, in_force_from=clock.now - timedelta(365))
    ana = joins(shop, "Ana", phone="+5511987654321", yes=yes)
    joins(shop, "Bia", phone="+5511911111111", yes=yes)
    joins(shop, "Caio", phone="+5511922222222", yes=["marketing"])
    joins(shop, "Davi", phone="+5511933333333", no=["notices"])
    shop.sell(("Sorvete", "", 5000), to="+5511987654321", ago=timedelta(46))
    shop.sell(("Sorvete", "", 5000), to="+5511922222222", ago=timedelta(46))
    shop.sell(("Sorvete", "", 5000), to="+5511933333333", ago=timedelta(55))
    shop.sell(("Sorvete", "", 17000), to="+5511911111111", ago=timedelta(1))
    counts = do_day(shop.business).counts
    assert {name: counts[name] for name in ("due_away", "due_lapsing", "due_tier")} == {
        "due_away": 1, "due_lapsing": 0, "due_tier": 1,
    }  # fmt: skip
    assert [(row.name, row.why) for row in page(shop, client).context["rows"]] == [
        ("Ana", "Última visita: 17 de jan."),
        ("Bia", "Perto de gold"),
    ]
    shop.counter.later(days=6)
    assert do_day(shop.business).counts["due_lapsing"] == 2  # Ana's and Caio's; Davi said stop
    rows = page(shop, client).context["rows"]
    lapsing = next(row for row in rows if row.invitation.why == "lapsing" and row.name == "Ana")
    assert lapsing.why == "50 pontos vencem depois de segunda-feira" or "50 pontos" in lapsing.why
    assert "50 points" in lapsing.words.body or "50" in lapsing.words.body

    # Put off, taken on, not interested: each leaves the list of today, and says so.
    away = next(row for row in rows if row.invitation.why == "away")
    act = f"/office/{shop.business.slug}/invitations/{ana.id}/{away.invitation.id}/"
    client.post(act, {"act": "later", "days": "3"})
    assert away.invitation.id not in {row.invitation.id for row in page(shop, client).context["rows"]}
    client.post(act, {"act": "take"})
    assert names(page(shop, client, show="later", mine="1")) == ["Ana"]
    shop.counter.later(days=3)
    assert names(page(shop, client, mine="1")) == ["Ana"]
    # Without a gift the visit itself ends it.
    shop.sell(("Sorvete", "", 1000), to="+5511987654321")
    clock.advance(minutes=1)
    note_who_came_lately(clock.now)
    assert Invitation.objects.get(id=away.invitation.id).closed_why == "came"
    lines = {str(line[0]): line[1:] for line in page(shop, client, "report/").context["lines"]}
    assert lines["Muito tempo fora"][1].came == 1
    client.post(act, {"act": "no"})
    assert Invitation.objects.get(id=away.invitation.id).closed_why == "came"
    assert audit(shop.business, recount=True).holds


def test_another_business_and_one_s_own_account(gelateria, client, clock):
    """A foreign invitation is none; nobody gives a gift to themselves; a page of many costs as few queries as one."""
    shop = gelateria
    ana = joins(shop, "Ana", phone="+5511987654321", yes=["marketing"])
    columns = ("business", "member_id", "id", "why", "award", "occasion", "gift", "opened_at", "closed_why")
    own = Invitation(business=shop.business, member_id=ana.id)
    insert(
        Invitation, columns, [(shop.business.id, ana.id, own.id, "birthday", "", "2026-03-05", "sundae", clock.now, "")]
    )
    stranger = Shop(clock, slug="outra", email="outra@example.com")
    act = f"invitations/{ana.id}/{own.id}/"
    client.force_login(stranger.owner)
    assert client.post(f"/office/outra/{act}", {"act": "give"}).status_code == 404
    client.force_login(shop.owner)
    shop.owner.places.update(member_id=ana.id)
    assert client.post(f"/counter/gelateria/{act}", {"act": "give"}).status_code == 403
    assert not Voucher.objects.exists()
    assert not Delivery.objects.exists()
    with _counted() as one:
        page(shop, client)
    others = [joins(shop, f"M{n}", phone=f"+55119200000{n:02}", yes=["marketing"]) for n in range(15)]
    insert(
        Invitation,
        columns,
        [
            (shop.business.id, each.id, each.id, "birthday", "", "2026-03-05", "sundae", clock.now, "")
            for each in others
        ],
    )
    with _counted() as many:
        assert len(page(shop, client).context["rows"]) == 16
    assert len(many) <= len(one)
    assert Member.objects.count() == 16


def _counted():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return CaptureQueriesContext(connection)
