"""Who may call what; and that nobody ever hears of another business."""

from __future__ import annotations

import pytest
from django.urls import get_resolver

from fiel.doors.api.access import ACCESS
from fiel.doors.api.api import api
from fiel.rewards.models import Invitation

SCOPES = {
    "till": {
        "GET /me",
        "POST /members/lookup",
        "GET /members",
        "POST /members",
        "GET /members/{member_id}",
        "PATCH /members/{member_id}",
        "GET /members/{member_id}/entries",
        "GET /members/{member_id}/sales",
        "GET /members/{member_id}/statement.pdf",
        "POST /members/{member_id}/referral",
        "GET /members/{member_id}/referrals",
        "GET /invitations",
        "POST /members/{member_id}/invitations/{invitation_id}",
        "POST /members/{member_id}/cards",
        "DELETE /cards/{number}",
        "POST /quote",
        "POST /sales",
        "POST /sales/batch",
        "POST /papers",
        "GET /sales",
        "GET /sales/{sale_id}",
        "POST /sales/{sale_id}/returns",
        "POST /sales/{sale_id}/member",
        "GET /rewards",
        "GET /rewards/{code}",
        "GET /rewards/{code}/picture",
        "GET /deliveries",
        "POST /vouchers",
        "GET /vouchers/{code}",
        "POST /vouchers/{code}/redeem",
        "POST /vouchers/{code}/cancel",
        "GET /stores",
        "GET /departments",
        "GET /groups",
        "GET /products",
        "GET /programme",
    },
    "import": {"GET /me", "POST /papers"},
    "office": set(ACCESS),
    "read": {operation for operation in ACCESS if operation.startswith("GET ") and "/webhooks" not in operation},
}
BODIES = {
    "POST /members/lookup": {"q": "1"},
    "POST /members": {"code": "new"},
    "PATCH /members/{member_id}": {"name": "Eve"},
    "POST /quote": {"lines": [{"amount": 5}], "store": "S1", "till": "T1"},
    "POST /sales": {
        "number": "X1",
        "occurred_at": "2026-03-04T12:00:00Z",
        "lines": [{"amount": 5}],
        "store": "S1",
        "till": "T1",
    },
    "POST /members/{member_id}/invitations/{invitation_id}": {"act": "invited"},
    "PUT /stores": {"items": [{"code": "S7"}]},
    "PUT /departments": {"items": [{"code": "d7"}]},
    "PUT /groups": {"items": [{"scheme": "ncm", "code": "1905"}]},
    "PUT /products": {"items": [{"code": "p7"}]},
    "PUT /programme": {"name": "Eve"},
    "POST /sales/{sale_id}/returns": {"number": "D1", "occurred_at": "2026-03-04T12:00:00Z"},
    "POST /sales/{sale_id}/member": {"code": "eve"},
    "PUT /rewards/{code}": {"kind": "service"},
    "POST /vouchers": {"member": "x", "reward": "toast"},
    "PUT /rewards/{code}/picture": {"data": "eA=="},
    "PUT /partners/{code}": {"name": "Eve"},
    "POST /settlements": {"month": "2026-02", "partner": "x"},
    "POST /settlements/{settlement_id}/state": {"state": "sent"},
    "POST /settlements/{settlement_id}/corrections": {"amount": 1, "reason": "gift"},
    "POST /adjustments": {"member": "x", "unit": "points", "amount": "1", "reason": "gift"},
    "POST /adjustments/{adjustment_id}/refuse": {"reason": "a slip"},
    "POST /openings": {"member": "x", "unit": "points", "amount": "1", "reference": "old-1"},
    "POST /members/{member_id}/tier": {"tier": "gold", "reason": "gift"},
    "POST /members/{member_id}/merge": {"gone": "01a20615-199c-7567-8fa6-ce9b9f2707bc"},
    "POST /webhooks": {"url": "https://203.0.113.7/"},
    "PATCH /webhooks/{webhook_id}": {"enabled": False},
    "POST /webhooks/{webhook_id}/replay": {"since": "2026-03-04T12:00:00Z"},
}
BODIES["POST /papers"] = {"items": [{"sale": BODIES["POST /sales"]}]}
BODIES["POST /sales/batch"] = {"sales": [BODIES["POST /sales"]]}
QUERIES = {"GET /sales": "?number=R1&store=S1&till=T1"}


