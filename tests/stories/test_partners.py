"""Gifts at a partner: redeemed there, paid at the end of the month; both sides see it, and nobody sees the person."""

from __future__ import annotations

import base64
import csv
import io
import json

import pypdfium2
import pytest
from typer.testing import CliRunner

from fiel.clock import now
from fiel.core.refusals import Refused
from fiel.ops.audit import audit
from fiel.ops.cli import WITH_DJANGO, application, commands
from fiel.programme.versions import zone_now
from fiel.rewards.partners import desks_of, redemptions, see_voucher
from fiel.shops.models import Person
from tests.api import conftest

shop, _forget = conftest.shop, conftest._forget


@pytest.fixture
def ana(shop):
    """Ana has bought for R$ 500.00, and holds 500 points."""
    ana = shop.till.enrol(code="ana", name="Ana Souza", phone="11 98765-4321")
    shop.till.sell(number="R0", member={"code": "ana"}, amount=50000)
    yield ana
    # Whatever the story was, the books hold.
    report = audit(shop.business, recount=True)
    assert report.holds, report.findings


class Tyres:
    """Pneus Silva balances wheels for the baker's customers; from 4 March the baker pays R$ 40.00 for each."""

    def __init__(self, shop):
        self.office = shop.office
        balancing = {"kind": "service", "name": "Balanceamento", "price": {"unit": "points", "amount": "100"}}
        self.office.ok("PUT", "/rewards/balance", balancing)
        self.clerks = [{"email": "Rui@pneus.example", "store": "centro"}]
        self.agree("2026-03-04", 4000)
        self.office.ok("PUT", "/rewards/balance", {**balancing, "partners": ["tyres"]})

    def agree(self, day, price):
        prices = [{"reward": "balance", "from": day, "price": price}]
        stores = [{"code": "centro", "name": "=Centro"}]
        told = {"name": "Pneus Silva", "stores": stores, "clerks": self.clerks, "prices": prices}
        return self.office.ok("PUT", "/partners/tyres", told)

    def redeem(self, code):
        body = {"partner": "tyres", "partner_store": "centro", "cashier": "rui"}
        return self.office.post(f"/vouchers/{code}/redeem", body)

    def settle(self, month):
        [made] = self.office.ok("POST", "/settlements", {"month": month})["items"]
        return made

    def step(self, settlement, state, **more):
        return self.office.post(f"/settlements/{settlement['id']}/state", {"state": state, **more})


@pytest.fixture
def tyres(shop, ana):
    return Tyres(shop)


def points(shop):
    return shop.till.ok("POST", "/members/lookup", {"q": "ana"})["accounts"][0]["balance"]


def ask(shop, ana, reward="balance"):
    return shop.till.ok("POST", "/vouchers", {"member": ana["id"], "reward": reward})["code"]


def test_wheel_balancing_at_a_tyre_partner(shop, ana, tyres, clock):
    """A voucher of the bakery's is redeemed at Pneus Silva, once, for the price that was agreed for that day."""
    code = ask(shop, ana)
    # The bakery itself cannot balance wheels.
    assert shop.till.post(f"/vouchers/{code}/redeem").code == "voucher_not_redeemable"
    handed = tyres.redeem(code).body["delivery"]
    assert (handed["partner"], handed["partner_store"], handed["price"]) == ("tyres", "centro", 4000)
    assert tyres.redeem(code).code == "voucher_not_redeemable"
    tyres.agree("2026-04-01", 4500)
    codes = [ask(shop, ana) for _ in range(2)]
    clock.set("2026-04-01T02:59:59Z")  # still March in São Paulo
    assert tyres.redeem(codes[0]).body["delivery"]["price"] == 4000
    clock.set("2026-04-01T03:00:00Z")
    assert tyres.redeem(codes[1]).body["delivery"]["price"] == 4500


