import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.prosody.measures import ProsodyMeasures, measure

FRAMES = 188
"""3 s at 16 ms."""

Track = NDArray[np.float64]


def of(
    pitch: Track | float = 120.0,
    loudness: Track | float = -20.0,
    confidence: Track | float = 0.9,
    voice: Track | None = None,
) -> ProsodyMeasures:
    """Measures of a 3 s window that is constant where nothing else is said."""
    pitch, loudness, confidence = (np.broadcast_to(x, FRAMES).astype(np.float64) for x in (pitch, loudness, confidence))
    return measure(pitch, confidence, loudness, np.ones(FRAMES // 2) if voice is None else voice)


def rising(semitones_per_second: float) -> Track:
    return np.asarray(120.0 * 2.0 ** (np.arange(FRAMES) * 0.016 * semitones_per_second / 12.0), np.float64)


def test_a_steady_voice() -> None:
    measures = of()
    assert measures.pitch_hz == 120.0
    assert measures.pitch_range_st == 0.0
    assert measures.pitch_slope_st_s == 0.0
    assert measures.loudness_db == -20.0
    assert measures.voiced_share == 1.0
    assert measures.longest_pause_s == 0.0
    assert measures.jitter_st == measures.shimmer_db == 0.0


def test_semitones_count_from_100_hz() -> None:
    assert of(pitch=200.0).pitch_st == 12.0


@pytest.mark.parametrize("slope", [-12.0, -3.0, 4.0, 10.0])
def test_the_slope_is_in_semitones_per_second(slope: float) -> None:
    assert of(pitch=rising(slope)).pitch_slope_st_s == pytest.approx(slope, abs=0.05)


def test_a_straight_rise_is_no_shakiness() -> None:
    assert of(pitch=rising(10.0)).jitter_st == pytest.approx(0.0, abs=1e-3)


def test_a_trembling_voice_is_measured_as_such() -> None:
    tremble = np.where(np.arange(FRAMES) % 2, 1.0, -1.0)
    measures = of(pitch=120.0 * 2.0 ** (0.25 * tremble / 12.0), loudness=-20.0 + tremble)
    assert measures.jitter_st == pytest.approx(0.5, abs=0.01)
    assert measures.shimmer_db == pytest.approx(2.0, abs=0.01)


def test_single_octave_errors_hardly_change_anything() -> None:
    pitch = rising(4.0)
    pitch[[20, 80, 160, 175]] *= 2.0
    measures = of(pitch=pitch)
    assert measures.pitch_slope_st_s == pytest.approx(4.0, abs=0.2)
    assert measures.jitter_st == pytest.approx(0.0, abs=1e-3)


def test_the_slope_is_that_of_the_end() -> None:
    pitch = np.concatenate([rising(0.0)[: FRAMES - 32], rising(8.0)[:32]])
    assert of(pitch=pitch).pitch_slope_st_s == pytest.approx(8.0, abs=1.0)


def test_pauses_lie_between_stretches_of_speech() -> None:
    voice = np.zeros(FRAMES // 2)
    voice[20:40] = 1.0
    voice[60:80] = 1.0
    assert of(voice=voice).longest_pause_s == pytest.approx(20 * 0.032)


def test_only_speech_counts_for_loudness() -> None:
    loudness = np.full(FRAMES, -60.0)
    loudness[40:120] = -15.0
    voice = np.zeros(FRAMES // 2)
    voice[20:60] = 1.0
    assert of(loudness=loudness, voice=voice).loudness_db == -15.0


def test_silence_has_no_voice() -> None:
    measures = of(voice=np.zeros(FRAMES // 2))
    assert measures.loudness_db is measures.pitch_hz is measures.speech_rate is measures.jitter_st is None
    assert measures.voiced_share == measures.longest_pause_s == 0.0


def test_whispering_has_loudness_and_no_pitch() -> None:
    measures = of(confidence=0.1)
    assert measures.loudness_db == -20.0
    assert measures.pitch_hz is measures.pitch_range_st is measures.pitch_slope_st_s is None
    assert measures.voiced_share == 0.0
    assert measures.speech_rate is None


def test_hum_and_whistling_are_no_voice() -> None:
    assert of(pitch=50.0).pitch_hz is None
    assert of(pitch=1500.0).pitch_hz is None


def test_a_boolean_mask_serves_as_well_as_probabilities() -> None:
    probabilities = np.linspace(0.0, 1.0, FRAMES // 2)
    mask = probabilities >= 0.5
    tracks = np.full(FRAMES, 120.0), np.full(FRAMES, 0.9), np.full(FRAMES, -20.0)
    assert measure(*tracks, mask) == measure(*tracks, probabilities)


def test_voice_that_ends_early_or_late_is_no_error() -> None:
    assert of(voice=np.ones(10)).loudness_db == -20.0
    assert of(voice=np.ones(500)).loudness_db == -20.0


def test_tracks_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one value for each frame"):
        measure(np.zeros(5), np.zeros(4), np.zeros(5), np.zeros(2))


def test_how_far_speech_stands_above_what_else_sounds() -> None:
    loudness = np.full(FRAMES, -60.0)
    loudness[40:120] = -20.0
    voice = np.zeros(FRAMES // 2)
    voice[20:60] = 1.0
    measures = of(loudness=loudness, voice=voice)
    assert measures.clearance_db == 40.0
    assert measures.speech_s == pytest.approx(80 * 0.016)


def test_the_cepstral_peak_needs_the_audio() -> None:
    assert of().cepstral_peak_db is None
    time = np.arange(FRAMES * 256) / 16_000
    audio = np.asarray(sum(np.sin(2 * np.pi * 120 * n * time) / n**2 for n in range(1, 50)), np.float32)
    tracks = np.full(FRAMES, 120.0), np.full(FRAMES, 0.9), np.full(FRAMES, -20.0)
    clear = measure(*tracks, np.ones(FRAMES // 2), audio).cepstral_peak_db
    assert clear is not None
    assert clear > 20.0
