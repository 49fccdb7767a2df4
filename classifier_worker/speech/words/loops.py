"""Find text that repeats itself, as Whisper's does when it has lost its place in the audio."""

from collections.abc import Sequence
from typing import Final

TIMES: Final = 3
"""A phrase repeated this many times in a row is a loop."""
SHORT: Final = 3
"""Tokens up to which a phrase is short: "no, no, no" is speech."""
SHORT_TIMES: Final = 8
"""Repetitions from which a short phrase is a loop."""
LONGEST_PHRASE: Final = 40


def looping(tokens: Sequence[int]) -> int:
    """Return the number of tokens up to the end of the first phrase, if the text ends in a loop; else 0."""
    for size in range(1, min(LONGEST_PHRASE, len(tokens) // TIMES) + 1):
        times = SHORT_TIMES if size <= SHORT else TIMES
        if len(tokens) < size * times:
            continue
        running = list(tokens[-size * times :])
        if running == running[-size:] * times:
            return len(tokens) - size * (times - 1)
    return 0
