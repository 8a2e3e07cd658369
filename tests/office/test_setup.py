"""Setting a business up: itself, its stores and tills, keys and webhooks; each change stands in the trail."""

from __future__ import annotations

import pytest

from fiel.events.models import Delivery, Endpoint
from fiel.outreach.webhooks import try_out
from fiel.shops.devices import make_code
from fiel.shops.keys import authenticate
from fiel.shops.models import ApiKey, Business, BusinessText, Device, Store, Till
from fiel.trail.models import Act
from tests.office.test_staff import again


@pytest.fixture
def owner(signed_in, bakery):
    """The owner, who has just proved again that it is them."""
    again(signed_in)
    return signed_in


def acts(what):
    return list(Act.objects.filter(what=what).order_by("number").values_list("about", "after"))


def test_a_business_says_of_itself_what_it_wants(owner, bakery):
    page = f"{bakery.page}setup/business/"
    wrong = owner.post(page, {"name": "", "language": "pt-br", "hand_limit": "-1"})
    assert (wrong.status_code, sorted(wrong.context["form"].errors)) == (422, ["hand_limit", "minimum_age", "name"])
    owner.post(page, {"name": "Padaria Lua", "language": "pt-br", "hand_limit": "500", "minimum_age": "16"})
    row = Business.objects.get()
    assert (row.name, row.language, row.hand_limit, row.minimum_age) == ("Padaria Lua", "pt-br", 500, 16)
    told = {"name": "Padaria Lua", "language": "pt-br", "hand_limit": 500, "minimum_age": 16}
    assert acts("business.changed")[0][1] == told


def test_customers_read_what_happens_to_their_data_and_the_old_words_stay(owner, client, bakery, clock):
    page = f"{bakery.page}setup/privacy/en/"
    owner.post(page, {"text": "We keep your phone."})
    clock.advance(minutes=1)
    again(owner)
    owner.post(page, {"text": "We keep your <phone> for five years."})
    joining = client.get(f"/c/{bakery.business.slug}/join").content.decode()
    assert "We keep your &lt;phone&gt; for five years." in joining
    assert BusinessText.objects.count() == 2
    assert owner.get(f"{bakery.page}setup/privacy/xx/").status_code == 302


def test_a_store_is_made_changed_closed_and_opened_again(owner, bakery):
    page = f"{bakery.page}stores/"
    assert owner.get(page).context["form"].initial["code"] == "S3"
    wrong = owner.post(page, {"name": "Praia", "code": "S1", "timezone": "America/Atlantis"})
    assert sorted(wrong.context["form"].errors) == ["timezone"]
    taken = owner.post(page, {"name": "Praia", "code": "S1"})
    assert taken.context["form"].errors == {"code": ["There is a store with this code already."]}
    owner.post(page, {"name": "Praia", "code": "S3", "tax_id": "11.222.333/0001-81"})
    store = f"{bakery.page}store/S3/"
    owner.post(store, {"name": "Praia Grande", "timezone": "America/Manaus"})
    owner.post(f"{store}till/", {"code": "T1", "name": "Balcão"})
    assert Store.objects.get(code="S3").timezone == "America/Manaus"
    assert str(Till.objects.get(store="S3")) == "Balcão"
    make_code(bakery.business, name="Ana's", store="S3", till="T2", now=bakery.clock.now)
    owner.post(f"{bakery.page}keys/", {"name": "till", "scopes": ["till"], "store": "S3", "till": "T1"})
    owner.post(f"{store}closed/")
    assert Device.objects.get().revoked_at
    assert ApiKey.objects.get().revoked_at
    assert "S3" not in str(owner.get(f"{bakery.page}devices/").context["form"]["store"])
    owner.post(f"{store}closed/", {"open": "1"})
    assert Store.objects.get(code="S3").closed_at is None
    assert [about for about, _ in acts("store.closed") + acts("store.opened")] == ["S3", "S3"]


def test_a_key_is_shown_once_and_taken_out_of_use(owner, bakery, client, place_for):
    page = f"{bakery.page}keys/"
    wrong = owner.post(page, {"name": "till 1", "till": "T1"})
    assert sorted(wrong.context["form"].errors) == ["scopes", "store"]
    made = owner.post(page, {"name": "till 1", "scopes": ["till"], "store": "S1", "till": "T1"})
    key, secret = made.context["made"]
    assert secret in made.content.decode()
    shown = owner.get(page).content.decode()
    assert (secret in shown, "not used yet" in shown) == (False, True)
    found = authenticate(secret, now=bakery.clock.now)
    assert (found.id, found.store, found.till, found.scopes) == (key.id, "S1", "T1", ["till"])
    shown = owner.get(page).content.decode()
    assert ("last used" in shown, "not used yet" in shown) == (True, False)
    owner.post(f"{page}{key.id}/revoke/")
    assert list(owner.get(page).context["rows"]) == []
    client.force_login(place_for("manager"))
    assert client.get(page).status_code == 403


def test_who_comes_back_proves_again_who_they_are_before_a_key(signed_in, bakery):
    asked = signed_in.post(f"{bakery.page}keys/", {"name": "till 1", "scopes": ["till"]})
    assert asked["Location"].startswith("/account/again/")
    assert not ApiKey.objects.exists()


def test_a_webhook_is_made_tried_sent_again_and_removed(owner, bakery, settings):
    settings.WEBHOOK_NETWORKS = ("127.0.0.1",)
    page = f"{bakery.page}webhooks/"
    wrong = owner.post(page, {"url": "https://10.0.0.1/hook"})
    assert wrong.context["form"].errors["url"][0].startswith("Nothing can be sent to this address")
    made = owner.post(page, {"url": "https://127.0.0.1/fiel", "note": "Stock", "kinds": ["sale.recorded"]})
    secret, endpoint = made.context["secret"], Endpoint.objects.get()
    assert secret.startswith("whsec_")
    one = f"{page}{endpoint.id}/"
    assert secret not in owner.get(one).content.decode()
    assert endpoint.kinds == ["sale.recorded"]
    owner.post(f"{one}try/")
    [(row, kind)] = owner.get(one).context["rows"]
    assert (str(kind), row.sent) == ("A try-out", False)
    Delivery.objects.update(sent=True)
    owner.post(f"{one}again/", {"event": row.event_id})
    assert not Delivery.objects.get().sent
    assert (
        owner.post(f"{one}again/", {"since": "2026-03-01"}, follow=True)
        .content.decode()
        .count("0 events are sent again.")
        == 1
    )
    assert owner.post(f"{one}secret/").context["secret"] != secret
    owner.post(f"{one}off/")
    assert Endpoint.objects.get().disabled_why == "by_hand"
    owner.post(f"{one}on/")
    owner.post(one, {"url": "https://127.0.0.1/other", "kinds": []})
    assert len(Endpoint.objects.get().kinds) == 7
    try_out(Endpoint.objects.get(), now=bakery.clock.now)
    owner.post(f"{one}remove/")
    assert not Endpoint.objects.exists()
    assert {what for what in Act.objects.values_list("what", flat=True) if what.startswith("webhook.")} == {
        "webhook.made", "webhook.secret_changed", "webhook.changed", "webhook.removed",
    }  # fmt: skip