def call(till, operation, **ids):
    method, _, path = operation.partition(" ")
    named = ("member_id", "sale_id", "number", "code", "adjustment_id", "webhook_id", "settlement_id", "invitation_id")
    path = path.format(**dict.fromkeys(named, "x") | ids)
    return till.call(method, path + QUERIES.get(operation, ""), BODIES.get(operation))


def operations():
    """Every call that there is, as the API knows them."""
    return {
        f"{method} {path}"
        for bound in api._get_bound_routers()
        for path, view in bound.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }


def test_every_call_is_in_the_table():
    assert operations() == set(ACCESS)


def test_every_address_is_a_call_or_one_of_few_pages():
    """An address that nobody has listed fails here."""
    [ours] = [pattern for pattern in get_resolver().url_patterns if str(pattern.pattern) == "api/v1/"]
    addresses = {str(pattern.pattern).replace("<", "{").replace(">", "}") for pattern in ours.url_patterns}
    calls = {operation.partition(" /")[2] for operation in ACCESS}
    assert addresses - calls == {"", "docs", "docs/errors", "openapi.json"}


def test_the_table_names_the_parameters_that_calls_take():
    taken = {
        f"{method} {path}": {
            name
            for model in operation.models
            if model.__ninja_param_source__ == "query"
            for name in model.__ninja_flatten_map__
        }
        for bound in api._get_bound_routers()
        for path, view in bound.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    }
    assert {name: set(door.query) for name, door in ACCESS.items()} == taken


@pytest.mark.parametrize("operation", ACCESS)
def test_a_key_opens_what_its_scope_says(shop, operation):
    tills = {"till": shop.key("till"), "office": shop.office, "read": shop.reader, "import": shop.key("import")}
    for scope, till in tills.items():
        answer = call(till, operation)
        forbidden = answer.status == 403 and answer.code == "forbidden"
        assert forbidden == (operation not in SCOPES[scope]), (scope, operation, answer.body)


@pytest.mark.parametrize("operation", ACCESS)
def test_without_a_key_nothing_is_said(shop, operation):
    shop.till.secret = ""
    answer = call(shop.till, operation)
    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_two_scopes_open_both(shop):
    till = shop.key("till", "read")
    assert till.get("/members").status == 200
    assert till.post("/members", {"code": "new"}).body["masked"] is False


def test_a_bound_key_fills_in_its_place_and_takes_no_other(shop):
    told = shop.till.sell()
    read = shop.till.ok("GET", f"/sales/{told['id']}")
    assert (read["store"], read["till"]) == ("S1", "T1")
    assert shop.till.post("/sales", shop.till.sale(store="S1", till="T1")).status == 200
    for sale, pointer in (({"store": "S2"}, "/store"), ({"till": "T2"}, "/till")):
        for path in ("/sales", "/quote"):
            answer = shop.till.post(path, shop.till.sale(number="R2", **sale))
            assert (answer.status, answer.code, answer.pointers) == (403, "forbidden", [pointer])
    for query in ("store=S2", "till=T9"):
        assert shop.till.get(f"/sales?number=R1&{query}").code == "forbidden"
    half = shop.key("till", store="S2")
    assert half.post("/sales", half.sale(number="R3")).pointers == ["/till"]
    assert half.post("/sales", half.sale(number="R3", till="T7")).status == 201


# Another business


@pytest.fixture
def theirs(other):
    """Ids of things that belong to somebody else."""
    return things_of(other)


def things_of(other, store="S9"):
    """A member, a sale, a card, a voucher, a partner and whatever else calls and pages name: their ids."""
    member = other.office.enrol(code="theirs", phone="11 98765-4321", card="777")
    sale = other.office.ok(
        "POST", "/sales", {**other.till.sale(member={"code": "theirs"}), "store": store, "till": "T"}
    )
    other.office.ok("PUT", "/rewards/toast", {"kind": "service", "price": {"unit": "points", "amount": 1}})
    voucher = other.office.ok("POST", "/vouchers", {"member": member["id"], "reward": "toast"})
    other.business.hand_limit = 1
    other.business.save()
    large = {"member": member["id"], "unit": "points", "amount": "9", "reason": "gift"}
    waiting = other.office.ok("POST", "/adjustments", large)
    agreed = [{"reward": "toast", "from": "2026-03-04", "price": 100}]
    other.office.ok("PUT", "/partners/tyres", {"name": "Tyres", "prices": agreed})
    invitation = Invitation.objects.create(
        business=other.business,
        member_id=member["id"],
        why="away",
        occasion="2026-03-04",
        opened_at="2026-03-04T12:00:00Z",
    )
    [owed] = other.office.ok("POST", "/settlements", {"month": "2026-02", "partner": "tyres"})["items"]
    return {
        "member_id": member["id"],
        "sale_id": sale["id"],
        "number": "777",
        "adjustment_id": waiting["id"],
        "webhook_id": listen(other)["id"],
        "reward": "toast",
        "voucher": voucher["code"],
        "partner": "tyres",
        "settlement_id": owed["id"],
        "invitation_id": str(invitation.id),
    }


