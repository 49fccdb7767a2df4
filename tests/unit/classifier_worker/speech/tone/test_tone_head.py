"""The tone head: probabilities that add up, do not depend on the batch, and come from a file that cannot run code."""

import csv
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from classifier_worker.speech.models.build.encoder import ensure_encoder
from classifier_worker.speech.models.embedding import FEATURE_COUNT, embed
from classifier_worker.speech.models.encoder import Encoder
from classifier_worker.speech.models.voiceprint import Voiceprints
from classifier_worker.speech.tone.baseline import Everybody, SpeakerBaseline
from classifier_worker.speech.tone.lasting_tone import LastingTone
from classifier_worker.speech.tone.tone_head import LinearReader, ToneHead
from classifier_worker.speech.tone.variety import Variety
from shared.contract.tone_event import Affect
from training.fit.mixture_fit import START as MIXTURE

RNG = np.random.default_rng(11)

ROOT = Path(__file__).resolve().parents[5]
MODELS, DATA, SPEECH = ROOT / "classifier_worker" / "models", ROOT / "data", ROOT.parent / "shared" / "speech"


def linear(affects: int, width: int) -> LinearReader:
    weights = RNG.normal(0, 0.3, (affects, width)).astype(np.float32).astype(np.float64)
    return LinearReader(weights, RNG.normal(0, 0.3, affects).astype(np.float32).astype(np.float64))


def head(affects: tuple[Affect, ...] = ("neutral", "warm", "sad"), width: int = 50) -> ToneHead:
    everybody = Everybody.of(RNG.normal(3, 2, (9, width)).astype(np.float32))
    readers = linear(len(affects), width), linear(len(affects), width)
    return ToneHead(affects, *readers, MIXTURE, (0.9, 0.0, 0.7)[: len(affects)], everybody)


def features(width: int = 50) -> NDArray[np.float32]:
    return RNG.normal(0, 1, width).astype(np.float32)


def answered(model: ToneHead, row: NDArray[np.float32], baseline: SpeakerBaseline) -> list[float]:
    scores = model.read(row, baseline)
    return model.probabilities(scores, baseline.strangeness, Variety((0.0,) * 3, 4.0, 30.0), LastingTone())


def test_scores_are_linear_and_add_up_to_nothing() -> None:
    reader, row = linear(3, 50), features()
    expected = reader.weights @ row.astype(np.float64) + reader.bias
    np.testing.assert_allclose(reader.scores(row), expected - expected.mean())
    unbiased = reader.weights @ row.astype(np.float64)
    np.testing.assert_allclose(reader.scores(row, biased=False), unbiased - unbiased.mean())


def test_a_wild_feature_does_not_decide_alone() -> None:
    reader, row = linear(3, 50), features()
    row[7] = 20.0
    bounded = reader.scores(row)
    row[7] = 1e6
    np.testing.assert_array_equal(reader.scores(row), bounded)


def test_a_window_is_scored_against_the_speaker_and_by_itself() -> None:
    model, row = head(), features()
    baseline = model.cold_baseline()
    assert model.read(row, baseline).relative == pytest.approx(model.relative.scores(row), abs=1e-6)
    for _ in range(10):
        baseline = baseline.updated(features() + 2, 3.0)
    read = model.read(row, baseline)
    np.testing.assert_array_equal(read.absolute, model.absolute.scores(row))
    np.testing.assert_array_equal(read.relative, model.relative.scores(baseline.normalise(row)))


def test_tones_do_not_move_with_the_baselines_mean() -> None:
    model, row = head(), features()
    here = SpeakerBaseline(np.zeros(50, np.float16), np.full(50, 4, np.float16), 20.0)
    there = replace(here, mean=np.full(50, 3, np.float16))
    np.testing.assert_array_equal(model.read(row, here).tone, model.read(row, there).tone)
    halved = model.relative.scores((row / 2).astype(np.float32), biased=False)
    np.testing.assert_allclose(model.read(row, here).tone, halved, atol=1e-6)


def test_probabilities_are_rounded_and_add_up_to_one() -> None:
    found = answered(head(), features(), SpeakerBaseline.cold(50))
    assert sum(found) == pytest.approx(1.0, abs=1e-5)
    assert found == [round(value, 6) for value in found]
    assert sum(answered(head(), np.full(50, 1e6, np.float32), SpeakerBaseline.cold(50))) == pytest.approx(1.0, abs=1e-5)


