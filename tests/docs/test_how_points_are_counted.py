"""The tables of docs/how-points-are-counted.md, counted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from fiel.core.compiled import compile_programme
from fiel.core.document import read_programme
from fiel.core.engine import award
from fiel.core.sale import Facts, Line, Sale

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-points-are-counted.md").read_text()
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
RATES = {"bakery": "1.00", "butcher": "2.00", None: "5.00"}
LINES = (("bakery", 790), ("butcher", 4100), ("drinks", 2350), ("tobacco", 1500))


def rules(**unit):
    earn = [
        {"code": name or "rest", "unit": "points", "give": "1", "per": per}
        | ({"items": {"departments": [name]}} if name else {})
        for name, per in RATES.items()
    ]
    earn.append({"code": "tobacco", "unit": "points", "give": "0", "items": {"departments": ["tobacco"]}})
    document = {"name": "Clube", "currency": "BRL", "timezone": "America/Sao_Paulo", "earn": earn}
    return compile_programme(read_programme({**document, "units": [{"code": "points", "kind": "points", **unit}]}))


def receipt(*lines):
    counted = tuple(Line(n, amount, departments=(department,)) for n, (department, amount) in enumerate(lines, 1))
    return Sale(occurred_at=NOON, local=NOON, store="S1", till="T1", lines=counted)


def rows(title):
    """The cells of the table below a heading or sentence."""
    table = PAGE.partition(title)[2].lstrip("\n").partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_receipt_line_by_line():
    outcome = award(receipt(*LINES), Facts(), rules())
    exact = [Fraction(reason.gives, outcome.gave[0].scale) for reason in sorted(outcome.counted, key=lambda r: r.line)]
    told = rows("tobacco nothing:")
    assert [Fraction(row[2]) for row in told] == [*exact, sum(exact)]
    assert [int(row[1].replace(".", "")) for row in told[:-1]] == [amount for _, amount in LINES]


@pytest.mark.parametrize("row", rows("is the programme's choice:"), ids=lambda row: "-".join(row[:2]))
def test_what_becomes_of_the_rest(row):
    rounding, per = (cell.strip("`") for cell in row[:2])
    told = re.search(r"(\d+)(?:,|$)", row[2].rpartition("=")[2])
    outcome = award(receipt(*LINES), Facts(), rules(rounding=rounding, round_per=per if per != "–" else "sale"))
    assert outcome.gave[0].steps == int(told[1])
    assert outcome.gave[0].carry == (Fraction("0.1") if rounding == "carry" else 0)


def test_the_meat_goes_back():
    outcome = award(receipt(*(line for line in LINES if line[0] != "butcher")), Facts(), rules())
    assert "12.6; 12 points stay and 21 are taken" in PAGE
    assert (outcome.gave[0].total, outcome.gave[0].steps) == (Fraction("12.6") * outcome.gave[0].scale, 33 - 21)


def test_double_from_a_hundred():
    document = {
        "name": "Clube",
        "currency": "BRL",
        "timezone": "America/Sao_Paulo",
        "units": [{"code": "points", "kind": "points"}],
        "earn": [{"code": "all", "unit": "points", "give": "1", "per": "1.00"}],
        "boosts": [{"code": "double", "factor": "2", "when": {"min_amount": "100.00"}}],
    }
    compiled = compile_programme(read_programme(document))
    whole = award(receipt(("a", 9000), ("b", 1000)), Facts(), compiled)
    rest = award(receipt(("b", 1000)), Facts(), compiled)
    assert (whole.gave[0].steps, rest.gave[0].steps) == (200, 10)
    assert "200 points" in PAGE
    assert "10 points stay, 190 are taken" in PAGE