def test_the_month_is_settled_and_both_sides_see_it(shop, ana, tyres, clock):
    """March comes to R$ 80.00; the partner says that a car was done twice, and both agree on R$ 120.00."""
    codes = [ask(shop, ana) for _ in range(2)]
    for code in codes:
        tyres.redeem(code)
    march = tyres.settle("2026-03")
    assert (march["partner"], march["state"], march["total"]) == ("tyres", "draft", 8000)
    assert tyres.step(march, "sent").code == "conflict"  # the month is not over
    clock.set("2026-04-02T12:00:00Z")
    assert tyres.step(march, "accepted").code == "conflict"
    assert tyres.step(march, "sent").status == 200
    # Once sent, it stays as it is; whoever finds it wrong says so.
    path = f"/settlements/{march['id']}"
    assert shop.office.post(f"{path}/corrections", {"amount": -1, "reason": "x"}).code == "conflict"
    assert tyres.step(march, "disputed").pointers == ["/note"]
    assert tyres.step(march, "disputed", note="One car was done twice").status == 200
    corrected = shop.office.ok("POST", f"{path}/corrections", {"amount": 4000, "reason": "Done twice"})
    assert corrected["total"] == 12000
    assert tyres.step(march, "corrected").status == 200
    agreed = tyres.step(march, "agreed").body
    assert [each["state"] for each in agreed["steps"]] == ["draft", "sent", "disputed", "corrected", "agreed"]
    assert [each["side"] for each in agreed["steps"]] == ["business", "business", "partner", "business", "partner"]
    assert [each["voucher"] for each in agreed["lines"]] == [*codes, None]
    # Nobody at the partner's learns who it was.
    assert "Ana" not in str(agreed)
    assert ana["id"] not in str(agreed)


def test_the_settlement_on_paper(shop, ana, tyres):
    code = ask(shop, ana)
    tyres.redeem(code)
    march = tyres.settle("2026-03")
    shop.office.ok("POST", f"/settlements/{march['id']}/corrections", {"amount": -1500, "reason": "+ see letter"})
    paper = shop.office.ok("GET", f"/settlements/{march['id']}/paper")
    rows = list(csv.DictReader(io.StringIO(paper["csv"])))
    assert [row["amount"] for row in rows] == ["40.00", "-15.00"]
    # No spreadsheet takes a word for a formula.
    assert (rows[0]["store"], rows[1]["reason"]) == ("'=Centro", "'+ see letter")
    pdf = pypdfium2.PdfDocument(base64.b64decode(paper["pdf"]))
    text = pdf[0].get_textpage().get_text_bounded()
    pdf.close()
    assert [word in text for word in ("Pneus Silva", code, "25.00", "see letter")] == [True] * 4


def test_a_settlement_made_again_changes_nothing(shop, ana, tyres, clock):
    codes = [ask(shop, ana) for _ in range(3)]
    tyres.redeem(codes[0])
    assert [tyres.settle("2026-03")["total"] for _ in range(2)] == [4000, 4000]
    tyres.redeem(codes[1])
    assert tyres.settle("2026-03")["total"] == 8000  # a draft goes on
    clock.set("2026-04-02T12:00:00Z")
    tyres.step(tyres.settle("2026-03"), "sent")
    tyres.redeem(codes[2])
    assert [tyres.settle(month)["total"] for month in ("2026-03", "2026-04")] == [8000, 4000]
    listed = shop.office.ok("GET", "/settlements?partner=tyres&limit=1")
    rest = shop.office.ok("GET", f"/settlements?partner=tyres&limit=1&cursor={listed['next_cursor']}")
    assert [each["month"] for each in (*listed["items"], *rest["items"])] == ["2026-04", "2026-03"]


