"""Money, figures and moments are written as the reader's language writes them; spans end where they should."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from fiel.core.programme import Unit
from fiel.doors import look
from fiel.doors.office.spans import cuts_of, spans_until

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


# Spans


def spans_at(text, zone=SAO_PAULO):
    now = datetime.fromisoformat(text)
    return {
        span.name: tuple(str(moment.astimezone(zone))[:16] for moment in (span.start, span.before, span.until))
        for span in spans_until(now, zone)
    }


def test_each_span_has_the_same_span_before_it():
    assert spans_at("2026-03-04T09:30:00-03:00") == {
        "today": ("2026-03-04 00:00", "2026-03-03 00:00", "2026-03-03 09:30"),
        "week": ("2026-03-02 00:00", "2026-02-23 00:00", "2026-02-25 09:30"),
        "month": ("2026-03-01 00:00", "2026-02-01 00:00", "2026-02-04 09:30"),
    }


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28T09:30:00-03:00", "2026-02-28 09:30"),
        ("2026-03-29T09:30:00-03:00", "2026-03-01 00:00"),
        ("2026-03-31T09:30:00-03:00", "2026-03-01 00:00"),
        ("2026-01-31T09:30:00-03:00", "2025-12-31 09:30"),
    ],
)
def test_where_the_month_before_is_shorter_all_of_it_counts(now, until):
    assert spans_at(now)["month"][2] == until


def test_days_are_those_of_the_business_and_may_have_23_hours():
    lisbon = ZoneInfo("Europe/Lisbon")
    today = next(span for span in spans_until(datetime(2026, 3, 29, 22, 30, tzinfo=UTC), lisbon))
    assert str(today.start.astimezone(lisbon)) == "2026-03-29 00:00:00+00:00"
    tomorrow = next(span for span in spans_until(datetime(2026, 3, 29, 23, 30, tzinfo=UTC), lisbon))
    assert tomorrow.start - tomorrow.before == timedelta(hours=23)


def test_pieces_of_time_cover_each_span_once():
    spans = spans_until(datetime(2026, 3, 4, 12, 30, tzinfo=UTC), SAO_PAULO)
    cuts = cuts_of(spans)
    assert list(cuts.moments) == sorted(set(cuts.moments))
    for span in spans:
        assert len(set(cuts.pieces(span.start)) & set(cuts.pieces(span.before, span.until))) == 0
        assert cuts.pieces(span.start)[-1] == len(cuts.moments)
