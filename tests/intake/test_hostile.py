"""Files from strangers: whatever they hold, there is a report, and neither a crash, nor much memory, nor a way out."""

from __future__ import annotations

import io
import os
import resource
import socket
import subprocess
import sys
import zipfile

import openpyxl
import pytest

from tests.intake.brazil import item, nfce
from tests.intake.portugal import invoice, line, saft

SALE = nfce(1, [item("PAO", 790)], 790)
NFE = 'xmlns="http://www.portalfiscal.inf.br/nfe"'
LAUGHS = '<!DOCTYPE z [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
MOST_MIB = 512


def zipped(*files, locked=False):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    data = packed.getvalue()
    if locked:  # the first bit of the flags, in both headers
        data = data.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
        data = data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    return data


# XML


@pytest.mark.parametrize(
    "content",
    [
        f"{LAUGHS}]><nfeProc {NFE} versao='4.00'>&a9;</nfeProc>",
        f"{LAUGHS}]><nfeProc {NFE} versao='&a9;'></nfeProc>",
        f"<!DOCTYPE z [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><nfeProc {NFE}>&x;</nfeProc>",
        f"<!DOCTYPE z SYSTEM 'http://127.0.0.1:9/z.dtd'><nfeProc {NFE}/>",
        f"<!DOCTYPE z [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/z'>%x;]><nfeProc {NFE}/>",
        SALE.replace("<nfeProc", "<!DOCTYPE nfeProc><nfeProc"),
        f"<nfeProc {NFE}>" + "<a>" * 100_000,
        f"<nfeProc {NFE} " + " ".join(f"a{n}='1'" for n in range(50_000)) + "/>",
        SALE.replace("PADARIA", "PAD\0ARIA"),
        SALE.encode("utf-8").replace(b"PADARIA", b"PAD\xff\xfeARIA"),
        SALE.replace("UTF-8", "nonsense"),
        saft(invoice("FS B/1", [line("PAO", "1")], "1.23")).replace(b"<AuditFile", b"<!DOCTYPE a><AuditFile"),
        b"\x1f\x8b" + os.urandom(300),
        b"\0" * 5000,
        b"<" * 5000,
    ],
    ids=range(15),
)
def test_a_trap_is_a_row_of_the_report(padaria, content):
    report = padaria.bring(content)
    assert len(report.kept) == 1
    assert report.kept[0].reason
    assert padaria.receipts.count() == 0


