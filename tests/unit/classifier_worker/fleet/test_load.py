"""The load that a worker reports, and how a gateway uses it."""

import pytest

from classifier_worker.fleet.load_meter import LoadMeter
from gateway.edge.capacity import Fleet
from shared.contract.worker_load import FIRST_COST, WorkerLoad


def live(meter: LoadMeter, sessions: int, cost: float) -> None:
    """A second of real-time sessions."""
    for number in range(sessions):
        meter.heard(f"session {number}", 1.0)
    meter.inferred(sessions * cost)


def seconds(meter: LoadMeter, count: int, sessions: int, cost: float, loop: float = 0.0) -> WorkerLoad:
    for _ in range(count):
        live(meter, sessions, cost)
        told = meter.tick(1.0, loop)
    return told


def test_an_idle_worker_has_no_load_and_a_first_guess_of_the_cost() -> None:
    assert LoadMeter().tick(1.0, 0.001) == WorkerLoad(0.0, FIRST_COST, 0.0, 0.0)


def test_load_is_the_share_of_time_worked_and_the_cost_follows() -> None:
    told = seconds(LoadMeter(), 30, sessions=10, cost=0.05)
    assert told.load == pytest.approx(0.5)
    assert told.sessions == 10.0
    assert told.cost == pytest.approx(0.05, rel=0.02)


def test_it_forgets_after_five_seconds_but_keeps_the_cost() -> None:
    meter = LoadMeter()
    before = seconds(meter, 30, sessions=10, cost=0.01)
    after = seconds(meter, 5, sessions=0, cost=0.0)
    assert (after.load, after.sessions) == (0.0, 0.0)
    assert after.cost == pytest.approx(before.cost, rel=0.01)


def test_sessions_that_have_ended_make_room_at_once() -> None:
    meter = LoadMeter()
    before = seconds(meter, 30, sessions=5, cost=0.15)
    assert before.room(0.85) == 0
    live(meter, 5, 0.15)
    for number in range(1, 5):
        meter.ended(f"session {number}")
    after = meter.tick(1.0, 0.0)
    assert after.load == pytest.approx(0.15, rel=0.02)
    assert after.sessions == 1.0
    assert after.cost == pytest.approx(before.cost, rel=0.02)
    assert after.room(0.85) == 4


def test_a_cost_from_a_busy_time_is_forgotten_while_nobody_speaks() -> None:
    meter = LoadMeter()
    busy = seconds(meter, 30, sessions=1, cost=0.8)
    assert busy.room(0.85) == 0
    idle = seconds(meter, 60, sessions=0, cost=0.0)
    assert FIRST_COST < idle.cost < 0.1
    assert idle.room(0.85) > 8


def test_the_event_loop_counts_when_it_is_the_busier_one() -> None:
    assert seconds(LoadMeter(), 5, sessions=10, cost=0.01, loop=0.6).load == pytest.approx(0.6)


def test_a_session_far_beyond_real_time_needs_no_more_than_another() -> None:
    meter = LoadMeter()
    for _ in range(5):
        live(meter, 5, 0.04)
        meter.heard("greedy", 20.0)
        meter.inferred(20 * 0.04)
        told = meter.tick(1.0, 0.0)
    assert told.load == pytest.approx(6 * 0.04)
    assert told.sessions == 6.0


def test_more_sessions_than_can_be_followed_are_full_load() -> None:
    meter = LoadMeter()
    for _ in range(5):
        for number in range(40):
            meter.heard(f"session {number}", 0.5)
        meter.inferred(1.0)
        told = meter.tick(1.0, 0.0)
    assert told.load == pytest.approx(1.0)


def test_the_largest_lag_of_the_partitions_that_are_ours() -> None:
    meter = LoadMeter()
    meter.lags(1, 0.5)
    meter.lags(2, 31.25)
    assert meter.tick(1.0, 0.0).lag == 31.25
    meter.lags(2, None)
    assert meter.tick(1.0, 0.0).lag == 0.5


@pytest.mark.parametrize("data", [None, b"", b"{}", b"[]", b"nonsense", b'{"load": "high"}', b'{"cost": 0}'])
def test_what_is_not_understood_counts_as_an_idle_worker(data: bytes | None) -> None:
    assert WorkerLoad.from_json(data) == WorkerLoad()


def test_a_load_survives_the_way_through_redis() -> None:
    load = WorkerLoad(0.5, 0.02, 25.0, 1.5)
    assert WorkerLoad.from_json(load.to_json()) == load
    assert WorkerLoad.from_json(b'{"load": 0.5, "later": 1}') == WorkerLoad(load=0.5)


def test_room_is_what_is_spare_in_sessions() -> None:
    assert WorkerLoad(0.45, 0.04).room(0.85) == 10
    assert WorkerLoad(0.9, 0.04).room(0.85) == 0
    fleet = Fleet([WorkerLoad(0.45, 0.04), WorkerLoad(1.0, 0.04), WorkerLoad(0.05, 0.1)])
    assert fleet.room(0.85) == 10 + 0 + 8
    assert fleet.load == pytest.approx(0.5)


def test_an_idle_worker_always_takes_one() -> None:
    assert WorkerLoad(0.0, cost=2.0).room(0.85) == 1
    assert Fleet().room(0.85) == 0
