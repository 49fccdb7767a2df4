"""When the append-only file is to be rewritten for what was deleted."""

from hypothesis import given
from hypothesis import strategies as st

from shared.erasure.aof_schedule import due_time

TIMES = st.floats(1.7e9, 2.5e9)
DELAYS = st.floats(0.3, 25.0)


@given(TIMES, DELAYS)
def test_an_erasure_is_on_disk_no_longer_than_a_minute(now: float, delay: float) -> None:
    assert delay - 1e-3 <= due_time(now, delay) - now <= 2 * delay + 1e-3


@given(TIMES, DELAYS, st.floats(60.0, 1e7))
def test_what_expires_is_rewritten_after_it_has_and_before_long(now: float, delay: float, expires_in: float) -> None:
    after = due_time(now, delay, expires_in) - now - expires_in
    assert delay - 1e-3 <= after <= 2 * max(delay, expires_in / 24) + 1e-3


@given(DELAYS, st.floats(0.0, 1e7))
def test_however_many_are_deleted_few_times_are_ahead(delay: float, expires_in: float) -> None:
    span = expires_in + 2 * max(delay, expires_in / 24)
    now = 1.79e9
    ends = [now + span * share / 1000 for share in range(1001)]
    assert len({f"{due_time(end, delay, expires_in):.3f}" for end in ends}) <= (
        28 if expires_in / 24 >= delay else 4 + expires_in / delay
    )
