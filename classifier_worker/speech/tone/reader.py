"""Turn a window's features into a ToneEvent: run the tone head relative to the speaker's voice, and word the result."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.circumplex import project
from classifier_worker.speech.models.pitch_history import PitchFrames
from classifier_worker.speech.models.synthetic_voice import ALLOWED, allowed
from classifier_worker.speech.prosody.flags import activation, flags, measure
from classifier_worker.speech.prosody.measures import ProsodyMeasures
from classifier_worker.speech.speakers.diarization import Turn, speaker_id
from classifier_worker.speech.tone import shift
from classifier_worker.speech.tone.baseline import SpeakerBaseline
from classifier_worker.speech.tone.correction import Lesson, shifted
from classifier_worker.speech.tone.smoothing import Smoother, smooth
from classifier_worker.speech.tone.speaker_memory import Voice
from classifier_worker.speech.tone.tone_head import ToneHead, WindowScores
from classifier_worker.speech.windows.utterance import Window
from classifier_worker.speech.wording.choice import second_affect, wording
from classifier_worker.speech.wording.sentences import label, subtext
from shared.audio import PIPELINE_RATE
from shared.contract.tone_event import EVEN, Affect, ToneEvent

STRANGER_SECONDS: Final = 6.0
"""Seconds of a voice's speech before it may get any tone but an even one: until then it is compared with the average
over all speakers, which cannot tell a tone from a voice."""


class Address(NamedTuple):
    """The session that the events are for, and their style."""

    session_id: str
    elcor: bool


class Sound(NamedTuple):
    """The measurements of a window."""

    features: NDArray[np.float32]
    """float32[D], from the encoders."""
    pitch: PitchFrames
    voiced: NDArray[np.float64]
    """Voice probabilities of its 32 ms frames."""
    synthetic: float
    """Log-odds that the voice is synthetic."""
    audio: NDArray[np.float32]
    """float32[N], 16 kHz, −1…1."""
    laughing: bool = False
    """Whether there is laughter in the window or just before it."""


class ToneReader:
    """Reads the tone of each speaker's windows, one after another."""

    def __init__(self, head: ToneHead, floor: float) -> None:
        self._head = head
        self._floor = floor

    def new_voice(self) -> Voice:
        """Return the state of a new speaker."""
        return Voice(self._head.cold_baseline())

    def read(
        self,
        voice: Voice,
        address: Address,
        window: Window,
        sound: Sound,
        turn: Turn,
        *,
        lessons: Sequence[Lesson] = (),
    ) -> tuple[Voice, ToneEvent | None]:
        """Return the updated voice, and the window's event unless it stays below the reliability floor.

        voice: that of the turn's speaker. The window is judged before it updates the voice; speech of an uncertain
        speaker updates the tone but not what is usual for the speaker. A synthetic voice gets only neutral and calm, in
        the label as well as in all fields that could suggest another label: scores, arousal, valence, shift.
        """
        judged = self._judged(voice, window, sound, turn, lessons)
        measures = measure(*sound.pitch, sound.voiced, sound.audio)
        projection = project(judged.scores, activation(measures, voice.profile))
        recent, moved = shift.compare(voice.recent, judged.scores, projection)
        known = Voice(
            judged.baseline if turn.sure else voice.baseline,
            voice.profile.with_window(measures) if turn.sure else voice.profile,
            judged.smoother,
            recent,
            window.audio_end,
            voice.synthetic.with_window(sound.synthetic),
            voice.variety.updated(judged.read.tone.tolist(), judged.seconds) if turn.sure else voice.variety,
            voice.lasting.updated(judged.read.absolute.tolist(), judged.seconds) if turn.sure else voice.lasting,
        )
        machine = known.synthetic.synthetic
        if not self._reliable(judged, voice) or (machine and judged.affect not in ALLOWED):
            return known, None
        pause = 0.0 if turn.changed else window.pause_before
        found = flags(measures, voice.profile, pause, laughing=sound.laughing)
        told = (
            _Told(allowed(judged.scores), shift.NONE, None, None, measures, found)
            if machine
            else _Told(judged.scores, moved, projection.arousal, projection.valence, measures, found)
        )
        return known, _event(address, window, turn, judged, told)

    def _judged(self, voice: Voice, window: Window, sound: Sound, turn: Turn, lessons: Sequence[Lesson]) -> "_Judged":
        """Judge the window's tone before it updates the voice."""
        fresh_from = window.audio_end - window.fresh
        since = max(0.0, (fresh_from - voice.until) / PIPELINE_RATE) if turn.changed else window.pause_before
        features, seconds = self._head.everybody.standardise(sound.features), window.fresh / PIPELINE_RATE
        read = self._head.read(features, voice.baseline)
        by_itself = self._head.probabilities(read, voice.baseline.strangeness, voice.variety, voice.lasting)
        probabilities = shifted(np.array([by_itself]), lessons)[0].tolist()
        smoother, smoothed, place = smooth(voice.smoother, probabilities, since)
        scores = dict(zip(self._head.affects, smoothed, strict=True))
        affect = self._head.affects[place]
        baseline = voice.baseline.updated(features, seconds)
        floor = self._head.floors[place]
        return _Judged(read, seconds, smoother, scores, affect, round(scores[affect], 4), floor, baseline)

    def _reliable(self, judged: "_Judged", voice: Voice) -> bool:
        """Return whether the tone may become an event: a new voice's tone must be even, and no tone may be below the
        floors. With a reliability floor of 0, every tone may."""
        if not self._floor:
            return True
        if judged.affect not in EVEN and voice.variety.seconds < STRANGER_SECONDS:
            return False
        return judged.confidence >= max(self._floor, judged.floor)


class _Told(NamedTuple):
    """The event's fields other than the affect, with less detail for a synthetic voice."""

    scores: dict[Affect, float]
    moved: shift.Shift
    arousal: float | None
    valence: float | None
    measures: ProsodyMeasures
    flags: list[str]


class _Judged(NamedTuple):
    """A window's tone, smoothed over the speaker's last windows."""

    read: WindowScores
    seconds: float
    """Seconds of new speech in the window."""
    smoother: Smoother
    scores: dict[Affect, float]
    affect: Affect
    """The affect to report."""
    confidence: float
    floor: float
    """Confidence below which the model does not report the affect."""
    baseline: SpeakerBaseline
    """The speaker's baseline, including the window."""


def _event(address: Address, window: Window, turn: Turn, judged: _Judged, told: _Told) -> ToneEvent:
    affect, confidence, found = judged.affect, judged.confidence, told.flags
    second = second_affect(told.scores, affect)
    # For an even tone, the projection would come from affects that are not reported.
    coloured = None if affect in EVEN else told.arousal
    chosen = wording(affect, second, confidence, coloured, found, valence=told.valence, elcor=address.elcor)
    return ToneEvent(
        session_id=address.session_id,
        timestamp=round(window.end / PIPELINE_RATE, 5),
        label=label(affect, chosen),
        confidence=confidence,
        affect=affect,
        subtext=subtext(affect, chosen),
        speaker_id=speaker_id(turn.number),
        shift_magnitude=told.moved.magnitude,
        shift_direction=told.moved.direction,
        prosody_flags=found,
        scores={name: round(score, 4) for name, score in told.scores.items()},
        arousal=told.arousal,
        valence=told.valence,
        pitch_hz=told.measures.pitch_hz,
        loudness_db=told.measures.loudness_db,
        wording=chosen,
    )
