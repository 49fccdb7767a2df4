"""Recognise the words of an utterance.

recogniser = Recogniser.load("tiny.en")
recogniser.transcribe(audio).text
"""

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.whisper import STEP, Whisper
from classifier_worker.speech.models.whisper_files import WhisperFiles, WhisperSize, read_whisper
from classifier_worker.speech.words.alignment import token_starts, within_voice
from classifier_worker.speech.words.decoding import Decoded, Decoder
from classifier_worker.speech.words.transcript import DECIMALS, Transcript, Word
from classifier_worker.speech.words.vocabulary import Spelt, Vocabulary
from shared.audio import PIPELINE_RATE

DOUBTFUL: Final = -1.0
"""Mean log probability below which a text counts as a guess (as in whisper/transcribe.py)."""
NOTHING_SAID: Final = 0.6
"""Probability of no speech above which a guess is dropped (as in whisper/transcribe.py)."""
GARBLED: Final = -1.5
"""Mean log probability below which a text is dropped in any case."""


class Recogniser:
    """Writes down one utterance at a time; the same audio always gives the same words, whatever preceded it."""

    def __init__(self, files: WhisperFiles, size: WhisperSize, threads: int = 1) -> None:
        self.size = size
        self._vocabulary = Vocabulary(files.vocabulary, languages=not size.endswith(".en"))
        self._whisper = Whisper(files, threads)
        self._decoder = Decoder(self._whisper, self._vocabulary, files)

    @classmethod
    def load(cls, size: WhisperSize, threads: int = 1) -> Self:
        """Load a size of Whisper. Raises RuntimeError, with a message to show, if its packages are missing."""
        return cls(read_whisper(size), size, threads)

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages that can be requested."""
        return tuple(self._vocabulary.languages) or ("en",)

    def transcribe(
        self, audio: NDArray[np.float32], language: str | None = None, voice: NDArray[np.float64] | None = None
    ) -> Transcript:
        """Return the words of one utterance. Whether it is speech at all is for the speech gate to decide.

        audio: float32[N], 16 kHz, −1…1, 25 ms to 24 s. language: one of `languages`, or None for the likeliest.
        voice: voice probabilities 0…1 of its 32 ms frames. If given, words last only as long as the voice, and words
        without voice are left out.
        Raises ValueError if the audio is shorter or longer, or the language unknown.
        """
        if language is not None and language not in self.languages:
            raise ValueError(f"Whisper {self.size} does not know the language {language!r}.")
        decoded = self._decoder.decode(self._whisper.listen(audio), language)
        if decoded.lost:
            again = self._decoder.decode(self._whisper.listen(audio, whole=True), language)
            decoded = min((again, decoded), key=lambda one: (one.lost, -_mean(one)))
        return self._transcript(decoded, len(audio) / PIPELINE_RATE, voice)

    def _transcript(self, decoded: Decoded, seconds: float, voice: NDArray[np.float64] | None) -> Transcript:
        mean = _mean(decoded)
        words = [] if _guessed(mean, decoded.no_speech) else self._words(decoded, seconds, voice)
        return Transcript(
            "".join(one.text for one, _ in words).strip(),
            tuple(word for _, word in words),
            decoded.language,
            round(mean, DECIMALS),
            round(decoded.no_speech, DECIMALS),
        )

    def _words(self, decoded: Decoded, seconds: float, voice: NDArray[np.float64] | None) -> list[tuple[Spelt, Word]]:
        starts = token_starts(decoded.attention) * (STEP / PIPELINE_RATE)
        words = []
        for one in self._vocabulary.words(decoded.tokens, decoded.language):
            span = within_voice(float(starts[one.first]), min(float(starts[one.end]), seconds), voice)
            text = one.text.strip()
            if text and span is not None:
                chance = float(np.exp(np.mean(decoded.log_probabilities[one.first : one.end])))
                words.append((one, Word(text, *(round(value, DECIMALS) for value in (*span, chance)))))
        return words


def _mean(decoded: Decoded) -> float:
    return float(np.mean(decoded.log_probabilities))


def _guessed(mean: float, no_speech: float) -> bool:
    return mean < GARBLED or (mean < DOUBTFUL and no_speech > NOTHING_SAID)
