"""A code that turns: what the phone shows is taken at the counter, and a photograph of it is not."""

from __future__ import annotations

import re

import pytest

from fiel.members.turning import turning_code
from tests.counter.conftest import Counter
from tests.portal.conftest import text


def read(svg):
    """What a scanner reads from the picture in the page."""
    import zxingcpp
    from PIL import Image

    path = re.search(r'<path[^>]*class="qrline"[^>]*d="([^"]+)"', svg)[1]
    scale, side = 4, int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    picture, x, y = Image.new("L", (side, side), 255), 0, 0
    for step, *figures in re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", path):
        if step == "h":
            length = int(figures[0])
            top = int((y - 0.5) * scale)
            picture.paste(0, (int(x * scale), top, int((x + length) * scale), top + scale))
            x += length
        else:
            dx, dy = (float(each) for each in figures)
            x, y = (dx, dy) if step == "M" else (x + dx, y + dy)
    [found] = zxingcpp.read_barcodes(picture)
    return found.text


@pytest.fixture
def office(client, bakery):
    client.force_login(bakery.owner)
    return client


@pytest.fixture
def shown(ana_at, office):
    """The code that Ana's phone shows at this moment."""
    office.post("/office/padaria/brand/", {"card": "turning"})
    return lambda: read(ana_at.get("card/code/").content.decode())


def test_what_the_phone_shows_is_taken_and_a_photograph_is_not(shown, ana_at, ana, office, bakery, clock, open_shop):
    counter = Counter(office, bakery)
    assert "changes every half minute" in text(ana_at.get("card/"))
    code = shown()
    assert re.fullmatch("FQ[A-Z2-7]{48}", code)
    assert "The card was shown on the phone just now" in text(counter.member(code))
    clock.advance(seconds=30)
    assert shown() != code
    assert counter.find(code.lower()).status_code == 302  # scanning takes its time
    clock.advance(seconds=30)
    over = counter.find(code)
    assert (over.status_code, "This code is over" in text(over)) == (422, True)
    made_up = f"{shown()[:-1]}{'A' if shown()[-1] != 'A' else 'B'}"
    assert text(counter.find(made_up)) == text(over).replace(code, made_up)
    other = open_shop(slug="outra", email="outra@example.com", name="Outra")
    assert counter.find(turning_code(other.business, ana.id, now=clock.now)).status_code == 422
    assert counter.find("11987650001")["Location"].endswith(f"/members/{ana.id}/")


def test_a_till_takes_it_too_and_the_business_goes_back(shown, ana_at, ana, office, bakery, clock):
    from fiel.shops.keys import create_key
    from tests.api.till import Till

    till = Till(create_key(bakery.business, scopes=["till"], store="S1", till="T9", now=clock.now)[1])
    assert till.ok("POST", "/members/lookup", {"q": shown()})["id"] == str(ana.id)
    assert till.post("/members/lookup", {"q": f"FQ{'A' * 48}"}).status == 422
    office.post("/office/padaria/brand/", {"card": "lasting"})
    assert ana_at.get("card/code/").status_code == 404
    assert "changes every half minute" not in text(ana_at.get("card/"))


@pytest.fixture
def limited(office, bakery):
    """The bakery asks for a proof above 40 points at once."""
    form = {"name": "Padaria Sol", "language": "en", "hand_limit": "", "spend_limit": "40", "minimum_age": "18"}
    assert office.post("/office/padaria/setup/business/", form).status_code == 302
    bakery.business.refresh_from_db()
    assert bakery.business.spend_limit == 40
    return bakery


def test_above_the_limit_a_number_is_not_enough_at_the_counter(limited, ana_at, ana, office, clock):
    """Somebody says Ana's number and asks for her cake, which costs more: refused, in a clear sentence. Ana opens her
    card, her code is scanned, and she has it; five minutes later, or for somebody else, that proves nothing."""
    counter = Counter(office, limited)
    give = f"/counter/padaria/members/{ana.id}/rewards/"
    counter.find("11987650001")
    no = office.post(give, {"reward": "cake"})
    assert (no.status_code, "scan the code that changes" in text(no)) == (409, True)
    assert "Above 40 at once" in text(ana_at.get("card/"))
    code = read(ana_at.get("card/?spend").content.decode())
    assert counter.find(code).status_code == 302
    clock.advance(minutes=5, seconds=1)
    assert office.post(give, {"reward": "cake"}).status_code == 409
    assert counter.find(read(ana_at.get("card/code/").content.decode())).status_code == 302
    clock.advance(minutes=4)
    assert office.post(give, {"reward": "cake"}).status_code == 302


WORTH = {
    "name": "Clube",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [{"code": "points", "kind": "points", "value": "0.10"}],
    "earn": [{"code": "all", "unit": "points", "give": 1, "per": "1.00"}],
}  # fmt: skip


def test_above_the_limit_a_till_sends_the_proof(limited, ana, clock):
    """A voucher, and a sale paid with points: `proof_needed` without the code, with one that is over, or another's.
    What is within the limit needs none, and nothing is asked twice of a sale that is in the books."""
    from fiel.programme.versions import publish
    from fiel.shops.keys import create_key
    from tests.api.till import Till

    publish(limited.business, WORTH, by="tests", now=clock.now, in_force_from=clock.now)
    till = Till(create_key(limited.business, scopes=["till"], store="S1", till="T9", now=clock.now)[1])
    over = turning_code(limited.business, ana.id, now=clock.now)
    clock.advance(minutes=2)
    proof = turning_code(limited.business, ana.id, now=clock.now)
    others = turning_code(limited.business, limited.enrol("+5511987650002", "Bia").id, now=clock.now)

    def pays(number, amount, **more):
        points = {"kind": "points", "unit": "points", "amount": amount}
        return till.post("/sales", till.sale(
            number=number, member={"id": str(ana.id)}, lines=[{"amount": 2000}],
            payments=[points, {"kind": "cash", "amount": 2000 - amount}], occurred_at=clock.now.isoformat(), **more,
        ))  # fmt: skip

    cake = {"member": str(ana.id), "reward": "cake"}
    wrong = ({}, {"proof": over}, {"proof": others}, {"proof": "123456"})
    for more in wrong:
        for refused in (
            pays("R1", 410, **more),
            till.post("/vouchers", {**cake, **more}),
        ):
            assert (refused.status, refused.body["code"]) == (409, "proof_needed")
    assert till.post("/quote", {"member": {"id": str(ana.id)}, "lines": [{"amount": 2000}], "payments": [
        {"kind": "points", "unit": "points", "amount": 410}]}).body["code"] == "proof_needed"  # fmt: skip
    within = pays("R2", 10)
    assert (within.status, within.body["balances"][0]["balance"]) == (201, "78")
    proved = pays("R1", 410, proof=proof)
    assert (proved.status, proved.body["movements"][0]["amount"]) == (201, "-41")
    clock.advance(minutes=5)
    assert till.post("/vouchers", {**cake, "proof": proof}).status == 409
