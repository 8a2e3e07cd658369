"""Every page that names something, with what belongs to another business: answered as if there were no such thing.

The addresses are those of tests/house/test_addresses.py, where each has to stand; what each call of the till API says
is in tests/api/test_access.py.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from django.db import models

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
from tests.house.test_addresses import OF_A_BUSINESS, UNKNOWN

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

# Parameters that name a part of the program, not somebody's thing.
OURS = {"act", "kind", "language", "number", "section", "step", "subject", "table", "what"}


def named(address):
    """The parameters of an address that name a thing of a business, with what each names."""
    for name in re.findall(r"<\w+:(\w+)>", address):
        if name == "code":
            yield name, CODES.get(address.split("/")[2])
        elif name == "invitation_id":
            yield name, StaffInvitation if "/staff/" in address else Invitation
        elif name not in OURS | {"business"}:
            yield name, Staff if name == "person_id" else NAMED[name]


def of_the_other(model, business, member_id):
    """The id of something of another business: one that is there, else one that is made up."""
    row = model.objects.filter(business=business).first() or model.objects.create(
        **{field.attname: made_up(field, business, member_id) for field in model._meta.concrete_fields if needed(field)}
    )
    return str(row.person_id if model is Staff else row.code if model in CODES.values() else row.id)


def needed(field):
    return field.attname == "business_id" or not (field.null or field.has_default())


def made_up(field, business, member_id):
    known = {"business_id": business.id, "member_id": member_id, "id": new_id(), "store": "S9"}
    if field.attname in known:
        return known[field.attname]
    kinds = {
        models.DateTimeField: NOW,
        models.DateField: date(2026, 3, 4),
        models.JSONField: {},
        models.UUIDField: new_id(),
        models.IntegerField: 1,
        models.BinaryField: b"x",
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
        return {"business": "padaria", **ids}.get(name, UNKNOWN[kind])

    return "/" + re.sub(r"<(\w+):(\w+)>", value, address)


@pytest.mark.parametrize("door", ["office", "counter", "partner"])
def test_what_belongs_to_another_business_is_not_there(client, shop, other, theirs, door):
    lines = [each for each in OF_A_BUSINESS if each.partition(" ")[2].startswith(door) and any(named(each))]
    assert len(lines) >= 5
    person = Staff.objects.get(business=shop.business).person
    Staff.objects.filter(business=shop.business).update(stores=["S1"])
    if door == "partner":
        Partner.objects.create(business=shop.business, code="own", name="Own")
        Staff.objects.filter(business=shop.business).update(role="partner")
        PartnerClerk.objects.create(business=shop.business, partner="own", person=person, since=NOW)
    client.force_login(person)
    other.office.ok("POST", f"/vouchers/{theirs['voucher']}/redeem")
    stranger = Person.objects.create_user("stranger@example.com", None, created_at=NOW)
    Staff.objects.filter(business=other.business).update(person=stranger)
    things = {line: dict(named(line)) for line in lines}
    foreign = {
        model: of_the_other(model, other.business, theirs["member_id"])
        for each in things.values()
        for model in each.values()
        if model
    }
    before = test_access.everything()
    for line, each in things.items():
        method, _, address = line.partition(" ")
        ids = {name: foreign[model] for name, model in each.items() if model}
        unknown = {
            name: "nobodys" if name == "code" else UNKNOWN["int" if name == "person_id" else "uuid"] for name in ids
        }
        answers = [body_of(client.generic(method, filled(address, said)), said) for said in (unknown, ids)]
        assert answers[0] == answers[1], line
        assert answers[0][0] in (403, 404, 409, 422), line
    assert test_access.everything() == before
