"""Label and sentence of a tone, made from its wording by the words of a language.

    label("frustrated", wording)    # "Frustrated-sounding"
    subtext("frustrated", wording)  # "[With barely contained frustration] Sounds frustrated or angry; people often …"

`label` is a few words; `subtext` one plain sentence that says how it sounds, how sure that is, what was measured, and
when people often sound so. The page's frontend/src/strings/wording.ts does the same; tests hold the two together.
"""

from functools import reduce
from typing import Final

from shared.contract.tone_event import Affect, Wording
from shared.words import Words, words_of

ENGLISH: Final = words_of("en")


def label(affect: Affect, wording: Wording, words: Words = ENGLISH) -> str:
    """Return a few words for the tone, beginning with a capital letter: "Warmly impatient", "Flatly spoken"."""
    its = words.affects[affect]
    if wording.mixed and wording.second:
        adjective = its.uneven.adjective if wording.uneven and its.uneven else its.adjective
        by_rule = words.affects[wording.second].mixed.format(adjective)
        return words.mixed.get(affect, {}).get(wording.second) or capitalised(by_rule)
    if wording.manner == "plain" and wording.uneven and its.uneven:
        return its.uneven.label
    return its.labels[wording.manner]


def subtext(affect: Affect, wording: Wording, words: Words = ENGLISH) -> str:
    """Return one plain sentence, in Elcor style with the delivery in brackets before it."""
    its = words.affects[affect]
    said = its.leanings.get(wording.manner, its)
    sentence = words.sentence.whole.format(
        _opening(said.sounds, wording, words) + _measured(wording.measured, words), said.often
    )
    return sentence if wording.delivery is None else f"{_delivery(affect, wording, words)} {sentence}"


def compared(flags: list[str], words: Words) -> list[str]:
    """Return in one phrase the flags that compare a voice with what is usual for it; empty without any."""
    found = [words.compared[flag] for flag in flags if flag in words.compared]
    return [words.than_usual.format(reduce(words.and_.format, found))] if found else []


def capitalised(text: str) -> str:
    """Return the text with its first letter in upper case and the others unchanged."""
    return text[0].upper() + text[1:]


def _opening(sounds: str, wording: Wording, words: Words) -> str:
    opening = words.sentence.opening[wording.sureness].format(sounds)
    if wording.sureness == "sure" or wording.second is None:
        return opening
    return words.sentence.or_else.format(opening, words.affects[wording.second].sounds)


def _measured(flags: list[str], words: Words) -> str:
    """Return what was measured, in parentheses; empty without any flag."""
    named = [words.sentence.measured[flag] for flag in flags if flag in words.sentence.measured]
    phrases = compared(flags, words) + named
    return f" ({', '.join(phrases)})" if phrases else ""


def _delivery(affect: Affect, wording: Wording, words: Words) -> str:
    manner = words.affects[affect].deliveries[wording.delivery or "plain"]
    if wording.second is not None and wording.second != "neutral":
        manner = words.sentence.trace.format(manner, words.affects[wording.second].trace)
    return words.sentence.delivery[wording.sureness].format(manner)
