"""The words for a tone that people read, all in the one table below.

They describe how a voice sounds, never what someone is or feels, and never diagnose. They avoid figures of speech:
words with an implied meaning ("heavy", "cool", "with an edge") do not help people who find tone hard to read. `label`
is a few words; `subtext` is one plain sentence that says how certain it is and what was measured.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from classifier_worker.speech.circumplex import PLACES
from classifier_worker.speech.wording.contradiction import contradicts, unless_uneven
from shared.contract.tone_event import AFFECTS, EVEN, Affect


@dataclass(frozen=True, slots=True)
class Words:
    """All words for one affect."""

    quiet: str
    """Label if the voice is less activated than is usual for this affect."""
    plain: str
    """The usual label."""
    strong: str
    """Label if the voice is more activated."""
    adjective: str
    """Its word in a mixed label: "Impatient, a little sad"."""
    mixed: str
    """Pattern of a mixed label with this as its weaker part: "{}, a little sad"."""
    trace: str
    """The noun, for a delivery such as "with … and a trace of sadness"."""
    sounds: str
    """Follows "Sounds" in a sentence; fits each of the labels above."""
    often: str
    """When people often sound like this; follows "people often sound like this". """
    deliveries: tuple[str, str, str]
    """Elcor's delivery when quiet, plain, strong; follows "With"."""

    @property
    def labels(self) -> tuple[str, str, str]:
        """The labels by `level`, like the deliveries."""
        return self.quiet, self.plain, self.strong


WORDS: Final[Mapping[Affect, Words]] = {
    "neutral": Words(
        "Flatly spoken", "Even and neutral", "Brisk and neutral",
        "even", "{}, but even", "evenness", "neutral", "when they simply give information",
        ("level composure", "plain neutrality", "brisk neutrality"),
    ),
    "calm": Words(
        "Softly calm", "Calm and even", "Calm but lively",
        "calm", "{}, but calm", "calm", "calm", "when nothing disturbs them",
        ("deep calm", "plain calm", "lively composure"),
    ),
    "warm": Words(
        "Gently warm", "Warm and friendly", "Lively and cheerful",
        "warm", "{}, but warm", "warmth", "warm and friendly", "when they are glad about something or someone",
        ("gentle warmth", "open friendliness", "lively cheer"),
    ),
    "sad": Words(
        "Softly sad", "Sad-sounding", "Sad and strained",
        "sad", "{}, a little sad", "sadness", "sad", "when something saddens or tires them",
        ("quiet sadness", "audible sadness", "open sorrow"),
    ),
    "anxious": Words(
        "Quietly uneasy", "Uneasy and tense", "Alarmed-sounding",
        "uneasy", "{}, a little uneasy", "unease", "uneasy or tense", "when they are unsure how something will go",
        ("faint unease", "audible nervousness", "clear alarm"),
    ),
    "frustrated": Words(
        "Quietly impatient", "Frustrated-sounding", "Strongly frustrated",
        "impatient", "{}, a little impatient", "impatience", "frustrated or angry",
        "when something does not go as they want",
        ("restrained impatience", "barely contained frustration", "open indignation"),
    ),
    "surprised": Words(
        "Mildly surprised", "Surprised-sounding", "Astonished-sounding",
        "surprised", "{}, a little surprised", "surprise", "surprised", "when something is not what they expected",
        ("mild surprise", "clear surprise", "utter astonishment"),
    ),
    "dismissive": Words(
        "Bored-sounding", "Dismissive in tone", "Curt and dismissive",
        "dismissive", "{}, a little dismissive", "disinterest", "dismissive or bored",
        "when a subject does not interest them",
        ("audible boredom", "plain disinterest", "curt displeasure"),
    ),
    "urgent": Words(
        "Quietly pressing", "Urgent in tone", "Pressing and urgent",
        "urgent", "{} and urgent", "urgency", "urgent", "when something cannot wait",
        ("quiet insistence", "marked urgency", "great urgency"),
    ),
    "confused": Words(
        "Faintly puzzled", "Puzzled-sounding", "Very puzzled-sounding",
        "puzzled", "{}, a little puzzled", "puzzlement", "puzzled", "when something is not clear to them",
        ("faint puzzlement", "audible puzzlement", "complete puzzlement"),
    ),
    "apologetic": Words(
        "Softly apologetic", "Apologetic in tone", "Strongly apologetic",
        "apologetic", "{} and apologetic", "apology", "apologetic", "when they are sorry about something",
        ("quiet apology", "audible apology", "profuse apology"),
    ),
    "genuine": Words(
        "Quietly sincere", "Sincere-sounding", "Very sincere-sounding",
        "sincere", "{} and sincere", "sincerity", "sincere", "when they mean what they say",
        ("quiet sincerity", "plain sincerity", "great sincerity"),
    ),
}  # fmt: skip

