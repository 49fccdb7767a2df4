"""The tone head: probabilities that add up, do not depend on the batch, and come from a file that cannot run code."""

import csv
import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.baseline import Everybody, SpeakerBaseline
from classifier_worker.speech.embedding import FEATURE_COUNT, embed
from classifier_worker.speech.encoder import Encoder
from classifier_worker.speech.encoder_build import ensure_encoder
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.speech.voiceprint import Voiceprints
from shared.tone_event import Affect

RNG = np.random.default_rng(11)


ROOT = Path(__file__).resolve().parents[2]
MODELS, DATA, SPEECH = ROOT / "classifier_worker" / "models", ROOT / "data", ROOT.parent / "shared" / "speech"


def head(
    affects: tuple[Affect, ...] = ("neutral", "warm", "sad"),
    width: int = 50,
    temperature: float = 2.0,
    caution: float = 0.5,
) -> ToneHead:
    weights = RNG.normal(0, 0.3, (len(affects), width)).astype(np.float32).astype(np.float64)
    bias = RNG.normal(0, 0.3, len(affects)).astype(np.float32).astype(np.float64)
    everybody = Everybody.of(RNG.normal(3, 2, (9, width)).astype(np.float32))
    return ToneHead(affects, weights, bias, temperature, caution, everybody, 9.0)


def calibrated(model: ToneHead, rows: NDArray[np.float32], strangeness: float) -> NDArray[np.float64]:
    """Of rows that are already heard against their speaker, and nobody doubts the baseline."""
    logits = model.logits(rows)
    return model.calibrate(logits, logits, strangeness, 0.0)


def features(rows: int, width: int = 50) -> NDArray[np.float32]:
    return RNG.normal(0, 1, (rows, width)).astype(np.float32)


def test_probabilities_are_a_softmax_at_a_temperature() -> None:
    model, rows = head(), features(5)
    logits = rows.astype(np.float64) @ model.weights.T + model.bias
    np.testing.assert_allclose(model.logits(rows), logits)
    for strangeness, temperature in ((0.0, 2.0), (0.4, 2.2), (1.0, 2.5)):
        expected = np.exp(logits / temperature) / np.exp(logits / temperature).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(calibrated(model, rows, strangeness), expected, atol=1e-6)


def test_a_doubted_baseline_gives_way_to_everybody() -> None:
    """Of a speaker who is known well; a stranger is heard against everybody anyway."""
    model, rows = head(), features(40)
    baseline = model.cold_baseline()
    for row in features(30):
        baseline = baseline.updated(row + 2, 3.0)
    trusted, doubted = (model.probabilities(rows, baseline, doubt) for doubt in (0.0, 1.0))
    between = model.probabilities(rows, baseline, 0.4)
    assert np.all((between <= np.maximum(trusted, doubted) + 2e-6) & (between >= np.minimum(trusted, doubted) - 2e-6))
    alone = model.probabilities(rows, model.cold_baseline(), 0.0)
    assert np.array_equal(alone, model.probabilities(rows, model.cold_baseline(), 1.0))
    assert np.abs(doubted - alone).max() < 0.1 < np.abs(trusted - alone).max()


def test_tones_do_not_move_with_the_baselines_mean() -> None:
    model, rows = head(), features(5)
    here = SpeakerBaseline(np.zeros(50, np.float16), np.full(50, 4, np.float16), 20.0)
    there = replace(here, mean=np.full(50, 3, np.float16))
    assert np.array_equal(model.tones(rows, here), model.tones(rows, there))
    np.testing.assert_allclose(model.tones(rows, here).sum(axis=1), 0.0, atol=1e-9)
    expected = (model.logits(rows) - model.bias) / 2
    np.testing.assert_allclose(model.tones(rows, here), expected - expected.mean(axis=1, keepdims=True), atol=1e-5)


def test_caution_lowers_a_strangers_confidence_and_never_changes_the_winner() -> None:
    model, rows = head(temperature=0.8, caution=1.5), features(200)
    steps = [calibrated(model, rows, strangeness) for strangeness in np.linspace(0, 1, 6)]
    for known, stranger in pairwise(steps):
        assert np.array_equal(known.argmax(axis=1), stranger.argmax(axis=1))
        assert np.all(stranger.max(axis=1) < known.max(axis=1))
    assert steps[-1].max(axis=1).mean() < steps[0].max(axis=1).mean() - 0.1


def test_a_voice_that_is_heard_longer_is_answered_less_cautiously() -> None:
    """The same window; the baseline hears nothing but itself, so that only its strangeness changes."""
    model, row = head(), features(1)
    baseline, confidences = model.cold_baseline(), []
    for _ in range(20):
        confidences.append(float(calibrated(model, row, baseline.strangeness).max()))
        baseline = baseline.updated(np.zeros(50, np.float32), 3.0)
    assert all(later > earlier for earlier, later in pairwise(confidences))


def test_without_caution_a_stranger_is_answered_like_everybody() -> None:
    model, rows = head(caution=0.0), features(5)
    assert np.array_equal(calibrated(model, rows, 1.0), calibrated(model, rows, 0.0))


def test_a_row_is_the_same_bit_for_bit_in_every_batch() -> None:
    model, rows = head(width=2304), features(16, 2304)
    together = calibrated(model, rows, 0.3)
    for size in (1, 2, 3, 7):
        for first in range(16 - size + 1):
            alone = calibrated(model, rows[first : first + size], 0.3)
            assert np.array_equal(alone, together[first : first + size])


def test_extreme_features_give_finite_probabilities() -> None:
    probabilities = calibrated(head(), np.full((1, 50), 1e6, np.float32), 1.0)
    assert probabilities.sum() == pytest.approx(1.0)


