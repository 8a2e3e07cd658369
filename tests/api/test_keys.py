"""API keys: how long and how random, what a slip of the hand costs, two at once while tills are changed over."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest

from fiel import clock as now_of
from fiel.core.refusals import Refused
from fiel.shops.keys import authenticate, revoke_key
from fiel.shops.models import ApiKey

SHAPE = re.compile(r"fiel_([0-9A-Za-z]{43})([0-9A-Za-z]{6})")
REFUSED = "Send Authorization: Bearer with a key that is in use."


def test_a_key_has_256_random_bits_and_only_its_hash_is_kept(shop):
    secrets = [shop.key("till").secret for _ in range(20)]
    bodies = [SHAPE.fullmatch(secret)[1] for secret in secrets]
    assert 62 ** len(bodies[0]) >= 2**256
    assert len(set("".join(bodies))) == 62
    assert all(len(set(letters)) > 8 for letters in zip(*bodies, strict=True)), "no place of it is always alike"
    rows = {row["hash"]: str(row) for row in ApiKey.objects.values()}
    for secret, body in zip(secrets, bodies, strict=True):
        assert body[4:-4] not in rows[hashlib.sha256(secret.encode()).hexdigest()]


def test_a_slip_of_the_hand_is_seen_by_the_check_letters_alone(shop, django_assert_num_queries):
    """Without a look at the database; and the answer says no more than of a key that nobody was given."""
    good = shop.till.secret
    middle = next(at for at in range(20, 40) if good[at] != good[at + 1])
    slips = [good[:at] + ("x" if good[at] != "x" else "y") + good[at + 1 :] for at in range(len(good))]
    slips += [good[:-1], good[1:], good + "0", good.removeprefix("fiel_"), good.swapcase(), "", "fiel_" + "é" * 49]
    slips.append(good[:middle] + good[middle + 1] + good[middle] + good[middle + 2 :])
    with django_assert_num_queries(0):
        for slip in slips:
            with pytest.raises(Refused, match=re.escape(REFUSED)):
                authenticate(slip, now=now_of.now())
    shop.till.secret = slips[10]
    slipped = shop.till.get("/me")
    shop.till.secret = good
    ApiKey.objects.all().delete()
    unknown = shop.till.get("/me")
    assert (slipped.status, unknown.status) == (401, 401)
    assert slipped.body | {"request_id": ""} == unknown.body | {"request_id": ""}


def test_two_keys_of_one_till_live_while_it_is_changed_over(shop, clock):
    old = shop.till
    new = shop.key("till", store="S1", till="T1", expires_at=clock.now + timedelta(days=30))
    for number, till in enumerate((old, new, old)):
        assert till.post("/sales", till.sale(number=f"R{number}")).status == 201
    revoke_key(shop.business, authenticate(old.secret, now=clock.now).id, now=clock.now)
    assert old.post("/sales", old.sale(number="R8")).code == "unauthenticated"
    assert new.post("/sales", new.sale(number="R9")).status == 201
    clock.advance(days=30)
    assert new.get("/me").code == "unauthenticated", "it has run out"


def test_the_last_use_is_noted_once_a_minute(shop, clock):
    key = ApiKey.objects.filter(business=shop.business, till="T1")
    began = clock.now
    assert key.get().last_used_at is None
    for seconds in (0, 59, 60):
        clock.set(began + timedelta(seconds=seconds))
        assert shop.till.get("/me").status == 200
        assert key.get().last_used_at == (began if seconds < 60 else clock.now)
