"""Elcor style: like the aliens who announce how they mean a sentence before they say it.

[With barely contained frustration] Sounds frustrated or angry (louder than usual); people often …
"""

from collections.abc import Sequence

from classifier_worker.speech.wording import WORDS, level, subtext
from shared.tone_event import Affect

SURE_FROM = 0.7
"""Confidence under which the delivery is announced as only possible."""


def delivery(
    affect: Affect, second: Affect | None, confidence: float, arousal: float | None, flags: Sequence[str] = ()
) -> str:
    """The bracketed prefix: "[With barely contained frustration and a trace of sadness]".

    confidence: 0…1; arousal: −1…1, or None as for `wording.level`. Under SURE_FROM: "[Possibly with …]".
    """
    manner = WORDS[affect].deliveries[level(affect, arousal, flags)]
    if second is not None and second not in (affect, "neutral"):
        manner = f"{manner} and a trace of {WORDS[second].trace}"
    return f"[With {manner}]" if confidence >= SURE_FROM else f"[Possibly with {manner}]"


def elcor(
    affect: Affect, second: Affect | None, confidence: float, arousal: float | None, flags: Sequence[str] = ()
) -> str:
    """The prefix and then the sentence of `wording.subtext`."""
    return f"{delivery(affect, second, confidence, arousal, flags)} {subtext(affect, second, confidence, flags)}"
