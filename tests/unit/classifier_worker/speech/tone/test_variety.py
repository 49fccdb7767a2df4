"""The variety of a speaker's tones: a running variance, the same after freezing."""

import msgpack
import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.tone.baseline import MEMORY_SECONDS
from classifier_worker.speech.tone.variety import Variety


def tones(count: int, spread: float, seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal([2.0, -1.0, -1.0], spread, (count, 3))


def heard(rows: NDArray[np.float64], seconds: float = 2.0) -> Variety:
    variety = Variety()
    for row in rows:
        variety = variety.updated(row.tolist(), seconds)
    return variety


def test_it_is_the_variance_of_all_tones() -> None:
    rows = tones(40, 2.0)
    variety = heard(rows)
    assert variety.variance == pytest.approx(((rows - rows.mean(axis=0)) ** 2).sum(axis=1).mean(), abs=0.01)
    np.testing.assert_allclose(variety.mean, rows.mean(axis=0), atol=1e-3)
    assert variety.seconds == 80.0


def test_longer_speech_weighs_more() -> None:
    once = Variety().updated([0.0, 0.0], 3.0).updated([4.0, 0.0], 1.0)
    assert once.mean == (1.0, 0.0)
    assert once.variance == pytest.approx(3 / 4 * 1 + 1 / 4 * 9)


def test_the_past_fades() -> None:
    """An hour of many tones is forgotten after as much of one as it remembers."""
    long = heard(tones(1_800, 3.0))
    assert long.seconds == MEMORY_SECONDS
    for row in tones(900, 0.3, seed=3):
        long = long.updated(row.tolist(), 2.0)
    assert long.variance < 3.0 * 3 * 3.0 / 4


def test_joined_is_as_if_one_had_heard_both() -> None:
    first, second = tones(12, 2.0), tones(20, 1.0, seed=4) + 1.0
    both, together = heard(first).joined(heard(second)), heard(np.concatenate([first, second]))
    np.testing.assert_allclose(both.mean, together.mean, atol=1e-3)
    assert both.variance == pytest.approx(together.variance, abs=0.02)
    assert both.seconds == together.seconds
    assert Variety().joined(both) == both.joined(Variety()) == both


def test_it_goes_on_from_a_checkpoint_exactly() -> None:
    rows = tones(20, 1.3)
    variety = heard(rows[:11], 0.7)
    thawed = Variety.thaw(msgpack.unpackb(msgpack.packb(variety.freeze())))
    assert thawed == variety
    for row in rows[11:]:
        variety, thawed = variety.updated(row.tolist(), 0.7), thawed.updated(row.tolist(), 0.7)
    assert thawed == variety
    assert Variety.thaw(msgpack.unpackb(msgpack.packb(Variety().freeze()))) == Variety()
