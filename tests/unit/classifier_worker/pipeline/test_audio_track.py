"""Chunks become one run of 16 kHz samples, however they were cut."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import resample_poly

from classifier_worker.pipeline.audio_track import AudioTrack, Gap
from classifier_worker.speech.signal.resample import resampler
from shared.audio import MAX_RATE, MIN_RATE

EXACT_RATES = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000]
ODD_RATES = [8001, 12345, 16001, 31013, 47997, 47999]
RATES = EXACT_RATES + ODD_RATES


def noise(rate: int, seconds: float) -> NDArray[np.int16]:
    random = np.random.default_rng(rate)
    return np.clip(random.standard_normal(int(rate * seconds)) * 5000, -32768, 32767).astype(np.int16)


def run(rate: int, raw: NDArray[np.int16], cuts: list[int], *, freeze: bool = False) -> NDArray[np.int16]:
    track = AudioTrack(rate)
    parts: list[NDArray[np.int16]] = []
    for begin, end in itertools.pairwise([0, *sorted(cuts), len(raw)]):
        stretch = track.push(begin, raw[begin:end].tobytes())
        assert stretch.start == sum(len(part) for part in parts)
        parts.append(stretch.samples)
        if freeze:
            track = AudioTrack.thaw(track.freeze(), rate)
    return np.concatenate([*parts, track.finish().samples])


@pytest.mark.parametrize("rate", EXACT_RATES)
def test_resampling_is_within_rounding_of_scipys_reference(rate: int) -> None:
    raw = noise(rate, 1.0)
    reference = resample_poly(raw.astype(float), 16000, rate)
    heard = run(rate, raw, [])
    assert len(heard) == 16000
    assert np.abs(heard - np.clip(reference, -32768, 32767)).max() <= 0.51


@pytest.mark.parametrize("rate", ODD_RATES)
def test_speech_at_an_odd_rate_is_what_it_would_be_at_a_common_one(rate: int) -> None:
    def voice(at: int) -> NDArray[np.float64]:
        seconds = np.arange(at) / at
        tones = [np.sin(2 * np.pi * hertz * seconds + hertz) for hertz in (180, 720, 1900, 3100)]
        return np.asarray(np.rint(4000 * np.sum(tones, axis=0)), np.float64)

    heard = run(rate, voice(rate).astype(np.int16), [])
    error = (heard - voice(16000))[200:-200]
    assert len(heard) == 16000
    assert 10 * np.log10(np.mean(np.square(voice(16000))) / np.mean(np.square(error))) > 55.0


def test_no_rate_needs_a_large_filter() -> None:
    tracemalloc.start()
    try:
        for rate in range(MAX_RATE, MAX_RATE - 200, -1):
            resampler(rate).ready(rate)
        assert tracemalloc.get_traced_memory()[1] < 200_000  # positions alone need no filter at all
        for rate in [*range(MAX_RATE, MAX_RATE - 70, -1), *range(MIN_RATE, MAX_RATE, 997)]:
            resampler(rate).run(np.ones(8, np.int16), 0, 0, 2)
        assert tracemalloc.get_traced_memory()[1] < 24_000_000
    finally:
        tracemalloc.stop()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RATES), st.lists(st.integers(1, 7999), min_size=1, max_size=30, unique=True))
def test_cuts_and_checkpoints_change_no_sample(rate: int, cuts: list[int]) -> None:
    raw = noise(rate, 1.0)[:8000]
    assert np.array_equal(run(rate, raw, cuts, freeze=True), run(rate, raw, []))


def test_overlap_is_heard_once() -> None:
    raw = noise(16000, 0.5)
    track = AudioTrack(16000)
    first = track.push(0, raw[:1600].tobytes()).samples
    again = track.push(800, raw[800:2400].tobytes())
    old = track.push(0, raw[:1600].tobytes()).samples
    assert again.start == 1600
    assert again.gap is None
    assert np.array_equal(np.concatenate([first, again.samples]), raw[:2400])
    assert len(old) == 0


@pytest.mark.parametrize("rate", [16000, 48000])
def test_a_hole_is_announced_and_the_audio_clock_goes_on(rate: int) -> None:
    raw = noise(rate, 1.0)
    track = AudioTrack(rate)
    track.push(0, raw[: rate // 10].tobytes())
    stretch = track.push(rate // 2, raw[rate // 2 :].tobytes())
    assert stretch.gap == Gap(1600, 8000)
    assert stretch.start == 8000
    assert len(stretch.samples) + len(track.finish().samples) == 8000


def test_a_checkpoint_stays_small_at_every_rate() -> None:
    for rate in RATES:
        track = AudioTrack(rate)
        track.push(0, noise(rate, 1.0).tobytes())
        assert len(track.freeze()["tail"]) < 2 * 200
