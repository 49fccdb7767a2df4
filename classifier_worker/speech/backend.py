"""The interface of a classifier backend, which turns sessions' audio, in batches, into tone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.tone.corrections import Corrections
from classifier_worker.speech.words.session_words import SessionWords, UnderWay
from classifier_worker.speech.words.utterances import Utterance
from shared.contract.correction import Request, Verdict
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import ToneEvent

Activity = Literal["silence", "listening", "unclear"]
"""No voice; speech; or a window without a tone: below the reliability floor, or not speech after all."""


class Format(NamedTuple):
    """The models that can read a state. Checkpoints include it, so that no model reads another model's state."""

    states: str
    """The backend and the version of its states, such as "speech 1". Raise the version when what `freeze` writes
    changes its meaning."""
    model: str
    """The tone model's name and fingerprint; "" if there is none."""


class State(Protocol):
    """One session's state. Only the backend that made it can classify with it."""

    corrections: Corrections
    """The person's corrections that apply."""
    words: SessionWords | None
    """Utterances awaiting their words; None if no words are written down."""

    @property
    def facts(self) -> bool:
        """Return whether no tone is inferred."""

    @property
    def needed_from(self) -> int:
        """Return the 16 kHz position of the oldest sample that later results still need."""

    def under_way(self) -> UnderWay | None:
        """Return the utterance that is being spoken; None between utterances, or without words."""

    def spoken_since(self, begin: int) -> Utterance:
        """Return the utterance under way from this position on, which must be at least 32 ms ago."""

    def held_audio(self) -> tuple[int, NDArray[np.int16]]:
        """Return the 16 kHz position of the first sample that the state still holds, and the samples."""

    def refill(self, start: int, samples: NDArray[np.int16]) -> None:
        """Restore samples that the state has already processed, in order.

        Raises ValueError if samples before `start` are still missing.
        """

    def freeze(self, *, with_audio: bool) -> dict[str, Any]:
        """Return the state in a form msgpack can write. Without audio, `refill` must supply the samples from
        `needed_from` on before `classify` continues."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One session's input for one step."""

    state: State
    """Made by this backend; `classify` changes it in place."""
    start: int
    """16 kHz position of the first sample. If it is past the state's position, the audio in between never arrived."""
    samples: NDArray[np.int16]
    """Mono, 16 kHz. May be empty."""
    final: bool = False
    """No audio follows: classify what is left."""
    rest: bool = False
    """A long pause follows: classify what is left, then continue as after a gap, keeping no samples."""


@dataclass(frozen=True, slots=True)
class Classified:
    """The results of one feed."""

    activity: Activity
    events: list[tuple[int, ToneEvent]] = field(default_factory=list)
    """(16 kHz sample at the window's end, event without `seq`), in order."""
    facts: list[tuple[int, FactsEvent]] = field(default_factory=list)
    """The same, with FactsEvents, for a facts-only session, which has no `events`."""


class Backend(Protocol):
    """One per process, called from a single inference thread. A state's events depend only on its own samples:
    neither on how they were split into feeds nor on the rest of the batch."""

    invents: bool
    """Whether a session without audio gets readings made up by `classifier_worker.pipeline.invented`."""

    def open(self, session_id: str, *, elcor: bool, facts: bool = False, words: bool = False) -> State:
        """Return the state of a session that has had no audio yet.

        facts: no tone is inferred. words: its utterances are to be written down.
        """

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        """Advance each session, at most one feed per state; return the results in the order of the feeds."""

    def correct(self, state: State, request: Request, seconds: float) -> Verdict | None:
        """Apply a person's correction from the next window on. Returns the verdict, or None if it already applies.

        seconds: session audio before the correction.
        """

    def thaw(self, frozen: dict[str, Any], *, facts: bool = False) -> State:
        """Return the state that `freeze` wrote. facts: infer no tone from here on, irreversibly."""

    def format(self) -> Format:
        """Return the format of the states that this backend writes and can thaw."""

    def thaw_without_model(self, frozen: dict[str, Any]) -> State:
        """Return a state that `freeze` wrote under another or an unknown tone model, without the parts that depend on
        the model. If no tone is inferred, no part does: use `thaw`. Raises whatever reading the state raises."""

    def card(self) -> dict[str, Any]:
        """Describe the model: name, licence, data, figures, limits. Returned by GET /model."""
