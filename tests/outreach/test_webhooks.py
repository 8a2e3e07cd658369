"""Somebody else's system is told what happens: everything, in order, signed, however often it falls over."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult
from standardwebhooks.webhooks import WebhookVerificationError

from fiel.events.models import Delivery, Event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock_of_library")]

TIERS = [{"code": "plain"}, {"code": "gold", "reach": {"measure": "spend", "amount": "50.00", "window": "lifetime"}}]


def listen(shop, receiver, *events, **more):
    body = {"url": receiver.url(), **({"events": list(events)} if events else {}), **more}
    return shop.office.ok("POST", "/webhooks", body)


def types(receiver, secret=None):
    return [event["type"] for event in receiver.events(secret)]


def sell(shop, number, amount=1000, **more):
    return shop.till.sell(number=number, amount=amount, member={"phone": "+5511987654321"}, **more)


def test_everything_that_happens_is_told_in_its_order_and_signed(shop, receiver, deliver):
    document = shop.office.ok("GET", "/programme")["document"]
    awards = [{"code": "visit", "unit": "points", "every": "90", "reward": "cake", "mode": "invite"}]
    shop.office.publish({**document, "tiers": TIERS, "awards": awards}, version=1)
    shop.office.ok("PUT", "/rewards/toast", {"kind": "service", "price": {"unit": "points", "amount": 10}})
    secret = listen(shop, receiver)["secret"]
    ana = shop.till.enrol(phone="+5511987654321", name="Ana Souza")
    sale = sell(shop, "R1", 10000)
    voucher = shop.till.ok("POST", "/vouchers", {"member": ana["id"], "reward": "toast"})
    shop.till.ok("POST", f"/vouchers/{voucher['code']}/redeem")
    shop.till.ok("POST", f"/sales/{sale['id']}/returns", {"number": "D1", "occurred_at": "2026-03-04T12:00:00Z"})
    deliver()
    told = receiver.events(secret)
    assert [event["type"] for event in told] == [
        "member.created",
        "sale.recorded",
        "points.changed",
        "tier.changed",
        "invitation.due",
        "points.changed",
        "voucher.issued",
        "voucher.redeemed",
        "points.changed",
        "tier.changed",
    ]
    created, recorded, earned, raised, invited, paid, issued, redeemed, taken, fallen = (each["data"] for each in told)
    assert {event["timestamp"] for event in told} == {"2026-03-04T12:00:00Z"}
    assert created == {
        "id": ana["id"],
        "code": ana["code"],
        "display_name": "Ana S.",
        "types": [],
        "joined": "2026-03-04",
        "referred_by": None,
        "created_at": "2026-03-04T12:00:00Z",
    }
    assert (recorded["id"], recorded["number"], recorded["total"]) == (sale["id"], "R1", 10000)
    for name in ("member", "movements", "balances", "reasons", "issued", "covered"):
        assert recorded[name] == sale[name]
    assert earned == {
        "member": ana["id"],
        "occurred_at": "2026-03-04T12:00:00Z",
        "cause": {"kind": "sale", "id": sale["id"]},
        "movements": [{"unit": "points", "kind": "earn", "amount": "100", "expires_on": None, "balance": "100"}],
    }
    assert raised == {"member": ana["id"], "tier": "gold", "before": "plain", "on": "2026-03-04", "why": "reached"}
    assert (invited["member"], invited["award"]) == (ana["id"], "visit")
    assert (paid["cause"], paid["movements"][0]["amount"]) == ({"kind": "voucher", "id": voucher["id"]}, "-10")
    assert (issued["id"], issued["state"], issued["closed_at"]) == (voucher["id"], "issued", None)
    assert (redeemed["state"], redeemed["closed_at"]) == ("redeemed", "2026-03-04T12:00:00Z")
    assert issued["price"] == redeemed["price"] == {"unit": "points", "amount": "10"}
    assert (taken["cause"]["kind"], taken["movements"][0]["kind"]) == ("return", "take_back")
    assert (fallen["tier"], fallen["why"]) == ("plain", "returned")
    said = "".join(body.decode() for _, body in receiver.taken)
    assert "5511987654321" not in said
    assert "Souza" not in said
    assert voucher["code"] not in said


def test_it_fails_three_times_then_gets_it_and_what_came_meanwhile_behind_it(shop, receiver, deliver, clock):
    webhook = listen(shop, receiver, "sale.recorded")
    shop.till.enrol(phone="+5511987654321")
    receiver.answers = [500, 302, 503]
    pauses = []
    for number in ("R1", "R2", "R3"):
        sell(shop, number, occurred_at=clock.now.isoformat())
        deliver()
        assert receiver.taken == []
        told = shop.office.ok("GET", f"/webhooks/{webhook['id']}")
        pauses.append(told["next_try_at"])
        clock.advance(seconds=1)
        deliver()  # not yet: it is left alone
        clock.advance(minutes=10)
    assert told["failures"] == 3
    assert told["failing_since"] == "2026-03-04T12:00:00Z"
    assert [len(pauses), len(set(pauses))] == [3, 3]
    assert len(receiver.asked) == 3
    deliver()
    assert [event["data"]["number"] for event in receiver.events(webhook["secret"])] == ["R1", "R2", "R3"]
    ids = [headers["webhook-id"] for headers, _ in receiver.asked]
    assert len(set(ids[:4])) == 1  # the same event, by the same id, until it was taken
    told = shop.office.ok("GET", f"/webhooks/{webhook['id']}")
    assert (told["failures"], told["failing_since"], told["next_try_at"]) == (0, None, None)
    log = shop.office.ok("GET", f"/webhooks/{webhook['id']}/deliveries")["items"]
    assert [(each["state"], each["tries"], each["status"]) for each in log] == [
        ("sent", 1, 204),
        ("sent", 1, 204),
        ("sent", 4, 204),
    ]


def test_after_three_days_in_vain_it_is_disabled_and_nothing_is_lost(shop, receiver, deliver, clock):
    webhook = listen(shop, receiver, "sale.recorded")
    shop.till.enrol(phone="+5511987654321")
    receiver.then = 500
    sell(shop, "R1")
    for _ in range(100):
        deliver()
        told = shop.office.ok("GET", f"/webhooks/{webhook['id']}")
        if not told["enabled"]:
            break
        clock.set(told["next_try_at"])
    assert told["disabled_why"] == "failed"
    assert "2026-03-07T12:00:00" <= told["disabled_at"] < "2026-03-07T22:00:00"
    assert 12 <= len(receiver.asked) <= 20
    letter_goes_out()
    [letter] = mail.outbox
    assert letter.to == ["owner@example.com"]
    assert letter.subject == "Padaria: a webhook was switched off"
    assert f"/api/v1/webhooks/{webhook['id']}" in letter.body
    sell(shop, "R2", occurred_at=clock.now.isoformat())
    clock.advance(days=2)
    deliver()
    receiver.then = 204
    assert receiver.taken == []
    assert shop.office.ok("PATCH", f"/webhooks/{webhook['id']}", {"enabled": True})["enabled"]
    deliver()
    assert [event["data"]["number"] for event in receiver.events(webhook["secret"])] == ["R1", "R2"]


def letter_goes_out():
    """What a worker does with the one job that waits."""
    [task] = DBTaskResult.objects.all()
    task.task.call(*task.args_kwargs["args"])


def test_who_says_to_be_gone_is_asked_no_more(shop, receiver, deliver):
    webhook = listen(shop, receiver)
    receiver.then = 410
    shop.till.enrol(code="ana")
    deliver()
    told = shop.office.ok("GET", f"/webhooks/{webhook['id']}")
    assert (told["enabled"], told["disabled_why"]) == (False, "gone")


def test_who_asks_for_time_gets_it(shop, receiver, deliver):
    webhook = listen(shop, receiver)
    receiver.then, receiver.headers = 429, {"Retry-After": "3600"}
    shop.till.enrol(code="ana")
    deliver()
    assert shop.office.ok("GET", f"/webhooks/{webhook['id']}")["next_try_at"] == "2026-03-04T13:00:00Z"


def test_for_a_day_the_secret_before_signs_too(shop, receiver, deliver, clock):
    webhook = listen(shop, receiver, "member.created")
    rotated = shop.office.ok("POST", f"/webhooks/{webhook['id']}/secret")
    assert rotated["old_secret_until"] == "2026-03-05T12:00:00Z"
    shop.till.enrol(code="ana")
    deliver()
    assert len(receiver.events(webhook["secret"])) == len(receiver.events(rotated["secret"])) == 1
    clock.advance(days=1)
    receiver.taken.clear()
    shop.till.enrol(code="bia")
    deliver()
    assert len(receiver.events(rotated["secret"])) == 1
    with pytest.raises(WebhookVerificationError):
        receiver.events(webhook["secret"])


def test_secrets_are_kept_sealed_and_never_told_again(shop, receiver):
    webhook = listen(shop, receiver)
    assert webhook["secret"].startswith("whsec_")
    told = str(shop.office.ok("GET", "/webhooks")) + str(shop.office.ok("GET", f"/webhooks/{webhook['id']}"))
    kept = str(list(Event.objects.values())) + str(everything_kept())
    for text in (told, kept):
        assert webhook["secret"].removeprefix("whsec_") not in text
    assert "secret" not in told


def everything_kept():
    from django.apps import apps

    rooms = ("events", "trail")
    return [list(model.objects.values()) for room in rooms for model in apps.get_app_config(room).get_models()]


def test_events_are_sent_again_one_or_all_since_a_moment(shop, receiver, deliver, clock):
    webhook = listen(shop, receiver, "member.created")
    for code in ("ana", "bia", "caio"):
        shop.till.enrol(code=code)
        clock.advance(hours=1)
    deliver()
    first = list(receiver.taken)
    assert [event["data"]["code"] for event in receiver.events()] == ["ana", "bia", "caio"]
    receiver.taken.clear()
    log = shop.office.ok("GET", f"/webhooks/{webhook['id']}/deliveries?limit=2")
    assert [each["at"] for each in log["items"]] == ["2026-03-04T14:00:00Z", "2026-03-04T13:00:00Z"]
    replay = f"/webhooks/{webhook['id']}/replay"
    assert shop.office.ok("POST", replay, {"event": log["items"][1]["event"]}) == {"events": 1}
    deliver()
    assert [event["data"]["code"] for event in receiver.events()] == ["bia"]
    assert receiver.taken[0][0]["webhook-id"] == first[1][0]["webhook-id"]
    receiver.taken.clear()
    assert shop.office.ok("POST", replay, {"since": "2026-03-04T13:00:00Z"}) == {"events": 2}
    deliver()
    assert [event["data"]["code"] for event in receiver.events()] == ["bia", "caio"]
    assert shop.office.post(replay, {}).code == "invalid"
    assert shop.office.post(replay, {"event": "x"}).code == "not_found"
    more = shop.office.ok("GET", f"/webhooks/{webhook['id']}/deliveries?cursor={log['next_cursor']}")
    assert [each["at"] for each in more["items"]] == ["2026-03-04T12:00:00Z"]


def test_a_try_tells_whether_it_works(shop, receiver, deliver):
    webhook = listen(shop, receiver, "tier.changed")
    event = shop.office.ok("POST", f"/webhooks/{webhook['id']}/test")["event"]
    deliver()
    [told] = receiver.events(webhook["secret"])
    assert (told["type"], told["data"]) == ("test", {"business": "padaria"})
    [log] = shop.office.ok("GET", f"/webhooks/{webhook['id']}/deliveries")["items"]
    assert (log["event"], log["type"], log["state"], log["status"]) == (event, "test", "sent", 204)
    assert log["duration_ms"] >= 0
    receiver.close()
    shop.office.ok("POST", f"/webhooks/{webhook['id']}/test")
    deliver()
    log = shop.office.ok("GET", f"/webhooks/{webhook['id']}/deliveries")["items"]
    assert (log[0]["state"], log[0]["status"], log[0]["error"]) == ("waiting", None, "no_connection")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://127.0.0.1/", "Events go to public addresses alone, at port 443 or from 1024 on."),
        ("https://[::ffff:169.254.169.254]/", "Events go to public addresses alone, at port 443 or from 1024 on."),
        ("http://8.8.8.8/", "Events go over https alone."),
        ("mailto:dona@padaria.example", "This is no address; write it as https://example.com/fiel."),
    ],
)
def test_an_address_inside_is_refused_with_a_sentence(shop, url, sentence):
    answer = shop.office.post("/webhooks", {"url": url})
    assert (answer.code, answer.pointers, answer.body["detail"]) == ("invalid", ["/url"], sentence)
    webhook = shop.office.ok("POST", "/webhooks", {"url": "https://8.8.8.8/"})
    assert shop.office.patch(f"/webhooks/{webhook['id']}", {"url": url}).code == "invalid"
    assert shop.office.ok("GET", f"/webhooks/{webhook['id']}")["url"] == "https://8.8.8.8/"


def test_an_address_that_was_public_once_is_looked_at_again_each_time(shop, receiver, deliver, settings):
    webhook = listen(shop, receiver)
    settings.WEBHOOK_NETWORKS = ()
    shop.till.enrol(code="ana")
    deliver()
    [log] = shop.office.ok("GET", f"/webhooks/{webhook['id']}/deliveries")["items"]
    assert (log["status"], log["error"]) == (None, "forbidden_address")
    assert receiver.asked == []


def test_what_was_refused_or_undone_was_never_told(shop, receiver, deliver):
    listen(shop, receiver)
    late = shop.till.sale(number="R1", occurred_at="2026-01-01T12:00:00Z", member={"phone": "+5511987654321"})
    assert shop.till.post("/sales", {**late, "enrol": True}).code == "too_late"
    broken = {"number": "R2", "occurred_at": "2026-03-04T12:00:00Z", "lines": [{"amount": 5, "discount": 9}]}
    answer = shop.till.post("/sales", {**broken, "member": {"phone": "+5511987654321"}, "enrol": True})
    assert answer.status == 422
    shop.till.ok("POST", "/quote", shop.till.sale(number="R3"))
    deliver()
    assert (receiver.asked, Event.objects.count(), Delivery.objects.count()) == ([], 0, 0)


def test_who_listens_to_nothing_pays_nothing_and_hears_nothing(shop, other, receiver, deliver):
    listen(other, receiver)
    webhook = listen(shop, receiver, "tier.changed")
    shop.till.enrol(phone="+5511987654321")
    sell(shop, "R1")
    assert Event.objects.count() == 0
    shop.office.ok("DELETE", f"/webhooks/{webhook['id']}")
    sell(shop, "R2")
    deliver()
    assert (receiver.asked, Event.objects.count()) == ([], 0)


def test_telling_of_a_hundred_sales_costs_what_telling_of_two_does(shop, receiver, django_assert_num_queries):
    listen(shop, receiver, "sale.recorded", "points.changed")
    shop.till.enrol(phone="+5511987654321")

    def sales(name, count):
        member = {"phone": "+5511987654321"}
        return {"sales": [shop.till.sale(number=f"{name}{n}", member=member) for n in range(count)]}

    shop.till.ok("POST", "/sales/batch", sales("A", 2))  # rules are compiled once
    with CaptureQueriesContext(connection) as two:
        shop.till.ok("POST", "/sales/batch", sales("B", 2))
    with django_assert_num_queries(len(two)):
        shop.till.ok("POST", "/sales/batch", sales("C", 100))
    assert Event.objects.filter(kind="sale.recorded").count() == 104
    assert Event.objects.filter(kind="points.changed").count() == 104


def test_removing_drops_what_waits(shop, receiver, deliver):
    webhook = listen(shop, receiver)
    shop.till.enrol(code="ana")
    assert shop.office.delete(f"/webhooks/{webhook['id']}").status == 204
    deliver()
    assert receiver.asked == []
    assert shop.office.get(f"/webhooks/{webhook['id']}").code == "not_found"
    assert shop.office.ok("GET", "/webhooks")["items"] == []


def test_a_business_has_so_many_webhooks(shop):
    for _ in range(20):
        shop.office.ok("POST", "/webhooks", {"url": "https://8.8.8.8/"})
    assert shop.office.post("/webhooks", {"url": "https://8.8.8.8/"}).code == "invalid"


def test_what_a_dead_worker_was_sending_another_takes_over(shop, receiver, deliver):
    from fiel.events.models import Endpoint
    from fiel.outreach.deliver import deliver_some

    listen(shop, receiver)
    shop.till.enrol(code="ana")
    Endpoint.objects.update(claimed_by="7.0")
    assert not deliver_some("1.0", lambda: {"1", "7"}, lambda: False)
    assert receiver.asked == []
    deliver()
    assert types(receiver) == ["member.created"]
