"""Words for the mock: made up from the position in the session, without a model."""

from typing import Final

from classifier_worker.speech.words.session_words import Awaited
from classifier_worker.speech.words.transcript import Transcript, Word
from classifier_worker.speech.words.utterances import Utterance
from shared.audio import PIPELINE_RATE
from shared.contract.transcript_event import WordsTone

SENTENCES: Final = (
    "The train was late again this morning.",
    "Thank you, that was a lovely surprise.",
    "I said I would call them on Tuesday.",
    "We have run out of milk and bread.",
    "Could you open the window, please?",
    "Nobody told me about the meeting.",
    "That is fine, do it whenever you like.",
)
_TONES: Final = {
    SENTENCES[1]: WordsTone(polarity="positive", confidence=0.95, affect="warm"),
    SENTENCES[5]: WordsTone(polarity="negative", confidence=0.9, affect="frustrated"),
}
"""Tones of whole sentences."""
_WORD_SECONDS: Final = 0.5
_DOUBTFUL: Final = 5
"""Every fifth word has a low probability."""


class MockRecognition:
    """Implements `Recognition`. Its words mean nothing."""

    backlog = 0.0

    async def transcribe(self, awaited: Awaited, language: str) -> Transcript | None:
        return _made_up(awaited.bounds.start, awaited.bounds.end, language)

    async def preview(self, so_far: Utterance, language: str) -> Transcript | None:
        return _made_up(so_far.start, so_far.end, language)


def _made_up(start: int, end: int, language: str) -> Transcript | None:
    """Return as many words of a sentence as fit into this time."""
    number = start // PIPELINE_RATE
    sentence = SENTENCES[number % len(SENTENCES)].split()
    count = int((end - start) / PIPELINE_RATE / _WORD_SECONDS)
    words = [
        Word(
            text, place * _WORD_SECONDS, (place + 1) * _WORD_SECONDS, 0.4 if (number + place) % _DOUBTFUL == 0 else 0.9
        )
        for place, text in enumerate(sentence[:count])
    ]
    if not words:
        return None
    text = " ".join(word.text for word in words)
    tone = _TONES.get(text)
    return Transcript(text, tuple(words), language or "en", -0.2, 0.0, tone)
