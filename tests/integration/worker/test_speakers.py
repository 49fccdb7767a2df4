"""Who speaks, on real voices: read speech of LibriSpeech through the real pipeline."""

import random

import msgpack
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.backend import Feed
from classifier_worker.speech.speech_backend import SpeechBackend
from classifier_worker.speech.tone.speaker_memory import Voice
from shared.contract.session import Session
from shared.settings import Settings
from tests.integration.worker.test_speech_backend import frames, tones
from tests.unit.classifier_worker.pipeline.test_hearing import chunks, listen, listen_with_crashes
from training.data.conversations import Conversation, conversation, reading
from training.data.corpus import SPEECH
from training.data.reading import MEASURING, TUNING

RECORD = Session(started_at=0.0)

pytestmark = pytest.mark.skipif(
    not (SPEECH / "librispeech").is_dir(), reason=f"no speech data: {SPEECH / 'librispeech'} is not here"
)


@pytest.fixture(scope="module")
def backend() -> SpeechBackend:
    return SpeechBackend(Settings(_env_file=None, reliability_floor=0.0))


def samples(recording: Conversation) -> NDArray[np.int16]:
    return np.round(recording.audio * 32767).astype(np.int16)


@pytest.fixture(scope="module")
def two_people() -> Conversation:
    return conversation(SPEECH, TUNING[2:4], 45.0, (0.0, 0.6), np.random.default_rng(4))


def test_two_people_have_two_ids(backend: SpeechBackend, two_people: Conversation) -> None:
    found = tones(listen(backend, RECORD, frames(samples(two_people)), [5]))
    settled = [tone for tone in found if tone.timestamp > 12.0]
    assert {tone.speaker_id for tone in settled} == {"speaker_a", "speaker_b"}
    spoken: dict[str, list[int]] = {"speaker_a": [], "speaker_b": []}
    for tone in settled:
        end = round(tone.timestamp * 16_000)
        newest = two_people.speaker[end - 16_000 : end]
        if np.any(newest >= 0):
            spoken[tone.speaker_id].append(int(np.median(newest[newest >= 0])))
    mean_a, mean_b = (float(np.mean(people)) for people in spoken.values())
    assert abs(mean_a - mean_b) > 0.7, "each id is one person's for the most part"


def test_one_person_has_one(backend: SpeechBackend) -> None:
    found = tones(listen(backend, RECORD, frames(samples(reading(SPEECH, MEASURING[0], 40.0))), [5]))
    assert len(found) > 15
    assert {tone.speaker_id for tone in found} == {"speaker_a"}


def test_cuts_reads_and_crashes_change_no_byte(backend: SpeechBackend, two_people: Conversation) -> None:
    for seed, holes in ((1, False), (2, True)):
        stream = chunks(samples(two_people), random.Random(seed), holes=holes)
        undisturbed = listen(backend, RECORD, stream, [7])
        assert {tone.speaker_id for tone in tones(undisturbed)} >= {"speaker_a", "speaker_b"}
        assert listen(backend, RECORD, stream, [1, 30]) == undisturbed
        assert listen_with_crashes(backend, RECORD, stream, random.Random(seed)) == undisturbed


def test_each_speaker_has_a_voice_and_all_of_them_are_bounded(backend: SpeechBackend) -> None:
    crowd = conversation(SPEECH, (*TUNING, *MEASURING), 150.0, (0.0, 0.3), np.random.default_rng(2))
    state = backend.open("session", elcor=False)
    pcm = samples(crowd)
    for begin in range(0, len(pcm), 16_000):
        backend.classify([Feed(state, begin, pcm[begin : begin + 16_000])])
    assert 4 <= len(state.voices) <= 7
    assert all(isinstance(voice, Voice) and voice.until > 0 for voice in state.voices.values())
    means = [voice.baseline.mean for voice in state.voices.values()]
    assert not any(np.array_equal(means[0], mean) for mean in means[1:])
    assert len(msgpack.packb(state.freeze(with_audio=False))) < 200_000