def test_no_rows_give_no_probabilities() -> None:
    assert calibrated(head(), features(0), 1.0).shape == (0, 3)


def test_a_saved_model_answers_the_same(tmp_path: Path) -> None:
    model, rows = head(), features(4)
    model.save(tmp_path / "model.npz")
    loaded = ToneHead.load(tmp_path / "model.npz")
    assert loaded.affects == model.affects
    assert (loaded.temperature, loaded.caution, loaded.variety) == (2.0, 0.5, 9.0)
    for strangeness in (0.0, 0.7, 1.0):
        assert np.array_equal(calibrated(loaded, rows, strangeness), calibrated(model, rows, strangeness))
    assert np.array_equal(loaded.everybody.mean, model.everybody.mean)
    assert np.array_equal(loaded.everybody.spread, model.everybody.spread)
    assert loaded.cold_baseline().freeze() == model.cold_baseline().freeze()


@pytest.mark.parametrize("lacking", ["caution", "variety", "temperature", "features", "cold_spread", "weights"])
def test_a_file_of_before_that_lacks_something_is_refused_in_words(tmp_path: Path, lacking: str) -> None:
    path = tmp_path / "model.npz"
    head().save(path)
    with np.load(path) as stored:
        values = {name: stored[name] for name in stored.files if name != lacking}
    np.savez(path, allow_pickle=False, **values)
    with pytest.raises(ValueError, match=rf"model\.npz is not a tone model: .*{lacking}.*Train it again"):
        ToneHead.load(path)


def test_features_of_another_width_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"\[count, 50\]"):
        calibrated(head(), features(1, 49), 1.0)


def test_a_damaged_file_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    head().save(path)
    whole = path.read_bytes()
    for content in (b"", whole[:300], b"not a model"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not a tone model"):
            ToneHead.load(path)


def test_a_pickle_is_never_executed(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "sprung",)  # type: ignore[return-value]

    path = tmp_path / "model.npz"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="is not a tone model"):
        ToneHead.load(path)
    np.savez(path, affects=np.array([Trap()], dtype=object))
    with pytest.raises(ValueError, match="is not a tone model"):
        ToneHead.load(path)
    assert not (tmp_path / "sprung").exists()


def test_a_model_of_other_features_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    head().save(path)
    with np.load(path) as stored:
        values = {name: stored[name] for name in stored.files}
    np.savez(path, **{**values, "features": np.array("wav2vec")})
    with pytest.raises(ValueError, match="trained on 'wav2vec'"):
        ToneHead.load(path)
    np.savez(path, **{**values, "affects": np.array(["neutral", "gleeful", "sad"])})
    with pytest.raises(ValueError, match="gleeful"):
        ToneHead.load(path)


def test_the_open_model_loads_and_knows_what_it_was_trained_for() -> None:
    model = ToneHead.load(MODELS / "open.npz")
    assert set(model.affects) == {"neutral", "warm", "sad", "anxious", "frustrated", "dismissive"}
    assert model.weights.shape == (6, FEATURE_COUNT)
    assert model.temperature > 0
    assert model.caution >= 0
    assert (MODELS / "open.npz").stat().st_size < 1_000_000
    average = model.everybody.standardise(model.everybody.mean[None])
    assert model.probabilities(average, model.cold_baseline(), 0.0).sum() == pytest.approx(1.0, abs=1e-5)


def test_the_research_model_loads_and_adds_calm_and_surprised() -> None:
    model = ToneHead.load(MODELS / "research.npz")
    assert set(model.affects) - set(ToneHead.load(MODELS / "open.npz").affects) == {"calm", "surprised"}
    assert model.weights.shape == (8, FEATURE_COUNT)
    assert (MODELS / "research.npz").stat().st_size < 1_000_000


@pytest.mark.speech
def test_an_actor_who_shouts_sounds_more_frustrated_than_when_speaking_evenly() -> None:
    labels = SPEECH / "labels.csv"
    if not labels.exists():
        pytest.skip("needs the speech data beside the project, ../shared/speech")
    with labels.open(newline="") as file:
        clips = [row for row in csv.DictReader(file) if row["corpus"] == "ravdess"]
    actor = [row for row in clips if row["speaker"] == clips[0]["speaker"]]
    angry = [row for row in actor if row["emotion"] == "anger" and row["intensity"] == "strong"]
    even = [row for row in actor if row["emotion"] == "neutral"]
    model = ToneHead.load(MODELS / "open.npz")
    encoder, voiceprints = Encoder(ensure_encoder(DATA / "models" / "encoder.onnx"), "cpu"), Voiceprints()

    def features_of(row: dict[str, str]) -> NDArray[np.float32]:
        # Two seconds from where these recordings begin to speak.
        audio: NDArray[np.float32] = soundfile.read(SPEECH / row["file"], dtype="float32")[0]
        return model.everybody.standardise(embed(encoder, voiceprints, audio[None, 12_000:44_000])[0])

    baseline = model.cold_baseline()
    for row in even:
        baseline = baseline.updated(features_of(row), 2.0)
    column = model.affects.index("frustrated")

    def answered(rows: list[dict[str, str]]) -> NDArray[np.float64]:
        return model.probabilities(np.stack([features_of(row) for row in rows]), baseline, 0.0)

    shouted, spoken = answered(angry), answered(even)
    # Which affect leads, whatever temperature the model was given.
    assert np.mean(shouted.argmax(axis=1) == column) > 0.5
    assert not np.any(spoken.argmax(axis=1) == column)
    assert spoken[:, column].mean() < 0.2
    assert shouted[:, column].mean() - spoken[:, column].mean() > 0.3
