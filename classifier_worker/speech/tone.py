"""From what a window sounds like to what is said of it: the tone head against the speaker's own voice, in words."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech import shift
from classifier_worker.speech.elcor import elcor
from classifier_worker.speech.pitch_history import PitchFrames
from classifier_worker.speech.projection import project
from classifier_worker.speech.prosody import activation, flags, measure
from classifier_worker.speech.smoothing import smooth
from classifier_worker.speech.synthetic_voice import ALLOWED
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.speech.utterance import Window
from classifier_worker.speech.voice import Voice
from classifier_worker.speech.wording import label, second_affect, subtext
from shared.audio import PIPELINE_RATE
from shared.tone_event import ToneEvent

ONLY_SPEAKER: Final = "speaker_a"

_FEATURE_DECIMALS = 4
"""Features are rounded before they enter the baseline, so that no platform noise accumulates there."""


class Address(NamedTuple):
    """Whom the events are for, and in which style."""

    session_id: str
    elcor: bool


class Sound(NamedTuple):
    """What was measured of a window."""

    features: NDArray[np.float32]
    """float32[D], the encoder's."""
    pitch: PitchFrames
    voiced: NDArray[np.float64]
    """Voice probabilities of its 32 ms frames."""
    synthetic: float
    """Log-odds that a machine made the voice."""
    audio: NDArray[np.float32]
    """float32[N], 16 kHz, −1…1."""


class ToneReader:
    """Reads the tone of windows, one speaker's after the other."""

    def __init__(self, head: ToneHead, floor: float) -> None:
        self._head = head
        self._floor = floor

    def new_voice(self) -> Voice:
        """A speaker who has said nothing yet."""
        return Voice(self._head.cold_baseline())

    def read(self, voice: Voice, address: Address, window: Window, sound: Sound) -> tuple[Voice, ToneEvent | None]:
        """The voice that has taken the window in, and its event unless that stays under the reliability floor.

        Of a synthetic voice nothing but neutral and calm is said. The window is judged before the voice takes it in.
        """
        features = np.round(sound.features, _FEATURE_DECIMALS)
        probabilities = self._head.probabilities(voice.baseline.normalise(features)[None])[0]
        smoother, smoothed, place = smooth(voice.smoother, probabilities.tolist(), window.pause_before)
        scores = dict(zip(self._head.affects, smoothed, strict=True))
        measures = measure(*sound.pitch, sound.voiced, sound.audio)
        projection = project(scores, activation(measures, voice.profile))
        recent, moved = shift.compare(voice.recent, scores, projection)
        heard = Voice(
            voice.baseline.updated(features, seconds=window.fresh / PIPELINE_RATE),
            voice.profile.with_window(measures),
            smoother,
            recent,
            voice.synthetic.with_window(sound.synthetic),
        )
        affect = self._head.affects[place]
        confidence = round(scores[affect], 4)
        if confidence < self._floor or (heard.synthetic.synthetic and affect not in ALLOWED):
            return heard, None
        found = flags(measures, voice.profile, window.pause_before)
        second = second_affect(scores, affect)
        sentence = (
            elcor(affect, second, confidence, projection.arousal, found)
            if address.elcor
            else subtext(affect, second, confidence, found)
        )
        event = ToneEvent(
            session_id=address.session_id,
            timestamp=round(window.end / PIPELINE_RATE, 5),
            label=label(affect, second, projection.arousal, found, projection.valence),
            confidence=confidence,
            affect=affect,
            subtext=sentence,
            speaker_id=ONLY_SPEAKER,
            shift_magnitude=moved.magnitude,
            shift_direction=moved.direction,
            prosody_flags=found,
            scores={name: round(score, 4) for name, score in scores.items()},
            arousal=projection.arousal,
            valence=projection.valence,
            pitch_hz=measures.pitch_hz,
            loudness_db=measures.loudness_db,
        )
        return heard, event