def listen(shop):
    """A webhook of the shop, to which nothing is ever sent."""
    return shop.office.ok("POST", "/webhooks", {"url": "https://8.8.8.8/theirs"})


UNKNOWN = {
    "member_id": "01a20615-199c-7567-8fa6-ce9b9f2707bd",
    "sale_id": "01a20615-199c-7567-8fa6-ce9b9f2707bd",
    "number": "888",
    "adjustment_id": "01a20615-199c-7567-8fa6-ce9b9f2707bd",
    "webhook_id": "01a20615-199c-7567-8fa6-ce9b9f2707bd",
    "reward": "cake",
    "voucher": "K7QM-2XWA-9DB",
    "partner": "cakes",
    "settlement_id": "01a20615-199c-7567-8fa6-ce9b9f2707bd",
    "invitation_id": "01a20615-199c-7567-8fa6-ce9b9f2707bd",
}
# What makes something of its own under a code that somebody else uses too.
MAKES = {"PUT /rewards/{code}", "PUT /partners/{code}"}


@pytest.mark.parametrize(
    "operation", [operation for operation in ACCESS if "{" in operation and operation not in MAKES]
)
def test_a_foreign_id_is_answered_as_an_unknown_one(shop, theirs, operation):
    before = everything()
    kinds = {"/rewards/": "reward", "/partners/": "partner"}
    kind = next((kind for part, kind in kinds.items() if part in operation), "voucher")
    theirs, unknown_ids = ({**ids, "code": ids[kind]} for ids in (theirs, UNKNOWN))
    for scope, till in {"office": shop.office, "till": shop.key("till"), "read": shop.reader}.items():
        foreign, unknown, odd = (call(till, operation, **ids) for ids in (theirs, unknown_ids, {}))
        for answer in (foreign, unknown, odd):
            if operation not in SCOPES[scope]:
                assert answer.status == 403
            else:
                assert answer.status == (409 if "/vouchers/" in operation else 404)
            answer.body["request_id"] = ""
        assert foreign.body == unknown.body == odd.body
    assert everything() == before


def everything():
    """Every row of the tables that a call could touch."""
    from django.apps import apps

    rooms = ("members", "ledger", "sales", "catalogue", "programme", "rewards", "hand", "events")
    return {
        model._meta.label: sorted(map(repr, model.objects.values_list()))
        for room in rooms
        for model in apps.get_app_config(room).get_models()
    }


@pytest.mark.parametrize(
    "path",
    [
        "/members",
        "/stores",
        "/departments",
        "/groups",
        "/products",
        "/rewards",
        "/webhooks",
        "/sales?number=R1&store=S9&till=T",
    ],
)
def test_lists_hold_nothing_of_another_business(shop, theirs, path):
    assert "S9" not in str(shop.office.ok("GET", path))
    assert "theirs" not in str(shop.office.ok("GET", path))
    assert "toast" not in str(shop.office.ok("GET", path))


def test_nobody_elses_member_is_found(shop, theirs):
    for q in ("theirs", "11 98765-4321", "777"):
        assert shop.office.post("/members/lookup", {"q": q}).code == "member_not_found"
    # What is taken elsewhere is free here.
    assert shop.office.enrol(code="theirs", phone="11 98765-4321", card="777")["id"] != theirs["member_id"]


def test_nobody_elses_catalogue_is_referred_to(shop, other):
    answer = shop.office.put("/departments", {"items": [{"code": "a", "parent": "meat"}]})
    assert answer.pointers == ["/items/0/parent"]
    answer = shop.office.put("/products", {"items": [{"code": "a", "department": "meat"}]})
    assert answer.pointers == ["/items/0/department"]
    assert shop.office.post("/sales", {**shop.till.sale(), "store": "S9", "till": "T"}).pointers == ["/store"]
