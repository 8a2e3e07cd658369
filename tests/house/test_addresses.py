"""Who may open what: every address for people, in every role.

A new address must find its line here, or this fails. What each call of the till API asks for stands in
`doors/api/access.py`, and `tests/api/test_access.py` goes through it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import get_resolver

from fiel.shops.models import Role

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
ROLES = ("owner", "manager", "marketing", "cashier", "auditor", "partner")

# Nothing is sent with a POST, so that where it may be sent the form comes back (200), or something was done (302).
EVERYBODY = {
    "GET ": 200,
    "POST language/": 302,
    "GET sign-in/": 200,
    "GET account/code/": 302,  # to the page for signing in: the second step comes after the first
    "POST account/code/": 302,
    "GET account/passkeys/": 302,  # to the list of what one has
    "POST sign-in/": 200,
    "GET sign-in/forgotten/": 200,
    "POST sign-in/forgotten/": 200,
    "GET sign-up/": 404,  # where the installation leaves it closed
    "POST sign-up/": 404,
    "GET sign-up/<str:token>/": 404,
    "POST sign-up/<str:token>/": 404,
    "GET sign-in/<str:secret>/": 404,
    "POST sign-in/<str:secret>/": 404,
    "POST sign-out/": 302,
    "GET counter/<slug:business>/worker.js": 200,  # says nothing of the business, not even whether there is one
    "GET join/<str:secret>/": 404,
    "POST join/<str:secret>/": 404,
    "GET brand/<slug:business>/<str:version>/<str:file>": 404,  # no such file; a logo is for everybody, as a portal is
    "GET parts/": 404,  # for developers: only with FIEL_DEBUG
    "POST hooks/shopify/<uuid:hook_id>/": 401,  # nothing is signed; an unknown hook answers alike
    "GET pair/": 200,
    "POST pair/": 200,
    "GET pair/<str:code>/": 200,
    "GET pin/": 302,  # to the page that pairs: without a device there is nobody to choose
    "POST pin/": 302,
    # A customer, not a person of the staff: to the portal's first page, where one signs in.
    "GET c/<slug:business>/": 200,
    "GET c/<slug:business>/join": 200,
    "POST c/<slug:business>/join": 422,
    "POST c/<slug:business>/sign-in/": 422,
    "GET c/<slug:business>/code/<uuid:code_id>/": 200,
    "POST c/<slug:business>/code/<uuid:code_id>/": 422,
    "POST c/<slug:business>/sign-out/": 302,
    "GET c/<slug:business>/movements/": 302,
    "GET c/<slug:business>/receipts/": 302,
    "GET c/<slug:business>/receipts/<uuid:receipt_id>/": 302,
    "GET c/<slug:business>/rewards/": 302,
    "POST c/<slug:business>/rewards/take/": 302,
    "GET c/<slug:business>/vouchers/<uuid:voucher_id>/": 302,
    "POST c/<slug:business>/vouchers/<uuid:voucher_id>/cancel/": 302,
    "GET c/<slug:business>/card/": 302,
    "POST c/<slug:business>/card/": 302,
    "GET c/<slug:business>/card/code/": 302,
    "GET c/<slug:business>/card/apple/": 302,
    "GET c/<slug:business>/card/google/": 302,
    "GET c/<slug:business>/me/": 302,
    "POST c/<slug:business>/me/consent/": 302,
    "POST c/<slug:business>/me/settings/": 302,
    "POST c/<slug:business>/me/statements/": 302,
    "POST c/<slug:business>/me/contact/": 302,
    "GET c/<slug:business>/me/contact/<uuid:code_id>/": 302,
    "POST c/<slug:business>/me/contact/<uuid:code_id>/": 302,
    "POST c/<slug:business>/me/password/": 302,
    "GET c/<slug:business>/me/export/<str:kind>/": 302,
    "GET c/<slug:business>/me/leave/": 302,
    "POST c/<slug:business>/me/leave/": 302,
    "POST c/<slug:business>/me/request/": 302,
    "GET c/<slug:business>/bring/": 302,
    "GET c/<slug:business>/stop/<str:token>/": 404,
    "POST c/<slug:business>/stop/<str:token>/": 404,
    "GET c/<slug:business>/manifest.webmanifest": 200,
    "GET c/<slug:business>/worker.js": 200,
    "POST pin/leave/": 302,
    "GET pin/change/": 302,
    "POST pin/change/": 302,
}
SIGNED_IN = {
    "GET password/": 200,
    "GET office/": 200,
    "GET account/": 200,
    "GET account/sessions/": 200,
    "POST account/sessions/": 302,
    "GET account/again/": 403,  # without password or second step there is nothing to ask again
    "GET account/again/code/": 403,
    "GET account/passkeys/again/": 403,
    "GET account/app/": 200,
    "GET account/app/remove/": 404,
    "GET account/recovery-codes/": 404,
    "GET account/recovery-codes/new/": 200,
    "GET account/passkeys/add/": 200,
    "GET account/passkeys/<int:pk>/remove/": 404,
    "GET counter/": 302,  # to the only business
    "GET partner/": 200,
    "POST partner/desk/": 404,
}
#                                                              owner manager marketing cashier auditor partner
OF_A_BUSINESS = {
    "GET office/<slug:business>/":                            "200   200     200       200     200     403",
    "POST office/<slug:business>/first-steps/<str:step>/":   "404   404     403       403     403     403",
    "GET office/<slug:business>/receipts/<uuid:receipt_id>/": "404   404     404       404     404     403",
    "GET office/<slug:business>/reports/":                    "302   302     302       403     302     403",
    "GET office/<slug:business>/reports/goods/products/":     "200   200     200       403     200     403",
    "GET office/<slug:business>/reports/<slug:subject>/":     "404   404     404       403     404     403",
    "GET office/<slug:business>/reports/<slug:subject>/<slug:table>/<slug:kind>": "404 404 404 403 404 403",
    "GET office/<slug:business>/watch/":                      "200   200     403       403     200     403",
    "GET office/<slug:business>/watch/<uuid:suspicion_id>/":  "404   404     403       403     404     403",
    "POST office/<slug:business>/watch/<uuid:suspicion_id>/": "404   404     403       403     403     403",
    "GET counter/<slug:business>/":                           "200   200     403       200     200     403",
    "GET counter/<slug:business>/store/":                     "200   200     403       200     200     403",
    "POST counter/<slug:business>/store/":                    "200   200     403       200     403     403",
    "GET counter/<slug:business>/away/":                      "200   200     403       200     200     403",
    "GET counter/<slug:business>/state/":                     "200   200     403       200     200     403",
    "GET counter/<slug:business>/manifest.webmanifest":       "200   200     403       200     200     403",
    "POST counter/<slug:business>/find/":                     "302   302     403       302     403     403",
    "GET counter/<slug:business>/enrol/":                     "200   200     403       200     200     403",
    "POST counter/<slug:business>/enrol/":                    "422   422     403       422     403     403",
    "GET counter/<slug:business>/members/<uuid:member_id>/":  "404   404     403       404     404     403",
    "POST counter/<slug:business>/members/<uuid:member_id>/items/":   "404   404     403       404     403     403",
    "POST counter/<slug:business>/members/<uuid:member_id>/rewards/": "404   404     403       404     403     403",
    "GET counter/<slug:business>/catalogue/":                 "200   200     403       200     200     403",
    "POST counter/<slug:business>/quote/":                    "200   200     403       200     403     403",
    "POST counter/<slug:business>/sales/":                    "422   422     403       422     403     403",
    "GET counter/<slug:business>/invitations/":               "200   200     403       200     200     403",
    "POST counter/<slug:business>/invitations/<uuid:member_id>/<uuid:invitation_id>/":
                                                              "404   404     403       404     403     403",
    "GET counter/<slug:business>/receipts/":                  "200   200     403       200     200     403",
    "GET counter/<slug:business>/receipts/<uuid:receipt_id>/":"404   404     403       404     404     403",
    "POST counter/<slug:business>/receipts/<uuid:receipt_id>/return/": "404   404     403       404     403     403",
    "GET partner/<slug:business>/":                           "403   403     403       403     403     200",
    "GET partner/<slug:business>/manifest.webmanifest":       "403   403     403       403     403     200",
    "POST partner/<slug:business>/voucher/":                  "403   403     403       403     403     409",
    "POST partner/<slug:business>/redeem/":                   "403   403     403       403     403     409",
    "GET partner/<slug:business>/redemptions/":               "403   403     403       403     403     200",
    "GET partner/<slug:business>/redemptions/<uuid:delivery_id>/":  "403   403     403       403     403     404",
    "POST partner/<slug:business>/redemptions/<uuid:delivery_id>/": "403   403     403       403     403     404",
    "GET partner/<slug:business>/settlements/":               "403   403     403       403     403     200",
    "GET partner/<slug:business>/settlements/<uuid:settlement_id>/":  "403   403     403       403     403     404",
    "POST partner/<slug:business>/settlements/<uuid:settlement_id>/": "403   403     403       403     403     404",
    "GET partner/<slug:business>/settlements/<uuid:settlement_id>/<str:kind>/":
                                                              "403   403     403       403     403     404",
    "GET office/<slug:business>/members/":                    "200   200     403       403     200     403",
    "GET office/<slug:business>/members/<uuid:member_id>/":   "404   404     403       403     404     403",
    "POST office/<slug:business>/members/<uuid:member_id>/adjust/": "404   404     403       403     403     403",
    "POST office/<slug:business>/members/<uuid:member_id>/card/":   "404   404     403       403     403     403",
    "POST office/<slug:business>/members/<uuid:member_id>/block/":  "404   404     403       403     403     403",
    "POST office/<slug:business>/members/<uuid:member_id>/tier/":   "404   404     403       403     403     403",
    "GET office/<slug:business>/members/<uuid:member_id>/merge/":   "404   404     403       403     404     403",
    "POST office/<slug:business>/members/<uuid:member_id>/merge/":  "404   404     403       403     403     403",
    "GET office/<slug:business>/members/<uuid:member_id>/statement.pdf": "404   404     403       403     404     403",
    "GET office/<slug:business>/members/<uuid:member_id>/card.pdf": "404   404     403       403     404     403",
    "GET office/<slug:business>/printing/":                   "200   200     403       403     200     403",
    "POST office/<slug:business>/printing/":                  "422   422     403       403     403     403",
    "GET office/<slug:business>/printing/<uuid:job_id>/":     "404   404     403       403     404     403",
    "POST office/<slug:business>/printing/<uuid:job_id>/":    "404   404     403       403     403     403",
    "GET office/<slug:business>/printing/<uuid:job_id>/file/": "404   404     403       403     404     403",
    "GET office/<slug:business>/vouchers/<uuid:voucher_id>/slip.pdf": "404   404     404       403     404     403",
    "POST office/<slug:business>/reward/<str:code>/slips/":   "404   404     403       403     403     403",
    "GET office/<slug:business>/members/<uuid:member_id>/change/":  "404   404     403       403     404     403",
    "POST office/<slug:business>/members/<uuid:member_id>/change/": "404   404     403       403     403     403",
    "GET office/<slug:business>/members/<uuid:member_id>/erase/":   "404   404     403       403     404     403",
    "POST office/<slug:business>/members/<uuid:member_id>/erase/":  "404   404     403       403     403     403",
    "GET office/<slug:business>/members/<uuid:member_id>/export/<str:kind>/":
                                                              "404   404     403       403     404     403",
    "POST office/<slug:business>/adjustments/<uuid:entry_id>/refuse/": "404   404     403       403     403     403",
    "GET office/<slug:business>/adjustments/":                "200   200     403       403     200     403",
    "POST office/<slug:business>/adjustments/<uuid:entry_id>/agree/": "404   404     403       403     403     403",
    "GET office/<slug:business>/brand/":                      "200   200     403       403     200     403",
    "POST office/<slug:business>/brand/":                     "200   200     403       403     403     403",
    "GET office/<slug:business>/pick/<str:what>/":             "404   404     404       404     404     403",
    "GET office/<slug:business>/rewards/":                    "200   200     200       403     200     403",
    "GET office/<slug:business>/rewards/new/":                "200   200     200       403     200     403",
    "POST office/<slug:business>/rewards/new/":               "200   200     200       403     403     403",
    "GET office/<slug:business>/reward/<str:code>/":          "404   404     404       403     404     403",
    "POST office/<slug:business>/reward/<str:code>/":         "404   404     404       403     403     403",
    "POST office/<slug:business>/reward/<str:code>/stock/":   "404   404     404       403     403     403",
    "GET office/<slug:business>/reward/<str:code>/picture/":  "404   404     404       403     404     403",
    "GET office/<slug:business>/vouchers/":                   "200   200     200       403     200     403",
    "GET office/<slug:business>/vouchers/<uuid:voucher_id>/": "404   404     404       403     404     403",
    "POST office/<slug:business>/vouchers/<uuid:voucher_id>/cancel/": "404   404     404       403     403     403",
    "GET office/<slug:business>/deliveries/":                 "200   200     200       403     200     403",
    "GET office/<slug:business>/partners/":                   "200   200     403       403     200     403",
    "GET office/<slug:business>/partners/new/":               "200   200     403       403     200     403",
    "POST office/<slug:business>/partners/new/":              "200   200     403       403     403     403",
    "GET office/<slug:business>/partner/<str:code>/":         "404   404     403       403     404     403",
    "POST office/<slug:business>/partner/<str:code>/":        "404   404     403       403     403     403",
    "POST office/<slug:business>/partner/<str:code>/<str:what>/": "404   404     403       403     403     403",
    "GET office/<slug:business>/settlements/":                "200   200     403       403     200     403",
    "POST office/<slug:business>/settlements/":               "302   302     403       403     403     403",
    "GET office/<slug:business>/settlements/<uuid:settlement_id>/":  "404   404     403       403     404     403",
    "POST office/<slug:business>/settlements/<uuid:settlement_id>/": "404   404     403       403     403     403",
    "GET office/<slug:business>/settlements/<uuid:settlement_id>/<str:kind>/":
                                                              "404   404     403       403     404     403",
    "GET office/<slug:business>/catalogue/":                  "200   200     403       403     200     403",
    "POST office/<slug:business>/catalogue/":                 "302   302     403       403     403     403",
    "GET office/<slug:business>/catalogue/products/":         "200   200     403       403     200     403",
    "POST office/<slug:business>/catalogue/products/":        "302   302     403       403     403     403",
    "GET office/<slug:business>/catalogue/groups/":           "200   200     403       403     200     403",
    "POST office/<slug:business>/catalogue/groups/":          "302   302     403       403     403     403",
    "GET office/<slug:business>/imports/":                    "200   200     403       403     200     403",
    "POST office/<slug:business>/imports/":                   "422   422     403       403     403     403",
    "GET office/<slug:business>/imports/aside/":              "200   200     403       403     200     403",
    "POST office/<slug:business>/imports/aside/":             "302   302     403       403     403     403",
    "GET office/<slug:business>/imports/aside/<uuid:job_id>/":         "404   404     403       403     404     403",
    "GET office/<slug:business>/imports/aside/<uuid:job_id>/refused/": "404   404     403       403     404     403",
    "GET office/<slug:business>/imports/<uuid:import_id>/":   "404   404     403       403     404     403",
    "POST office/<slug:business>/imports/<uuid:import_id>/columns/": "404   404     403       403     403     403",
    "POST office/<slug:business>/imports/<uuid:import_id>/begin/":   "404   404     403       403     403     403",
    "POST office/<slug:business>/imports/<uuid:import_id>/stop/":    "404   404     403       403     403     403",
    "GET office/<slug:business>/imports/<uuid:import_id>/refused/":  "404   404     403       403     404     403",
    "GET office/<slug:business>/programme/":                  "200   200     403       403     200     403",
    "POST office/<slug:business>/programme/draft/":           "302   302     403       403     403     403",
    "POST office/<slug:business>/programme/publish/":         "302   302     403       403     403     403",
    "GET office/<slug:business>/programme/history/":          "200   200     403       403     200     403",
    "GET office/<slug:business>/programme/file/":             "200   200     403       403     200     403",
    "GET office/<slug:business>/programme/basket/":           "200   200     403       403     200     403",
    "GET office/<slug:business>/programme/what-if/":          "200   200     403       403     200     403",
    "POST office/<slug:business>/programme/what-if/":         "422   422     403       403     403     403",
    "GET office/<slug:business>/programme/what-if/<uuid:job_id>/":
                                                              "404   404     403       403     404     403",
    "GET office/<slug:business>/programme/<str:section>/<str:number>/":
                                                              "404   404     403       403     404     403",
    "POST office/<slug:business>/programme/<str:section>/<str:number>/":
                                                              "404   404     403       403     403     403",
    "GET office/<slug:business>/invitations/":                "200   200     200       403     200     403",
    "GET office/<slug:business>/invitations/rules/":          "200   200     200       403     200     403",
    "POST office/<slug:business>/invitations/rules/":         "422   422     422       403     403     403",
    "GET office/<slug:business>/invitations/report/":         "200   200     200       403     200     403",
    "POST office/<slug:business>/invitations/<uuid:member_id>/<uuid:invitation_id>/":
                                                              "404   404     404       403     403     403",
    "GET office/<slug:business>/statements/":                 "200   200     403       403     200     403",
    "POST office/<slug:business>/statements/":                "302   302     403       403     403     403",
    "GET office/<slug:business>/campaigns/":                  "200   200     200       403     200     403",
    "POST office/<slug:business>/campaigns/":                 "302   302     302       403     403     403",
    "GET office/<slug:business>/campaigns/count/":            "200   200     200       403     200     403",
    "GET office/<slug:business>/campaigns/<uuid:campaign_id>/":  "404   404     404       403     404     403",
    "POST office/<slug:business>/campaigns/<uuid:campaign_id>/": "404   404     404       403     403     403",
    "POST office/<slug:business>/campaigns/<uuid:campaign_id>/start/":
                                                              "404   404     404       403     403     403",
    "POST office/<slug:business>/campaigns/<uuid:campaign_id>/stop/":
                                                              "404   404     404       403     403     403",
    "GET office/<slug:business>/messages/":                   "200   200     200       403     200     403",
    "POST office/<slug:business>/messages/":                  "422   422     422       403     403     403",
    "GET office/<slug:business>/messages/words/<str:kind>/":  "404   404     404       403     404     403",
    "POST office/<slug:business>/messages/words/<str:kind>/": "404   404     404       403     403     403",
    "GET office/<slug:business>/staff/":                      "200   200     403       403     200     403",
    "POST office/<slug:business>/staff/":                     "200   200     403       403     403     403",
    "POST office/<slug:business>/staff/invitations/<uuid:invitation_id>/":
                                                              "404   404     403       403     403     403",
    "GET office/<slug:business>/staff/<int:person_id>/":      "404   404     403       403     404     403",
    "POST office/<slug:business>/staff/<int:person_id>/":     "404   404     403       403     403     403",
    "POST office/<slug:business>/staff/<int:person_id>/pin/": "404   404     403       403     403     403",
    "POST office/<slug:business>/staff/<int:person_id>/card/":
                                                              "404   404     403       403     403     403",
    "POST office/<slug:business>/staff/<int:person_id>/remove/":
                                                              "404   404     403       403     403     403",
    "GET office/<slug:business>/devices/":                    "200   200     403       403     200     403",
    "POST office/<slug:business>/devices/":                   "200   200     403       403     403     403",
    "POST office/<slug:business>/devices/<uuid:device_id>/revoke/":
                                                              "404   404     403       403     403     403",
    "GET office/<slug:business>/setup/":                      "200   200     403       403     200     403",
    "GET office/<slug:business>/setup/business/":             "200   403     403       403     200     403",
    "POST office/<slug:business>/setup/business/":            "200   403     403       403     403     403",
    "GET office/<slug:business>/setup/retention/":            "200   403     403       403     200     403",
    "POST office/<slug:business>/setup/retention/":           "200   403     403       403     403     403",
    "GET office/<slug:business>/status/":                     "200   403     403       403     200     403",
    "GET office/<slug:business>/requests/":                   "200   200     403       403     200     403",
    "POST office/<slug:business>/requests/<uuid:request_id>/": "422   422     403       403     403     403",
    "POST office/<slug:business>/members/<uuid:member_id>/request/": "404   404     403       403     403     403",
    "GET office/<slug:business>/setup/privacy/<str:language>/": "302   403     403       403     302     403",
    "POST office/<slug:business>/setup/privacy/<str:language>/": "302   403     403       403     403     403",
    "GET office/<slug:business>/stores/":                     "200   200     403       403     200     403",
    "POST office/<slug:business>/stores/":                    "200   200     403       403     403     403",
    "GET office/<slug:business>/store/<str:code>/":           "404   404     403       403     404     403",
    "POST office/<slug:business>/store/<str:code>/":          "404   404     403       403     403     403",
    "POST office/<slug:business>/store/<str:code>/till/":     "404   404     403       403     403     403",
    "POST office/<slug:business>/store/<str:code>/closed/":   "404   404     403       403     403     403",
    "GET office/<slug:business>/keys/":                       "200   403     403       403     200     403",
    "POST office/<slug:business>/keys/":                      "200   403     403       403     403     403",
    "POST office/<slug:business>/keys/<uuid:key_id>/revoke/": "404   403     403       403     403     403",
    "GET office/<slug:business>/webhooks/":                   "200   403     403       403     200     403",
    "POST office/<slug:business>/webhooks/":                  "200   403     403       403     403     403",
    "GET office/<slug:business>/webhooks/<uuid:endpoint_id>/":  "404   403     403       403     404     403",
    "POST office/<slug:business>/webhooks/<uuid:endpoint_id>/": "404   403     403       403     403     403",
    "POST office/<slug:business>/webhooks/<uuid:endpoint_id>/<str:act>/": "404   403     403       403     403     403",
    "GET office/<slug:business>/trail/":                      "200   403     403       403     200     403",
}  # fmt: skip
"""What each role is answered; 404 where it may open the address, and the thing that is named is not there."""

ELSEWHERE = ("livez", "readyz", "metrics", "api/v1/")

SAMPLES = {"business": "padaria", "secret": "nothing-anybody-was-given"}
UNKNOWN = {"uuid": "00000000-0000-7000-8000-000000000000", "slug": "nothing", "str": "nothing", "int": "999999"}


def addresses(resolver=None, prefix=""):
    """Every route of the program, as it is written."""
    for each in (resolver or get_resolver()).url_patterns:
        route = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from addresses(each, route)
        else:
            yield route


def filled(address):
    """A route with something in place of its parameters."""

    def fill(match):
        kind, name = match.groups()
        return SAMPLES.get(name, UNKNOWN[kind])

    return "/" + re.sub(r"<(\w+):(\w+)>", fill, address)


def ask(client, line):
    method, _, address = line.partition(" ")
    return client.generic(method, filled(address), secure=False)


def is_led_to_sign_in(client, line):
    answer = ask(client, line)
    return (answer.status_code, answer.get("Location", "").partition("?")[0]) == (302, "/sign-in/")


@pytest.fixture
def places(db):
    """A bakery, and somebody in each role; elsewhere a business with an owner."""
    from fiel.rewards.models import Partner, PartnerClerk
    from fiel.shops.models import Person, Staff
    from fiel.shops.opening import open_business, put_store

    said = {"currency": "BRL", "timezone": "America/Sao_Paulo", "language": "en", "now": NOW}
    business, _ = open_business(slug="padaria", name="Padaria", owner_email="dona@padaria.example", **said)
    _, stranger = open_business(slug="outra", name="Outra", owner_email="outra@example.com", **said)
    put_store(business, "S1")
    people = {"elsewhere": stranger}
    for role in ROLES:
        people[role] = Person.objects.create_user(f"{role}@padaria.example", None, created_at=NOW)
        Staff.objects.create(business=business, person=people[role], role=role, since=NOW)
    Partner.objects.create(business=business, code="tyres", name="Pneus")
    PartnerClerk.objects.create(business=business, partner="tyres", person=people["partner"], since=NOW)
    return people


def test_every_address_has_its_line():
    known = {line.partition(" ")[2] for line in (*EVERYBODY, *SIGNED_IN, *OF_A_BUSINESS)}
    unknown = {each for each in addresses() if each not in known and not each.startswith(ELSEWHERE)}
    assert unknown == set(), "say in tests/house/test_addresses.py who may open it"
    assert known - set(addresses()) == set(), "an address that there is not"


def test_every_role_has_its_column():
    assert set(ROLES) == set(Role.values)


# Each goes through all its addresses: a thousand tests with a business of their own took a minute longer.


def test_whoever_comes(client, places):
    found = {line: ask(client, line).status_code for line in EVERYBODY}
    assert found == EVERYBODY


def test_whoever_is_signed_in(client, places):
    found = {}
    for line in SIGNED_IN:
        client.logout()
        led = is_led_to_sign_in(client, line)
        client.force_login(places["owner"])
        found[line] = ask(client, line).status_code if led else "open to strangers"
    assert found == SIGNED_IN


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_it_may(client, places, role):
    client.force_login(places[role])
    found = {line: str(ask(client, line).status_code) for line in OF_A_BUSINESS}
    assert found == {line: told.split()[ROLES.index(role)] for line, told in OF_A_BUSINESS.items()}


def test_a_stranger_is_led_to_sign_in(client, places):
    assert {line for line in OF_A_BUSINESS if not is_led_to_sign_in(client, line)} == set()


def test_another_business_is_none(client, places):
    client.force_login(places["elsewhere"])
    assert {line for line in OF_A_BUSINESS if ask(client, line).status_code != 404} == set()


def test_a_form_from_elsewhere_is_refused_at_every_address(places):
    """CSRF on every write by cookie; the two that need none look at no cookie, but at a signature and at a token."""
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(places["owner"])
    writes = {line for line in (*EVERYBODY, *SIGNED_IN, *OF_A_BUSINESS) if line.startswith("POST ")}
    assert {line for line in writes if ask(strict, line).status_code != 403} == {
        "POST hooks/shopify/<uuid:hook_id>/",
        "POST c/<slug:business>/stop/<str:token>/",  # by which a mail program stops letters with one click
    }


def test_the_auditor_changes_nothing(client, places):
    client.force_login(places["auditor"])
    tried = {
        f"{method} {line.partition(' ')[2]}" for line in OF_A_BUSINESS for method in ("POST", "PUT", "PATCH", "DELETE")
    }
    assert {line for line in tried if ask(client, line).status_code not in (403, 405)} == set()
