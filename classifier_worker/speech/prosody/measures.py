"""Measurements of a voice: pitch, loudness, speed, pauses, steadiness. No inference, no model.

    measures = measure(pitch_hz, confidence, loudness_db, voice)

flags.py compares them with what is usual for the speaker.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.prosody.cepstral_peak import prominence
from classifier_worker.speech.prosody.spectral_balance import alpha_ratio
from classifier_worker.speech.prosody.speech_rate import FRAME_SECONDS, speech_rate

VOICED_FROM: Final = 0.5
"""Confidence of the pitch tracker from which a frame counts as voiced (the tracker's own calibration)."""

VOICE_FROM: Final = 0.5
"""Voice probability from which a frame counts as speech."""

SLOPE_SECONDS: Final = 0.5
"""Length of voiced speech on which the final slope is measured."""

VOICELESS: Final = 0.1
"""Voiced share below which speech counts as whispered. Hardly any spoken clip of three corpora falls below it, even in
noise as loud as the voice; every whispered one does."""

_BACKGROUND_PERCENT: Final = 5
_FEWEST_VOICED = 12
_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 600.0
"""Outside these limits the tracker follows hum or whistling; speech, even excited, lies within them."""

_REFERENCE_HZ: Final = 100.0
_OCTAVE_JUMP: Final = 6.0


@dataclass(frozen=True, slots=True)
class ProsodyMeasures:
    """Measurements of one window. A field is None if there was too little voice or speech to measure it."""

    loudness_db: float | None
    """Mean level of the speech frames, dB re full scale (a mean of power, so that loud syllables count)."""
    pitch_hz: float | None
    """Median of the voiced frames."""
    pitch_st: float | None
    """The median in semitones above 100 Hz."""
    pitch_range_st: float | None
    """Range from the 10th to the 90th percentile of the voiced frames, semitones."""
    pitch_slope_st_s: float | None
    """Semitones per second over the last 0.5 s of voiced speech."""
    voiced_share: float
    """Voiced part of the speech frames, 0…1."""
    speech_rate: float | None
    """Syllable nuclei per second of speech, without pauses. None for a whisper: nuclei are voiced."""
    longest_pause_s: float
    """Longest pause between two passages of speech, seconds."""
    jitter_st: float | None
    """Mean deviation of a voiced frame's pitch from the mean of its neighbours, semitones."""
    shimmer_db: float | None
    """Mean deviation of a voiced frame's level from the mean of its neighbours, dB."""
    speech_s: float = 0.0
    """Seconds of speech frames."""
    clearance_db: float | None = None
    """Level of the speech above the quietest twentieth of the window's frames, dB: how loud the background is."""
    cepstral_peak_db: float | None = None
    """Mean prominence of the voiced frames' cepstral peak, dB (cepstral_peak.py); low in a breathy voice."""
    alpha_ratio_db: float | None = None
    """Power of the voiced frames above 1 kHz relative to that below, dB (spectral_balance.py); rises with effort."""


def measure(
    pitch_hz: NDArray[np.floating[Any]],
    confidence: NDArray[np.floating[Any]],
    loudness_db: NDArray[np.floating[Any]],
    voice: NDArray[np.floating[Any]] | NDArray[np.bool_],
    audio: NDArray[np.float32] | None = None,
) -> ProsodyMeasures:
    """Measure one window of 16 kHz speech.

    pitch_hz, confidence (0…1), loudness_db (dB re full scale): [T], one frame every 16 ms.
    voice: [~T/2], voice probabilities 0…1 of 32 ms frames (or a mask of them), from the same start; if it is shorter,
    the rest counts as silence.
    audio: float32[N] of the same window, for measures that need the samples.
    Raises ValueError if the first three differ in length.
    """
    if not len(pitch_hz) == len(confidence) == len(loudness_db):
        raise ValueError("pitch, confidence and loudness must have one value for each frame")
    loudness = np.asarray(loudness_db, np.float64)
    speech = _speech_frames(voice, len(loudness))
    pitch = np.asarray(pitch_hz, np.float64)
    in_range = (pitch >= _LOWEST_HZ) & (pitch <= _HIGHEST_HZ)
    voiced = speech & in_range & (np.asarray(confidence, np.float64) >= VOICED_FROM)
    semitones = 12.0 * np.log2(np.maximum(pitch, 1.0) / _REFERENCE_HZ)
    median, spread = _level_and_range(semitones[voiced])
    spoken = int(np.count_nonzero(speech))
    voiced_share = float(np.count_nonzero(voiced)) / spoken if spoken else 0.0
    rate = speech_rate(loudness, voiced, speech) if voiced_share >= VOICELESS else None
    level = _power_mean(loudness[speech])
    return ProsodyMeasures(
        loudness_db=_rounded(level, 1),
        pitch_hz=None if median is None else round(_REFERENCE_HZ * 2.0 ** (median / 12.0), 1),
        pitch_st=_rounded(median, 2),
        pitch_range_st=_rounded(spread, 2),
        pitch_slope_st_s=_rounded(_final_slope(semitones, voiced), 2),
        voiced_share=round(voiced_share, 4),
        speech_rate=_rounded(rate, 2),
        longest_pause_s=round(_longest_pause(speech) * FRAME_SECONDS, 3),
        jitter_st=_rounded(_perturbation(semitones, voiced, semitones), 4),
        shimmer_db=_rounded(_perturbation(loudness, voiced, semitones), 3),
        speech_s=round(spoken * FRAME_SECONDS, 3),
        clearance_db=_rounded(None if level is None else level - _background(loudness), 1),
        cepstral_peak_db=_rounded(None if audio is None else prominence(audio, voiced, pitch), 2),
        alpha_ratio_db=_rounded(None if audio is None else alpha_ratio(audio, voiced), 2),
    )


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals) + 0.0


