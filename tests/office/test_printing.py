"""What goes on paper, as printers and readers have it: pages are rendered, and their codes are read."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from django.test import Client

from fiel.core.identity import read_swipe
from fiel.jobs.models import Job
from fiel.members.cards import give_card
from fiel.members.models import Card, Member
from fiel.trail.models import Act
from tests.jobs import conftest

work = conftest.work_off

ANA, BIA, CAO = "+5511987654321", "+5511987650000", "+5511987651111"
LONG = "Maria Aparecida Fernanda da Conceição dos Santos Albuquerque de Mendonça Filha"


def pages(content):
    """A PDF's pages as pictures, 200 dots an inch."""
    document = pypdfium2.PdfDocument(content)
    return [page.render(scale=200 / 72).to_pil() for page in document]


def text_of(content):
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range() for page in document]


def read(picture):
    """The codes on a page, as a reader finds them: (format, text), from the top left on."""
    found = zxingcpp.read_barcodes(picture)
    at = sorted(found, key=lambda each: (round(each.position.top_left.y / 60), each.position.top_left.x))
    return [(str(each.format).rpartition(".")[2], each.text) for each in at]


@pytest.fixture
def members(bakery):
    """Ana with a card of ours, Bia with one of letters, and somebody with a very long name and none."""
    ana, bia, cao = (
        bakery.enrol(phone, name) for phone, name in ((ANA, "Ana Souza"), (BIA, "=Bia Łukasz Ñuñez"), (CAO, LONG))
    )
    give_card(bakery.business, ana.id, "2900000000018", now=bakery.clock.now)
    give_card(bakery.business, bia.id, "VIP77", now=bakery.clock.now)
    return ana, bia, cao


@pytest.fixture
def printed(signed_in, bakery, work):
    """Prints something by its page, and gives the file."""

    def printing(what, **said):
        said = {"what": what, "first": "2026-01-01", "last": "2030-12-31", "give": "", "sheet": "24", **said}
        answer = signed_in.post(f"{bakery.page}printing/", said)
        assert answer.status_code == 302, answer.context["wrong"]
        work()
        done = signed_in.get(answer["Location"])
        assert Job.objects.latest("created_at").state == "done", Job.objects.latest("created_at").failure
        return signed_in.get(f"{answer['Location']}file/").content, done

    return printing


def test_cards_have_their_backs_behind_their_fronts(printed, members, bakery):
    """Both codes lead to the card. Turned over the long edge, what is left on the front is right on the back."""
    content, done = printed("cards", give="1")
    front, back = pages(content)
    numbers = [Card.objects.get(member_id=each.id).number for each in members]
    assert numbers[2].startswith("2")
    assert {text for _, text in read(front)} == set(numbers)
    fronts = {text: place for place, (_, text) in enumerate(read(front))}
    backs = {text: place for place, (_, text) in enumerate(read(back))}
    assert dict(read(back))["EAN-13"] in numbers
    assert ("Code 128", "VIP77") in read(back)
    # Two across: the first on the front stands second on the back.
    assert fronts[numbers[0]] == 0
    assert backs[numbers[0]] == 1
    assert "Padaria Sol" in text_of(content)[0]
    assert "3 members are printed." in done.content.decode()
    assert Act.objects.get(what="cards.given").after == {"cards": 1}


def test_without_a_card_one_is_left_out_unless_one_is_given(printed, members):
    content, done = printed("tracks")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["number"] for row in rows] == ["2900000000018", "VIP77"]
    assert rows[1]["name"] == "'=Bia Łukasz Ñuñez"  # no formula
    assert rows[0]["track1"] == "%B2900000000018^ANA SOUZA^00000000000?"
    assert rows[1]["track2"] == ""
    for track in ("track1", "track2"):
        assert read_swipe(rows[0][track])[0] == "2900000000018"
    assert "1 are left out: they have no card." in done.content.decode()


@pytest.mark.parametrize("sheet", ["24", "65"])
def test_labels_are_read_and_begin_behind_the_used_ones(printed, members, sheet):
    content, _ = printed("labels", give="1", sheet=sheet, skip="23" if sheet == "24" else "64")
    assert len(pages(content)) == 2
    found = [each for picture in pages(content) for each in read(picture)]
    assert ("EAN-13", "2900000000018") in found
    assert ("Code 128", "VIP77") in found
    assert len(found) == 3


def test_statements_come_in_each_ones_language_with_every_movement(printed, members, bakery):
    ana = members[0]
    Member.objects.filter(id=ana.id).update(language="pt-br")
    bakery.sell(("Pão", "bakery", 1000), to=ANA)
    for number in range(45):
        bakery.sell(("Bolo", "bakery", 200), to=CAO, ago=timedelta(hours=number % 5))
    content, _ = printed("statements", typed="")
    text = text_of(content)
    assert len(text) == 4  # the one of 45 movements has two pages
    assert "Seu extrato" in text[0]
    assert "20 pontos" in text[0]
    assert "S1 · 000001" in text[0]
    assert "Your statement" in text[1]
    assert sum(page.count("S1 · 0000") for page in text[2:]) == 45
    assert LONG[:30] in text[2]


