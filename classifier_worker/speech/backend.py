"""What a classifier backend is: it hears sessions' audio in batches and says in what tone it is spoken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from shared.contract.correction import Request, Verdict
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import ToneEvent

Activity = Literal["silence", "listening", "unclear"]
"""No voice; speech; or something of which no tone is said: under the reliability floor, or no speech after all."""


class Format(NamedTuple):
    """What a state fits. Checkpoints carry it, so that no model is ever given what another one left."""

    states: str
    """The backend and the version of its states, "speech 1": to be raised when what `freeze` writes means something
    else than before."""
    model: str
    """The tone model by name and fingerprint; "" where there is none."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one session hears in one step."""

    state: Any
    """The session's state, made by this backend; `advance` changes it in place."""
    start: int
    """16 kHz position of the first sample. Beyond the state's position: what lies between never came."""
    samples: NDArray[np.int16]
    """Mono, 16 kHz. May be empty."""
    final: bool = False
    """Nothing follows: classify what is left."""
    rest: bool = False
    """A long pause follows: classify what is left, then go on as after a gap, with no sample kept."""


@dataclass(frozen=True, slots=True)
class Classified:
    """What came of one feed."""

    activity: Activity
    events: list[tuple[int, ToneEvent]] = field(default_factory=list)
    """(16 kHz sample at the window's end, event without `seq`), in order."""
    facts: list[tuple[int, FactsEvent]] = field(default_factory=list)
    """The same of a session in which only what is measured is said; it has no `events`."""


class Backend(Protocol):
    """One per process; called from one inference thread. A state's events depend on its own samples alone:
    neither on how they were cut into feeds nor on what else is in the batch."""

    invents: bool
    """Whether a session without audio gets readings, from `classifier_worker.pipeline.invented` instead of a voice."""

    def open(self, session_id: str, *, elcor: bool, facts: bool = False) -> Any:
        """The state of a session that has heard nothing. facts: no tone is inferred."""

    def anew(self, state: Any) -> Any:
        """The state of the same session as if it had heard nothing, with the corrections that count in it."""

    def classify(self, feeds: Sequence[Feed]) -> list[Classified]:
        """Takes each session (at most one feed a state) further; answers in the feeds' order."""

    def correct(self, state: Any, request: Request, seconds: float) -> Verdict | None:
        """Counts a person's correction from the next window on; what to say of it, or None when it counts already.

        seconds: of session audio before it.
        """

    def needed_from(self, state: Any) -> int:
        """16 kHz position of the oldest sample that later results still need."""

    def freeze(self, state: Any, *, with_audio: bool) -> dict[str, Any]:
        """The state as msgpack can write it. Without audio, `refill` must bring the samples from
        `needed_from` on before `advance` goes on."""

    def thaw(self, frozen: dict[str, Any], *, facts: bool = False) -> Any:
        """The state that `freeze` wrote. facts: no tone is inferred from here on; once so, it stays so."""

    def format(self) -> Format:
        """Of the states that this backend writes, and that it can thaw."""

    def thaw_without_model(self, frozen: dict[str, Any]) -> Any:
        """The state that `freeze` wrote under another tone model, or under one that is not known: all of it but what
        hangs on the model. Raises whatever reading it raises. Where no tone is inferred nothing does, and `thaw` takes
        it."""

    def audio(self, state: Any) -> tuple[int, NDArray[np.int16]]:
        """The samples that the state still holds, and the 16 kHz position of the first."""

    def refill(self, state: Any, start: int, samples: NDArray[np.int16]) -> None:
        """Gives back samples that the state has already heard, in order."""

    def card(self) -> dict[str, Any]:
        """What runs here: name, licence, data, figures, limits. Shown by GET /model."""
