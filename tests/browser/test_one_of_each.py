"""The pages of one thing: a reward, a voucher, a partner, a settlement, an import; the partner's side; saying stop.

And two that say by colours, too, how something stands: the installation, and requests that are overdue.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.browser.conftest import DESK, PASSWORD, PHONE
from tests.browser.test_office_members import ANA, keeps_out

pytestmark = pytest.mark.django_db(transaction=True)

SHOTS = os.environ.get("SHOTS")
"""A folder: each page is photographed there, to be looked at."""


@pytest.fixture
def paths(shop, client):
    """A month with the tyre shop, up to its settlement; a file that waits to be brought in: the pages of each."""
    from fiel.outreach.messages.stop import stop_link
    from fiel.privacy.requests import ask
    from fiel.programme.versions import zone_now
    from fiel.rewards import settlement
    from fiel.rewards.deliveries import Place
    from fiel.rewards.give import issue, redeem
    from fiel.rewards.models import Reward
    from fiel.rewards.partners import PartnerRow, put_partner
    from fiel.shops.models import Person

    business, now = shop.business, shop.clock.now
    business.language = "pt-br"
    business.save()
    Reward.objects.create(
        business=business, code="balance", kind="service", name="Balanceamento", price_unit="points", price_steps=10,
        partners=["tyres"],
    )  # fmt: skip
    ana = shop.enrol(ANA, "Ana Souza")
    shop.sell(("Pão", "bakery", 10_000), to=ANA)
    row = PartnerRow("Pneus Silva", clerks={"rui@pneus.example": ""}, prices=[("balance", now.date(), 4000)])
    put_partner(business, "tyres", row, now=now - timedelta(days=1), today=now.date())
    rui = Person.objects.get(email="rui@pneus.example")
    rui.set_password(PASSWORD)
    rui.save()
    issued = [issue(business, ana.id, "balance") for _ in range(3)]
    for each in issued[:2]:
        redeem(business, each.code, by="rui", place=Place(partner="tyres"))
    month = now.astimezone(zone_now(business, now)).date().replace(day=1)
    [made] = settlement.draft_settlements(business, month, by="dona", now=now)
    settlement.move(business, made.id, "sent", side="business", by="dona", now=now + timedelta(days=32))
    asked = now - timedelta(days=20)
    ask(business, ana.id, "correct", words="Souza, com z", source="portal", now=asked, today=asked.date())
    client.force_login(shop.owner)
    file = SimpleUploadedFile("clientes.csv", b"Celular;Nome;Saldo\n11 98765-0000;Bia;50\nnada;Eva;\n")
    kept = client.post(f"{shop.page}imports/", {"files": file})["Location"]
    office = ["reward/balance/"]
    office += [f"vouchers/{issued[2].voucher.id}/", f"vouchers/{issued[0].voucher.id}/", "partners/", "partner/tyres/"]
    office += ["settlements/", f"settlements/{made.id}/", "imports/", "setup/business/", "statements/", "campaigns/"]
    office += ["status/", "requests/"]
    return {
        "owner": [*(shop.page + each for each in office), kept],
        "partner": ["/partner/padaria/", "/partner/padaria/redemptions/", "/partner/padaria/settlements/",
                    f"/partner/padaria/settlements/{made.id}/"],
        "nobody": ["/c/padaria/", stop_link(business, ana.id)],
    }  # fmt: skip


@pytest.mark.parametrize(("size", "dark"), [(PHONE, False), (DESK, True)], ids=["phone", "desk"])
def test_nothing_keeps_anybody_out_of_one_thing(window, shop, paths, sign_in, size, dark):
    emails = {"owner": shop.owner.email, "partner": "rui@pneus.example"}
    found = {}
    for who, theirs in paths.items():
        page = window(size, dark=dark, locale="pt-BR")
        if who in emails:
            sign_in(page, emails[who])
            page.wait_for_load_state()
        for n, path in enumerate(theirs):
            answer = page.goto(path)
            assert answer.status == 200, path
            found[path] = keeps_out(page)
            if SHOTS:
                name = f"{who}-{n:02}-{'phone' if size == PHONE else 'desk'}-{'dark' if dark else 'light'}.png"
                page.screenshot(path=Path(SHOTS) / name, full_page=True)
    assert found == {path: [] for path in found}
