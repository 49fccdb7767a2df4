"""Events of measurements alone, for sessions in which no tone is inferred.

    measured, event = read(measured, session_id, window, sound, turn)

Uses no tone model, and keeps nothing about a voice that a tone model would need.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.pitch_history import PitchFrames
from classifier_worker.speech.prosody.flags import MIN_WINDOWS, VoiceProfile, flags, measure
from classifier_worker.speech.speakers.diarization import Turn, speaker_id
from classifier_worker.speech.tone.speaker_memory import known
from classifier_worker.speech.windows.utterance import Window
from classifier_worker.speech.wording.facts import in_words
from shared.audio import PIPELINE_RATE
from shared.contract.facts_event import FactsEvent


class Sound(NamedTuple):
    """The audio of a measured window."""

    pitch: PitchFrames
    voiced: NDArray[np.float64]
    """Voice probabilities of the window's 32 ms frames."""
    audio: NDArray[np.float32]
    """float32[N], 16 kHz, −1…1."""
    laughing: bool = False
    """Whether there is laughter in the window or just before it."""


@dataclass(frozen=True, slots=True)
class MeasuredVoice:
    """What is usual in one speaker's voice. Under 1 kB."""

    profile: VoiceProfile = field(default_factory=VoiceProfile)

    def joined(self, other: "MeasuredVoice") -> "MeasuredVoice":
        """Merge with another voice that turned out to be the same person's."""
        return MeasuredVoice(self.profile.joined(other.profile))


class Said(NamedTuple):
    """The content of the last event, apart from its numbers."""

    number: int
    flags: tuple[str, ...]
    text: str | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known about a session's voices, and the content of the last event."""

    voices: Mapping[int, MeasuredVoice] = field(default_factory=dict)
    """Voices by speaker's number."""
    said: Said | None = None

    def freeze(self) -> dict[str, Any]:
        """Return the state in a form msgpack can write."""
        return {
            "voices": [[number, voice.profile.freeze()] for number, voice in self.voices.items()],
            "said": None if self.said is None else [self.said.number, list(self.said.flags), self.said.text],
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "Measured":
        """Read what `freeze` wrote."""
        voices = {number: MeasuredVoice(VoiceProfile.thaw(profile)) for number, profile in frozen["voices"]}
        if frozen["said"] is None:
            return cls(voices)
        number, heard, text = frozen["said"]
        return cls(voices, Said(number, tuple(heard), text))


def read(
    measured: Measured, session_id: str, window: Window, sound: Sound, turn: Turn
) -> tuple[Measured, FactsEvent | None]:
    """Return the session's voices updated by the window, and its event unless the last one was the same.

    The window is compared with what was usual before it; speech of uncertain origin does not change what is usual.
    """
    voices = known(measured.voices, turn)
    voice = voices.get(turn.number, MeasuredVoice())
    measures = measure(*sound.pitch, sound.voiced, sound.audio)
    pause = 0.0 if turn.changed else window.pause_before
    found = flags(measures, voice.profile, pause, laughing=sound.laughing)
    said = Said(turn.number, tuple(found), in_words(found, usual_known=_usual_known(voice.profile)))
    voices[turn.number] = MeasuredVoice(voice.profile.with_window(measures)) if turn.sure else voice
    after = replace(measured, voices=voices, said=said)
    if said == measured.said:
        return after, None
    return after, FactsEvent(
        session_id=session_id,
        timestamp=round(window.end / PIPELINE_RATE, 5),
        speaker_id=speaker_id(turn.number),
        prosody_flags=found,
        pitch_hz=measures.pitch_hz,
        loudness_db=measures.loudness_db,
        text=said.text,
    )


def _usual_known(profile: VoiceProfile) -> bool:
    loudness = profile.usual.get("loudness_db")
    return loudness is not None and loudness.count >= MIN_WINDOWS
