"""The mock's readings of a session without audio: the same whenever, and by however many workers, they are made."""

import random

import orjson
import pytest

from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.session_pipeline import advance, look
from classifier_worker.speech.mock_backend import MockBackend
from shared.contract.correction import Correct, TakeBack
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.settings import Settings

SESSION = "0-" + "a" * 32
BEGAN = 1_700_000_000_000
BACKEND = MockBackend(Settings(_env_file=None))
SECOND = b"\x10\x20" * 16_000


def record(audio_ms: int | None = None) -> Session:
    return Session(started_at=BEGAN / 1000 + 0.3, began_ms=BEGAN, audio_ms=audio_ms)


def heard(steps: list[Chunk], *, killed: float = 0.0, seed: int = 0, audio_ms: int | None = None) -> list[StoredEvent]:
    """The events of these looks and chunks. `killed`: how likely a step is lost after it, and made again."""
    draw = random.Random(seed)
    checkpoint: bytes | None = None
    events: list[StoredEvent] = []
    for step in steps:
        while True:
            hearing = open_hearing(SESSION, record(audio_ms), checkpoint, BACKEND)
            (outcome,) = advance(BACKEND, [(hearing, [step])])
            if draw.random() >= killed:
                break
        events += outcome.events
        checkpoint = freeze(hearing, BACKEND, alone=True)
    return events


def looks(*seconds: float) -> list[Chunk]:
    return [look(SESSION, BEGAN + round(second * 1000)) for second in seconds]


def frame(second: float, offset: int) -> Chunk:
    return Chunk(f"{BEGAN + round(second * 1000)}-0", SESSION, offset, SECOND)


def test_readings_come_by_themselves_on_a_clock_that_begins_with_the_session() -> None:
    events = heard(looks(1.0, 2.0, 3.001, 6.5))
    assert [str(event.id) for event in events] == ["48000-1", "64000-1", "80000-1", "96000-1"]
    assert {event.kind for event in events} == {"tone-event"}


def test_a_reading_waits_until_its_moment_is_over() -> None:
    """What has the same millisecond may still come."""
    assert heard(looks(3.0)) == []


@pytest.mark.parametrize("seed", range(5))
def test_looks_and_kills_change_nothing(seed: int) -> None:
    draw = random.Random(seed)
    times = sorted(draw.uniform(0, 40) for _ in range(30))
    often = heard([*looks(*times), *looks(40.5)], killed=0.4, seed=seed)
    assert often == heard(looks(40.5))
    assert len(often) == 38


def test_a_long_absence_is_made_up_for_step_by_step() -> None:
    assert heard(looks(200.0, 200.0, 200.0, 200.0)) == heard(looks(*range(1, 201)))


@pytest.mark.parametrize("before", [(), (2.0,), (3.5,), (1.0, 5.2), (5.9,)])
@pytest.mark.parametrize("opened", [5_250, None])
def test_as_soon_as_audio_comes_its_own_clock_counts(before: tuple[float, ...], opened: int | None) -> None:
    audio_ms = None if opened is None else BEGAN + opened
    chunks = [frame(6.0 + second, second * 16_000) for second in range(8)]
    events = heard([*looks(*before), *chunks], killed=0.3, audio_ms=audio_ms)
    clock = ["48000-1", "64000-1", "80000-1"]
    assert [str(event.id) for event in events[:3]] == clock
    # The audio's third second is the clock's: ids go on from where they stand, and never back.
    ids = [event.id for event in events]
    assert ids == sorted(set(ids))
    assert [event.data.split('"timestamp":')[1].split(",")[0] for event in events[3:]] == [
        "3.0", "4.0", "5.0", "6.0", "7.0", "8.0",
    ]  # fmt: skip
    assert str(events[-1].id) == "128000-1"


def test_the_clock_stops_where_an_audio_socket_opens() -> None:
    assert len(heard(looks(60.0), audio_ms=BEGAN + 5_000)) == 2


def test_a_session_of_an_earlier_version_gets_none() -> None:
    hearing = open_hearing(SESSION, Session(started_at=BEGAN / 1000), None, BACKEND)
    (outcome,) = advance(BACKEND, [(hearing, looks(60.0))])
    assert outcome.events == []


def test_the_end_of_a_session_without_audio_has_the_clocks_time() -> None:
    end = Chunk(f"{BEGAN + 4_500}-0", SESSION, end="idle")
    first, second, last = heard([*looks(3.5), end])
    assert [str(first.id), str(second.id)] == ["48000-1", "64000-1"]
    assert last.kind == "session-ended"
    assert last.id.sample == 71_999


def test_a_correction_counts_from_its_moment_and_stays_when_audio_begins() -> None:
    """However it is read: with what comes before and after it in one step, or each by itself."""
    event = heard(looks(6.5))[0]
    tone = orjson.loads(event.data)
    wrong = {"event_id": str(event.id), "affect": "sad", "speaker_id": tone["speaker_id"], "scores": tone["scores"]}
    told = Chunk(f"{BEGAN + 90_000}-0", SESSION, correction=Correct.model_validate(wrong).model_dump_json())
    steps = [told, *(frame(100.0 + second, 16_000 * second) for second in range(4))]
    apart = heard(steps)
    hearing = open_hearing(SESSION, record(), None, BACKEND)
    (together,) = advance(BACKEND, [(hearing, steps)])
    assert together.events == apart
    (verdict,) = (orjson.loads(each.data) for each in apart if each.kind == "correction")
    assert verdict["outcome"] == "accepted"
    assert verdict["timestamp"] == pytest.approx(90.0, abs=0.01)
    taken_back = Chunk(f"{BEGAN + 105_000}-0", SESSION, correction=TakeBack(event_id=str(event.id)).model_dump_json())
    assert orjson.loads(heard([*steps, taken_back])[-1].data)["outcome"] == "taken_back"
