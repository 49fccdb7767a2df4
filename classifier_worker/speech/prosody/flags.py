"""What is usual in a speaker's voice, and what is remarkable in a window compared with it.

    measures = measure(pitch_hz, confidence, loudness_db, voice)
    heard = flags(measures, profile)
    profile = profile.with_window(measures)

Thresholds, and how often real voices exceed them: docs/lab/prosody-flags.md.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from classifier_worker.speech.prosody.measures import VOICELESS, ProsodyMeasures, measure

__all__ = [
    "FLAGS",
    "MIN_WINDOWS",
    "SPREADS",
    "UNUSUAL",
    "ProsodyMeasures",
    "Usual",
    "VoiceProfile",
    "activation",
    "flags",
    "measure",
]

SPREADS: Final[Mapping[str, float]] = {
    "loudness_db": 2.0,
    "pitch_st": 1.8,
    "pitch_range_st": 2.4,
    "pitch_slope_st_s": 6.0,
    "speech_rate": 0.65,
    "jitter_st": 0.04,
    "shimmer_db": 0.14,
    "clearance_db": 4.0,
    "cepstral_peak_db": 1.1,
    "alpha_ratio_db": 1.8,
}
"""Measure → its standard deviation, in its own unit, between windows of one speaker who speaks neutrally or reads
(10 readers of LibriSpeech, neutral EmoDB and RAVDESS). Profiles assume it at first."""

_SPREAD_WEIGHT: Final = 6
"""Number of windows that the assumed spread counts as."""
_MEMORY_WINDOWS: Final = 60
"""A minute at one window per second, so that the profile adapts when a speaker moves away from the microphone."""
MIN_WINDOWS: Final = 5
"""Windows of a speaker needed before anything counts as unusual for them."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for one measure of one speaker: its mean and variance, mostly over the last minute."""

    count: int = 0
    mean: float = 0.0
    variance: float = 0.0

    def with_value(self, value: float) -> "Usual":
        """Add one window's value, weighted as one of at most _MEMORY_WINDOWS (West 1979, CACM 22(9), 532–535)."""
        count = min(self.count + 1, _MEMORY_WINDOWS)
        change = value - self.mean
        variance = (1.0 - 1.0 / count) * (self.variance + change * change / count)
        return Usual(count, round(self.mean + change / count, 6), round(variance, 6))

    def joined(self, other: "Usual") -> "Usual":
        """Pool with another voice of the same person (Chan, Golub & LeVeque 1983, Am. Statistician 37(3))."""
        count = self.count + other.count
        if not count:
            return self
        share, away = other.count / count, other.mean - self.mean
        variance = (1.0 - share) * self.variance + share * other.variance + share * (1.0 - share) * away * away
        return Usual(min(count, _MEMORY_WINDOWS), round(self.mean + share * away, 6), round(variance, 6))

    def deviation(self, value: float, assumed_spread: float) -> float:
        """Return the value's distance from the mean, in standard deviations of the next value; 0 before MIN_WINDOWS."""
        if self.count < MIN_WINDOWS:
            return 0.0
        assumed = _SPREAD_WEIGHT * assumed_spread**2
        variance = (assumed + self.count * self.variance) / (_SPREAD_WEIGHT + self.count)
        return (value - self.mean) / math.sqrt(variance * (1.0 + 1.0 / self.count))


@dataclass(frozen=True, slots=True)
class VoiceProfile:
    """What is usual in one speaker's voice: measure of SPREADS → Usual."""

    usual: Mapping[str, Usual] = field(default_factory=dict)

    def with_window(self, measures: ProsodyMeasures) -> "VoiceProfile":
        """Return the profile updated by one more window of the speaker."""
        usual = dict(self.usual)
        for name in SPREADS:
            value = getattr(measures, name)
            if value is not None:
                usual[name] = usual.get(name, Usual()).with_value(value)
        return VoiceProfile(usual)

    def joined(self, other: "VoiceProfile") -> "VoiceProfile":
        """Merge with another voice that turned out to be the same person's."""
        names = [name for name in SPREADS if name in self.usual or name in other.usual]
        return VoiceProfile({n: self.usual.get(n, Usual()).joined(other.usual.get(n, Usual())) for n in names})

    def difference(self, measures: ProsodyMeasures, name: str) -> float:
        """Return the measure minus its mean, in its own unit; 0 if either is unknown."""
        value, usual = getattr(measures, name), self.usual.get(name)
        return 0.0 if value is None or usual is None or usual.count < MIN_WINDOWS else value - usual.mean

    def deviation(self, measures: ProsodyMeasures, name: str) -> float:
        """Return the same difference in standard deviations."""
        value, usual = getattr(measures, name), self.usual.get(name)
        return 0.0 if value is None or usual is None else usual.deviation(value, SPREADS[name])

    def freeze(self) -> dict[str, Any]:
        return {name: [usual.count, usual.mean, usual.variance] for name, usual in self.usual.items()}

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "VoiceProfile":
        return cls({name: Usual(*usual) for name, usual in frozen.items()})


