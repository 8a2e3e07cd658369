"""What cannot be right is refused with its code, and a pointer to the place."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.api.till import Till

SALE = {"number": "R1", "occurred_at": "2026-03-04T12:00:00Z", "lines": [{"amount": 1000}, {"amount": 500}]}
GONE = "__gone__"


def changed(body, pointer, value):
    """The body with another value at a pointer."""
    body = json.loads(json.dumps(body))
    *way, last = pointer.strip("/").split("/")
    place = body
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value == GONE:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return body


SALES = [
    # what is changed, to what, the code, where it is pointed at (where that is another place)
    ("/colour", "red", "invalid", None),
    ("/lines/1/colour", "red", "invalid", None),
    ("/number", GONE, "invalid", None),
    ("/number", "", "invalid", None),
    ("/number", "   ", "invalid", None),
    ("/number", "x" * 65, "invalid", None),
    ("/number", 123, "invalid", None),
    ("/number", "a\0b", "invalid", None),
    ("/number", "\ud800", "invalid", None),
    ("/lines", GONE, "invalid", None),
    ("/lines", [], "invalid", None),
    ("/lines", {}, "invalid", None),
    ("/lines", [{"amount": 1}] * 1001, "invalid", None),
    ("/lines/1", "bread", "invalid", None),
    ("/lines/1/amount", GONE, "invalid", None),
    ("/lines/1/amount", -1, "invalid", None),
    ("/lines/1/amount", "500", "invalid", None),
    ("/lines/1/amount", True, "invalid", None),
    ("/lines/1/amount", 5.5, "invalid", None),
    ("/lines/1/amount", 10**15 + 1, "invalid", None),
    ("/lines/1/amount", 2**63, "invalid", None),
    ("/lines/1/amount", 10**400, "invalid", None),
    ("/lines/1/discount", -1, "invalid", None),
    ("/lines/1/discount", 501, "invalid", None),
    ("/lines/1/quantity", "1.0005", "invalid", None),
    ("/lines/1/quantity", 1.0005, "invalid", None),
    ("/lines/1/quantity", "-1", "invalid", None),
    ("/lines/1/quantity", -1, "invalid", None),
    ("/lines/1/quantity", "1,5", "invalid", None),
    ("/lines/1/quantity", "one", "invalid", None),
    ("/lines/1/quantity", True, "invalid", None),
    ("/lines/1/quantity", [], "invalid", None),
    ("/lines/1/quantity", 10**9, "invalid", None),
    ("/lines/1/quantity", "٣", "invalid", None),
    ("/lines/1/tax_rate", "23.1234", "invalid", None),
    ("/lines/1/tax_rate", 1001, "invalid", None),
    ("/lines/1/tags", ["a,b"], "invalid", "/lines/1/tags/0"),
    ("/discount", -1, "invalid", None),
    ("/discount", 1501, "invalid", None),
    ("/payments", [{"kind": "shells", "amount": 5}], "invalid", "/payments/0/kind"),
    ("/payments", [{"kind": "cash", "amount": -5}], "invalid", "/payments/0/amount"),
    ("/payments", [{"kind": "cash"}], "invalid", "/payments/0/amount"),
    ("/payments", [{"kind": "points", "amount": 5, "unit": "points"}], "not_enough", "/payments/0/unit"),
    ("/channel", "pigeon", "invalid", None),
    ("/use_packs", "yes", "invalid", None),
    ("/enrol", 1, "invalid", None),
    ("/occurred_at", GONE, "invalid", None),
    ("/occurred_at", "2026-03-04T12:00:00", "invalid", None),
    ("/occurred_at", "2026-03-04", "invalid", None),
    ("/occurred_at", "2026-02-30T12:00:00Z", "invalid", None),
    ("/occurred_at", "0001-01-01T00:00:00+14:00", "invalid", None),
    ("/occurred_at", "9999-12-31T23:59:59-14:00", "invalid", None),
    ("/occurred_at", 1772625600, "invalid", None),
    ("/occurred_at", "2026-03-04T12:05:01Z", "too_early", None),
    ("/occurred_at", "2026-02-25T11:59:59Z", "too_late", None),
    ("/store", "S404", "forbidden", None),
    ("/till", "T2", "forbidden", None),
    ("/member", {}, "invalid", None),
    ("/member", "ana", "invalid", None),
    ("/member", {"phone": "11 98765-4321", "code": "1"}, "invalid", "/member"),
    ("/member", {"phone": None}, "invalid", "/member"),
    ("/member", {"nick": "ana"}, "invalid", "/member/nick"),
    ("/member", {"phone": "12"}, "invalid", "/member/phone"),
    ("/member", {"card": "2900000000019"}, "invalid", "/member/card"),
    ("/member", {"card": "4111 1111 1111 1111"}, "invalid", "/member/card"),
    ("/member", {"tax_id": "529.982.247-26"}, "invalid", "/member/tax_id"),
    ("/member", {"tax_id": "000.000.000-00"}, "invalid", "/member/tax_id"),
    ("/member", {"email": "ana"}, "invalid", "/member/email"),
    ("/vouchers", ["NOPE"], "voucher_not_redeemable", None),
]


@pytest.mark.parametrize(("at", "value", "code", "pointer"), SALES)
def test_a_sale_that_cannot_be_right(shop, at, value, code, pointer):
    answer = shop.till.post("/sales", changed(SALE, at, value))
    assert (answer.code, answer.pointers) == (code, [at if pointer is None else pointer])
    # The same sale in a batch is refused alike, and quoted alike.
    batch = shop.till.ok("POST", "/sales/batch", {"sales": [changed(SALE, at, value)]})
    assert (answer.status, answer.code) == (batch["items"][0]["status"], batch["items"][0]["problem"]["code"])
    assert shop.till.ok("GET", "/sales?number=R1")["items"] == []


MEMBER = {"phone": "11 98765-4321"}
MEMBERS = [
    ("/phone", "12", "invalid", None),
    ("/phone", 11987654321, "invalid", None),
    ("/phone", GONE, "invalid", ""),
    ("/colour", "red", "invalid", None),
    ("/email", "ana@", "invalid", None),
    ("/tax_id", "123.456.789-00", "invalid", None),
    ("/card", "2900000000019", "invalid", None),
    ("/card", "!", "invalid", None),
    ("/code", "a b", "invalid", None),
    ("/code", "4111111111111111", "invalid", None),
    ("/name", "x" * 201, "invalid", None),
    ("/name", "a\0b", "invalid", None),
    ("/birth_date", "2026-03-04", "invalid", None),
    ("/birth_date", "1899-12-31", "invalid", None),
    ("/birth_date", "1990-02-30", "invalid", None),
    ("/birth_date", "04/03/1990", "invalid", None),
    ("/joined", "2026-03-05", "invalid", None),
    ("/types", ["a", "a"], "invalid", None),
    ("/types", [""], "invalid", "/types/0"),
    ("/language", "português", "invalid", None),
    ("/referred_by", "12", "invalid", None),
    ("/referred_by", "01a20615-199c-7567-8fa6-ce9b9f2707bd", "invalid", None),
    ("/referred_by", "11 91234-5678", "invalid", None),
    ("/consents", {"marketing": "yes"}, "invalid", "/consents/marketing"),
    ("/consents", {"tracking": True}, "invalid", "/consents/tracking"),
]


@pytest.mark.parametrize(("at", "value", "code", "pointer"), MEMBERS)
def test_a_member_that_cannot_be_right(shop, at, value, code, pointer):
    answer = shop.till.post("/members", changed(MEMBER, at, value))
    assert (answer.code, answer.pointers) == (code, [at if pointer is None else pointer])
    assert shop.office.ok("GET", "/members")["items"] == []


@pytest.mark.parametrize(
    ("at", "value"),
    [("/phone", "12"), ("/birth_date", "2026-03-04"), ("/joined", "2020-01-01"), ("/code", "9"), ("/name", 1)],
)
def test_a_change_that_cannot_be_right(shop, at, value):
    ana = shop.till.enrol(phone="11 98765-4321")
    answer = shop.till.patch(f"/members/{ana['id']}", changed({}, at, value))
    assert (answer.code, answer.pointers) == ("invalid", [at])


def test_all_faults_are_told_at_once_at_most_fifty(shop):
    body = {"number": 5, "lines": [{"amount": -1}] * 100}
    answer = shop.till.post("/sales", body)
    assert len(answer.pointers) == 50
    assert answer.pointers[:3] == ["/number", "/occurred_at", "/lines/0/amount"]
    answer = shop.till.post("/members", {"phone": "1", "email": "1", "tax_id": "1"})
    assert answer.pointers == ["/phone", "/email", "/tax_id"]


def test_a_pointer_is_escaped(shop):
    assert shop.till.post("/sales", {**SALE, "a/b~c": 1}).pointers == ["/a~1b~0c"]


RAW = [
    (b"", "malformed"),
    (b"{", "malformed"),
    (b"[1, 2", "malformed"),
    (b'{"number": "R1",}', "malformed"),
    (b"\xff\xfe", "malformed"),
    (b'"\xed\xa0\x80"', "malformed"),
    (b"NaN", "malformed"),
    (b'{"discount": Infinity}', "malformed"),
    (b'{"discount": ' + b"9" * 5000 + b"}", "malformed"),
    (b'{"discount": 1e99999999999999999999}', "malformed"),
    (b'{"discount": 1e999999999}', "invalid"),
    (b'{"lines": [{"amount": 1, "quantity": 1e999999999}]}', "invalid"),
    (b'{"lines": [{"amount": 1, "quantity": 1e-999999999}]}', "invalid"),
    (b"[" * 100_000, "malformed"),
    (b"[" * 100_000 + b"]" * 100_000, "malformed"),
    (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "malformed"),
    (b'{"number": "R1", "number": "R2"}', "malformed"),
    (b"null", "invalid"),
    (b"[]", "invalid"),
    (b'"sale"', "invalid"),
    (b"5", "invalid"),
]


@pytest.mark.parametrize(("raw", "code"), RAW)
@pytest.mark.parametrize("path", ["/sales", "/quote", "/sales/batch", "/members", "/members/lookup"])
def test_a_body_that_is_none(shop, path, raw, code):
    assert shop.till.post(path, raw=raw).code == code


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; x"])
def test_a_body_of_another_kind(shop, content_type):
    answer = shop.till.post("/sales", raw=json.dumps(SALE).encode(), content_type=content_type)
    assert (answer.status, answer.code) == (400, "malformed")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "application/vnd.till+json", "APPLICATION/JSON"]
)
def test_json_under_any_of_its_names(shop, content_type):
    assert shop.till.post("/sales", raw=json.dumps(SALE).encode(), content_type=content_type).status == 201


def test_a_byte_order_mark_does_no_harm(shop):
    assert shop.till.post("/sales", raw=b"\xef\xbb\xbf" + json.dumps(SALE).encode()).status == 201


MEBI = 1024 * 1024


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [("POST", "/sales", MEBI), ("POST", "/members", MEBI), ("POST", "/sales/batch", 16 * MEBI)],
)
def test_a_body_has_a_largest_size(shop, method, path, most):
    answer = shop.till.call(method, path, raw=b" " * (most + 1))
    assert (answer.status, answer.code) == (413, "too_large")
    assert shop.till.call(method, path, raw=b" " * most).code == "malformed"


def test_a_length_that_is_a_lie_is_not_believed(shop):
    answer = shop.till.post("/sales", SALE, Content_Length="99999999999999999999")
    assert (answer.status, answer.code) == (413, "too_large")


def test_an_unknown_store_where_the_key_names_none(shop):
    till = shop.key("till")
    answer = till.post("/sales", {**SALE, "store": "S404", "till": "T1"})
    assert (answer.code, answer.pointers) == ("invalid", ["/store"])
    answer = till.post("/sales", SALE)
    assert (answer.code, answer.pointers) == ("invalid", ["/store", "/till"])


def test_a_foreign_member_is_as_one_that_nobody_knows(shop, other):
    theirs = other.office.enrol(code="theirs")
    for member in ({"id": theirs["id"]}, {"code": "theirs"}):
        told = shop.till.ok("POST", "/sales", {**SALE, "member": member, "number": json.dumps(member)})
        assert told["member"] is None
        assert [alert["code"] for alert in told["alerts"]] == ["member_not_found"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/members?limit=0", "limit"),
        ("/members?limit=201", "limit"),
        ("/members?limit=all", "limit"),
        ("/members?limit=5&limit=6", "limit"),
        ("/members?cursor=x", "cursor"),
        ("/members?cursor=bnVsbA==", "cursor"),
        ("/members?cursor=W10=", "cursor"),
        ("/members?cursor=WzEsMl0=", "cursor"),
        ("/members?cursor=%FF", "cursor"),
        ("/members?updated_since=2026-03-04", "updated_since"),
        ("/members?updated_since=yesterday", "updated_since"),
        ("/members?colour=red", "colour"),
        ("/me?x=1", "x"),
        ("/sales", "number"),
        ("/sales?number=", "number"),
        ("/sales?number=a%00b", "number"),
        ("/sales?number=R1&day=monday", "day"),
        ("/stores?cursor=WyJhXHUwMDAwIl0=", "cursor"),
        ("/stores?cursor=WyJcdWQ4MDAiXQ==", "cursor"),
    ],
)
def test_parameters_that_cannot_be_right(shop, path, name):
    answer = shop.till.get(path)
    assert (answer.status, answer.code, answer.pointers) == (422, "invalid", [f"/{name}"])


def test_an_idempotency_key_has_a_length(shop):
    for key in ("", "x" * 256):
        answer = shop.till.post("/sales", SALE, Idempotency_Key=key)
        assert (answer.code, answer.pointers) == ("invalid", ["/Idempotency-Key"])


@pytest.mark.parametrize("name", ["\0", "\ud800"])
def test_a_name_that_cannot_be_kept(shop, name):
    assert shop.till.post("/sales", {**SALE, name: 1}).pointers == [""]
    assert shop.till.post("/sales/batch", {"sales": [SALE], name: 1}).pointers == [""]
    [item] = shop.till.ok("POST", "/sales/batch", {"sales": [{**SALE, "member": {name: 1}}]})["items"]
    assert [error["pointer"] for error in item["problem"]["errors"]] == ["/member"]
    document = {"name": "Clube", "units": {name: 1}}
    assert shop.office.put("/programme", document, If_Match="1").pointers == ["/units"]


@pytest.mark.parametrize("secret", ["", "x", "fiel_", "fiel_" + "0" * 49, "fiel_" + "é" * 49])
def test_a_key_that_is_none(db, secret):
    answer = Till(secret).get("/me", **({"Authorization": f"Bearer {secret}"} if secret.isascii() else {}))
    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_a_key_that_is_not_in_use(shop, clock):
    from fiel.shops.models import ApiKey

    ended = shop.key("till", expires_at=datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
    revoked = shop.key("till")
    assert revoked.get("/me").status == 200
    ApiKey.objects.filter(business=shop.business).update(revoked_at=clock.now)
    for till in (ended, revoked, Till("")):
        assert till.get("/me").code == "unauthenticated"
    assert Till("").get("/me", Authorization="Basic abc").code == "unauthenticated"


@pytest.mark.parametrize("path", ["/nothing", "/sales/", "/members/x/y", "/docs/nothing", "//"])
def test_an_address_that_leads_nowhere(shop, path):
    for method in ("GET", "POST", "DELETE"):
        answer = shop.till.call(method, path)
        assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "BREW"])
def test_a_method_that_an_address_does_not_take(shop, method):
    answer = shop.till.call(method, "/sales")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "POST"]


def test_while_the_database_is_away(shop, monkeypatch):
    from django.db import OperationalError

    asked = []

    def away(*args, **kwargs):
        asked.append(1)
        raise OperationalError("connection refused")

    monkeypatch.setattr("fiel.sales.record.gather", away)
    answer = shop.till.post("/sales", SALE)
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (503, "unavailable", "2")
    assert asked == [1]  # each more would let the till wait as long again


def test_what_nobody_expected_tells_nothing_of_itself(shop, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("fiel.doors.api.sales.record_with_others", broken)
    answer = shop.till.post("/sales", SALE)
    assert (answer.status, answer.code) == (500, "internal")
    assert "secret" not in json.dumps(answer.body)
