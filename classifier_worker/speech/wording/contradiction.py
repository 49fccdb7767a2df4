"""Words for a tone that contradict what was measured in the same window, and are therefore not used.

The level of activation is projected, but "with a lively melody" is measured: "flatly" beside it would make no sense.
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
    "level": frozenset({"wide_pitch", "shaky", "laughing"}),
    "even": frozenset({"wide_pitch", "shaky", "laughing"}),
}
"""Word of a label or a delivery → flags. Words of degree ("mildly", "strongly") do not describe the voice."""

_STEADY: Final = re.compile(r"^Even\b")
_STEADY_WHOLE: Final[Mapping[str, str]] = {
    "Even and neutral": "Neutral-sounding",
    "Calm and even": "Calm-sounding",
}


def contradicts(words: str, flags: Sequence[str]) -> bool:
    """Return whether one of the words contradicts one of the prosody flags."""
    said = re.findall(r"\w+", words.lower())
    return any(CONTRADICTED_BY.get(word, frozenset()).intersection(flags) for word in said)


def unless_uneven(label: str, flags: Sequence[str]) -> str:
    """Return the label with a plainer word for "even" if the voice is not: "Neutral, a little sad"."""
    if not contradicts(label, flags):
        return label
    return _STEADY_WHOLE.get(label) or _STEADY.sub("Neutral", label)
