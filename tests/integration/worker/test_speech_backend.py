"""The real pipeline on the bundled sample: real models, no Redis. Cuts, batches and crashes change no byte."""

import random
from collections.abc import Sequence
from pathlib import Path

import msgpack
import numpy as np
import orjson
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.backend import Feed
from classifier_worker.speech.models.model_files import model_path
from classifier_worker.speech.speech_backend import SpeechBackend
from classifier_worker.speech.tone.reader import STRANGER_SECONDS
from classifier_worker.speech.tone.tone_head import ToneHead
from shared.contract.correction import Correct, parse_verdict
from shared.contract.facts_event import FactsEvent
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.contract.tone_event import EVEN, ToneEvent
from shared.settings import Settings
from tests.unit.classifier_worker.pipeline.test_hearing import (
    SESSION,
    chunks,
    listen,
    listen_and_look,
    listen_with_crashes,
    with_pauses,
)
from training.data.sounds import sound, synthetic_speech

SAMPLE = Path(__file__).resolve().parents[3] / "frontend" / "public" / "sample.flac"
RECORD = Session(started_at=0.0)


def load(**changes: float) -> SpeechBackend:
    return SpeechBackend(Settings(_env_file=None, **changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def every_window() -> SpeechBackend:
    """Gives an event for each window, however unsure."""
    return load(reliability_floor=0.0)


@pytest.fixture(scope="module")
def sample() -> NDArray[np.int16]:
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    assert rate == 16_000
    return np.asarray(samples, np.int16)


def frames(samples: NDArray[np.int16]) -> list[Chunk]:
    """As the page sends them: 100 ms each, then the end."""
    cut = [
        Chunk(f"{1 + begin}-0", SESSION, begin, samples[begin : begin + 1600].tobytes())
        for begin in range(0, len(samples), 1600)
    ]
    return [*cut, Chunk(f"{1 + len(samples)}-0", SESSION, end="client")]


def tones(events: Sequence[StoredEvent]) -> list[ToneEvent]:
    return [ToneEvent.from_json(event.data) for event in events if event.kind == "tone-event"]


def test_facts_only_needs_no_tone_model_and_its_crashes_change_no_byte(
    sample: NDArray[np.int16], tmp_path: Path
) -> None:
    nowhere = str(tmp_path / "absent.npz")
    with pytest.raises(FileNotFoundError):
        SpeechBackend(Settings(_env_file=None, data_dir=tmp_path, tone_model=nowhere))
    backend = SpeechBackend(Settings(_env_file=None, data_dir=tmp_path, tone_model=nowhere, classifier="facts"))
    assert not list(tmp_path.iterdir()), "no encoder is built"
    assert backend.card()["facts"] is True
    stream = chunks(sample, random.Random(1), holes=True)
    undisturbed = listen(backend, RECORD, stream, [7])
    facts = [FactsEvent.from_json(event.data) for event in undisturbed if event.kind == "facts-event"]
    assert {event.kind for event in undisturbed} <= {"facts-event", "audio-gap", "session-ended"}
    assert len(facts) > 3
    assert all(event.pitch_hz and event.loudness_db for event in facts)
    assert any(event.prosody_flags for event in facts)
    assert listen_with_crashes(backend, RECORD, stream, random.Random(2)) == undisturbed


def test_one_session_may_want_facts_while_another_has_tones(
    every_window: SpeechBackend, sample: NDArray[np.int16]
) -> None:
    wanting, other = (Session(started_at=0.0, facts=facts) for facts in (True, False))
    alone = listen(every_window, other, frames(sample), [40])
    work = [(open_hearing(SESSION, record, None, every_window), frames(sample)) for record in (wanting, other)]
    measured, read = advance(every_window, work)
    assert read.events == alone, "whatever is in the batch beside it"
    assert {event.kind for event in measured.events} == {"facts-event", "session-ended"}
    kept = orjson.dumps(msgpack.unpackb(freeze(measured.hearing, every_window, alone=True)), default=str)
    assert b"baseline" not in kept, "nothing that tone is read from is kept"


def test_real_speech_has_real_tones_with_everything_a_reader_needs(sample: NDArray[np.int16]) -> None:
    backend = load()
    found = tones(listen(backend, RECORD, frames(sample), [3]))
    assert len(found) >= 2
    for tone in found:
        assert tone.confidence >= 0.6
        assert tone.label
        assert tone.subtext
        assert tone.scores is not None
        assert tone.confidence == tone.scores[tone.affect]
        assert abs(sum(tone.scores.values()) - 1.0) < 0.01
        assert tone.pitch_hz is not None
        assert 60 < tone.pitch_hz < 500


def test_the_floor_keeps_unsure_windows_back(every_window: SpeechBackend, sample: NDArray[np.int16]) -> None:
    """Even tones at the model's own floor, marked ones at the reliability floor and never of a stranger."""
    everything = tones(listen(every_window, RECORD, frames(sample), [3]))
    sure = tones(listen(load(), RECORD, frames(sample), [3]))
    head = ToneHead.load(model_path("open"))
    floors = dict(zip(head.affects, head.floors, strict=True))
    above = [tone for tone in everything if tone.confidence >= max(0.6, floors[tone.affect])]
    known = [tone for tone in above if tone.affect in EVEN or tone.timestamp > STRANGER_SECONDS]
    assert 0 < len(sure) < len(everything)
    assert {tone.timestamp for tone in sure} <= {tone.timestamp for tone in known}
    assert [tone.timestamp for tone in sure if tone.affect in EVEN] == [
        tone.timestamp for tone in above if tone.affect in EVEN
    ]


def test_cuts_reads_and_crashes_change_no_byte(every_window: SpeechBackend, sample: NDArray[np.int16]) -> None:
    for seed, holes in ((1, False), (2, True)):
        stream = chunks(sample, random.Random(seed), holes=holes)
        undisturbed = listen(every_window, RECORD, stream, [7])
        assert len(undisturbed) > 5
        assert listen(every_window, RECORD, stream, [1, 30]) == undisturbed
        assert listen_with_crashes(every_window, RECORD, stream, random.Random(seed)) == undisturbed


def test_a_long_pause_in_a_sentence_is_the_same_however_it_was_lived_through(
    every_window: SpeechBackend, sample: NDArray[np.int16]
) -> None:
    stream = with_pauses(chunks(sample[:160_000], random.Random(1)), {20: 61_000, 44: 90_000})
    expected = listen(every_window, RECORD, stream, [7])
    assert len(expected) > 3
    assert listen_with_crashes(every_window, RECORD, stream, random.Random(3)) == expected
    events, rested = listen_and_look(every_window, RECORD, stream, random.Random(4))
    assert events == expected
    assert rested


def test_a_correction_counts_from_where_it_came_and_crashes_change_no_byte(
    every_window: SpeechBackend, sample: NDArray[np.int16]
) -> None:
    """The shipped model with its table: what was said first is said to have been wrong."""
    plain = frames(sample)
    before = tones(listen(every_window, RECORD, plain, [3]))
    said = before[1]
    at = next(n for n, chunk in enumerate(plain) if chunk.offset >= (said.timestamp + 1.0) * 16_000)
    right = next(affect for affect in said.scores or {} if affect != said.affect)
    request = Correct(
        event_id="1-1", affect=right, speaker_id=said.speaker_id, scores=said.scores or {said.affect: 1.0}
    )
    between = Chunk(f"{2 + plain[at - 1].offset}-0", SESSION, correction=request.model_dump_json())
    stream = [*plain[:at], between, *plain[at:]]
    events = listen(every_window, RECORD, stream, [7])
    [verdict] = [parse_verdict(event.data) for event in events if event.kind == "correction"]
    assert (verdict.outcome, verdict.speaker_id) == ("accepted", said.speaker_id)
    after = tones(events)
    same = [one for one in before if one.timestamp <= verdict.timestamp]
    assert after[: len(same)] == same
    changed = [(one, two) for one, two in zip(before, after, strict=True) if one.scores != two.scores]
    assert changed
    assert all(one.speaker_id == said.speaker_id for one, _ in changed)
    assert sum((two.scores or {})[right] - (one.scores or {})[right] for one, two in changed) > 0.0
    assert listen(every_window, RECORD, stream, [1, 30]) == events
    assert listen_with_crashes(every_window, RECORD, stream, random.Random(5)) == events


def test_a_window_does_not_know_its_batch(every_window: SpeechBackend, sample: NDArray[np.int16]) -> None:
    """Seventeen sessions at once, one more than a batch, each at another place of the audio."""
    streams = [frames(np.roll(sample[:160_000], -4000 * number)) for number in range(17)]
    hearings = [open_hearing(SESSION, RECORD, None, every_window) for _ in streams]
    together: list[list[StoredEvent]] = [[] for _ in streams]
    for place in range(0, len(streams[0]), 10):
        work = [(h, stream[place : place + 10]) for h, stream in zip(hearings, streams, strict=True)]
        for row, outcome in enumerate(advance(every_window, work)):
            together[row] += outcome.events
    for number in (0, 8, 16):
        assert together[number] == listen(every_window, RECORD, streams[number], [1])


@pytest.mark.parametrize("kind", ["silence", "hum", "noise"])
def test_what_is_no_speech_has_no_tone(kind: str) -> None:
    time = np.arange(20 * 16_000) / 16_000
    sound = {
        "silence": np.zeros_like(time),
        "hum": 0.2 * np.sin(2 * np.pi * 100 * time),
        "noise": 0.05 * np.random.default_rng(3).standard_normal(len(time)),
    }[kind]
    stream = frames((sound * 32767).astype(np.int16))
    assert tones(listen(load(), RECORD, stream, [5])) == []


def test_loud_noise_is_unclear_and_quiet_noise_is_silence(every_window: SpeechBackend) -> None:
    noise = np.random.default_rng(3).standard_normal(32_000)
    state = every_window.open(SESSION, elcor=False)
    (loud,) = every_window.classify([Feed(state, 0, (3_000 * noise).clip(-32_768, 32_767).astype(np.int16))])
    (quiet,) = every_window.classify([Feed(state, 32_000, (30 * noise).astype(np.int16))])
    assert (loud.activity, quiet.activity) == ("unclear", "silence")


def test_singing_is_heard_as_something_and_has_no_tone(every_window: SpeechBackend) -> None:
    """The voice activity detector takes it for speech; even without a floor nothing is said of it."""
    song = sound("music", "quick low sung vowels", 40.0, -40.0, 22)
    state = every_window.open(SESSION, elcor=False)
    heard = [every_window.classify([Feed(state, at, song[at : at + 16_000])])[0] for at in range(0, len(song), 16_000)]
    after_a_window = {step.activity for step in heard[4:]}
    assert {"unclear"} <= after_a_window <= {"silence", "unclear"}
    assert [event for step in heard for event in step.events] == []


@pytest.mark.skipif(not synthetic_speech.available(), reason="espeak-ng is not installed")
def test_a_synthetic_voice_is_neutral_or_calm_or_nothing() -> None:
    audio = np.tile(synthetic_speech.spoken("de", 175), 2)
    stream = frames((audio / np.abs(audio).max() * 16_000).astype(np.int16))
    assert {tone.affect for tone in tones(listen(load(), RECORD, stream, [5]))} <= {"neutral", "calm"}


def test_a_short_reply_has_its_tone(every_window: SpeechBackend, sample: NDArray[np.int16]) -> None:
    """Half a second of voice between silences."""
    begin = next(tone for tone in tones(listen(every_window, RECORD, frames(sample), [3]))).timestamp
    at = round((begin - 1.6) * 16_000)
    reply = np.concatenate([np.zeros(32_000, np.int16), sample[at : at + 9_600], np.zeros(32_000, np.int16)])
    (tone,) = tones(listen(every_window, RECORD, frames(reply), [3]))
    assert 2.5 < tone.timestamp < 3.5


def test_activity_follows_the_voice(every_window: SpeechBackend, sample: NDArray[np.int16]) -> None:
    state = every_window.open(SESSION, elcor=False)
    silence = np.zeros(16_000, np.int16)
    activities = []
    position = 0
    for block in (silence, *np.split(sample[: 3 * 16_000], 6), silence, silence):
        (heard,) = every_window.classify([Feed(state, position, block)])
        activities.append(heard.activity)
        position += len(block)
    assert activities[0] == "silence"
    assert "listening" in activities
    assert activities[-1] == "silence"


def test_elcor_style_prefixes_the_delivery(every_window: SpeechBackend, sample: NDArray[np.int16]) -> None:
    record = Session(started_at=0.0, elcor=True)
    for tone in tones(listen(every_window, record, frames(sample), [3])):
        assert tone.subtext is not None
        assert tone.subtext.startswith("[")


def test_a_checkpoint_is_bounded(every_window: SpeechBackend, sample: NDArray[np.int16]) -> None:
    hearing = open_hearing(SESSION, RECORD, None, every_window)
    largest = 0
    for chunk in frames(sample)[:-1]:
        advance(every_window, [(hearing, [chunk])])
        largest = max(largest, len(freeze(hearing, every_window, alone=False)))
    assert largest < 40_000
    assert len(freeze(hearing, every_window, alone=True)) < 40_000 + 2 * 16_000 * 5
    assert orjson.loads(orjson.dumps(every_window.card()))["name"]
