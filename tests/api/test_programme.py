"""The programme's document over the API, and what a key is for."""

from __future__ import annotations

import pytest

from tests.api.till import PLAIN


def test_what_a_key_is_for(shop):
    assert shop.till.ok("GET", "/me") == {
        "business": {
            "slug": "padaria",
            "name": "Padaria",
            "country": "BR",
            "language": "en",
            "timezone": "America/Sao_Paulo",
        },
        "store": "S1",
        "till": "T1",
        "scopes": ["till"],
        "currency": "BRL",
        "programme_version": 1,
        "units": [{"code": "points", "kind": "points", "decimals": 0, "visible": True}],
        "server_time": "2026-03-04T12:00:00Z",
    }
    told = shop.office.ok("GET", "/me")
    assert (told["store"], told["till"], told["scopes"]) == (None, None, ["office"])


def test_the_document_is_read_with_its_version(shop):
    answer = shop.till.get("/programme")
    assert answer.headers["ETag"] == '"1"'
    told = answer.body
    assert told == {
        "version": 1,
        "in_force_from": "2020-01-01T00:00:00Z",
        "published_at": "2020-01-01T00:00:00Z",
        "published_by": told["published_by"],
        "document": PLAIN,
    }
    assert told["published_by"].startswith("fiel_")


def test_the_next_version_is_published(shop):
    answer = shop.office.put("/programme", {**PLAIN, "name": "Clube Novo"}, If_Match='"1"')
    assert (answer.status, answer.headers["ETag"], answer.body["version"]) == (200, '"2"', 2)
    assert (answer.body["in_force_from"], answer.body["warnings"]) == ("2026-03-04T12:00:00Z", [])
    assert shop.till.ok("GET", "/programme")["document"]["name"] == "Clube Novo"
    best = {**PLAIN, "boost_mix": "best", "boosts": [{"code": "half", "factor": "0.5"}]}
    told = shop.office.ok("PUT", "/programme", best, If_Match='W/"2"')
    assert len(told["warnings"]) == 1
    assert shop.office.ok("PUT", "/programme", PLAIN, If_Match="*")["version"] == 4


@pytest.mark.parametrize("if_match", [None, '"0"', '"2"', '"x"', '"', "", '"1", "2"', '"٣"', "9" * 50])
def test_a_change_of_another_version_is_stale(shop, if_match):
    headers = {} if if_match is None else {"If_Match": if_match}
    if if_match and not if_match.isascii():
        headers = {"If_Match": if_match.encode().decode("latin-1")}
    answer = shop.office.put("/programme", PLAIN, **headers)
    assert (answer.status, answer.code) == (412, "stale")
    assert shop.till.ok("GET", "/programme")["version"] == 1


def test_the_first_version_is_published_from_none(db, clock):
    from tests.api.conftest import open_shop

    shop = open_shop("nova")
    assert shop.till.get("/programme").code == "not_found"
    assert shop.till.ok("GET", "/me")["programme_version"] is None
    assert shop.office.put("/programme", PLAIN, If_Match="*").code == "stale"
    assert shop.office.publish(PLAIN)["version"] == 1


def test_decimals_stay_exact(shop):
    raw = b"""{"name": "C", "currency": "BRL", "timezone": "America/Sao_Paulo",
        "units": [{"code": "points", "kind": "points", "value": 0.05}],
        "earn": [{"code": "all", "unit": "points", "give": 0.1, "per": 0.3}],
        "boosts": [{"code": "b", "factor": 1.10}]}"""
    document = shop.office.ok("PUT", "/programme", raw=raw, If_Match='"1"')["document"]
    assert document["units"][0]["value"] == "0.05"
    assert document["earn"][0] == {"code": "all", "unit": "points", "give": "0.1", "per": "0.3"}
    assert document["boosts"][0]["factor"] == "1.10"
    shop.till.enrol(code="ana")
    told = shop.till.sell(member={"code": "ana"}, amount=300)
    assert told["units"][0]["exact"] == "1.1"


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (b'{"units": 5}', "/units"),
        (b'{"colour": "red"}', "/colour"),
        (b'{"late_days": 1e999999999}', "/late_days"),
        (b'{"boosts": [{"code": "b", "factor": 1e999999999}]}', "/boosts/0/factor"),
        (b'{"boosts": [{"code": "b", "factor": 1e-999999999}]}', "/boosts/0/factor"),
        (b'{"boosts": [{"code": "b", "factor": -1}]}', "/boosts/0/factor"),
        (b'{"currency": "EUR"}', "/currency"),
    ],
)
def test_faults_point_into_the_document(shop, raw, pointer):
    import json

    body = json.dumps(PLAIN).encode()[:-1] + b", " + raw[1:]
    if raw.startswith((b'{"units"', b'{"currency"')):
        document = {**PLAIN, **json.loads(raw)}
        body = json.dumps(document).encode()
    answer = shop.office.put("/programme", None, raw=body, If_Match='"1"')
    assert (answer.status, answer.code) == (422, "invalid")
    assert pointer in answer.pointers


@pytest.mark.parametrize("raw", [b"[]", b"5", b"null", b'"text"'])
def test_a_document_is_an_object(shop, raw):
    answer = shop.office.put("/programme", None, raw=raw, If_Match='"1"')
    assert (answer.status, answer.code) == (422, "invalid")


def test_a_unit_in_use_stays_what_it_is(shop):
    shop.till.enrol(code="ana")
    shop.till.sell(member={"code": "ana"}, amount=500)
    units = [{"code": "points", "kind": "points", "decimals": 2}]
    answer = shop.office.put("/programme", {**PLAIN, "units": units}, If_Match='"1"')
    assert (answer.code, answer.pointers) == ("invalid", ["/units/0"])


def test_figures_beyond_all_bounds_are_refused_not_broken(shop):
    """What a rule makes of a sale may be more than any book can hold."""
    shop.till.enrol(code="ana")
    earn = [{"code": "all", "unit": "points", "give": "999999999999", "per": "0.000000001"}]
    shop.office.publish({**PLAIN, "earn": earn}, version=1)
    answer = shop.till.post("/sales", shop.till.sale(member={"code": "ana"}, amount=10**15))
    assert (answer.status, answer.code) == (422, "invalid")
    assert shop.till.ok("GET", "/sales?number=R1")["items"] == []
