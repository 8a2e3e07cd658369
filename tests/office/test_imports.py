"""Files in the office: sent, their columns said once, looked at, brought in by the worker, and what did not come in."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from fiel.intake.models import Aside, ColumnProfile, Import, ImportPiece
from fiel.jobs.models import Job
from fiel.ledger.read import balances
from fiel.members.models import Member
from fiel.sales.models import Receipt
from fiel.trail.models import Act
from tests.jobs.conftest import work_off  # noqa: F401 - a fixture

MEMBERS = "Celular;Nome;Saldo\n11 98765-4321;Ana Souza;120\n11 98765-0000;Bia;1.250\nnot a phone;Eva;\n"
SALES = "Kd-Nr;Bon;Wann;Umsatz\n+5511987654321;7;04/03/2026 08:15;12,30\n;8;01/01/2025 08:15;5,00\n"
NO_PHONE = "Telefone: “not a phone” não é um telefone (Brasil); escreva com o DDD, ou com + e o código do país."


@pytest.fixture
def send(signed_in, bakery):
    """Sends files as the form does: the address of the page that looks at them."""

    def sending(*files, **ticked):
        kept = [
            SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
            for name, content in files
        ]
        answer = signed_in.post(f"{bakery.page}imports/", {"files": kept, **ticked})
        assert answer.status_code == 302, answer.context["wrong"]
        return answer["Location"]

    return sending


def refused_rows(browser, page):
    text = browser.get(f"{page}refused/").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_members_with_balances_come_in_and_what_is_wrong_comes_back(signed_in, bakery, send, work_off):  # noqa: F811
    page = send(("clientes.csv", MEMBERS))
    looked = signed_in.get(page)
    assert [(row.kind, row.title, row.figure) for row in looked.context["first"]] == [
        ("Member", "Ana Souza", "120"),
        ("Member", "Bia", "1,250"),
        ("Not readable", "Phone", ""),
    ]
    assert [(str(kind), new, known) for kind, new, known in looked.context["counts"]] == [
        ("Members with a balance", 2, 0)
    ]
    assert [(why, count, place) for why, count, place, _ in looked.context["refused"]] == [
        ("Not readable", 1, "clientes.csv row 4")
    ]
    assert Member.objects.count() == 0  # so far it was only looked at
    assert signed_in.post(f"{page}begin/")["Location"] == page
    assert b'hx-trigger="every 1s"' in signed_in.get(page).content
    work_off()
    done = signed_in.get(page)
    assert [(str(kind), new, known) for kind, new, known in done.context["counts"]] == [
        ("Members with a balance", 2, 0)
    ]
    ana = Member.objects.get(name="Ana Souza")
    assert [each.holding.balance for each in balances(bakery.business.id, [ana.id])] == [120]
    assert [(row["place"], row["code"], row["row"]) for row in refused_rows(signed_in, page)] == [
        ("row 4", "malformed", "not a phone,Eva,")
    ]
    signed_in.post("/language/", {"language": "pt-br"})
    told = [(str(why), place, sentence) for why, _, place, sentence in signed_in.get(page).context["refused"]]
    assert told == [("Não é legível", "clientes.csv linha 4", NO_PHONE)]
    [row] = refused_rows(signed_in, page)
    assert (row["lugar"], row["código"], row["motivo"], row["separada"]) == ("linha 4", "malformed", NO_PHONE, "não")
    signed_in.post("/language/", {"language": "en"})
    assert not ImportPiece.objects.exists()
    assert Import.objects.get().refused == 1
    acts = list(Act.objects.filter(what__startswith="import.").order_by("number").values_list("what", "who"))
    assert acts == [(f"import.{verb}", bakery.owner.email) for verb in ("sent", "begun", "ended")]


def test_all_or_nothing(signed_in, bakery, send, work_off):  # noqa: F811
    """Asked for beside the button: one wrong row and nothing comes in; the corrected file does."""
    page = send(("clientes.csv", MEMBERS))
    signed_in.post(f"{page}begin/", {"how": "whole"})
    work_off()
    done = signed_in.get(page)
    assert done.context["undone"]
    assert "Nothing came in" in done.content.decode()
    assert [row["place"] for row in refused_rows(signed_in, page)] == ["row 4"]
    assert Member.objects.count() == 0
    assert "nothing came in" in signed_in.get(f"{bakery.page}imports/").content.decode()
    assert Act.objects.get(what="import.ended").after == {"new": 0, "known": 0, "refused": 1}
    page = send(("clientes.csv", MEMBERS.replace("not a phone", "11 98765-1111")))
    signed_in.post(f"{page}begin/", {"how": "whole"})
    work_off()
    assert not signed_in.get(page).context["undone"]
    assert Member.objects.count() == 3


def test_columns_nobody_knows_are_said_once(signed_in, bakery, send, work_off):  # noqa: F811
    page = send(("bons.csv", SALES))
    looked = signed_in.get(page)
    assert b"Bring it in" not in looked.content
    said = {"kind": "sales", "store": "S1", "theirs": ["Kd-Nr", "Bon", "Wann", "Umsatz"]}
    wrong = signed_in.post(f"{page}columns/", {**said, "ours": ["phone", "number", "occurred_at", ""]}, follow=True)
    assert "Say which column holds: Amount or Price of one." in wrong.content.decode()
    twice = signed_in.post(f"{page}columns/", {**said, "ours": ["phone", "number", "date", "number"]}, follow=True)
    assert "Say which column holds" in twice.content.decode()
    signed_in.post(f"{page}columns/", {**said, "ours": ["phone", "number", "occurred_at", "amount"]})
    assert ColumnProfile.objects.get().fixed == {"store": "S1"}
    again = send(("outros.csv", SALES))
    looked = signed_in.get(again)
    assert [(row.title, row.figure) for row in looked.context["first"]] == [("7", "R$12.30"), ("8", "R$5.00")]
    assert [why for why, *_ in looked.context["aside"]] == ["The sale is older than the programme accepts"]
    signed_in.post(f"{again}begin/")
    work_off()
    assert (Receipt.objects.count(), Aside.objects.count()) == (1, 1)


def test_receipts_from_before_and_the_same_file_again(signed_in, bakery, send, work_off):  # noqa: F811
    header = "store,till,number,occurred_at,amount\n"
    old = header + "S1,T1,1,2024-05-04T10:00:00,7.90\n"
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        archive.writestr("a.csv", old)
        archive.writestr("b.csv", header + "S1,T1,2,2026-03-03T10:00:00,7.90\n")
    for expected in ((2, 0), (0, 2)):
        page = send(("ano.zip", packed.getvalue()), history="1", by_first_version="1")
        signed_in.post(f"{page}begin/")
        work_off()
        [(_, new, known)] = signed_in.get(page).context["counts"]
        assert (new, known) == expected
    assert (
        signed_in.post(f"{page}begin/", follow=True).content.decode().count("These files were brought in already.") == 1
    )
    assert Receipt.objects.count() == 2
    rows = signed_in.get(f"{bakery.page}imports/").content.decode()
    assert rows.count("all came in") == 2


def test_a_worker_that_died_leaves_the_import_to_the_next(signed_in, bakery, send, work_off, monkeypatch):  # noqa: F811
    from fiel.intake import background
    from fiel.jobs.work import Interrupted

    page = send(("clientes.csv", MEMBERS))
    signed_in.post(f"{page}begin/")
    job = Job.objects.get()
    bring = background.bring

    def dies(business, files, **options):
        bring(business, files, **options)
        raise Interrupted  # all came in, and nobody was told

    with monkeypatch.context() as patch:
        patch.setattr(background, "bring", dies)
        with pytest.raises(Interrupted):
            background.bring_in.call(job.business_id, str(job.id), import_id=str(Import.objects.get().id))
    work_off()
    [(_, new, known)] = signed_in.get(page).context["counts"]
    assert (new, known) == (0, 2)
    assert Member.objects.count() == 2


def test_what_was_kept_aside_is_tried_again_and_dropped(signed_in, bakery, send, work_off):  # noqa: F811
    header = "store,till,number,occurred_at,amount\n"
    page = send(("velho.csv", header + "S1,T1,1,2024-05-04T10:00:00,7.90\nS1,T1,2,2024-05-05T10:00:00,7.90\n"))
    signed_in.post(f"{page}begin/")
    work_off()
    aside = f"{bakery.page}imports/aside/"
    rows = signed_in.get(aside).context["rows"]
    assert [(str(kind), title) for _, kind, title, *_ in rows] == [
        ("Receipt", "The sale is older than the programme accepts")
    ] * 2
    again = signed_in.post(aside, {"ids": rows[0][0].id, "history": "1"})["Location"]
    work_off()
    assert [(str(kind), new) for kind, new, _ in signed_in.get(again).context["counts"]] == [("Receipts", 1)]
    signed_in.post(aside, {"ids": rows[1][0].id, "drop": "1"})
    assert (Receipt.objects.count(), Aside.objects.count()) == (1, 0)
    assert Act.objects.get(what="aside.dropped").before == {"dropped": ["sale S1 T1 2 2024-05-05"]}


def test_what_is_too_large_or_nothing_is_said_so(signed_in, bakery, settings, monkeypatch):
    nothing = signed_in.post(f"{bakery.page}imports/", {})
    assert (nothing.status_code, nothing.context["wrong"]) == (422, "Choose a file first.")
    monkeypatch.setattr("fiel.intake.uploads.MOST_BYTES", 10)
    much = signed_in.post(f"{bakery.page}imports/", {"files": SimpleUploadedFile("a.csv", b"a,b\n1,2\n3,4\n")})
    assert much.status_code == 422
    assert "At most 64 MB" in much.context["wrong"]
    monkeypatch.setattr("fiel.ops.middleware.MOST_FORM_BYTES", 10)
    refused = signed_in.post(f"{bakery.page}imports/", {"files": SimpleUploadedFile("a.csv", b"a,b\n1,2\n3,4\n")})
    assert refused.status_code == 413
    assert not Import.objects.exists()


def test_files_are_dropped_and_nobody_elses_are_seen(client, signed_in, bakery, send, open_shop):
    page = send(("clientes.csv", MEMBERS))
    other = open_shop(slug="outra", email="outra@example.com")
    client.force_login(other.owner)
    theirs = page.replace(bakery.business.slug, "outra")
    assert [client.get(theirs).status_code, client.post(f"{theirs}stop/").status_code] == [404, 404]
    client.force_login(bakery.owner)
    assert client.post(f"{page}stop/")["Location"] == f"{bakery.page}imports/"
    assert not ImportPiece.objects.exists()


def test_who_works_in_one_store_is_shown_no_way_to_imports(client, bakery, place_for):
    """What comes in is of the whole business: who works in a part of it gets no tab that would only refuse them."""
    client.force_login(place_for("manager", stores=["S1"]))
    assert client.get(f"{bakery.page}imports/").status_code == 403
    for page in ("", "catalogue/"):
        opened = client.get(bakery.page + page)
        assert opened.status_code == 200
        assert "imports/" not in opened.content.decode()