MIXED: Final[Mapping[tuple[Affect, Affect], str]] = {
    ("warm", "calm"): "Warm and calm",
    ("anxious", "frustrated"): "Tense and impatient",
    ("anxious", "surprised"): "Startled-sounding",
    ("frustrated", "warm"): "Warmly impatient",
    ("frustrated", "anxious"): "Tense and frustrated",
    ("surprised", "warm"): "Pleasantly surprised",
    ("surprised", "anxious"): "Startled-sounding",
    ("dismissive", "neutral"): "Flatly dismissive",
    ("dismissive", "calm"): "Calmly dismissive",
    ("apologetic", "warm"): "Warmly apologetic",
    ("apologetic", "calm"): "Apologetic and calm",
    ("apologetic", "genuine"): "Sincerely apologetic",
    ("genuine", "warm"): "Sincere and warm",
    ("genuine", "calm"): "Sincere and calm",
    ("genuine", "apologetic"): "Sincerely apologetic",
}
"""Mixed labels (stronger, weaker) that the rule would word badly. The others follow `Words.mixed` of the weaker."""


@dataclass(frozen=True, slots=True)
class Leaning:
    """Words that replace an affect's own when several weak affects together pull it to one side."""

    label: str
    sounds: str
    often: str
    delivery: str


BY_VALENCE: Final[Mapping[Affect, tuple[Leaning, Leaning]]] = {
    "surprised": (
        Leaning(
            "Unpleasantly surprised", "unpleasantly surprised", "when something is worse than they expected",
            "unpleasant surprise",
        ),
        Leaning(
            "Pleasantly surprised", "pleasantly surprised", "when something is better than they expected",
            "pleasant surprise",
        ),
    ),
}  # fmt: skip
"""Unpleasant and pleasant variants of an affect that is neither."""

SECOND_FROM: Final = 0.2
"""Probability from which a second affect appears in the label."""

_QUIET, _PLAIN, _STRONG = range(3)
_QUIET_STEP: Final = 0.2
_STRONG_STEP: Final = 0.15
_VALENCE_STEP: Final = 0.15
_USUAL_SHARE: Final = 0.75
"""Share of its place's arousal and valence that an affect has at the usual confidence."""

SURE: Final = 85
LIKELY: Final = 70
"""Percent of confidence from which a tone is stated plainly, and as probable. The page's "sure" and "fairly sure" use
the same rounded percentages, so that the two texts, shown side by side, never disagree."""

_COMPARED: Final = ("louder", "quieter", "faster", "slower")
_HEARD: Final[Mapping[str, str]] = {
    "rising_pitch": "rising at the end",
    "falling_pitch": "falling at the end",
    "flat_pitch": "with hardly any melody",
    "wide_pitch": "with a lively melody",
    "long_pause": "after a long pause",
    "shaky": "a little shaky",
    "breathy": "with audible breath",
    "whispered": "whispered",
    "laughing": "with laughter",
}
"""Flag → words in a sentence; those in _COMPARED are used as they are. Other flags are left out."""
_NEVER_LEFT_OUT: Final = "laughing"
_MOST_HEARD: Final = 2


def second_affect(scores: Mapping[Affect, float], affect: Affect) -> Affect | None:
    """Return the likeliest other affect if it reaches SECOND_FROM, else None. Ties go to the first in AFFECTS.

    Returns None for neutral and calm: "even, a little sad" would claim something too uncertain.
    """
    if affect in EVEN:
        return None
    others = [a for a in AFFECTS if a != affect and scores.get(a, 0.0) >= SECOND_FROM]
    return max(others, key=lambda a: scores[a], default=None)


