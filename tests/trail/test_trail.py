"""The trail: what people and their keys changed, kept for good, and whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from fiel.ops.audit import audit, audit_database
from fiel.trail.guards import install_guards, missing_guards, remove_guards
from fiel.trail.models import Act, Head
from fiel.trail.note import note
from tests.api import conftest
from tests.api.till import PLAIN

shop = conftest.shop
REWARD = {"kind": "item", "name": "Toast", "price": {"unit": "points", "amount": "50"}}


def acts(shop):
    return list(Act.objects.filter(business=shop.business).order_by("number"))


def findings(shop):
    return [finding.code for finding in audit(shop.business).findings]


def tampered(shop, **changed):
    """Changes the second act behind the guards' back."""
    if connection.vendor == "postgresql":
        connection.cursor().execute(f"SET LOCAL ROLE {connection.settings_dict['USER']}")  # the app's owns no table
    editor = connection.schema_editor(atomic=False)
    remove_guards(apps, editor)
    Act.objects.filter(business=shop.business, number=2).update(**changed)
    install_guards(apps, editor)


def test_a_change_by_an_office_key_says_who_what_from_where_before_and_after(shop):
    assert shop.office.call("PUT", "/rewards/toast", REWARD).status == 200
    assert shop.office.call("PUT", "/rewards/toast", {**REWARD, "name": "Toast and jam"}).status == 200
    made, changed = acts(shop)[-2:]
    hint = f"{shop.office.secret[:9]}…{shop.office.secret[-4:]}"
    assert (made.what, made.about, made.who, made.address) == ("reward.set", "toast", hint, "127.0.0.1")
    assert (made.before, made.after["name"]) == (None, "Toast")
    assert (changed.before, changed.after) == ({"name": "Toast"}, {"name": "Toast and jam"})


def test_what_changes_nothing_and_what_is_refused_is_not_noted(shop):
    shop.office.call("PUT", "/rewards/toast", REWARD)
    before = len(acts(shop))
    assert shop.office.call("PUT", "/rewards/toast", REWARD).status == 200
    refused = shop.office.call("PUT", "/rewards/toast", {**REWARD, "price": {"unit": "stars", "amount": "1"}})
    assert refused.status == 422
    assert len(acts(shop)) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "what"),
    [
        ("PUT", "/stores", {"items": [{"code": "S9", "name": "Norte"}]}, "store.set"),
        ("PUT", "/departments", {"items": [{"code": "bakery", "name": "Bakery"}]}, "departments.set"),
        ("PUT", "/products", {"items": [{"code": "789", "name": "Bread"}]}, "products.set"),
        ("PUT", "/programme", {**PLAIN, "name": "Other"}, "programme.published"),
    ],
)
def test_what_the_office_sets_is_noted(shop, method, path, body, what):
    headers = {"If_Match": '"1"'} if path == "/programme" else {}
    assert shop.office.call(method, path, body, **headers).status in (200, 201)
    assert acts(shop)[-1].what == what


def test_what_the_office_enters_by_hand_is_noted_by_the_members_id_alone(shop):
    ana, bia = (shop.till.call("POST", "/members", {"phone": f"+551198765432{n}"}).body["id"] for n in (1, 2))
    shop.office.call("POST", "/adjustments", {"member": ana, "unit": "points", "amount": "5", "reason": "sorry"})
    shop.office.call("POST", f"/members/{ana}/merge", {"gone": bia})
    adjusted, merged = acts(shop)[-2:]
    assert (adjusted.what, adjusted.after["member"], adjusted.after["reason"]) == ("adjustment.posted", ana, "sorry")
    assert (merged.what, merged.about, merged.after) == ("member.merged", bia, {"into": ana})
    assert "98765432" not in str([act.after for act in acts(shop)])


def test_nobody_changes_or_deletes_an_act(shop):
    for change in (lambda rows: rows.update(who="nobody"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Act.objects.filter(business=shop.business))
    assert missing_guards(connection) == []
    assert audit_database() == []


def test_the_audit_sees_a_changed_act_a_missing_one_and_a_cut_off_end(shop):
    shop.office.call("PUT", "/rewards/toast", REWARD)
    shop.office.call("PUT", "/rewards/toast", {**REWARD, "name": "Jam"})
    assert findings(shop) == []
    with transaction.atomic():
        tampered(shop, who="nobody")
        assert findings(shop) == ["act_changed"]
        transaction.set_rollback(True)
    with transaction.atomic():
        tampered(shop, number=999)
        assert findings(shop) == ["act_missing"]
        transaction.set_rollback(True)
    Head.objects.filter(business=shop.business).update(number=999)
    assert findings(shop) == ["act_missing"]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain(clock):
    shop = conftest.open_shop("padaria")

    def add(number):
        try:
            for each in range(5):
                note(shop.business.id, "test.noted", about=f"{number}/{each}", now=clock.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(8)))
    noted = [act.number for act in acts(shop)]
    assert noted == list(range(1, len(noted) + 1))
    assert sum(act.what == "test.noted" for act in acts(shop)) == 40
    assert findings(shop) == []
