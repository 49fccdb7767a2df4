"""A server whose clock jumps ahead must not make all sessions seem to have left."""

from classifier_worker.upkeep.idle_sessions import ServerClock


def test_a_clock_that_goes_as_ours_does_is_trusted() -> None:
    clock = ServerClock()
    assert all(clock.trust(5000.0 + second, 70.0 + second, 30) for second in range(0, 600, 5))


def test_after_a_jump_it_is_trusted_once_presences_were_renewed() -> None:
    clock = ServerClock()
    assert clock.trust(5000.0, 70.0, 30)
    assert not clock.trust(8605.0, 75.0, 30)
    assert not clock.trust(8630.0, 100.0, 30)
    assert clock.trust(8636.0, 106.0, 30)


def test_a_clock_that_is_set_back_ends_nobody_early() -> None:
    clock = ServerClock()
    assert clock.trust(5000.0, 70.0, 30)
    assert clock.trust(1405.0, 75.0, 30)
