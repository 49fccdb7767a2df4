"""What people read: the words for a tone. All of them stand in the one table below.

They describe how a voice sounds, never what someone is or feels, and never diagnose. `label` is two or three words;
`subtext` one plain sentence that says how sure it is and what was measured, for whom tone is hard to read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from classifier_worker.speech.projection import PLACES
from shared.tone_event import AFFECTS, Affect


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that is said of one affect."""

    quiet: str
    """Label when the voice is less activated than this affect usually is."""
    plain: str
    """Label as a rule."""
    strong: str
    """Label when the voice is more activated."""
    adjective: str
    """Its word in a mixed label: "Warmly impatient"."""
    mixed: str
    """How a mixed label with this as its weaker part reads: "Warmly {}"."""
    trace: str
    """How a trace of it colours neutral speech: "Even, with some warmth"."""
    sounds: str
    """Follows "Sounds" in a sentence."""
    often: str
    """When many people sound like this; follows "people often sound like this". """
    deliveries: tuple[str, str, str]
    """Elcor's delivery when quiet, plain, strong; follows "With"."""


WORDS: Final[Mapping[Affect, Words]] = {
    "neutral": Words(
        "Flatly spoken", "Even and matter-of-fact", "Brisk and matter-of-fact",
        "matter-of-fact", "Evenly {}", "evenness", "even and matter-of-fact", "when they simply pass something on",
        ("level composure", "plain matter-of-factness", "brisk matter-of-factness"),
    ),
    "calm": Words(
        "Softly calm", "Calm and even", "Calm but lively",
        "calm", "Calmly {}", "calm", "calm and even", "when there is no hurry",
        ("deep serenity", "quiet calm", "lively composure"),
    ),
    "warm": Words(
        "Gently warm", "Warm and friendly", "Bright and cheerful",
        "warm", "Warmly {}", "warmth", "warm and friendly", "when they are glad about something or someone",
        ("gentle warmth", "open friendliness", "bubbling cheer"),
    ),
    "sad": Words(
        "Low and heavy", "Sad-sounding", "Sad and strained",
        "sad", "Sadly {}", "sadness", "sad or heavy", "when something weighs on them",
        ("quiet heaviness", "audible sadness", "unconcealed sorrow"),
    ),
    "anxious": Words(
        "Quietly uneasy", "Uneasy and tense", "Alarmed-sounding",
        "uneasy", "Nervously {}", "unease", "uneasy or tense", "when they are unsure how something will go",
        ("faint unease", "audible nervousness", "barely contained alarm"),
    ),
    "frustrated": Words(
        "Clipped and impatient", "Frustrated-sounding", "Sharply frustrated",
        "impatient", "Impatiently {}", "impatience", "frustrated or angry", "when something is in their way",
        ("restrained impatience", "barely contained frustration", "open indignation"),
    ),
    "surprised": Words(
        "Mildly surprised", "Surprised-sounding", "Astonished-sounding",
        "surprised", "{}, with some surprise", "surprise", "surprised", "when something is not what they expected",
        ("mild surprise", "genuine-sounding surprise", "utter astonishment"),
    ),
    "dismissive": Words(
        "Bored-sounding", "Dismissive in tone", "Curt and dismissive",
        "dismissive", "{} and distant", "distance", "dismissive or bored", "when they would rather leave a subject",
        ("audible boredom", "cool dismissal", "curt displeasure"),
    ),
    "urgent": Words(
        "Quietly pressing", "Urgent in tone", "Pressing and urgent",
        "urgent", "Urgently {}", "urgency", "urgent", "when something cannot wait",
        ("quiet insistence", "marked urgency", "breathless urgency"),
    ),
    "confused": Words(
        "Faintly puzzled", "Puzzled-sounding", "Thoroughly puzzled",
        "puzzled", "{}, a little puzzled", "puzzlement", "puzzled", "when something does not add up for them",
        ("faint puzzlement", "audible puzzlement", "complete bafflement"),
    ),
    "apologetic": Words(
        "Softly apologetic", "Apologetic in tone", "Earnestly apologetic",
        "apologetic", "Apologetically {}", "apology", "apologetic", "when they want to make up for something",
        ("quiet apology", "audible apology", "profuse apology"),
    ),
    "genuine": Words(
        "Quietly sincere", "Sincere-sounding", "Warmly sincere",
        "sincere", "Sincerely {}", "sincerity", "sincere", "when they mean what they say",
        ("quiet sincerity", "plain sincerity", "heartfelt sincerity"),
    ),
}  # fmt: skip

