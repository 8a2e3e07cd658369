"""Readers run in the shop, on a till's computer: without Django, without a database."""

from __future__ import annotations

import subprocess
import sys

import pytest

READ = """
import sys
for absent in ("django", "ninja", "psycopg", "pydantic", "granian"):
    sys.modules[absent] = None
from pathlib import Path
from fiel.intake.formats import cfe, csv_file, nfe, odoo, saft, shopify, ticketbai, xlsx
from fiel.intake import zips
class Terms:
    country, currency, timezone = "BR", "BRL", "America/Sao_Paulo"
readers = [nfe.Nfe(), cfe.Cfe(), saft.Saft(), ticketbai.TicketBai(), odoo.Odoo(), xlsx.Xlsx(), csv_file.CsvFile()]
path = Path(sys.argv[1])
[reader] = [each for each in readers if each.sniff(path)]
[row] = reader.rows(path, Terms)
print(reader.name, type(row.item).__name__)
"""


@pytest.mark.parametrize("name", ["nfce", "cfe", "saft", "ticketbai", "csv"])
def test_a_reader_needs_nothing_of_the_server(tmp_path, name):
    from tests.intake import basque, brazil, portugal

    content = {
        "nfce": brazil.nfce(1, [brazil.item("PAO", 790)], 790),
        "cfe": brazil.cfe(1, [brazil.cfe_item("PAO", 790)], 790),
        "saft": portugal.saft(portugal.invoice("FS B/1", [portugal.line("PAO", "10.00")], "12.30")),
        "ticketbai": basque.invoice("1", "12.10"),
        "csv": "store;number;date;amount\nS1;9;2026-03-04;1,00\n",
    }[name]
    path = tmp_path / "receipt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.split() == [name, "Incoming" if name == "csv" else "Paper"]
