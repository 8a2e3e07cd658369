"""Money, figures and moments are written as the reader's language writes them."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from fiel.core.programme import Unit
from fiel.doors import look

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
POINTS = Unit("points", "points", decimals=1)
MONEY = Unit("cash-back", "money", decimals=2)


@pytest.mark.parametrize(
    ("language", "money", "figure", "share", "day"),
    [
        ("en", "R$4,310.20", "12,345.5", "62%", "3 February"),
        ("pt-br", "R$ 4.310,20", "12.345,5", "62%", "3 de fevereiro"),
        ("pt", "4 310,20 R$", "12 345,5", "62%", "3 de fevereiro"),
        ("es", "4.310,20 BRL", "12.345,5", "62 %", "3 de febrero"),
    ],
)
def test_each_language_writes_its_own_way(language, money, figure, share, day):
    with translation.override(language):
        written = (
            look.money(431_020, "BRL"),
            look.figure(Fraction(24_691, 2)),
            look.share(621, 1000),
            look.day_and_month(date(2026, 2, 3)),
        )
    assert tuple(text.replace("\xa0", " ") for text in written) == (money, figure, share, day)


def test_an_unknown_language_is_written_as_english():
    with translation.override("ja"):
        assert look.money(123_456, "EUR") == "€1,234.56"


@pytest.mark.parametrize(
    ("number", "written"), [(0, "0"), (Fraction(1, 3), "≈ 0.3333"), (Fraction(-41), "−41"), (Fraction(1, 8), "0.125")]
)
def test_what_has_no_end_says_that_it_is_rounded(number, written):
    assert look.figure(number) == written


def test_currencies_have_their_own_decimals():
    assert look.money(1500, "CLP") == "CLP\xa01,500" or look.money(1500, "CLP") == "CLP1,500"
    assert look.money(-150, "EUR") == "−€1.50"


def test_units_are_written_with_what_they_are():
    assert look.with_unit(375, POINTS, "EUR") == "37.5 points"
    assert look.with_unit(375, POINTS, "EUR", sign=True) == "+37.5 points"
    assert look.with_unit(-10, POINTS, "EUR") == "−1 point"
    assert look.with_unit(-375, POINTS, "EUR", sign=True) == "−37.5 points"
    assert look.with_unit(375, MONEY, "EUR", sign=True) == "+€3.75"
    assert look.with_unit(Fraction(5, 2), MONEY, "EUR") == "0.025 cash back"
    with translation.override("pt-br"):
        assert look.with_unit(10, POINTS, "EUR") == "1 ponto"


@pytest.mark.parametrize(
    ("now", "before", "written"), [(3, 2, "+50%"), (1, 2, "−50%"), (2, 2, "±0%"), (5, 0, ""), (0, 0, "")]
)
def test_a_change_has_its_sign(now, before, written):
    assert look.change(now, before) == written


def test_a_share_of_nothing_is_no_figure():
    assert look.share(0, 0) == "–"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-03-04T08:00:00-03:00", "today, 08:00"),
        ("2026-03-03T23:59:00-03:00", "yesterday, 23:59"),
        ("2026-03-04T02:59:00+00:00", "yesterday, 23:59"),
        ("2026-02-26T10:00:00-03:00", "Thursday, 10:00"),
        ("2026-02-25T10:00:00-03:00", "25 Feb, 10:00"),
        ("2025-12-31T10:00:00-03:00", "31 Dec 2025, 10:00"),
        ("2026-03-05T10:00:00-03:00", "5 Mar, 10:00"),
    ],
)
def test_a_moment_is_written_as_a_person_says_it(clock, moment, said):
    tag = look.when(datetime.fromisoformat(moment), "America/Sao_Paulo")
    assert f">{said}</time>" in tag
    assert 'title="' in tag