def level(affect: Affect, second: Affect | None, arousal: float | None, flags: Sequence[str] = ()) -> int:
    """Return 0 if the voice is less activated than is usual for this affect, 1 if as usual, 2 if more.

    arousal: −1…1, or None if it is not to be reported. The level is also 1 for a mixture, which has no words for more
    or less, and if a flag contradicts the words for 0 or 2. Neutral speech without melody is 0 whatever its arousal.
    """
    found = _PLAIN
    if _is_flat(affect, flags):
        found = _QUIET
    elif arousal is not None and second in {None, affect}:
        excess = arousal - _USUAL_SHARE * PLACES[affect].arousal
        found = _QUIET if excess <= -_QUIET_STEP else _STRONG if excess >= _STRONG_STEP else _PLAIN
    words = WORDS[affect]
    spoken = words.labels[found]
    return _PLAIN if contradicts(f"{spoken} {words.deliveries[found]}", flags) else found


def label(
    affect: Affect,
    second: Affect | None,
    arousal: float | None,
    flags: Sequence[str] = (),
    valence: float | None = None,
) -> str:
    """Return a few words for the tone, beginning with a capital letter: "Warmly impatient", "Flatly spoken".

    second: from `second_affect`; arousal, valence: −1…1, projected, or None if they are not to affect it; flags:
    prosody flags of the same window, which the label never contradicts.
    """
    return unless_uneven(_label(affect, second, arousal, flags, valence), flags)


def _label(
    affect: Affect, second: Affect | None, arousal: float | None, flags: Sequence[str], valence: float | None
) -> str:
    words = WORDS[affect]
    if _is_flat(affect, flags):
        return words.quiet
    if second is None or second == affect:
        leaning = leaning_of(affect, second, flags, valence)
        of_level = words.labels[level(affect, second, arousal, flags)]
        return leaning.label if leaning else of_level
    if second == "neutral":
        flatly = MIXED.get((affect, second), words.plain)
        return words.plain if contradicts(flatly, flags) else flatly
    if (affect, second) in MIXED:
        return MIXED[affect, second]
    mixed = WORDS[second].mixed.format(words.adjective)
    return mixed[0].upper() + mixed[1:]


def _is_flat(affect: Affect, flags: Sequence[str]) -> bool:
    return affect == "neutral" and "flat_pitch" in flags


def leaning_of(affect: Affect, second: Affect | None, flags: Sequence[str], valence: float | None) -> Leaning | None:
    """Return the words of BY_VALENCE if there is no second affect and the valence is unusual, else None."""
    if valence is None or affect not in BY_VALENCE or second not in {None, affect} or _is_flat(affect, flags):
        return None
    excess = valence - _USUAL_SHARE * PLACES[affect].valence
    unpleasant, pleasant = BY_VALENCE[affect]
    return unpleasant if excess <= -_VALENCE_STEP else pleasant if excess >= _VALENCE_STEP else None


def percent(confidence: float) -> int:
    """Return 0…100, rounding halves up exactly as JavaScript's Math.round does on the page."""
    return math.floor(100.0 * confidence + 0.5)


def subtext(
    affect: Affect,
    second: Affect | None,
    confidence: float,
    flags: Sequence[str] = (),
    *,
    valence: float | None = None,
) -> str:
    """Return one plain sentence: how it sounds, how certain that is, what was measured, when people often sound so.

    confidence: 0…1, calibrated; the others as for `label`, which it never contradicts. It describes how a voice sounds,
    never what someone feels.
    """
    words = leaning_of(affect, second, flags, valence) or WORDS[affect]
    opening = _opening(words.sounds, affect, second, confidence)
    return f"{opening}{_measured(flags)}; people often sound like this {words.often}."


def _opening(sounds: str, affect: Affect, second: Affect | None, confidence: float) -> str:
    if percent(confidence) >= SURE:
        return f"Sounds {sounds}"
    opening = f"Probably sounds {sounds}" if percent(confidence) >= LIKELY else f"Might sound {sounds}"
    return opening if second is None or second == affect else f"{opening}, or else {WORDS[second].sounds}"


def _measured(flags: Sequence[str]) -> str:
    """Return the first flags in words, in parentheses; empty if there are none. Laughter takes precedence."""
    known = [flag for flag in flags if flag in _COMPARED or flag in _HEARD]
    named = sorted(known, key=lambda flag: flag != _NEVER_LEFT_OUT)[:_MOST_HEARD]
    compared = " and ".join(flag for flag in named if flag in _COMPARED)
    heard = [f"{compared} than usual"] if compared else []
    heard += [_HEARD[flag] for flag in named if flag in _HEARD]
    return f" ({', '.join(heard)})" if heard else ""
