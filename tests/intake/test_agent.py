"""The shop's agent, beside a server: a folder of receipts, and what becomes of them."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile

import pytest

from fiel.intake.agent import Agent
from fiel.intake.folder import Folder
from fiel.intake.journal import Journal, JournalTaken
from fiel.intake.models import Aside
from fiel.intake.sending import Backoff, BadAddress, Line, NotSent, address_of
from fiel.shops.keys import create_key
from tests.intake.brazil import cancel, item, nfce, returned
from tests.intake.conftest import NOW
from tests.processes import fiel, until

SALE = (
    '{"number": "J1", "occurred_at": "2026-03-04T11:00:00Z", "store": "S1", "till": "T1", '
    '"customer_name": "ANA SOUZA", "note": "RUA DAS FLORES 10", '
    '"lines": [{"amount": 500, "quantity": 0.25, "remark": "SEM ACUCAR"}]}\n'
)


class Watched:
    """A folder with an agent; `look` is one round of it, with everything settled."""

    def __init__(self, address, secret, folder):
        self.folder = folder
        self.home = folder / ".fiel-watch"
        self.home.mkdir(parents=True)
        self.status = ""
        self.line = Line(address, secret)
        self.open()

    def open(self):
        self.journal = Journal(self.home / "journal.sqlite3")
        self.agent = Agent(
            folder=Folder(self.folder, settle=0.0),
            journal=self.journal,
            line=self.line,
            report=self.home / "refused.csv",
            tell=self.tell,
        )

    def tell(self, line):
        self.status = line

    def put(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def look(self):
        assert self.agent.run_once() is True
        return self.status

    @property
    def report(self):
        with (self.home / "refused.csv").open(encoding="utf-8-sig") as file:
            return [(row["file"], row["place"], row["code"], row["reason"]) for row in csv.DictReader(file)]


@pytest.fixture
def key(padaria):
    return create_key(padaria.business, scopes=["import"], now=NOW)[1]


@pytest.fixture
def watched(transactional_db, padaria, key, live_server, tmp_path):
    watched = Watched(live_server.url, key, tmp_path / "tills")
    yield watched
    watched.journal.close()


def bread(number, cents=790, **more):
    return nfce(number, [item("PAO", cents)], cents, **more)


def test_receipts_cancellations_and_returns(padaria, watched):
    watched.put("2026/03/1.xml", bread(1))
    watched.put("2026/03/1-can.xml", cancel(1))
    watched.put("2.xml", bread(2, 900))
    watched.put("2-dev.xml", returned(1, [2], [item("PAO", 900)], 900))
    watched.put("3.xml", bread(3))
    watched.put("4-can.xml", cancel(4))
    assert watched.look() == "6 files read, 0 to send, 5 taken, 1 kept aside, 0 refused"
    assert (padaria.points, padaria.receipts.count()) == (7, 3)
    assert watched.look() == "6 files read, 0 to send, 5 taken, 1 kept aside, 0 refused"


def test_what_tills_and_people_do_with_files(padaria, watched):
    one = watched.put("1.xml", bread(1))
    watched.put("2.xml.tmp", bread(2))
    watched.put(".hidden/3.xml", bread(3))
    watched.look()
    assert padaria.receipts.count() == 1
    (watched.folder / "old").mkdir()
    one.rename(watched.folder / "old" / "one.xml")
    (watched.folder / "2.xml.tmp").rename(watched.folder / "2.xml")
    with zipfile.ZipFile(watched.folder / "more.zip", "w") as archive:
        archive.writestr("a/4.xml", bread(4))
        archive.writestr("a/1.xml", bread(1))
        archive.writestr("broken.xml", "<nfeProc>")
    assert watched.look() == "3 files read, 0 to send, 3 taken, 0 kept aside, 1 refused"
    assert padaria.receipts.count() == 3
    [(file, _, code, _)] = watched.report
    assert (file, code) == ("more.zip:broken.xml", "malformed")


def test_a_file_that_is_being_written_is_read_when_it_is_whole(padaria, watched):
    whole = bread(1)
    watched.put("1.xml", whole[:900])
    known = watched.journal.files()
    watched.agent._look(known)
    assert (known, watched.journal.waiting(), watched.journal.refusals(9)) == ({}, 0, [])
    watched.put("1.xml", whole)
    watched.look()
    assert padaria.receipts.count() == 1


def test_a_table_that_grows_is_sent_line_by_line(padaria, watched):
    head = "store;till;number;date;amount\n"
    table = watched.put("day.csv", head + "S1;T1;1;2026-03-04 08:00;1,00\n")
    watched.look()
    table.write_text(table.read_text() + "S1;T1;2;2026-03-04 08:01;2,00\n")
    assert watched.look() == "1 files read, 0 to send, 2 taken, 0 kept aside, 0 refused"
    assert padaria.receipts.count() == 2


def test_what_is_refused_is_told_with_its_sentence_and_tried_again(padaria, watched):
    watched.put("1.xml", bread(1))
    watched.put("eur.csv", "store;till;number;date;amount\nS9;T1;1;2026-03-04 08:00;1,00\n")
    watched.put("members.csv", "phone;name\n11 98765-4321;Ana\n")
    watched.put("=odd.txt", "what is this")
    assert watched.look() == "4 files read, 0 to send, 1 taken, 0 kept aside, 3 refused"
    told = {file: (code, reason) for file, _, code, reason in watched.report}
    assert set(told) == {"eur.csv", "members.csv", "'=odd.txt"}
    assert "S9" in told["eur.csv"][1] or "store" in told["eur.csv"][1]
    assert "receipts alone" in told["members.csv"][1]
    from fiel.shops.opening import put_store

    put_store(padaria.business, "S9")
    watched.journal.try_refused_again()
    assert watched.look() == "4 files read, 0 to send, 2 taken, 0 kept aside, 2 refused"


def test_nothing_leaves_the_shop_that_the_server_does_not_need(padaria, watched):
    watched.put("1.xml", bread(1, cpf="11111111111"))
    watched.put("sales.jsonl", SALE)
    sent = []
    send = watched.line.send
    watched.line.send = lambda waiting: sent.extend(waiting) or send(waiting)
    watched.look()
    said = " ".join(each.body for each in sent)
    assert len(sent) == 2
    for word in ("ANA", "FLORES", "ACUCAR", "11111111111", "PADARIA EXEMPLO", "RUA"):
        assert word not in said
    assert padaria.receipts.count() == 2
    kept = (watched.home / "journal.sqlite3").read_bytes() + (watched.home / "journal.sqlite3-wal").read_bytes()
    assert watched.journal.waiting() == 0
    assert b"ANA" not in kept


def test_without_network_it_reads_on_and_sends_later(padaria, watched):
    watched.put("1.xml", bread(1))
    watched.look()
    good, watched.agent.line = watched.agent.line, Line("http://127.0.0.1:9", "x")
    watched.put("2.xml", bread(2))
    assert watched.agent.run_once() is False
    assert watched.status.startswith("2 files read, 1 to send, 1 taken, 0 kept aside, 0 refused; no way to http://")
    watched.journal.close()
    watched.open()
    assert watched.look() == "2 files read, 0 to send, 2 taken, 0 kept aside, 0 refused"
    assert good is watched.agent.line
    assert padaria.receipts.count() == 2


def test_an_answer_that_does_not_come_back_changes_nothing(padaria, watched):
    """The server took it, and nobody heard."""
    watched.put("1.xml", bread(1))
    send = watched.line.send

    def cut(waiting):
        send(waiting)
        raise NotSent("cut")

    watched.line.send = cut
    assert watched.agent.run_once() is False
    assert (padaria.points, watched.journal.waiting()) == (7, 1)
    watched.line.send = send
    watched.agent._not_before = 0.0
    assert watched.look() == "1 files read, 0 to send, 1 taken, 0 kept aside, 0 refused"
    assert padaria.points == 7


def test_a_lost_journal_does_no_harm(padaria, watched):
    watched.put("1.xml", bread(1))
    watched.put("2-can.xml", cancel(2))
    watched.look()
    watched.journal.close()
    journal = watched.home / "journal.sqlite3"
    for path in watched.home.glob("journal.sqlite3-*"):
        path.unlink()
    journal.write_bytes(b"power failed" * 1000)
    watched.open()
    assert watched.look() == "2 files read, 0 to send, 1 taken, 1 kept aside, 0 refused"
    assert (padaria.points, Aside.objects.count()) == (7, 1)
    assert (watched.home / "journal.broken").exists()


def test_one_agent_at_a_time(watched):
    with pytest.raises(JournalTaken):
        Journal(watched.home / "journal.sqlite3")


def test_a_key_that_is_refused_is_said_and_nothing_is_lost(padaria, watched):
    watched.put("1.xml", bread(1))
    watched.look()
    watched.agent.line = Line(watched.line._address, "fiel_wrong")
    watched.put("2.xml", bread(2))
    assert watched.agent.run_once() is False
    assert "somebody must look" in watched.status
    assert watched.journal.waiting() == 1


def test_one_odd_thing_does_not_hold_up_the_others(padaria, watched):
    """What no answer of its own can say of it: the group is halved until it is alone."""
    for number in range(1, 8):
        watched.put(f"{number}.xml", bread(number))
    send = watched.line.send

    def choosy(waiting):
        if any(each.file == "5.xml" for each in waiting):
            raise NotSent("The body cannot be read.", smaller=True, for_good=True)
        return send(waiting)

    watched.line.send = choosy
    assert watched.look() == "7 files read, 0 to send, 6 taken, 0 kept aside, 1 refused"
    assert [file for file, *_ in watched.report] == ["5.xml"]


def test_many_files_are_looked_at_and_not_read_again(watched, monkeypatch):
    for number in range(300):
        watched.put(f"{number}.txt", "nothing")
    watched.look()
    read = []
    monkeypatch.setattr(watched.journal, "read", lambda path, *_: read.append(path))
    watched.look()
    assert read == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://points.example.com/c/padaria/", "https://points.example.com"),
        ("points.example.com", "https://points.example.com"),
        ("http://192.168.0.7:8000", "http://192.168.0.7:8000"),
        ("http://fiel.local/api/v1", "http://fiel.local"),
    ],
)
def test_any_page_of_the_installation_is_its_address(text, address):
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["http://points.example.com", "ftp://x", "", "https://key@points.example.com"])
def test_what_is_no_address_or_open_to_all(text):
    with pytest.raises(BadAddress):
        address_of(text)


def test_waiting_grows_is_spread_and_ends():
    backoff = Backoff(least=1, most=60)
    waits = [backoff.failed() for _ in range(12)]
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits[:6]))
    assert all(30 <= wait <= 60 for wait in waits[6:])
    assert backoff.failed(90) == 90
    backoff.worked()
    assert backoff.failed() <= 1


# The command


def watch(environ, *words):
    return subprocess.run(
        [sys.executable, "-c", "from fiel.ops.cli import main; main()", "watch", *words],
        env=environ, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_the_command_once(padaria, watched, key, live_server, environ):
    watched.journal.close()
    watched.put("1.xml", bread(1))
    secret = watched.home / "key"
    secret.write_text(f"{key}\n")
    done = watch(environ, live_server.url, str(watched.folder), "--key", f"@{secret}", "--once", "--settle", "0.1")
    assert (done.returncode, done.stderr) == (0, "")
    assert padaria.receipts.count() == 1
    log = (watched.home / "watch.log").read_text()
    assert "read 1.xml" in log
    assert "sent 1: 1 new" in log
    assert key not in log
    watched.open()


def test_the_command_ends_when_it_is_asked_to(padaria, watched, key, live_server, environ):
    watched.journal.close()
    words = (live_server.url, str(watched.folder), "--every", "0.1", "--settle", "0.1")
    with fiel({**environ, "FIEL_KEY": key}, "watch", *words) as running:
        watched.put("1.xml", bread(1))
        status = watched.home / "status.txt"
        until(lambda: status.exists() and "1 taken" in status.read_text(), "not sent")
        os.kill(running.process.pid, signal.SIGTERM)
        _, said = running.process.communicate(timeout=30)
        assert running.process.returncode == 0, said
    with sqlite3.connect(watched.home / "journal.sqlite3") as journal:
        assert journal.execute("SELECT count(*) FROM answered").fetchone() == (1,)
    journal.close()
    watched.open()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("https://x.example", "nowhere", "--key", "k"), "There is no folder nowhere."),
        (("http://x.example", ".", "--key", "k"), "write https://x.example"),
        (("https://x.example", ".", "--key", "@nofile"), "The key cannot be read from nofile."),
    ],
)
def test_what_stops_it_is_said_in_a_sentence(environ, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    done = watch(environ, *words)
    assert (done.returncode, done.stderr.startswith("fiel: ")) == (1, True)
    assert said in done.stderr
