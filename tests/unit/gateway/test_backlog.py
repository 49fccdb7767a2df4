"""Acknowledgements wait while the backlog is too long."""

from gateway.audio.lag import Backlog
from shared.settings import Settings

MEGABYTE = 1_000_000
SETTINGS = Settings(_env_file=None, backlog_seconds=30.0, partition_backlog_mb=2.0, hold_seconds=60.0)


def backlog(*, classified: float, kept: int = 0, rate: int = 48_000) -> Backlog:
    return Backlog(SETTINGS, rate, round(classified * 16_000), kept)


def test_lag_is_in_seconds_whatever_the_rate() -> None:
    assert backlog(classified=10).lag(48_000 * 12) == 2.0
    assert backlog(classified=10, rate=8_000).lag(8_000 * 12) == 2.0
    assert backlog(classified=10).lag(48_000 * 9) == 0.0


def test_a_session_waits_beyond_its_own_bound() -> None:
    assert not backlog(classified=0).too_much(30 * 48_000)
    assert backlog(classified=0).too_much(30 * 48_000 + 1)


def test_on_a_full_partition_only_those_wait_that_lag() -> None:
    full = 2 * MEGABYTE + 1
    assert not backlog(classified=10, kept=full).too_much(12 * 48_000)
    assert backlog(classified=10, kept=full).too_much(12 * 48_000 + 1)
    assert not backlog(classified=10, kept=2 * MEGABYTE).too_much(20 * 48_000)


def test_waiting_is_pointless_after_a_while_without_progress() -> None:
    one = backlog(classified=1)
    one.moved_at = 100.0
    assert not one.stuck(160.0)
    assert one.stuck(160.1)
    one.seen(2 * 16_000, 0, now=150.0)
    assert not one.stuck(210.0)
    one.seen(2 * 16_000, 5, now=200.0)
    assert one.kept == 5
    assert one.stuck(210.1), "the same place again is no progress"