@pytest.fixture
def ears():
    """Somebody who listens, to whom nobody should speak; `heard` tells whether anybody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def heard():
            try:
                server.accept()[0].close()
            except TimeoutError:
                return False
            return True

        yield f"http://127.0.0.1:{server.getsockname()[1]}/z", heard


def sheet(address):
    """A spreadsheet whose parts have what XML can ask for from outside."""
    packed = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["store", "number", "date", "amount"])
    book.save(packed)
    with zipfile.ZipFile(packed) as archive:
        parts = [(part, archive.read(part)) for part in archive.namelist()]
    dtd = f"<!DOCTYPE x SYSTEM '{address}'>".encode()
    return zipped(*((name, dtd + content if name.endswith("sheet1.xml") else content) for name, content in parts))


@pytest.mark.parametrize(
    "written",
    [
        lambda z: f"<!DOCTYPE z SYSTEM '{z}'><nfeProc {NFE}/>",
        lambda z: f"<!DOCTYPE z PUBLIC 'z' '{z}'>{SALE.partition('?>')[2]}",
        lambda z: f"<!DOCTYPE z [<!ENTITY % x SYSTEM '{z}'>%x;]>{SALE.partition('?>')[2]}",
        lambda z: f"<!DOCTYPE z [<!ENTITY x SYSTEM '{z}'>]><nfeProc {NFE}>&x;</nfeProc>",
        lambda z: SALE.replace("?>", f"?><?xml-stylesheet type='text/xsl' href='{z}'?>", 1),
        lambda z: SALE.replace(
            "<nfeProc", f"<nfeProc xmlns:x='http://www.w3.org/2001/XMLSchema-instance' x:schemaLocation='z {z}'", 1
        ),
        lambda z: SALE.replace("<NFe", f"<i:include xmlns:i='http://www.w3.org/2001/XInclude' href='{z}'/><NFe", 1),
        lambda z: saft(invoice("FS B/1", [line("PAO", "1")], "1.23")).replace(
            b"<AuditFile", f"<!DOCTYPE a SYSTEM '{z}'><AuditFile".encode()
        ),
        sheet,
    ],
    ids=["system", "public", "parameter", "entity", "stylesheet", "schema", "include", "year", "sheet"],
)
def test_nothing_is_fetched_while_a_file_is_read(padaria, ears, written):
    address, heard = ears
    padaria.bring(written(address))
    assert not heard()
    port = int(address.rpartition(":")[2].partition("/")[0])
    socket.create_connection(("127.0.0.1", port)).close()
    assert heard()  # it would have been


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "windows-1252", "utf-8-sig"])
def test_other_encodings_are_read_where_the_file_says_which(padaria, encoding):
    said = {"utf-16-be": "UTF-16", "utf-8-sig": "UTF-8"}.get(encoding, encoding)
    content = SALE.replace('encoding="UTF-8"', f'encoding="{said}"').replace("PAO FRANCES", "PÃO FRANCÊS")
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert padaria.bring(mark + content.encode(encoding)).new == {"sales": 1}


@pytest.mark.parametrize("name", ["sale", "year", "zip", "table"])
def test_a_file_that_breaks_off_anywhere(padaria, pastelaria, name):
    sales = [invoice(f"FS B/{n}", [line("PAO", "10.00")], "12.30") for n in range(1, 12)]
    content = {
        "sale": SALE.encode(),
        "year": saft(*sales),
        "zip": zipped(("a.xml", SALE), ("b.bin", os.urandom(4000))),
        "table": b"store,number,date,phone,amount\n" + b"S1,1,2026-03-04,11987654321,1.00\n" * 120,
    }[name]
    shop = pastelaria if name == "year" else padaria
    for end in [*range(0, len(content), 1000), len(content) - 1]:
        report = shop.bring(content[:end], dry_run=True)
        taken = report.new["sales"] + report.known["sales"]
        assert report.kept or taken, f"nothing is said of the first {end} bytes"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (nfce(1, [], 0), "nothing is sold"),
        (nfce(1, [item("PAO", 790)], 790, at="9999-12-31T23:59:59-03:00"), "year 9999"),
        (SALE.replace("<vProd>7.90", f"<vProd>{'9' * 13}.00"), "no number"),
        (nfce(1, [item("PAO", 1)] * 5001, 5001), "at most 5,000 lines"),
    ],
    ids=["nothing", "far", "long", "many"],
)
def test_figures_that_no_database_holds(padaria, content, said):
    [kept] = padaria.bring(content).kept
    assert said in kept.reason


def test_a_line_of_json_without_end(padaria):
    [kept] = padaria.bring('{"phone": "' + "9" * 1_200_000, name="a.jsonl").kept
    assert "a million characters" in kept.reason


# Archives


def test_an_archive_of_anything(padaria, tmp_path):
    inner = zipped(("deep/c.xml", nfce(3, [item("PAO", 500)], 500)))
    table = "store;number;date;amount\nS1;9;2026-03-04;1,00\n"
    packed = zipped(
        ("a.xml", SALE), ("folder/", ""), ("folder/b.csv", table), ("more.zip", inner), (".hidden", "x"),
        ("__MACOSX/a.xml", "x"),
    )  # fmt: skip
    report = padaria.bring(packed, name="all.zip")
    assert (report.new, report.kept) == ({"sales": 3}, [])
    assert report.files == 3


def test_names_that_lead_out_of_the_archive_are_only_shown(padaria, tmp_path):
    outside = tmp_path / "outside.xml"
    packed = zipped((f"../../../../../../..{outside}", SALE), ("/etc/evil\n.xml", "x"), ("..\\..\\evil.xml", "x"))
    report = padaria.bring(packed, name="slip.zip")
    assert report.new == {"sales": 1}
    assert not outside.exists()
    assert [kept.file for kept in report.kept] == ["000-slip.zip:/etc/evil?.xml", "000-slip.zip:..\\..\\evil.xml"]


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (zipped(("zeros.xml", b"0" * 64 * 1024**2)), "more than 200 times its size"),
        (zipped(("a.zip", zipped(("b.zip", zipped(("c.xml", SALE)))))), "2 levels deep"),
        (zipped(("a.xml", SALE), locked=True), "locked with a password"),
        (zipped(("a.xml", SALE))[:-30], "broken or not whole"),
        (zipped(("a.xml", os.urandom(4000))).replace(b"\x00\x00\x00a.xml", b"\x00\x00\x01a.xml"), "000-x.zip"),
    ],
    ids=["bomb", "nested", "locked", "not whole", "odd"],
)
def test_archives_that_are_traps(padaria, packed, said):
    report = padaria.bring(packed, name="x.zip")
    assert padaria.receipts.count() == 0
    [kept] = report.kept
    assert said in kept.reason + kept.file


def test_a_workbook_that_is_a_bomb(padaria):
    parts = [("[Content_Types].xml", "<x/>"), ("xl/workbook.xml", "<x/>")]
    bomb = zipped(*parts, ("xl/sharedStrings.xml", b"0" * 65 * 1024**2))
    for packed, said in ((bomb, "unpacks to 65 MB"), (zipped(*parts), "the workbook is broken")):
        [kept] = padaria.bring(packed, name="x.xlsx").kept
        assert said in kept.reason


def test_a_workbook_with_entities(padaria):
    sheet = (
        f"{LAUGHS}]><worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
        "<row><c t='str'><v>&a9;</v></c></row></sheetData></worksheet>"
    )
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    whole = zipfile.ZipFile(book)
    parts = [(name, sheet if "sheet1.xml" in name else whole.read(name)) for name in whole.namelist()]
    [kept] = padaria.bring(zipped(*parts), name="x.xlsx").kept
    assert "the workbook is broken" in kept.reason


# Tables


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('store,number,date,amount\nS1,1,2026-03-04,"' + "9" * 200_000, "field larger than field limit"),
        ("store,number,date,amount\n" + "9" * 1_200_000, "a line of more than a million characters"),
        ("store,number,date,amount\nS1,1,2026-03-04,=1+1\n", "no number"),
        ("store,number,date,amount\nS1,1,2026-03-04,99999999999999999999\n", "no number of a receipt"),
        ("store,number,date,amount\nS1,1,0001-01-01,1.00\n", "too far away"),
        ("store,number,date,amount,tax_rate\nS1,1,2026-03-04,1.00,999999999\n", "of no till"),
        ("store,number,date,amount,brand\nS1,1,2026-03-04,1.00," + "b" * 101 + "\n", "at most 100 characters"),
        ("store,number,date,amount,department\nS1,1,2026-03-04,1.00," + "d" * 51 + "\n", "at most 50 characters"),
        ("store,number,date,amount,tags\nS1,1,2026-03-04,1.00," + "t" * 501 + "\n", "at most 500 characters"),
        ("store,number,date,amount\n" + "S1,1,2026-03-04,1.00\n" * 5001, "more than 5,000 rows"),
        ("name,phone\n=cmd|' /C calc'!A0,12\n", "phone"),
    ],
)
def test_cells_that_are_traps(padaria, text, said):
    [kept] = padaria.bring(text, name="t.csv").kept
    assert said in kept.reason


# Memory

RUN = """
import resource, sys
from pathlib import Path
from fiel.intake.formats.{module} import {reader}
class Terms:
    country, currency, timezone = "PT", "EUR", "Europe/Lisbon"
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
rows = reasons = 0
for row in {reader}().rows(Path(sys.argv[1]), Terms):
    rows += 1
    reason = getattr(row.item, "reason", "")
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, reason)
"""


@pytest.mark.parametrize(
    ("module", "reader", "head", "rows"),
    [
        ("saft", "Saft", "<AuditFile xmlns='urn:OECD:StandardAuditFile-Tax:PT_1.04_01'><Unheard>", 1),
        ("nfe", "Nfe", f"<nfeProc {NFE}>", 1),
        ("csv_file", "CsvFile", "store,number,date,amount", 1),
    ],
)
def test_two_gigabytes_of_nothing(tmp_path, module, reader, head, rows):
    """A file with a hole: as large as it says, without taking the room."""
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.write(head.encode())
        file.truncate(2 * 1024**3)
    run = [sys.executable, "-c", RUN.format(module=module, reader=reader), str(path)]
    told = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120).stdout
    count, most, reason = told.split(maxsplit=2)
    assert (int(count), int(most) < MOST_MIB) == (rows, True), told
    assert reason


def test_a_million_elements_that_nobody_knows(tmp_path):
    path = tmp_path / "unknown.xml"
    with path.open("w") as file:
        file.write("<AuditFile xmlns='urn:OECD:StandardAuditFile-Tax:PT_1.04_01'>")
        for _ in range(300):
            file.write("<Unheard><Of>1</Of></Unheard>" * 10_000)
    run = [sys.executable, "-c", RUN.format(module="saft", reader="Saft"), str(path)]
    told = subprocess.run(run, capture_output=True, text=True, check=True, timeout=120).stdout
    assert int(told.split()[1]) < MOST_MIB
    assert "without a record" in told


def test_all_of_it_in_one_process_stays_small(padaria):
    """Everything above, with Django and the database in the same process: what it took at most."""
    padaria.bring(zipped(("zeros.xml", b"0" * 64 * 1024**2)), name="bomb.zip")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 < MOST_MIB
