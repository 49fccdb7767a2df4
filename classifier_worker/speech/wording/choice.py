"""Choose the words for a tone: the keys of an event's `wording`, from what was inferred and measured."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from classifier_worker.speech.circumplex import PLACES
from classifier_worker.speech.wording.contradiction import contradicts
from shared.contract.tone_event import AFFECTS, EVEN, Affect, Manner, Sureness, Wording
from shared.words import rules, words_of

SECOND_FROM: Final = 0.2
"""Probability from which a second affect colours the label."""

_QUIET_STEP: Final = 0.2
_STRONG_STEP: Final = 0.15
_VALENCE_STEP: Final = 0.15
_USUAL_SHARE: Final = 0.75
"""Share of its place's arousal and valence that an affect has when emitted with usual confidence."""

_NEVER_LEFT_OUT: Final = "laughing"
_MOST_MEASURED: Final = 2

_WORDS: Final = words_of("en")
"""The label and sentence in the event are English, so their words decide what would contradict what was measured."""


def second_affect(scores: Mapping[Affect, float], affect: Affect) -> Affect | None:
    """Return the likeliest other affect if it reaches SECOND_FROM, else None. Ties go to the first of AFFECTS.

    None beside neutral and calm: "even, a little sad" would be too doubtful a claim.
    """
    if affect in EVEN:
        return None
    others = [a for a in AFFECTS if a != affect and scores.get(a, 0.0) >= SECOND_FROM]
    return max(others, key=lambda a: scores[a], default=None)


def wording(
    affect: Affect,
    second: Affect | None,
    confidence: float,
    arousal: float | None,
    flags: Sequence[str] = (),
    *,
    valence: float | None = None,
    elcor: bool = False,
) -> Wording:
    """Choose the words for a tone, none of which contradicts the flags or another of them.

    second: from `second_affect`; confidence: 0…1, calibrated; arousal, valence: −1…1, projected, or None where they
    should not colour the words; flags: prosody flags of the same window.
    """
    second = None if second == affect else second
    flat = _is_flat(affect, flags)
    manner = _leaning(affect, second, valence) or _level(affect, second, arousal, flags)
    return Wording(
        manner="quiet" if flat else manner,
        second=second,
        mixed=not flat and _is_mixed(affect, second, flags),
        uneven=contradicts("even", flags),
        sureness=_sureness(confidence),
        measured=_measured(flags),
        delivery=manner if elcor else None,
    )


def percent(confidence: float) -> int:
    """Return 0…100, halves rounded up: exactly what JavaScript's Math.round shows on the page."""
    return math.floor(100.0 * confidence + 0.5)


def _level(affect: Affect, second: Affect | None, arousal: float | None, flags: Sequence[str]) -> Manner:
    """Return how activated the voice is, compared with what is usual for the affect.

    Plain in a mixture, which has no words for more or less, and where a flag contradicts the other levels' words.
    Neutral speech without melody is quiet whatever its arousal.
    """
    found: Manner = "plain"
    if _is_flat(affect, flags):
        found = "quiet"
    elif arousal is not None and second is None:
        excess = arousal - _USUAL_SHARE * PLACES[affect].arousal
        found = "quiet" if excess <= -_QUIET_STEP else "strong" if excess >= _STRONG_STEP else "plain"
    words = _WORDS.affects[affect]
    return "plain" if contradicts(f"{words.labels[found]} {words.deliveries[found]}", flags) else found


def _leaning(affect: Affect, second: Affect | None, valence: float | None) -> Manner | None:
    """Return the direction (pleasant or unpleasant) that several weak affects jointly suggest, if the affect has words
    for it; otherwise None.
    """
    if valence is None or second is not None or not _WORDS.affects[affect].leanings:
        return None
    excess = valence - _USUAL_SHARE * PLACES[affect].valence
    return "unpleasant" if excess <= -_VALENCE_STEP else "pleasant" if excess >= _VALENCE_STEP else None


def _is_mixed(affect: Affect, second: Affect | None, flags: Sequence[str]) -> bool:
    if second != "neutral":
        return second is not None
    flatly = _WORDS.mixed.get(affect, {}).get(second)
    return flatly is not None and not contradicts(flatly, flags)


def _is_flat(affect: Affect, flags: Sequence[str]) -> bool:
    return affect == "neutral" and "flat_pitch" in flags


def _sureness(confidence: float) -> Sureness:
    """Return the sureness by the rounded percentage that the page shows, so that words and figure agree."""
    steps, shown = rules().sureness, percent(confidence)
    return "sure" if shown >= steps.sure else "likely" if shown >= steps.likely else "open"


def _measured(flags: Sequence[str]) -> list[str]:
    """Return the first flags that have words. Laughter comes before any other."""
    known = [flag for flag in flags if flag in _WORDS.compared or flag in _WORDS.sentence.measured]
    return sorted(known, key=lambda flag: flag != _NEVER_LEFT_OUT)[:_MOST_MEASURED]
