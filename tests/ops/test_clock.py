"""There is one now, and a test can set it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fiel.clock import ClockRefused, now


def test_now_is_the_servers_time_in_utc():
    before = datetime.now(UTC)
    assert before <= now() <= before + timedelta(seconds=5)
    assert now().tzinfo is UTC


def test_a_file_says_what_time_it_is_and_is_read_anew(clock):
    clock.set("2028-02-29T23:59:59-03:00")
    assert now() == datetime(2028, 3, 1, 2, 59, 59, tzinfo=UTC)
    clock.advance(days=1, seconds=1)
    assert now() == datetime(2028, 3, 2, 3, 0, 0, tzinfo=UTC)


def test_refused_where_the_public_address_is_https(clock, monkeypatch):
    monkeypatch.setenv("FIEL_PUBLIC_URL", "https://points.example.com")
    with pytest.raises(ClockRefused, match="unset it"):
        now()


@pytest.mark.parametrize(
    ("written", "told"),
    [("2026-03-04T12:00:00", "lacks its offset"), ("noon", "no RFC 3339 time"), ("", "no RFC 3339 time")],
)
def test_a_file_without_a_time_is_refused(clock, written, told):
    clock.file.write_text(written)
    with pytest.raises(ClockRefused, match=told):
        now()


def test_a_missing_file_is_refused(clock):
    clock.file.unlink()
    with pytest.raises(ClockRefused, match="no RFC 3339 time"):
        now()