def test_the_partner_and_its_clerks(shop, tyres, ana):
    told = shop.office.ok("GET", "/partners/tyres")
    assert told["clerks"] == [{"email": "rui@pneus.example", "store": "centro"}]
    assert shop.office.ok("GET", "/partners")["items"] == [told]
    rui = Person.objects.get(email="rui@pneus.example")
    assert [place.role for place in rui.places.all()] == ["partner"]
    [desk] = desks_of(rui)
    assert (desk.business, str(desk.partner), desk.store) == (shop.business, "Pneus Silva", "centro")
    # Who is a clerk no more has no desk; a partner that has ended redeems nothing.
    tyres.clerks = []
    tyres.agree("2026-03-05", 4000)
    assert (desks_of(rui), list(rui.places.all())) == ([], [])
    code = ask(shop, ana)
    shop.office.ok("PUT", "/partners/tyres", {"name": "Pneus Silva", "ended": True})
    assert tyres.redeem(code).code == "voucher_not_redeemable"


def test_what_the_clerk_sees(shop, tyres, ana):
    """What it is and that it is good; of what the partner does not give, nothing."""
    code = ask(shop, ana)
    today = now().astimezone(zone_now(shop.business, now())).date()
    seen = see_voucher(shop.business, "tyres", code, today=today)
    assert (seen.name, seen.state, seen.here) == ("Balanceamento", "issued", False)
    tyres.redeem(code)
    seen = see_voucher(shop.business, "tyres", code, today=today)
    assert (seen.state, seen.here, seen.price) == ("redeemed", True, 4000)
    assert [row.reward for row in redemptions(shop.business.id, "tyres")] == ["balance"]
    shop.office.ok("PUT", "/rewards/mug", {"kind": "service", "price": {"unit": "points", "amount": 1}})
    for foreign in (ask(shop, ana, "mug"), "K7QM-2XWA-9DB"):
        with pytest.raises(Refused, match="There is no voucher with this code"):
            see_voucher(shop.business, "tyres", foreign, today=today)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"clerks": [{"email": "rui"}]}, "/clerks/0/email"),
        ({"clerks": [{"email": "r@x.example", "store": "norte"}]}, "/clerks/0/store"),
        ({"prices": [{"reward": "car", "from": "2026-03-04", "price": 1}]}, "/prices/0/reward"),
        ({"prices": [{"reward": "balance", "from": "2026-03-03", "price": 1}]}, "/prices/0/from"),
        ({"prices": [{"reward": "balance", "from": "2026-03-04", "price": -1}]}, "/prices/0/price"),
    ],
)
def test_what_a_partner_cannot_be(shop, tyres, said, pointer):
    answer = shop.office.put("/partners/tyres", {"name": "Pneus Silva", **said})
    assert (answer.code, answer.pointers) == ("invalid", [pointer])


def test_a_reward_for_which_no_price_is_agreed(shop, ana, tyres):
    """Nobody is sent to a partner who would not be paid."""
    shop.office.ok("PUT", "/partners/cakes", {"name": "Doces"})
    slice_ = {"kind": "service", "price": {"unit": "points", "amount": 1}, "partners": ["cakes"]}
    shop.office.ok("PUT", "/rewards/slice", slice_)
    refused = shop.till.post("/vouchers", {"member": ana["id"], "reward": "slice"})
    assert (refused.code, points(shop)) == ("reward_not_available", "500")


def test_the_settlement_by_the_command(shop, ana, tyres, clock, tmp_path):
    tyres.redeem(ask(shop, ana))
    clock.set("2026-04-02T12:00:00Z")
    typed = ["settlement", "padaria", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(application(commands(WITH_DJANGO)), typed)
    assert done.exit_code == 0, done.output
    assert "40.00" in done.output
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "padaria-tyres-2026-03.csv",
        "padaria-tyres-2026-03.pdf",
    ]
    done = CliRunner().invoke(application(commands(WITH_DJANGO)), ["settlement", "padaria", "--json"])
    [told] = json.loads(done.stdout)["settlements"]
    assert (told["partner"], told["month"], told["total"]) == ("tyres", "2026-03", 4000)
