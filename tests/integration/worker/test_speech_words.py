"""The utterances that the real pipeline finds, and their audio: cuts, crashes and late words change no byte."""

import random
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pytest

from classifier_worker.pipeline.checkpoint import freeze, open_hearing
from classifier_worker.pipeline.hearing import Hearing
from classifier_worker.pipeline.session_pipeline import advance
from classifier_worker.speech.backend import Backend
from classifier_worker.speech.mock_backend import MockBackend
from classifier_worker.speech.speech_backend import SpeechBackend
from classifier_worker.speech.words.session_words import Awaited
from classifier_worker.speech.words.transcript import Transcript, Word
from shared.contract.entry_id import order
from shared.contract.pcm_stream import Chunk
from shared.contract.session import Session
from shared.contract.stored_event import StoredEvent
from shared.contract.transcript_event import TranscriptEvent
from shared.settings import Settings
from tests.integration.worker.test_speakers import samples
from tests.unit.classifier_worker.pipeline.test_hearing import SESSION, chunks
from training.data.conversations import conversation
from training.data.corpus import SPEECH
from training.data.reading import TUNING

RECORD = Session(started_at=0.0, words=True)

pytestmark = pytest.mark.skipif(
    not (SPEECH / "librispeech").is_dir(), reason=f"no speech data: {SPEECH / 'librispeech'} is not here"
)


@pytest.fixture(scope="module", params=["speech", "mock"])
def backend(request: pytest.FixtureRequest) -> Backend:
    settings = Settings(_env_file=None, reliability_floor=0.0)
    return SpeechBackend(settings) if request.param == "speech" else MockBackend(settings)


@pytest.fixture(scope="module")
def stream() -> list[Chunk]:
    two_people = conversation(SPEECH, TUNING[2:4], 40.0, (0.0, 0.6), np.random.default_rng(4))
    return chunks(samples(two_people), random.Random(5), holes=True)


def written(awaited: Awaited) -> Transcript:
    """Words that tell every sample that the recogniser would get."""
    told = blake2b(awaited.samples.tobytes() + awaited.voice.tobytes(), digest_size=8).hexdigest()
    return Transcript(told, (Word(told, 0.0, 0.5, 0.9),), "en", -0.1, 0.0)


def words_of(hearing: Hearing) -> list[StoredEvent]:
    events: list[StoredEvent] = []
    while hearing.awaited:
        events += hearing.transcribed(written(hearing.awaited[0]))
    return events + hearing.conclude()


def undisturbed(backend: Backend, stream: Sequence[Chunk], reads: int) -> list[StoredEvent]:
    hearing, events = open_hearing(SESSION, RECORD, None, backend), list[StoredEvent]()
    for place in range(0, len(stream), reads):
        (outcome,) = advance(backend, [(hearing, stream[place : place + reads])])
        events += [*outcome.events, *words_of(hearing)]
    return events


def with_crashes(backend: Backend, stream: Sequence[Chunk], draw: random.Random) -> list[StoredEvent]:
    """Commits now and then, and dies now and then; the words may come steps later, or after a crash."""
    committed: list[StoredEvent] = []
    pending: list[StoredEvent] = []
    hearing = open_hearing(SESSION, RECORD, None, backend)
    checkpoint, cursor, place = None, stream[0].entry_id, 0
    while not hearing.ending or hearing.awaited:
        part = stream[place : place + draw.randint(1, 6)]
        (outcome,) = advance(backend, [(hearing, part)])
        pending += outcome.events
        place += len(part)
        if draw.random() < 0.5:
            pending += words_of(hearing)
        refilled = not hearing.included or order(stream[place - 1].entry_id) >= order(hearing.included)
        if refilled and draw.random() < 0.4:
            committed, pending = committed + pending, []
            checkpoint = freeze(hearing, backend, alone=draw.random() < 0.2)
            # With words awaited, the worker keeps a chunk on the stream.
            left = stream[min(place, len(stream) - 1)].entry_id
            cursor = hearing.needed or (hearing.included if hearing.awaited else left)
        if draw.random() < 0.2:
            hearing, pending = open_hearing(SESSION, RECORD, checkpoint, backend), []
            place = next(n for n, chunk in enumerate(stream) if chunk.entry_id == cursor)
    return committed + pending


def plain(events: Sequence[StoredEvent]) -> tuple[list[StoredEvent], list[str]]:
    """Tone with its ids, and words without."""
    others = [StoredEvent(event.id._replace(n=0), event.kind, event.data) for event in events if not _words(event)]
    return others, [event.data for event in events if _words(event)]


def _words(event: StoredEvent) -> bool:
    return event.kind == "transcript-event"


def test_cuts_change_no_byte(backend: Backend, stream: list[Chunk]) -> None:
    whole = undisturbed(backend, stream, 5)
    assert plain(undisturbed(backend, stream, 1)) == plain(whole)
    lines = [TranscriptEvent.from_json(event.data) for event in whole if _words(event)]
    assert len(lines) > 3
    assert {line.speaker_id for line in lines} >= {"speaker_a", "speaker_b"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_crashes_and_late_words_change_no_byte(backend: Backend, stream: list[Chunk], seed: int) -> None:
    assert plain(with_crashes(backend, stream, random.Random(seed))) == plain(undisturbed(backend, stream, 5))
