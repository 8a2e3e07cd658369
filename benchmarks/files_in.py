"""How fast receipts come in from files: NFC-e files and SAF-T lines a second, end to end, into SQLite.

    .venv/bin/python benchmarks/files_in.py [--files 3000] [--invoices 5000] [--saft-mb 0]

Seconds are the processor's, so that what else the machine does counts less; the clock's stand beside them. Beside each,
in the same run: lxml parsing the same files and nothing else; and the very rows that came of it inserted
into a database with the same tables and indexes, in groups of as many receipts, with no thought given to them.
`--saft-mb 1000` makes a SAF-T of a gigabyte, brings it in, and tells the memory along the way.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter, process_time

ROOT = Path(__file__).resolve().parents[1]
TABLES = ("sales_receipt", "sales_receiptline", "sales_receiptpayment", "ledger_entry", "ledger_lot")
LINES = 5
SAFT_LINES = 10
GROUP = 1000
MEMBERS = 200
RULES = {
    "name": "Clube",
    "units": [{"code": "points", "kind": "points"}],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
}


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--invoices", type=int, default=5000)
    parser.add_argument("--saft-mb", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fiel-files-") as name:
        folder = Path(name)
        _django(folder)
        if options.saft_mb:
            _large(folder, options.saft_mb)
            return
        _nfce(folder, options.files)
        _saft(folder, options.invoices)


def _django(folder: Path) -> None:
    os.environ |= {
        "FIEL_DATA": str(folder),
        "FIEL_DATABASE_URL": f"sqlite:///{folder}/fiel.sqlite3",
        "DJANGO_SETTINGS_MODULE": "fiel.ops.settings",
    }
    sys.path.insert(0, str(ROOT))
    import django  # noqa: PLC0415 - after the environment is chosen
    from django.core.management import call_command  # noqa: PLC0415

    from fiel.ops import environment  # noqa: PLC0415

    environment.keep_secret_key()
    django.setup()
    call_command("migrate", verbosity=0)


# What is brought in


def _cpf(number: int) -> str:
    from stdnum.br.cpf import _calc_check_digits  # noqa: PLC0415

    bare = f"{100_000_000 + number * 7919:09d}"
    return bare + _calc_check_digits(bare)


def _nif(number: int) -> str:
    from stdnum.pt.nif import calc_check_digit  # noqa: PLC0415

    bare = f"{20_000_000 + number:08d}"
    return bare + calc_check_digit(bare)


def _business(slug: str, currency: str, timezone: str, tax_id: str, members: list[str]):
    from fiel import clock  # noqa: PLC0415
    from fiel.core.identity import Identity  # noqa: PLC0415
    from fiel.members.enrol import Newcomer, enrol  # noqa: PLC0415
    from fiel.programme.versions import publish  # noqa: PLC0415
    from fiel.shops.opening import open_business, put_store  # noqa: PLC0415

    now = clock.now()
    opening = {"slug": slug, "name": slug, "currency": currency, "timezone": timezone, "owner_email": "o@x.example"}
    business, _ = open_business(**opening, now=now)
    put_store(business, "S1", tax_id=tax_id)
    rules = {**RULES, "currency": currency, "timezone": timezone}
    publish(business, rules, by="benchmark", now=now, in_force_from=now.replace(year=2020, month=1, day=1))
    people = [Newcomer(identities=(Identity("tax_id", member),)) for member in members]
    enrol(business, people, now=now, today=now.date(), source="import", by="benchmark")
    return business


def _nfce(folder: Path, files: int) -> None:
    from tests.intake.brazil import CNPJ, item, nfce  # noqa: PLC0415

    people = [_cpf(number) for number in range(MEMBERS)]
    business = _business("nfce", "BRL", "America/Sao_Paulo", CNPJ, people)
    receipts = folder / "receipts"
    receipts.mkdir()
    for number in range(1, files + 1):
        items = [item(f"P{(number * 7 + place) % 3000}", 100 + place, ncm="19052090") for place in range(LINES)]
        total = sum(100 + place for place in range(LINES))
        # Half of the customers say who they are; of these half are members.
        cpf = people[number % MEMBERS] if number % 4 == 0 else _cpf(number + 10_000) if number % 4 == 1 else ""
        text = nfce(number, items, total, cpf=cpf, at=f"2026-03-{1 + number % 28:02d}T08:00:00-03:00")
        (receipts / f"{number}.xml").write_text(text, encoding="utf-8")
    paths = sorted(receipts.iterdir())
    parsed = _timed(lambda: [_parse(path) for path in paths])
    _compare("NFC-e", "files", files, parsed, business, [receipts])


def _parse(path: Path) -> object:
    from lxml import etree  # noqa: PLC0415

    return etree.fromstring(path.read_bytes())


def _invoices(count: int | None, most_bytes: int = 0) -> Iterator[str]:
    from tests.intake.portugal import invoice, line  # noqa: PLC0415

    number, size = 0, 0
    while number < (count or sys.maxsize) and (not most_bytes or size < most_bytes):
        number += 1
        lines = [line(f"P{(number * 7 + n) % 3000}", "1.00", name=f"Artigo {n}") for n in range(SAFT_LINES)]
        customer = f"C{number % (4 * MEMBERS)}" if number % 2 else "CF"
        day = f"2026-{1 + number // 30_000 % 12:02d}-{1 + number % 28:02d}"
        text = invoice(f"FS A/{number}", lines, "12.30", customer=customer, at=f"{day}T{number % 24:02d}:00:00")
        size += len(text)
        yield text


def _write_saft(path: Path, invoices: Iterator[str]) -> int:
    from tests.intake.portugal import saft  # noqa: PLC0415

    head, _, tail = saft("@@").decode("windows-1252").partition("@@")
    people = "".join(
        f"<Customer><CustomerID>C{n}</CustomerID><AccountID>1</AccountID><CustomerTaxID>{_nif(n)}</CustomerTaxID>"
        "<CompanyName>Cliente</CompanyName></Customer>"
        for n in range(4 * MEMBERS)
    )
    head = head.replace("<MasterFiles>", f"<MasterFiles>{people}")
    count = 0
    with path.open("w", encoding="windows-1252") as file:
        file.write(head)
        for text in invoices:
            file.write(text)
            count += 1
        file.write(tail)
    return count


def _saft(folder: Path, invoices: int) -> None:
    business = _business("saft", "EUR", "Europe/Lisbon", "599999993", [_nif(n) for n in range(MEMBERS)])
    path = folder / "saft.xml"
    _write_saft(path, _invoices(invoices))
    parsed = _timed(lambda: _stream(path))
    _compare("SAF-T", "lines", invoices * SAFT_LINES, parsed, business, [path])


def _stream(path: Path) -> None:
    """What lxml alone takes for the same: every invoice built as elements, and forgotten."""
    from lxml import etree  # noqa: PLC0415

    for _, element in etree.iterparse(str(path), events=("end",), tag="{*}Invoice"):
        element.clear()


# What is measured


def _compare(what: str, unit: str, count: int, parsed: float, business: object, paths: list[Path]) -> None:
    from fiel.intake.known import files_in  # noqa: PLC0415
    from fiel.intake.run import Options, bring  # noqa: PLC0415

    before = _counts()
    began, wall = process_time(), perf_counter()
    report = bring(business, files_in(paths), options=Options(history=True))  # type: ignore[arg-type]
    seconds, wall = process_time() - began, perf_counter() - wall
    if report.kept:
        raise SystemExit(f"{len(report.kept)} were refused: {report.kept[0]}")
    rows, inserted = _insert_again(before)
    print(f"{what}: {count:,} {unit}, {report.rows:,} receipts, {rows:,} rows")
    for how, took in (("end to end", seconds), ("lxml parsing alone", parsed), ("the rows inserted", inserted)):
        print(f"  {how:20} {took:7.2f} s  {count / took:10,.0f} {unit}/s")
    print(f"  end to end took {wall:.2f} s by the clock")
    print(f"  end to end is {seconds / (parsed + inserted):.2f} times parsing and inserting together")


def _timed(do: Callable[[], object]) -> float:
    began = process_time()
    do()
    return process_time() - began


def _counts() -> dict[str, int]:
    with sqlite3.connect(os.environ["FIEL_DATABASE_URL"].removeprefix("sqlite:///")) as from_:
        return {table: from_.execute(f"SELECT coalesce(max(rowid), 0) FROM {table}").fetchone()[0] for table in TABLES}


def _insert_again(before: dict[str, int]) -> tuple[int, float]:
    """Insert the rows that are new since then into empty tables; so many rows, in so many seconds."""
    source = sqlite3.connect(os.environ["FIEL_DATABASE_URL"].removeprefix("sqlite:///"))
    target_path = Path(os.environ["FIEL_DATA"]) / "again.sqlite3"
    target_path.unlink(missing_ok=True)
    target = sqlite3.connect(target_path)
    target.execute("PRAGMA journal_mode=WAL")
    target.execute("PRAGMA synchronous=FULL")
    marks = ", ".join("?" * len(TABLES))
    made = f"SELECT sql FROM sqlite_master WHERE tbl_name IN ({marks}) AND sql IS NOT NULL AND type != 'trigger'"
    for (sql,) in source.execute(f"{made} ORDER BY type = 'index'", TABLES):
        target.execute(sql)
    rows = {
        table: source.execute(f"SELECT * FROM {table} WHERE rowid > ?", [last]).fetchall()
        for table, last in before.items()
    }
    groups = max(1, len(rows["sales_receipt"]) // GROUP)
    began = process_time()
    for group in range(groups):
        with target:
            for table, all_rows in rows.items():
                part = all_rows[len(all_rows) * group // groups : len(all_rows) * (group + 1) // groups]
                if part:
                    values = ", ".join("?" * len(part[0]))
                    target.executemany(f"INSERT INTO {table} VALUES ({values})", part)
    return sum(map(len, rows.values())), process_time() - began


def _large(folder: Path, megabytes: int) -> None:
    from fiel.intake.known import files_in  # noqa: PLC0415
    from fiel.intake.run import Options, bring  # noqa: PLC0415

    business = _business("saft", "EUR", "Europe/Lisbon", "599999993", [_nif(n) for n in range(MEMBERS)])
    path = folder / "saft.xml"
    count = _write_saft(path, _invoices(None, megabytes * 1_000_000))
    print(f"{path.stat().st_size / 1e6:,.0f} MB, {count:,} invoices, {count * SAFT_LINES:,} lines", flush=True)
    done, told = 0, 0
    began = perf_counter()

    def progress(rows: int) -> None:
        nonlocal done, told
        done += rows
        if done * 10 // count > told:
            told = done * 10 // count
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"  {done:>9,} invoices, {perf_counter() - began:6.0f} s, at most {most} MiB", flush=True)

    report = bring(business, files_in([path]), options=Options(history=True), progress=progress)
    seconds = perf_counter() - began
    if report.kept:
        raise SystemExit(f"{len(report.kept)} were refused: {report.kept[0]}")
    print(f"  {report.lines:,} lines in {seconds:,.0f} s: {report.lines / seconds:,.0f} lines/s")


if __name__ == "__main__":
    main()
