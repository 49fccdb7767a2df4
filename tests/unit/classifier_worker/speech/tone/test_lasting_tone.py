"""The tone of a voice's last minute: a mean that fades, and is the same after freezing."""

import msgpack
import numpy as np
import pytest

from classifier_worker.speech.tone.lasting_tone import MEMORY_SECONDS, LastingTone


def heard(*tones: tuple[list[float], float]) -> LastingTone:
    lasting = LastingTone()
    for tone, seconds in tones:
        lasting = lasting.updated(tone, seconds)
    return lasting


def test_it_is_the_mean_weighted_by_seconds() -> None:
    assert heard(([4.0, 0.0], 1.0), ([0.0, 2.0], 3.0)).mean == (1.0, 1.5)


def test_the_past_fades() -> None:
    lasting = heard(*[([1.0], 2.0)] * 100)
    assert lasting.seconds == MEMORY_SECONDS
    for _ in range(60):
        lasting = lasting.updated([-1.0], 2.0)
    assert lasting.mean[0] < -0.7


def test_joined_is_as_if_one_had_heard_both() -> None:
    first, second = heard(([1.0, 0.0], 4.0)), heard(([0.0, 1.0], 12.0))
    assert first.joined(second).mean == (0.25, 0.75)
    assert first.joined(second).seconds == 16.0
    assert LastingTone().joined(first) == first.joined(LastingTone()) == first


def test_it_goes_on_from_a_checkpoint_exactly() -> None:
    rows = np.random.default_rng(5).normal(0, 3, (20, 4))
    lasting = heard(*[(row.tolist(), 0.7) for row in rows[:11]])
    thawed = LastingTone.thaw(msgpack.unpackb(msgpack.packb(lasting.freeze())))
    for row in rows[11:]:
        lasting, thawed = lasting.updated(row.tolist(), 0.7), thawed.updated(row.tolist(), 0.7)
    assert thawed == lasting
    assert lasting.mean == tuple(pytest.approx(value, abs=1e-9) for value in np.round(lasting.mean, 4))
