"""The words of each language for a tone and for what is measured: one file a language, read by worker and page alike.

    words = words_of("en")
    words.affects["sad"].labels["quiet"]  # "Softly sad"

They describe how a voice sounds, never what someone is or feels, and never diagnose. No figures of speech: a word that
has to be read between the lines ("heavy", "cool", "with an edge") helps nobody who finds tone hard.
"""

from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from shared.contract.tone_event import Affect, Manner, Sureness

LANGUAGES: Final = ("en", "de")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Leaning(_Strict):
    """What a sentence says instead of an affect's own words where its tone leans to one side."""

    sounds: str
    often: str


class Uneven(_Strict):
    """Words in place of those that call a voice even."""

    label: str
    adjective: str


class AffectWords(_Strict):
    """All the words for one affect."""

    labels: dict[Manner, str]
    """Quiet: the voice is less activated than this affect usually is; strong: more."""
    deliveries: dict[Manner, str]
    """Deliveries in the Elcor style; each follows "With"."""
    sounds: str
    """Follows "Sounds" in a sentence; true of each label without a leaning of its own."""
    often: str
    """When many people sound like this; follows "people often sound like this"."""
    adjective: str
    """Its word in a mixed label: "Impatient, a little sad"."""
    mixed: str
    """A mixed label with this as its weaker part: "{}, a little sad"."""
    trace: str
    """The noun, for a delivery "with … and a trace of sadness"."""
    leanings: dict[Manner, Leaning] = Field(default_factory=dict)
    uneven: Uneven | None = None


class SentenceWords(_Strict):
    """How a sentence is put together. Each {} is a part."""

    whole: str
    opening: dict[Sureness, str]
    or_else: str
    delivery: dict[Sureness, str]
    trace: str
    measured: dict[str, str]
    """Prosody flag → words."""


class FactsWords(_Strict):
    """The words used where no tone is inferred."""

    as_usual: str
    measured: dict[str, str]
    """Prosody flag → words. Other flags are given by name."""


class Words(_Strict):
    """One language."""

    affects: dict[Affect, AffectWords]
    mixed: dict[Affect, dict[Affect, str]]
    """Stronger → weaker → a mixed label that the rule would word badly."""
    sentence: SentenceWords
    compared: dict[str, str]
    """Flag → words, which `than_usual` follows."""
    and_: str = Field(alias="and")
    than_usual: str
    facts: FactsWords


class SurenessSteps(_Strict):
    """Percent of confidence from which a tone is stated without reserve, and from which it is stated as probable."""

    sure: int
    likely: int


class Rules(_Strict):
    """The rules that hold in every language."""

    sureness: SurenessSteps
    implied: dict[str, str]
    """Flag → the flag that it makes redundant."""


@cache
def words_of(language: str) -> Words:
    """Return the words of one of `LANGUAGES`. Raises FileNotFoundError for another."""
    return Words.model_validate_json(files(__name__).joinpath(f"{language}.json").read_bytes())


@cache
def rules() -> Rules:
    """Return the rules that worker and page share."""
    return Rules.model_validate_json(files(__name__).joinpath("rules.json").read_bytes())
