"""Write down the words of utterances where the speech gate heard speech, and nowhere else."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.windows.speech_gate import speech_in
from classifier_worker.speech.windows.utterance import FRAME, SHORTEST_SPEECH, SUSTAIN
from classifier_worker.speech.words.recogniser import Recogniser
from classifier_worker.speech.words.text_tone import TextTone
from classifier_worker.speech.words.transcript import Transcript
from classifier_worker.speech.words.utterances import Utterance

SECTION: Final = 94
"""Frames (3 s) that the speech gate judges at a time, as for tone."""


class Transcriber:
    """Writes down utterances. Their words depend on nothing but their own audio."""

    def __init__(self, recogniser: Recogniser, kinds: SoundKinds, text_tone: TextTone | None = None) -> None:
        """text_tone: None if the transcripts are to have no tone."""
        self._recogniser = recogniser
        self._kinds = kinds
        self._text_tone = text_tone

    def transcribe(self, utterance: Utterance, language: str | None = None) -> Transcript | None:
        """Return the utterance's words; None if it contains no speech, or none that can be written down.

        Raises ValueError if the language is unknown.
        """
        voice = self._speech(utterance)
        if np.count_nonzero(voice >= SUSTAIN) * FRAME < SHORTEST_SPEECH:
            return None
        transcript = self._recogniser.transcribe(utterance.audio, language, voice)
        if not transcript.words:
            return None
        if self._text_tone is None or transcript.language != "en":
            return transcript
        return replace(transcript, tone=self._text_tone.of(transcript.text))

    def _speech(self, utterance: Utterance) -> NDArray[np.float64]:
        """Return the voice probabilities, 0 in sections without speech."""
        voice = utterance.voice.copy()
        count = max(1, round(len(voice) / SECTION))
        for part in np.array_split(np.arange(len(voice)), count):
            audio = utterance.audio[part[0] * FRAME : (part[-1] + 1) * FRAME]
            if speech_in(audio, voice[part], self._kinds.of) is None:
                voice[part] = 0.0
        return voice
