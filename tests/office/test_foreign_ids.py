"""Every page that names something, for every role: ours is for whom the table says, another's is not there.

The addresses and who may open them are those of tests/house/test_addresses.py, where each has to stand, and where they
name what there is not; what each call of the till API says is in tests/api/test_access.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from django.db import models, transaction
from django.test import Client

from fiel.catalogue.models import Department
from fiel.events.models import Endpoint
from fiel.hand.models import HandEntry
from fiel.insight.models import Suspicion
from fiel.intake.models import Import
from fiel.jobs.models import Job
from fiel.members.models import LoginCode, Member
from fiel.outreach.models import Campaign
from fiel.privacy.models import Request
from fiel.rewards.models import Delivery, Invitation, Partner, PartnerClerk, Reward, Settlement, Voucher
from fiel.sales.models import Receipt
from fiel.shops.models import ApiKey, Device, Person, Staff, StaffInvitation, Store
from fiel.tables.ids import new_id
from tests.api import conftest, test_access
from tests.house.test_addresses import OF_A_BUSINESS, ROLES, UNKNOWN

shop, other, theirs = conftest.shop, conftest.other, test_access.theirs
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)

# What each parameter of an address names.
NAMED = {
    "campaign_id": Campaign,
    "code_id": LoginCode,
    "delivery_id": Delivery,
    "device_id": Device,
    "endpoint_id": Endpoint,
    "entry_id": HandEntry,
    "import_id": Import,
    "job_id": Job,
    "key_id": ApiKey,
    "member_id": Member,
    "receipt_id": Receipt,
    "request_id": Request,
    "settlement_id": Settlement,
    "suspicion_id": Suspicion,
    "voucher_id": Voucher,
}
CODES = {"reward": Reward, "partner": Partner, "store": Store, "catalogue": Department}

# Parameters that name a part of the program, not somebody's thing; and those that such a thing is asked for by.
OURS = {"act", "kind", "language", "number", "section", "step", "subject", "table", "what"}
PARTS = {
    "settlements": {"kind": "pdf"},
    "members": {"kind": "json"},
    "webhooks": {"act": "off"},
    "partner": {"what": "links"},
}

# Where it is not enough that there is one.
MORE_NEEDED = {
    "POST counter/<slug:business>/members/<uuid:member_id>/rewards/": "a reward",
    "GET office/<slug:business>/printing/<uuid:job_id>/": "a job that printed",
    "POST office/<slug:business>/printing/<uuid:job_id>/": "a job that printed",
    "GET office/<slug:business>/printing/<uuid:job_id>/file/": "a job that printed",
    "GET office/<slug:business>/reward/<str:code>/picture/": "a picture",
    "GET office/<slug:business>/imports/aside/<uuid:job_id>/": "a job that brought in what was set aside",
    "GET office/<slug:business>/imports/aside/<uuid:job_id>/refused/": "a job that brought in what was set aside",
    "GET office/<slug:business>/imports/<uuid:import_id>/refused/": "rows that were refused",
    "GET office/<slug:business>/programme/what-if/<uuid:job_id>/": "a job that replayed",
}


def named(address):
    """The parameters of an address that name a thing of a business, with what each names."""
    for name in re.findall(r"<\w+:(\w+)>", address):
        if name == "code":
            yield name, CODES.get(address.split("/")[2])
        elif name == "invitation_id":
            yield name, StaffInvitation if "/staff/" in address else Invitation
        elif name not in OURS | {"business"}:
            yield name, Staff if name == "person_id" else NAMED[name]


def id_of_one(model, business, member_id):
    """The id of something of a business: one that is there (of people the cashier), else one that is made up."""
    rows = model.objects.filter(business=business)
    row = (rows.filter(role="cashier") if model is Staff else rows).first() or model.objects.create(
        **{field.attname: made_up(field, business, member_id) for field in model._meta.concrete_fields if needed(field)}
    )
    return str(row.person_id if model is Staff else row.code if model in CODES.values() else row.id)


def needed(field):
    return field.attname == "business_id" or not (field.null or field.has_default())


def made_up(field, business, member_id):
    known = {"business_id": business.id, "member_id": member_id, "id": new_id(), "role": "cashier"}
    known |= {"why": "returns", "receipts": [], "what": "export"}  # of what is watched for, and asked about data
    if field.attname in known:
        return known[field.attname]
    if field.attname == "store":
        return Store.objects.filter(business=business).order_by("code").first().code
    kinds = {
        models.DateTimeField: NOW,
        models.DateField: date(2026, 3, 4),
        models.JSONField: {},
        models.UUIDField: new_id(),
        models.IntegerField: 1,
        models.BinaryField: b"x",
        models.CharField: new_id().hex[-(field.max_length or 1) :] if field.unique else "x",
    }
    return next((value for kind, value in kinds.items() if isinstance(field, kind)), "x")


def body_of(answer, ids):
    """What the page says, without what is new each time and the names that were asked for."""
    text = answer.content.decode()
    text = re.sub(r"nonce=[\"'][^\"']+|name=.csrfmiddlewaretoken. value=.\w+|X-CSRFToken[^}]+", "", text)
    for each in ids.values():
        text = text.replace(f"/{each}/", "/…/")
    return answer.status_code, text


def filled(address, ids):
    def value(match):
        kind, name = match.groups()
        return said.get(name, UNKNOWN[kind])

    said = {"business": "padaria", **PARTS.get(address.split("/")[2], {}), **ids}
    return "/" + re.sub(r"<(\w+):(\w+)>", value, address)


@dataclass
class Side:
    """A business with somebody in each role, signed in; and the id of something of each kind that pages name."""

    clients: dict
    ids: dict

    def ask(self, role, line, ids):
        method, _, address = line.partition(" ")
        return self.clients[role].generic(method, filled(address, ids))

    def try_out(self, role, line, ids):
        """What is answered; what it changed is taken back."""
        with transaction.atomic():
            answer = self.ask(role, line, ids)
            transaction.set_rollback(True)
        return answer


def side(shop, ids):
    """Its partner gave a voucher, and was sent what it is owed."""
    agreed = [{"reward": reward, "from": "2026-03-04", "price": 100} for reward in ("toast", "wheel")]
    at_partner = {"kind": "service", "price": {"unit": "points", "amount": 1}, "partners": ["tyres"]}
    shop.office.ok("PUT", "/rewards/wheel", at_partner)
    shop.office.ok("PUT", "/partners/tyres", {"name": "Tyres", "prices": agreed})
    voucher = shop.office.ok("POST", "/vouchers", {"member": ids["member_id"], "reward": "wheel"})
    shop.office.ok("POST", f"/vouchers/{voucher['code']}/redeem", {"partner": "tyres"})
    shop.office.ok("POST", f"/settlements/{ids['settlement_id']}/state", {"state": "sent"})
    clients = people_of(shop.business)
    found = {model for line in OF_A_BUSINESS for _, model in named(line) if model}
    return Side(clients, {model: id_of_one(model, shop.business, ids["member_id"]) for model in found})


def people_of(business):
    store, clients = Store.objects.filter(business=business).order_by("code").first(), {}
    for role in ROLES:
        person = Person.objects.create_user(f"{role}@{business.slug}.example", None, created_at=NOW)
        Staff.objects.create(business=business, person=person, role=role, since=NOW)
        clients[role] = Client()
        clients[role].force_login(person)
        session = clients[role].session  # the auditor looks at the counter, and chooses no store
        session["counter_store"] = {str(business.id): store.code}
        session.save()
    PartnerClerk.objects.create(business=business, partner="tyres", person=person, since=NOW)
    return clients


@pytest.fixture
def ours(shop):
    return side(shop, test_access.things_of(shop, "S1"))


@pytest.fixture
def strangers(other, theirs):
    """Their codes are none of ours."""
    other.office.ok("PUT", "/rewards/ham", {"kind": "service"})
    other.office.ok("PUT", "/partners/smiths", {"name": "Smiths"})
    found = side(other, theirs)
    found.ids.update({Reward: "ham", Partner: "smiths"})
    return found


def test_each_page_for_each_role_with_what_is_ours_anothers_and_nobodys(ours, strangers):
    before = test_access.everything()
    for line, said in OF_A_BUSINESS.items():
        kinds = {name: model for name, model in named(line) if model}
        own, foreign = ({name: each.ids[model] for name, model in kinds.items()} for each in (ours, strangers))
        unknown = {
            name: "nobodys" if name == "code" else UNKNOWN["int" if name == "person_id" else "uuid"] for name in kinds
        }
        for role, status in zip(ROLES, map(int, said.split()), strict=True) if kinds else ():
            opened = ours.try_out(role, line, own).status_code
            assert strangers.ask(role, line, own).status_code == 404, (line, role)
            answer = body_of(ours.ask(role, line, foreign), foreign)
            assert answer[0] == status, (line, role)
            if status == 403:
                opens = {403}
            else:
                assert answer == body_of(ours.ask(role, line, unknown), unknown), (line, role)
                opens = {404} if line in MORE_NEEDED else {200, 302, 409, 422}
            assert opened in opens, (line, role)
    assert test_access.everything() == before
