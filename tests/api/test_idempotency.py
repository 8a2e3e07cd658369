"""The same request again: answered as the first time, and nothing done twice."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from fiel.doors.api import once
from fiel.sales.incoming import Key
from fiel.shops.models import IdempotencyKey

REPLAYED = "Idempotency-Replayed"


@pytest.fixture
def ana(shop):
    return shop.till.enrol(code="ana", name="Ana")


def send(shop, key, **sale):
    return shop.till.post("/sales", shop.till.sale(**sale), Idempotency_Key=key)


def entries(shop, ana):
    return [entry["amount"] for entry in shop.till.ok("GET", f"/members/{ana['id']}/entries")["items"]]


def test_a_key_is_answered_as_the_first_time(shop, clock, ana):
    first = send(shop, "k1", member={"code": "ana"}, amount=500)
    assert (first.status, REPLAYED in first.headers) == (201, False)
    clock.advance(hours=20)
    again = send(shop, "k1", member={"code": "ana"}, amount=500)
    assert (again.status, again.headers[REPLAYED], again.body) == (201, "true", first.body)
    assert entries(shop, ana) == ["5"]


def test_a_key_is_for_one_request_alone(shop, ana):
    send(shop, "k1", amount=500)
    for answer in (
        send(shop, "k1", amount=501),
        send(shop, "k1", amount=500, number="R2"),
        shop.till.post("/members", {"code": "x"}, Idempotency_Key="k1"),
        shop.till.post(f"/members/{ana['id']}/cards", {}, Idempotency_Key="k1"),
    ):
        assert (answer.status, answer.code, REPLAYED in answer.headers) == (422, "key_reused", False)


def test_the_same_content_written_otherwise_is_the_same_request(shop):
    first = shop.till.post(
        "/sales",
        raw=b'{"number":"R1","occurred_at":"2026-03-04T12:00:00Z","lines":[{"amount":5}]}',
        Idempotency_Key="k1",
    )
    again = shop.till.post(
        "/sales",
        raw=b'{ "lines": [{"amount": 5}], "occurred_at": "2026-03-04T12:00:00Z","number": "\\u00521" }',
        Idempotency_Key="k1",
    )
    assert (again.status, again.headers[REPLAYED], again.body) == (201, "true", first.body)


def test_a_key_belongs_to_its_business(shop, other):
    first = send(shop, "k1", amount=500)
    theirs = other.office.post(
        "/sales", {**shop.till.sale(amount=7), "store": "S9", "till": "T1"}, Idempotency_Key="k1"
    )
    assert (theirs.status, REPLAYED in theirs.headers) == (201, False)
    assert theirs.body["id"] != first.body["id"]


def test_a_refusal_is_not_kept(shop, ana):
    sale = {"member": {"code": "ana"}, "amount": 500, "store": "S404"}
    office = lambda **more: shop.office.post(  # noqa: E731
        "/sales", shop.till.sale(**{**sale, **more}, till="T1"), Idempotency_Key="k1"
    )
    assert office().code == "invalid"
    shop.office.ok("PUT", "/stores", {"items": [{"code": "S404"}]})
    assert (office().status, entries(shop, ana)) == (201, ["5"])


def test_a_receipt_is_unique_without_a_key(shop, ana):
    first = send(shop, "k1", member={"code": "ana"}, amount=500)
    without = shop.till.post("/sales", shop.till.sale(member={"code": "ana"}, amount=500))
    assert (without.status, without.body) == (200, {**first.body, "duplicate": True})
    assert REPLAYED not in without.headers
    assert shop.till.post("/sales", shop.till.sale(member={"code": "ana"}, amount=501)).code == "conflict"
    assert shop.till.post("/sales", shop.till.sale(amount=500)).code == "conflict"
    assert entries(shop, ana) == ["5"]


def test_a_second_key_for_a_known_receipt_is_kept_with_its_own_answer(shop):
    send(shop, "k1", amount=500)
    second = send(shop, "k2", amount=500)
    assert (second.status, second.body["duplicate"], REPLAYED in second.headers) == (200, True, False)
    again = send(shop, "k2", amount=500)
    assert (again.status, again.headers[REPLAYED], again.body) == (200, "true", second.body)
    assert send(shop, "k2", amount=501).code == "key_reused"


def test_what_is_in_the_books_is_answered_however_late(shop, clock, ana):
    first = send(shop, "k1", member={"code": "ana"}, amount=500)
    clock.advance(days=400)
    again = send(shop, "k1", member={"code": "ana"}, amount=500)
    assert (again.status, again.body) == (201, first.body)
    without = shop.till.post("/sales", shop.till.sale(member={"code": "ana"}, amount=500))
    assert (without.status, without.body) == (200, {**first.body, "duplicate": True})
    assert shop.till.post("/sales", shop.till.sale(amount=500, number="R2")).code == "too_late"


def test_enrolling_again_is_answered_as_the_first_time(shop, clock):
    body = {"phone": "11 98765-4321", "name": "Ana"}
    first = shop.till.post("/members", body, Idempotency_Key="k1")
    clock.advance(hours=1)
    again = shop.till.post("/members", body, Idempotency_Key="k1")
    assert (again.status, again.headers[REPLAYED], again.body) == (201, "true", first.body)
    assert shop.till.post("/members", {**body, "name": "Bia"}, Idempotency_Key="k1").code == "key_reused"
    assert shop.till.post("/members", body).code == "member_exists"
    assert shop.till.post("/members", body, Idempotency_Key="k2").code == "member_exists"
    assert not IdempotencyKey.objects.filter(key="k2").exists()


def test_a_card_is_made_once(shop, ana):
    path = f"/members/{ana['id']}/cards"
    first = shop.till.post(path, Idempotency_Key="k1")
    again = shop.till.post(path, Idempotency_Key="k1")
    assert (again.status, again.headers[REPLAYED], again.body) == (201, "true", first.body)
    assert len(shop.till.ok("GET", f"/members/{ana['id']}")["cards"]) == 1
    bia = shop.till.enrol(code="2")
    assert shop.till.post(f"/members/{bia['id']}/cards", Idempotency_Key="k1").code == "key_reused"


def test_a_request_that_is_still_worked_on(shop, ana):
    with once.in_hand(shop.business.id, Key("k1", "")):
        for answer in (
            send(shop, "k1", amount=500),
            shop.till.post("/members", {"code": "x"}, Idempotency_Key="k1"),
            shop.till.post(f"/members/{ana['id']}/cards", Idempotency_Key="k1"),
        ):
            assert (answer.status, answer.code, answer.headers["Retry-After"]) == (409, "in_progress", "1")
        assert send(shop, "k2", amount=500).status == 201
    assert send(shop, "k1", amount=500, number="R2").status == 201


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_request_that_another_process_works_on(shop):
    from django.db import transaction

    from fiel.sales.keys import held_elsewhere

    held, go_on = threading.Event(), threading.Event()

    def elsewhere():
        with transaction.atomic():
            assert held_elsewhere(shop.business.id, ["k1"]) == set()
            held.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    held.wait(10)
    try:
        answer = send(shop, "k1", amount=500)
        assert (answer.status, answer.code, answer.headers["Retry-After"]) == (409, "in_progress", "1")
    finally:
        go_on.set()
        thread.join()
    assert send(shop, "k1", amount=500).status == 201
