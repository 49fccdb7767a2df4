"""Report where words and voice disagree. Only plain cases count: both must be sure, and the combination one of a few.

It compares two readings, and does not say why anyone speaks that way.
"""

from collections.abc import Mapping
from typing import Final, Literal

from shared.contract.tone_event import Affect
from shared.contract.transcript_event import Mismatch, WordsTone

SURE_WORDS: Final = 0.85
"""Confidence required of the words' polarity; at least `TextTone.sure`."""
SURE_VOICE: Final = 0.85
"""Confidence required of the voice's affect: from here on its sentence says "sounds", not "probably sounds"."""

_Kind = Literal["friendly", "harsh"]

_WORDS: Final[Mapping[tuple[str, Affect | None], _Kind]] = {
    ("positive", "warm"): "friendly",
    ("negative", "frustrated"): "harsh",
    ("negative", "dismissive"): "harsh",
}
"""Sad, anxious and apologetic words fit a warm voice (condolences), hope and approval fit any: they contradict no
voice."""

SENTENCES: Final[Mapping[tuple[_Kind, Affect], str]] = {
    ("friendly", "anxious"): "Friendly words, tense voice.",
    ("friendly", "frustrated"): "Friendly words, impatient voice.",
    ("friendly", "sad"): "Friendly words, sad voice.",
    ("friendly", "dismissive"): "Friendly words, dismissive voice.",
    ("harsh", "warm"): "Harsh words, warm voice.",
}
"""Every combination reported. Even, surprised and other voices contradict no words."""


def mismatch(words: WordsTone | None, voice: Affect | None, confidence: float) -> Mismatch | None:
    """Return how an utterance's words and voice disagree, if they do. `confidence` is that of the voice's affect."""
    if words is None or voice is None or words.confidence < SURE_WORDS or confidence < SURE_VOICE:
        return None
    kind = _WORDS.get((words.polarity, words.affect))
    sentence = None if kind is None else SENTENCES.get((kind, voice))
    return None if sentence is None else Mismatch(words=words.polarity, voice=voice, sentence=sentence)