def _speech_frames(voice: NDArray[Any], frames: int) -> NDArray[np.bool_]:
    """Return a mask [frames] at 16 ms from probabilities at 32 ms."""
    mask = np.zeros(frames, np.bool_)
    spread = np.repeat(np.asarray(voice, np.float64) >= VOICE_FROM, 2)[:frames]
    mask[: len(spread)] = spread
    return mask


def _background(loudness: NDArray[np.float64]) -> float:
    return float(np.percentile(loudness, _BACKGROUND_PERCENT))


def _power_mean(decibels: NDArray[np.float64]) -> float | None:
    if not len(decibels):
        return None
    return 10.0 * math.log10(float(np.mean(10.0 ** (decibels / 10.0))))


def _level_and_range(semitones: NDArray[np.float64]) -> tuple[float | None, float | None]:
    if len(semitones) < _FEWEST_VOICED:
        return None, None
    low, median, high = (float(value) for value in np.percentile(semitones, (10, 50, 90)))
    return median, high - low


def _final_slope(semitones: NDArray[np.float64], voiced: NDArray[np.bool_]) -> float | None:
    """Return semitones per second, by Theil–Sen, which is robust to octave errors (Sen 1968, J. Am. Stat. Assoc. 63,
    1379)."""
    frames = np.flatnonzero(voiced)[-round(SLOPE_SECONDS / FRAME_SECONDS) :]
    # Anything further back than twice that length belongs to another phrase.
    frames = frames[frames > frames[-1] - 2 * SLOPE_SECONDS / FRAME_SECONDS] if len(frames) else frames
    if len(frames) < _FEWEST_VOICED:
        return None
    first, second = np.triu_indices(len(frames), 1)
    rises = semitones[frames[second]] - semitones[frames[first]]
    return float(np.median(rises / ((frames[second] - frames[first]) * FRAME_SECONDS)))


def _longest_pause(speech: NDArray[np.bool_]) -> int:
    """Return the number of frames in the longest gap between two speech frames."""
    frames = np.flatnonzero(speech)
    return int(np.diff(frames).max()) - 1 if len(frames) > 1 else 0


def _perturbation(
    values: NDArray[np.float64], voiced: NDArray[np.bool_], semitones: NDArray[np.float64]
) -> float | None:
    """Average |value − mean of its two neighbours| over frames that are voiced and have voiced neighbours.

    The three-point form of the relative average perturbation (Koike 1973, Stud. Phonol. 7, 17–23), on 16 ms frames
    instead of glottal periods: it detects unsteadiness and tremor, not hoarseness. Octave errors are left out.
    """
    inner = voiced[:-2] & voiced[1:-1] & voiced[2:]
    jumps = np.abs(np.diff(semitones))
    inner &= (jumps[:-1] < _OCTAVE_JUMP) & (jumps[1:] < _OCTAVE_JUMP)
    if np.count_nonzero(inner) < _FEWEST_VOICED:
        return None
    deviation = np.abs(values[1:-1] - (values[:-2] + values[2:]) / 2.0)
    return float(np.mean(deviation[inner]))