MIXED: Final[Mapping[tuple[Affect, Affect], str]] = {
    ("calm", "neutral"): "Calm and even",
    ("calm", "anxious"): "Calm with an uneasy edge",
    ("calm", "frustrated"): "Calm with an impatient edge",
    ("warm", "surprised"): "Warm and delighted",
    ("warm", "sad"): "Warm but wistful",
    ("warm", "frustrated"): "Warm with an impatient edge",
    ("warm", "dismissive"): "Warm but offhand",
    ("sad", "frustrated"): "Sad and bitter",
    ("sad", "surprised"): "Sad and taken aback",
    ("anxious", "surprised"): "Startled-sounding",
    ("anxious", "frustrated"): "Tense and impatient",
    ("frustrated", "calm"): "Impatient but controlled",
    ("frustrated", "sad"): "Frustrated and worn",
    ("frustrated", "anxious"): "Tense and frustrated",
    ("frustrated", "surprised"): "Taken aback and impatient",
    ("surprised", "frustrated"): "Indignantly surprised",
    ("surprised", "anxious"): "Startled-sounding",
    ("sad", "warm"): "Sad and tender",
    ("dismissive", "warm"): "Dismissive, with some warmth",
    ("dismissive", "anxious"): "Dismissive and tense",
    ("dismissive", "calm"): "Coolly dismissive",
    ("dismissive", "surprised"): "Incredulous and dismissive",
}
"""Mixed labels (stronger, weaker) that a rule would word badly. The others follow `Words.mixed` of the weaker."""

SECOND_FROM: Final = 0.2
"""Probability from which a second affect colours the label."""

_QUIET, _PLAIN, _STRONG = range(3)
_QUIET_STEP: Final = 0.2
_STRONG_STEP: Final = 0.15
_USUAL_SHARE: Final = 0.75
"""Where an affect emitted with usual confidence lies, as a share of its place's arousal."""

_SURE: Final = 0.85
_LIKELY: Final = 0.7

_COMPARED: Final = ("louder", "quieter", "faster", "slower")
_HEARD: Final[Mapping[str, str]] = {
    "rising_pitch": "rising at the end",
    "falling_pitch": "falling at the end",
    "flat_pitch": "with hardly any melody",
    "wide_pitch": "with a lively melody",
    "long_pause": "after a long pause",
    "shaky": "a little shaky",
    "breathy": "breathy",
    "whispered": "whispered",
}
"""Flag → words in a sentence; those of _COMPARED speak for themselves. Other flags are left out."""
_MOST_HEARD: Final = 2


def second_affect(scores: Mapping[Affect, float], affect: Affect) -> Affect | None:
    """The likeliest other affect if it reaches SECOND_FROM, else None. Ties go to the first of AFFECTS."""
    others = [a for a in AFFECTS if a != affect and scores.get(a, 0.0) >= SECOND_FROM]
    return max(others, key=lambda a: scores[a], default=None)


def level(affect: Affect, arousal: float) -> int:
    """0 when the voice is less activated than this affect usually is, 1 as usual, 2 more. arousal: −1…1."""
    excess = arousal - _USUAL_SHARE * PLACES[affect].arousal
    if excess <= -_QUIET_STEP:
        return _QUIET
    return _STRONG if excess >= _STRONG_STEP else _PLAIN


def label(affect: Affect, second: Affect | None, arousal: float, flags: Sequence[str] = ()) -> str:
    """A few words for the tone, beginning with a capital letter: "Warmly impatient", "Flatly spoken".

    second: from `second_affect`; arousal: −1…1; flags: prosody flags of the same window.
    """
    words = WORDS[affect]
    if affect == "neutral" and "flat_pitch" in flags:
        return words.quiet
    if second is None or second == affect:
        return (words.quiet, words.plain, words.strong)[level(affect, arousal)]
    if (affect, second) in MIXED:
        return MIXED[affect, second]
    if affect == "neutral":
        return f"Even, with some {WORDS[second].trace}"
    if second == "neutral":
        return words.plain
    mixed = WORDS[second].mixed.format(words.adjective)
    return mixed[0].upper() + mixed[1:]


def subtext(affect: Affect, second: Affect | None, confidence: float, flags: Sequence[str] = ()) -> str:
    """One plain sentence: how it sounds, how sure that is, what was measured, and when people often sound so.

    confidence: 0…1, calibrated. Says what a voice sounds like, never what someone feels.
    """
    measured = _measured(flags)
    return f"{_opening(affect, second, confidence)}{measured}; people often sound like this {WORDS[affect].often}."


def _opening(affect: Affect, second: Affect | None, confidence: float) -> str:
    sounds = WORDS[affect].sounds
    if confidence >= _SURE:
        return f"Sounds {sounds}"
    opening = f"Probably sounds {sounds}" if confidence >= _LIKELY else f"Might sound {sounds}"
    return opening if second is None or second == affect else f"{opening}, or else {WORDS[second].sounds}"


def _measured(flags: Sequence[str]) -> str:
    """The first flags in words, in parentheses; empty without any."""
    named = [flag for flag in flags if flag in _COMPARED or flag in _HEARD][:_MOST_HEARD]
    compared = " and ".join(flag for flag in named if flag in _COMPARED)
    heard = [f"{compared} than usual"] if compared else []
    heard += [_HEARD[flag] for flag in named if flag in _HEARD]
    return f" ({', '.join(heard)})" if heard else ""