def test_letters_go_to_those_with_an_address_which_stands_in_the_window(printed, members):
    Member.objects.filter(id=members[0].id).update(address="Rua das Flores 12\n01310-100 São Paulo")
    content, done = printed("letters")
    page = pypdfium2.PdfDocument(content)[0].get_textpage()
    found = page.search("Rua das Flores 12").get_next()
    left, _, _, top = page.get_charbox(found[0])
    window = (20, 45, 105, 90)  # millimetres from the left and the top: DIN 5008 B
    x, y = left / 72 * 25.4, (842 - top) / 72 * 25.4
    assert window[0] <= x <= window[2]
    assert window[1] <= y <= window[3]
    assert "2 are left out: they have no address." in done.content.decode()


def test_lists_go_out_as_text_that_no_spreadsheet_runs(printed, members, bakery):
    import openpyxl

    bakery.sell(("Pão", "bakery", 1000), to=ANA)
    content, _ = printed("list_csv", typed="ana")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [(row["name"], row["phone"], row["points"], row["cards"]) for row in rows] == [
        ("Ana Souza", "'" + ANA, "20", "2900000000018")
    ]
    content, _ = printed("list_xlsx", tier="silver")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    names = [row[1] for row in sheet.iter_rows(values_only=True)]
    assert names == ["name", "Ana Souza", "'=Bia Łukasz Ñuñez", LONG]
    assert sheet["C2"].value == "'" + ANA


def test_one_members_statement_and_card_come_at_once(signed_in, bakery, members):
    at = f"{bakery.page}members/{members[0].id}/"
    assert "Your statement" in text_of(signed_in.get(f"{at}statement.pdf").content)[0]
    front, back = pages(signed_in.get(f"{at}card.pdf").content)
    assert read(front) == [("QR Code", "2900000000018")]
    assert read(back) == [("EAN-13", "2900000000018")]
    none = signed_in.get(f"{bakery.page}members/{members[2].id}/card.pdf", follow=True)
    assert "There is no card to print: give one first." in none.content.decode()


def test_a_slip_leads_to_its_voucher(signed_in, bakery, members, work):
    from fractions import Fraction

    from fiel.rewards.change import RewardRow, put_reward
    from fiel.rewards.give import issue

    row = RewardRow(
        kind="item", name="Um café com um pão de queijo quentinho", price=("points", Fraction(10)), valid_days=9
    )
    put_reward(bakery.business, "cafe", row)
    bakery.sell(("Pão", "bakery", 10_000), to=ANA)
    vouchers = [issue(bakery.business, members[0].id, "cafe") for _ in range(9)]
    content = signed_in.get(f"{bakery.page}vouchers/{vouchers[0].voucher.id}/slip.pdf").content
    [picture] = pages(content)
    assert read(picture) == [("QR Code", vouchers[0].code)]
    assert "quentinho" in text_of(content)[0]
    asked = signed_in.post(f"{bakery.page}reward/cafe/slips/")
    work()
    content = signed_in.get(f"{asked['Location']}file/").content
    found = [text for picture in pages(content) for _, text in read(picture)]
    assert sorted(found) == sorted(each.code for each in vouchers)
    assert len(pages(content)) == 2


def test_what_is_asked_wrongly_is_said_and_others_get_nothing(signed_in, bakery, printed, members, open_shop):
    said = {"what": "statements", "first": "2026-02-01", "last": "2026-01-01"}
    answer = signed_in.post(f"{bakery.page}printing/", said)
    assert answer.status_code == 422
    assert "The time ends before it begins." in answer.content.decode()
    assert signed_in.post(f"{bakery.page}printing/", {**said, "joined_from": "soon"}).status_code == 422
    assert printed("cards")[0].startswith(b"%PDF")
    job = Job.objects.latest("created_at")
    other = open_shop(slug="outra", email="outra@example.com")
    from fiel.privacy.erase import erase

    erase(bakery.business, members[2].id, now=bakery.clock.now, by="tests")
    assert "The file is deleted by now" in signed_in.get(f"{bakery.page}printing/{job.id}/").content.decode()
    assert signed_in.get(f"{bakery.page}printing/{job.id}/file/").status_code == 404
    stranger = Client()
    stranger.force_login(other.owner)
    assert stranger.get(f"{other.page}printing/{job.id}/").status_code == 404
    assert stranger.get(f"{other.page}printing/{job.id}/file/").status_code == 404
