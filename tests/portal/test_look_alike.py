"""Thirty tries with what is real elsewhere: each is answered as what never was, and nothing has changed."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.core import mail

from fiel.ledger.models import Entry
from fiel.members.models import LoginCode, MemberSession
from fiel.rewards.give import issue
from fiel.rewards.models import Delivery, Voucher
from tests.counter.conftest import Counter, furnish
from tests.portal.conftest import Portal, text

BIA = "+5511987650002"


@pytest.fixture
def bia(bakery):
    """Another customer of the bakery, with a receipt, a voucher, and a code on its way."""
    return customer(bakery)


@pytest.fixture
def far(open_shop):
    """A customer of another business, with the same."""
    shop = furnish(open_shop(slug="talho", email="dono@talho.example", name="Talho"))
    return customer(shop)


def customer(shop):
    member = shop.enrol(BIA, "Bia Lima")
    receipt = shop.sell(("Bolos", "bakery", 9000), to=BIA)
    voucher = issue(shop.business, member.id, "cake")
    portal = Portal(shop)
    code = portal.post("sign-in/", who=BIA, by_code="1")["Location"].rsplit("/", 2)[1]
    return {
        "member": str(member.id),
        "receipt": str(receipt),
        "voucher": str(voucher.voucher.id),
        "code": voucher.code,
        "asked": code,
        "digits": portal.code(),
    }


def state():
    """What nobody may move by guessing."""
    return (
        list(Voucher.objects.order_by("id").values_list("id", "state")),
        Entry.objects.count(),
        Delivery.objects.count(),
        MemberSession.objects.count(),
        LoginCode.objects.exclude(used_at=None).count(),
        len(mail.outbox),
    )


def said(answer):
    """Status and words; ids, tokens and the typed text itself are blanked."""
    words = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}", "·", text(answer))
    return answer.status_code, re.sub(r"/c/\w+/", "/c/·/", answer.get("Location", "")), words


READ = ["receipts/{receipt}/", "vouchers/{voucher}/", "receipts/{voucher}/", "vouchers/{receipt}/"]
READ += ["me/contact/{asked}/", "vouchers/{member}/", "receipts/{member}/"]
SENT = [("vouchers/{voucher}/cancel/", {}), ("vouchers/{receipt}/cancel/", {}), ("vouchers/{member}/cancel/", {})]
SENT += [("me/contact/{asked}/", {"code": "{digits}"}), ("rewards/take/", {"reward": "{voucher}", "once": "{voucher}"})]
NEVER = {
    "member": str(UUID(int=1)),
    "receipt": str(UUID(int=2)),
    "voucher": str(UUID(int=3)),
    "code": "2222-2222-222",
    "asked": str(UUID(int=4)),
    "digits": "000000",
}


def tries(portal, of):
    """What somebody signed in may try with another's ids: reading, and sending."""
    for path in READ:
        yield said(portal.get(path.format(**of)))
    for path, fields in SENT:
        yield said(portal.post(path.format(**of), **{name: value.format(**of) for name, value in fields.items()}))


def test_thirty_look_alikes(ana_at, bia, far, client, bakery):
    """Ana tries what is Bia's and what is another business's; then the other business's code comes to our counter."""
    before, unknown, tried = state(), list(tries(ana_at, NEVER)), 0
    for of in (bia, far):
        got = list(tries(ana_at, of))
        assert got == unknown
        tried += len(got)
    # Her session is nobody's at the other business: she is led to the page for signing in, as who has none.
    there, nobody = Portal(ana_at.shop), Portal(ana_at.shop)
    there.client.cookies = ana_at.client.cookies.copy()
    there.home = nobody.home = "/c/talho/"
    for path in ("me/", "card/", "vouchers/{voucher}/", "receipts/{receipt}/", "me/export/json/", "movements/"):
        assert said(there.get(path.format(**far))) == said(nobody.get(path.format(**NEVER)))
        tried += 1
    # A code for signing in is good at the business where it was asked for.
    assert said(ana_at.post(f"code/{far['asked']}/", code=far["digits"])) == said(
        ana_at.post(f"code/{NEVER['asked']}/", code=NEVER["digits"])
    )
    client.force_login(bakery.owner)
    counter = Counter(client, bakery)
    assert said(counter.find(far["code"])) == said(counter.find(NEVER["code"]))
    assert tried + 2 >= 30
    assert state() == before
