"""Find words for a tone that contradict measurements of the same window, so that they are left out.

The level of activation is projected, but "with lively intonation" is measured: beside it, "flatly" makes no sense.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

CONTRADICTED_BY: Final[Mapping[str, frozenset[str]]] = {
    "softly": frozenset({"louder"}),
    "quietly": frozenset({"louder"}),
    "quiet": frozenset({"louder"}),
    "gently": frozenset({"louder"}),
    "gentle": frozenset({"louder"}),
    "brisk": frozenset({"slower"}),
    "lively": frozenset({"slower", "flat_pitch"}),
    "bored": frozenset({"faster", "wide_pitch"}),
    "boredom": frozenset({"faster", "wide_pitch"}),
    "flatly": frozenset({"wide_pitch"}),
    "steady": frozenset({"wide_pitch", "shaky", "laughing"}),
    "even": frozenset({"wide_pitch", "shaky", "laughing"}),
}
"""Word of a label or a delivery → flags. Words of degree ("mildly", "strongly") say nothing about how a voice is
produced."""


def contradicts(words: str, flags: Sequence[str]) -> bool:
    """Return whether any of the words contradicts any of the prosody flags."""
    said = re.findall(r"\w+", words.lower())
    return any(CONTRADICTED_BY.get(word, frozenset()).intersection(flags) for word in said)