def test_a_saved_model_answers_the_same(tmp_path: Path) -> None:
    model = head()
    model.save(tmp_path / "model.npz")
    loaded = ToneHead.load(tmp_path / "model.npz")
    assert (loaded.affects, loaded.floors, loaded.mixture) == (model.affects, model.floors, model.mixture)
    baseline = model.cold_baseline()
    for _ in range(4):
        row = features()
        assert answered(loaded, row, baseline) == answered(model, row, baseline)
        baseline = baseline.updated(row, 3.0)
    assert np.array_equal(loaded.everybody.mean, model.everybody.mean)
    assert np.array_equal(loaded.everybody.spread, model.everybody.spread)


@pytest.mark.parametrize(
    "lacking", ["mixture", "floors", "features", "cold_spread", "relative_weights", "absolute_bias"]
)
def test_a_file_of_before_that_lacks_something_is_refused_in_words(tmp_path: Path, lacking: str) -> None:
    path = tmp_path / "model.npz"
    head().save(path)
    with np.load(path) as stored:
        values = {name: stored[name] for name in stored.files if name != lacking}
    np.savez(path, allow_pickle=False, **values)
    with pytest.raises(ValueError, match=rf"model\.npz is not a tone model: .*{lacking}.*Train it again"):
        ToneHead.load(path)


@pytest.mark.parametrize(("array", "shape"), [("mixture", 10), ("floors", 2), ("relative_bias", 4), ("cold_mean", 49)])
def test_arrays_that_do_not_fit_together_are_refused_in_words(tmp_path: Path, array: str, shape: int) -> None:
    path = tmp_path / "model.npz"
    head().save(path)
    with np.load(path) as stored:
        values = {name: stored[name] for name in stored.files}
    np.savez(path, allow_pickle=False, **{**values, array: np.zeros(shape)})
    with pytest.raises(ValueError, match="is not a tone model"):
        ToneHead.load(path)


def test_features_of_another_width_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"\[50\]"):
        head().absolute.scores(features(49))


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
    assert model.affects == ("neutral", "warm", "sad", "frustrated")
    assert model.relative.weights.shape == model.absolute.weights.shape == (4, FEATURE_COUNT)
    assert (MODELS / "open.npz").stat().st_size < 1_000_000


def test_the_research_model_loads_and_says_the_same_affects() -> None:
    model = ToneHead.load(MODELS / "research.npz")
    assert model.affects == ToneHead.load(MODELS / "open.npz").affects
    assert model.relative.weights.shape == model.absolute.weights.shape == (4, FEATURE_COUNT)
    assert (MODELS / "research.npz").stat().st_size < 1_000_000


@pytest.mark.parametrize("name", ["open", "research"])
def test_of_everybodys_average_voice_nothing_is_claimed(name: str) -> None:
    model = ToneHead.load(MODELS / f"{name}.npz")
    average = model.everybody.standardise(model.everybody.mean)
    read = model.read(average, model.cold_baseline())
    found = dict(zip(model.affects, model.probabilities(read, 1.0, Variety(), LastingTone()), strict=True))
    assert max(found, key=lambda affect: found[affect]) in ("neutral", "calm")


@pytest.mark.speech
def test_an_actor_who_shouts_is_not_called_even_and_who_speaks_evenly_is() -> None:
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
    column, even_column = model.affects.index("frustrated"), model.affects.index("neutral")
    # A voice that has been heard to vary.
    varied = Variety((0.0,) * len(model.affects), 8.0, 60.0)

    def answers(rows: list[dict[str, str]]) -> NDArray[np.float64]:
        read = [model.read(features_of(row), baseline) for row in rows]
        return np.array([model.probabilities(one, baseline.strangeness, varied, LastingTone()) for one in read])

    shouted, spoken = answers(angry), answers(even)
    assert not np.any(shouted.argmax(axis=1) == even_column)
    assert np.mean(spoken.argmax(axis=1) == even_column) >= 0.5
    assert spoken[:, even_column].mean() > shouted[:, even_column].mean() + 0.2
    assert shouted[:, column].mean() > spoken[:, column].mean() + 0.1