UNUSUAL: Final = 1.75
"""Standard deviations from the speaker's mean at which a measure counts as unusual: one window in twelve by chance,
and fewer with the minimum difference that each flag also requires."""

FLAGS: Final = (
    "louder",
    "quieter",
    "faster",
    "slower",
    "rising_pitch",
    "falling_pitch",
    "flat_pitch",
    "wide_pitch",
    "long_pause",
    "shaky",
    "breathy",
    "whispered",
    "laughing",
    "raised_voice",
    "lowered_voice",
)
"""All flags, in the order in which events list them."""

_LOUDER_DB: Final = 3.0
_RATE_SHARE: Final = 0.2
_RISE_ST_S: Final = 6.0
_FALL_ST_S: Final = 12.0
_FLAT_ST: Final = 2.5
_WIDE_ST: Final = 3.0
_PAUSE_S: Final = 1.0
_ABSENCE_S: Final = 10.0
_BREATHY_DB: Final = 3.0
_NOISIER_DB: Final = 6.0
_WHISPER_S: Final = 0.5
_RAISED_DB: Final = 6.0
_LOWERED_DB: Final = 4.0
_EFFORT_ST: Final = 2.0
_EFFORT_DB: Final = 3.0
_EFFORT_BOTH: Final = 1.0


def flags(
    measures: ProsodyMeasures, profile: VoiceProfile, pause_before: float = 0.0, *, laughing: bool = False
) -> list[str]:
    """Return what is remarkable in this window, in the order of FLAGS.

    profile: of the same speaker, before it is updated by this window.
    pause_before: seconds of silence before the window if the same speaker spoke last, else 0.
    laughing: whether there is laughter in it, or just before it and not reported yet (vocal_bursts.py).
    "Unusual" means UNUSUAL standard deviations from this speaker's mean, after MIN_WINDOWS windows.

    louder, quieter: unusual, by ≥ 3 dB: half the step from normal to raised voice (6 dB; ANSI S3.5-1997, Table 1).
    faster, slower: unusual, by ≥ 20 %: four times the just noticeable difference (5 %; Quené 2007, J. Phonetics 35,
        353–362).
    rising_pitch: ≥ 6 st/s over the last 0.5 s of voice, 3 semitones: less has no communicative function ('t Hart 1981,
        JASA 69, 811–821).
    falling_pitch: the same downwards, unusual and ≥ 12 st/s, because most plain sentences end with a fall.
    flat_pitch: a range under 3 semitones (the same source).
    wide_pitch: an unusual range, by ≥ 3 semitones.
    long_pause: ≥ 1 s, within the window or before it (Campione & Véronis 2002, Speech Prosody, 199–202); over 10 s
        counts as absence.
    shaky: pitch and level both unusually unsteady from frame to frame, and the melody no wider than usual.
    breathy: the cepstral peak unusually low (Hillenbrand et al. 1994), by ≥ 3 dB: breath noise 12 dB below the voice
        lowers it by 3.5 dB. Not if the background rose by 6 dB or more: noise lowers the peak in the same way.
    whispered: less than a tenth of ≥ 0.5 s of speech is voiced, and it is no louder than usual. Whispering is speech
        without voice, and softer (Ito et al. 2005, Speech Communication 45, 139–152).
    raised_voice: louder by ≥ 6 dB, the step from normal to raised voice (ANSI S3.5-1997), and with more effort: pitch
        unusually high by ≥ 2 semitones or alpha ratio by ≥ 3 dB, and the other at least one standard deviation up
        (Traunmüller & Eriksson 2000, JASA 107, 3438–3451). Moving closer to the microphone changes only the level.
    lowered_voice: the same downwards, quieter by ≥ 4 dB, and not whispered.
    """
    heard = {
        **_against_usual(measures, profile),
        **_pitch_movement(measures, profile),
        **_breath(measures, profile),
        **_effort(measures, profile),
        "long_pause": _PAUSE_S <= max(measures.longest_pause_s, pause_before) <= _ABSENCE_S,
        "laughing": laughing,
    }
    return [flag for flag in FLAGS if heard[flag]]


