"""What tone is read from: both encoders' features side by side, each row by itself."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.models.build.encoder import ENCODER, ENCODER_FEATURES, ensure_encoder
from classifier_worker.speech.models.embedding import FEATURE_COUNT, FEATURES, embed
from classifier_worker.speech.models.encoder import Encoder
from classifier_worker.speech.models.voiceprint import TIMBRE, TIMBRE_FEATURES, Voiceprints

DATA = Path(__file__).resolve().parents[5] / "data"

pytestmark = pytest.mark.speech


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(ensure_encoder(DATA / "models" / "encoder.onnx"), device="cpu")


@pytest.fixture(scope="module")
def voiceprints() -> Voiceprints:
    return Voiceprints()


def windows(rows: int, seconds: float = 1.0) -> NDArray[np.float32]:
    """Buzzes of different heights, in noise."""
    draw = np.random.default_rng(rows)
    time = np.arange(round(16_000 * seconds)) / 16_000
    buzz = np.sign(np.sin(2 * np.pi * draw.uniform(90, 300, (rows, 1)) * time))
    return (0.05 * buzz + 0.01 * draw.standard_normal((rows, len(time)))).astype(np.float32)


def test_the_encoders_features_come_first_and_then_the_timbre(encoder: Encoder, voiceprints: Voiceprints) -> None:
    audio = windows(2, 1.5)
    features = embed(encoder, voiceprints, audio)
    assert features.shape == (2, FEATURE_COUNT)
    assert features.dtype == np.float32
    assert FEATURE_COUNT == ENCODER_FEATURES + TIMBRE_FEATURES
    np.testing.assert_array_equal(features[:, :ENCODER_FEATURES], encoder.embed(audio))
    for row, window in zip(features, audio, strict=True):
        np.testing.assert_array_equal(row[ENCODER_FEATURES:], voiceprints.timbre(window))


def test_a_row_is_the_same_bit_for_bit_whatever_the_others(encoder: Encoder, voiceprints: Voiceprints) -> None:
    audio = windows(5)
    together = embed(encoder, voiceprints, audio)
    np.testing.assert_array_equal(embed(encoder, voiceprints, audio[::-1]), together[::-1])
    for row in range(5):
        np.testing.assert_array_equal(embed(encoder, voiceprints, audio[row : row + 1])[0], together[row])
    assert len({row.tobytes() for row in together}) == 5


def test_no_windows_give_no_features(encoder: Encoder, voiceprints: Voiceprints) -> None:
    assert embed(encoder, voiceprints, np.zeros((0, 48_000), np.float32)).shape == (0, FEATURE_COUNT)


def test_half_a_second_is_enough_and_less_is_refused_in_words(encoder: Encoder, voiceprints: Voiceprints) -> None:
    assert embed(encoder, voiceprints, windows(1, 0.5)).shape == (1, FEATURE_COUNT)
    with pytest.raises(ValueError, match="Timbre needs"):
        embed(encoder, voiceprints, windows(1, 0.4))


def test_the_features_are_named_after_both_encoders() -> None:
    """A head that was trained on other features is refused by this name."""
    assert ENCODER in FEATURES
    assert TIMBRE in FEATURES
