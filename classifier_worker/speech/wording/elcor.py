"""Elcor style, named after the aliens who announce the tone of each sentence before they say it.

[With barely contained frustration] Sounds frustrated or angry (louder than usual); people often …
"""

from collections.abc import Sequence

from classifier_worker.speech.wording.english import LIKELY, WORDS, leaning_of, level, percent, subtext
from shared.contract.tone_event import Affect


def delivery(
    affect: Affect,
    second: Affect | None,
    confidence: float,
    arousal: float | None,
    flags: Sequence[str] = (),
    *,
    valence: float | None = None,
) -> str:
    """Return the bracketed prefix: "[With barely contained frustration and a trace of sadness]".

    confidence: 0…1; arousal, valence: as for `label`. If the sentence says "might", it reads "[Possibly with …]".
    """
    leaning = leaning_of(affect, second, flags, valence)
    manner = leaning.delivery if leaning else WORDS[affect].deliveries[level(affect, second, arousal, flags)]
    if second is not None and second not in (affect, "neutral"):
        manner = f"{manner} and a trace of {WORDS[second].trace}"
    return f"[With {manner}]" if percent(confidence) >= LIKELY else f"[Possibly with {manner}]"


def elcor(
    affect: Affect,
    second: Affect | None,
    confidence: float,
    arousal: float | None,
    flags: Sequence[str] = (),
    *,
    valence: float | None = None,
) -> str:
    """Return the prefix and the sentence of `wording.subtext`."""
    manner = delivery(affect, second, confidence, arousal, flags, valence=valence)
    return f"{manner} {subtext(affect, second, confidence, flags, valence=valence)}"