def _against_usual(measures: ProsodyMeasures, profile: VoiceProfile) -> dict[str, bool]:
    def unusual(name: str, least: float) -> int:
        off = profile.deviation(measures, name), profile.difference(measures, name)
        return (off[0] >= UNUSUAL and off[1] >= least) - (off[0] <= -UNUSUAL and off[1] <= -least)

    loudness = unusual("loudness_db", _LOUDER_DB)
    rate = unusual("speech_rate", _RATE_SHARE * (measures.speech_rate or 0.0))
    unsteady = unusual("jitter_st", 0.0) > 0 and unusual("shimmer_db", 0.0) > 0
    return {
        "louder": loudness > 0,
        "quieter": loudness < 0,
        "faster": rate > 0,
        "slower": rate < 0,
        "wide_pitch": unusual("pitch_range_st", _WIDE_ST) > 0,
        "shaky": unsteady and profile.deviation(measures, "pitch_range_st") <= 0.0,
    }


def _pitch_movement(measures: ProsodyMeasures, profile: VoiceProfile) -> dict[str, bool]:
    slope, span = measures.pitch_slope_st_s, measures.pitch_range_st
    falls = profile.deviation(measures, "pitch_slope_st_s") <= -UNUSUAL
    return {
        "rising_pitch": slope is not None and slope >= _RISE_ST_S,
        "falling_pitch": slope is not None and slope <= -_FALL_ST_S and falls,
        "flat_pitch": span is not None and span < _FLAT_ST,
    }


def _breath(measures: ProsodyMeasures, profile: VoiceProfile) -> dict[str, bool]:
    faint = profile.deviation(measures, "cepstral_peak_db") <= -UNUSUAL
    faint &= profile.difference(measures, "cepstral_peak_db") <= -_BREATHY_DB
    voiceless = measures.speech_s >= _WHISPER_S and measures.voiced_share < VOICELESS
    return {
        "breathy": faint and profile.difference(measures, "clearance_db") > -_NOISIER_DB,
        "whispered": voiceless and profile.difference(measures, "loudness_db") <= 0.0,
    }


def _effort(measures: ProsodyMeasures, profile: VoiceProfile) -> dict[str, bool]:
    def moved(direction: float, level: float) -> bool:
        def off(name: str, least: float) -> bool:
            unusual = direction * profile.deviation(measures, name) >= UNUSUAL
            return unusual and direction * profile.difference(measures, name) >= least

        both = [direction * profile.deviation(measures, name) for name in ("pitch_st", "alpha_ratio_db")]
        effort = off("pitch_st", _EFFORT_ST) or off("alpha_ratio_db", _EFFORT_DB)
        return off("loudness_db", level) and effort and min(both) >= _EFFORT_BOTH

    whispered = measures.voiced_share < VOICELESS
    return {"raised_voice": moved(1.0, _RAISED_DB), "lowered_voice": moved(-1.0, _LOWERED_DB) and not whispered}


def activation(measures: ProsodyMeasures, profile: VoiceProfile) -> float | None:
    """Return how activated the voice is relative to its own mean, −1…1, 4 decimals; None before MIN_WINDOWS.

    Uses loudness and pitch, which convey arousal most reliably (Scherer 2003, Speech Communication 40, 227–256).
    """
    known = [profile.usual.get(name, Usual()).count >= MIN_WINDOWS for name in ("loudness_db", "pitch_st")]
    if not all(known):
        return None
    off = [profile.deviation(measures, name) for name in ("loudness_db", "pitch_st")]
    return round(math.tanh(sum(off) / len(off) / 2.0), 4)
