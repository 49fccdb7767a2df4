"""Let Whisper write down an utterance, always taking the likeliest token, until it ends or has lost its place."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.whisper import STEP, Floats, Heard, Step, Whisper
from classifier_worker.speech.models.whisper_files import WhisperFiles
from classifier_worker.speech.words.loops import looping
from classifier_worker.speech.words.vocabulary import Vocabulary
from shared.audio import PIPELINE_RATE

FASTEST: Final = 10
"""Most tokens per second. English is spoken at 4 to 7; other languages need more tokens per word."""
AT_LEAST: Final = 10
"""Tokens allowed however short the audio."""
MOST: Final = 200
"""The decoder knows 448 positions; this many tokens take half a minute to say."""


class Decoded(NamedTuple):
    """What the decoder wrote."""

    tokens: list[int]
    log_probabilities: list[float]
    """Log probability of each token, and of the end after them."""
    attention: Floats
    """[alignment heads, tokens + 1, steps]: where the decoder looked for each token and the end."""
    language: str
    no_speech: float
    lost: bool
    """Whether it repeated itself, or wrote more than can be said in that time. The tokens are then cut off."""


class Decoder:
    """Writes down one utterance at a time."""

    def __init__(self, whisper: Whisper, vocabulary: Vocabulary, files: WhisperFiles) -> None:
        self._whisper = whisper
        self._vocabulary = vocabulary
        size = len(files.vocabulary)
        self._never = np.zeros(size, np.float32)
        self._never[files.suppressed] = -np.inf
        self._never[vocabulary.end + 1 :] = -np.inf
        self._not_first = self._never.copy()
        self._not_first[files.suppressed_first] = -np.inf

    def decode(self, heard: Heard, language: str | None) -> Decoded:
        """Write down what was heard. language: None for the likeliest."""
        words = self._vocabulary
        step = self._whisper.follow([words.start], self._whisper.start(), heard)
        chances = np.exp(_log_softmax(step.logits[0]))
        no_speech = float(chances[words.no_speech])
        language = language or self._likeliest(step.logits[0])
        step = self._whisper.follow(words.opening(language), step.past, heard)
        return self._continued(step, heard, language, no_speech)

    def _continued(self, step: Step, heard: Heard, language: str, no_speech: float) -> Decoded:
        tokens: list[int] = []
        chances: list[float] = []
        looked: list[NDArray[np.float32]] = []
        most = _most_tokens(heard.steps)
        whole = 0
        while True:
            allowed = step.logits[-1] + (self._never if tokens else self._not_first)
            likely = _log_softmax(allowed)
            token = int(likely.argmax())
            chances.append(float(likely[token]))
            looked.append(step.attention[:, -1, : heard.steps])
            if token == self._vocabulary.end or len(tokens) == most:
                break
            tokens.append(token)
            whole = looping(tokens)
            if whole:
                break
            step = self._whisper.follow([token], step.past, heard)
        lost = token != self._vocabulary.end
        kept = whole or len(tokens)
        attention = np.stack(looked[: kept + 1], axis=1)
        return Decoded(tokens[:kept], chances[: kept + 1], attention, language, no_speech, lost)

    def _likeliest(self, logits: Floats) -> str:
        languages = self._vocabulary.languages
        return max(languages, key=lambda name: logits[languages[name]]) if languages else "en"


def _most_tokens(steps: int) -> int:
    seconds = steps * STEP / PIPELINE_RATE
    # At least one step each, and one for the end.
    return min(MOST, AT_LEAST + round(FASTEST * seconds), steps - 1)


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
