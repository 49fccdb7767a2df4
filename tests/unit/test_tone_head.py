"""The tone head: probabilities that add up, do not depend on the batch, and come from a file that cannot run code."""

import csv
import pickle
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.encoder import Encoder
from classifier_worker.speech.encoder_build import FEATURE_COUNT, ensure_encoder
from classifier_worker.speech.tone_head import ToneHead
from shared.tone_event import Affect

RNG = np.random.default_rng(11)
ROOT = Path(__file__).resolve().parents[2]
MODELS, DATA, SPEECH = ROOT / "classifier_worker" / "models", ROOT / "data", ROOT.parent / "shared" / "speech"


def head(
    affects: tuple[Affect, ...] = ("neutral", "warm", "sad"), width: int = 50, temperature: float = 2.0
) -> ToneHead:
    weights = RNG.normal(0, 0.3, (len(affects), width)).astype(np.float32).astype(np.float64)
    bias = RNG.normal(0, 0.3, len(affects)).astype(np.float32).astype(np.float64)
    return ToneHead(affects, weights, bias, temperature, np.zeros(width, np.float32), np.ones(width, np.float32))


def features(rows: int, width: int = 50) -> NDArray[np.float32]:
    return RNG.normal(0, 1, (rows, width)).astype(np.float32)


def test_probabilities_are_a_softmax_at_a_temperature() -> None:
    model, rows = head(), features(5)
    scaled = (rows.astype(np.float64) @ model.weights.T + model.bias) / 2.0
    expected = np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.probabilities(rows), expected, atol=1e-6)


def test_a_row_is_the_same_bit_for_bit_in_every_batch() -> None:
    model, rows = head(width=2304), features(16, 2304)
    together = model.probabilities(rows)
    for size in (1, 2, 3, 7):
        for first in range(16 - size + 1):
            assert np.array_equal(model.probabilities(rows[first : first + size]), together[first : first + size])


def test_extreme_features_give_finite_probabilities() -> None:
    probabilities = head().probabilities(np.full((1, 50), 1e6, np.float32))
    assert probabilities.sum() == pytest.approx(1.0)


def test_no_rows_give_no_probabilities() -> None:
    assert head().probabilities(features(0)).shape == (0, 3)


def test_a_saved_model_answers_the_same(tmp_path: Path) -> None:
    model, rows = head(), features(4)
    model.save(tmp_path / "model.npz")
    loaded = ToneHead.load(tmp_path / "model.npz")
    assert loaded.affects == model.affects
    assert np.array_equal(loaded.probabilities(rows), model.probabilities(rows))
    assert np.array_equal(loaded.cold_baseline().mean, model.cold_mean)


def test_features_of_another_width_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"\[count, 50\]"):
        head().probabilities(features(1, 49))


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
    assert (MODELS / "open.npz").stat().st_size < 1_000_000
    average = model.cold_baseline().normalise(model.cold_mean[None])
    assert model.probabilities(average).sum() == pytest.approx(1.0, abs=1e-5)


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
    encoder = Encoder(ensure_encoder(DATA / "models" / "encoder.onnx"), "cpu")

    def features_of(row: dict[str, str]) -> NDArray[np.float32]:
        # Two seconds from where these recordings begin to speak.
        audio: NDArray[np.float32] = soundfile.read(SPEECH / row["file"], dtype="float32")[0]
        features: NDArray[np.float32] = encoder.embed(audio[None, 12_000:44_000])[0]
        return features

    baseline = model.cold_baseline()
    for row in even:
        baseline = baseline.updated(features_of(row), 2.0)
    column = model.affects.index("frustrated")
    shouted = model.probabilities(np.stack([baseline.normalise(features_of(row)) for row in angry]))[:, column]
    spoken = model.probabilities(np.stack([baseline.normalise(features_of(row)) for row in even]))[:, column]
    assert shouted.mean() > 0.5 > 0.2 > spoken.mean()
