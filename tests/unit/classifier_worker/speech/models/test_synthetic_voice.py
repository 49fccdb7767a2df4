import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.synthetic_voice import SyntheticEvidence, SyntheticHead
from classifier_worker.speech.windows.speech_gate import TAIL
from training.data.sounds import synthetic_speech

SAMPLE = Path(__file__).resolve().parents[5] / "frontend" / "public" / "sample.flac"


def after(*log_odds: float) -> SyntheticEvidence:
    evidence = SyntheticEvidence()
    for value in log_odds:
        evidence = evidence.with_window(value)
    return evidence


def test_a_voice_is_a_person_s_until_shown_otherwise() -> None:
    assert not after().synthetic
    assert not after(0.5).synthetic
    assert after(2.0).synthetic
    assert after(0.8, 0.8).synthetic


def test_one_strange_window_does_not_make_a_person_a_machine() -> None:
    assert not after(-3.0, -3.0, 60.0).synthetic


def test_a_machine_that_gives_way_to_a_person_is_forgotten() -> None:
    assert after(*[3.0] * 60).synthetic
    assert not after(*[3.0] * 60, *[-3.0] * 4).synthetic


def test_evidence_survives_writing_and_reading_bit_by_bit() -> None:
    direct = stored = SyntheticEvidence()
    for value in np.random.default_rng(3).normal(0, 3, 40).tolist():
        direct = direct.with_window(value)
        stored = SyntheticEvidence.thaw(json.loads(json.dumps(stored.freeze()))).with_window(value)
        assert direct == stored


def test_a_head_survives_writing_and_reading(tmp_path: Path) -> None:
    head = SyntheticHead(np.linspace(-1, 1, 256).astype(np.float32).astype(np.float64), -0.5, "test 1")
    head.save(tmp_path / "head.npz")
    stored = SyntheticHead.load(tmp_path / "head.npz")
    description = np.cos(np.arange(256.0))
    assert stored.log_odds(description) == head.log_odds(description)
    assert stored.maker == "test 1"


def test_an_actress_is_no_machine() -> None:
    kinds = SoundKinds()
    samples, _ = soundfile.read(SAMPLE, dtype="float32")
    evidence = SyntheticEvidence()
    for at in range(0, len(samples) - TAIL, TAIL):
        kind = kinds.of(samples[at : at + TAIL])
        if kind.speech > 0.8:
            evidence = evidence.with_window(kind.synthetic)
            assert not evidence.synthetic


@pytest.mark.skipif(not synthetic_speech.available(), reason="espeak-ng is not installed")
@pytest.mark.parametrize("voice", ["en-us", "de+f2", "pl"])
def test_a_synthesiser_is_one(voice: str) -> None:
    kinds, evidence = SoundKinds(), SyntheticEvidence()
    audio = synthetic_speech.spoken(voice, 175).astype(np.float32)
    for at in range(0, 5 * TAIL, TAIL):
        evidence = evidence.with_window(kinds.of(audio[at : at + TAIL]).synthetic)
    assert evidence.synthetic
