"""The corrections that apply in one session, with their voices and steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from classifier_worker.speech.speakers.diarization import speaker_id
from classifier_worker.speech.tone.correction import MOST, Lesson, lesson
from classifier_worker.speech.tone.held_out import HeldOut
from shared.contract.correction import BeginWith, Correct, Example, Outcome, Request, TakeBack, Verdict
from shared.contract.tone_event import Affect

_MOST_JOINED: Final = 64
"""Merged voices that are remembered, so that corrections of earlier events find their voice."""
_DECIMALS: Final = 4
_WEIGHTS: Final = (1.0, 0.5, 0.25)
"""Shares of a step to try in turn, until one does no harm on the held-out clips."""

WORDS: Final[dict[Outcome, str]] = {
    "accepted": "From now on, when this voice sounds like that again, Linnet is more likely to report {affect}.",
    "refused": "Not applied: the correction would cause too many wrong readings for other speakers. "
    "It is kept as a note.",
    "not_said": "This model never reports {affect}, so its readings do not change. The correction is kept as a note.",
    "taken_back": "Undone: the correction no longer applies.",
    "not_counted": "The correction was not being applied, so readings do not change.",
}
_BEGUN: Final[dict[Outcome, str]] = {
    "accepted": "Corrections that you kept from earlier sessions apply here, to every voice.",
    "refused": "Corrections from earlier sessions are not applied: they would cause too many wrong readings for "
    "other speakers.",
    "not_said": "This model cannot report the tones chosen in earlier corrections, so they are not applied.",
}


class Counted(NamedTuple):
    """One correction that applies."""

    event_id: str
    voice: str
    """Speaker id of the corrected event."""
    affect: str
    scores: tuple[float, ...]
    """Scores as in the event, in the order of the model's affects."""
    weight: float = 1.0
    """Share of the step that is applied."""


@dataclass(frozen=True)
class Corrections:
    """Immutable: every change returns a new one. At most 9 kB."""

    kept: tuple[Counted, ...] = ()
    """Corrections from earlier sessions; they apply to every voice."""
    own: tuple[Counted, ...] = ()
    """Corrections from this session, oldest first."""
    joined: Mapping[str, str] = field(default_factory=dict)
    """Speaker id → the speaker id that it was merged into."""

    @cached_property
    def _lessons(self) -> dict[str, list[Lesson]]:
        """Return the cache of the lessons for each voice."""
        return {}

    def lessons(self, voice: str, affects: Sequence[Affect]) -> list[Lesson]:
        """Return the lessons that apply to this voice."""
        if not self.kept and not self.own:
            return []
        if voice not in self._lessons:
            self._lessons[voice] = _taught([*self.kept, *(one for one in self.own if one.voice == voice)], affects)
        return self._lessons[voice]

    def with_joined(self, pairs: Iterable[tuple[int, int]]) -> "Corrections":
        """Record voices that were merged, as pairs (number, into)."""
        found = {speaker_id(gone): speaker_id(into) for gone, into in pairs}
        if not found:
            return self
        joined = dict([*((gone, found.get(into, into)) for gone, into in self.joined.items()), *found.items()])
        own = tuple(one._replace(voice=found.get(one.voice, one.voice)) for one in self.own)
        return replace(self, own=own, joined=dict(list(joined.items())[-_MOST_JOINED:]))

    def answered(
        self, request: Request, affects: Sequence[Affect], held_out: HeldOut | None, seconds: float
    ) -> "tuple[Corrections, Verdict | None]":
        """Return the corrections that apply from now on, and the verdict; None if the same correction already
        applies."""
        if isinstance(request, TakeBack):
            return self._taken_back(request, seconds)
        if isinstance(request, BeginWith):
            return self._begun(request, affects, held_out, seconds)
        voice = self.joined.get(request.speaker_id, request.speaker_id)
        if request.affect not in affects:
            return self._without(request.event_id), _verdict(request, voice, "not_said", seconds)
        new = _counted(request, request.event_id, voice, affects)
        if any(one._replace(weight=1.0) == new for one in self.own):
            return self, None
        others = self._without(request.event_id)
        for weight in _WEIGHTS:
            changed = replace(others, own=(*others.own, new._replace(weight=weight))[-MOST:])
            if held_out is None or not held_out.harmed(changed.lessons(voice, affects)):
                return changed, _verdict(request, voice, "accepted", seconds)
        return others, _verdict(request, voice, "refused", seconds)

    def _taken_back(self, request: TakeBack, seconds: float) -> "tuple[Corrections, Verdict]":
        left = self._without(request.event_id)
        gone = next((one for one in self.own if one.event_id == request.event_id), None)
        outcome: Outcome = "not_counted" if gone is None else "taken_back"
        return left, Verdict(
            event_id=request.event_id,
            affect=None,
            speaker_id=None if gone is None else gone.voice,
            outcome=outcome,
            detail=WORDS[outcome],
            timestamp=seconds,
        )

    def _begun(
        self, request: BeginWith, affects: Sequence[Affect], held_out: HeldOut | None, seconds: float
    ) -> "tuple[Corrections, Verdict]":
        known = [one for one in request.examples if one.affect in affects]
        wanted = tuple(_counted(one, "", "", affects) for one in known)[-MOST:]
        tried = (tuple(one._replace(weight=weight) for one in wanted) for weight in _WEIGHTS)
        kept = next((some for some in tried if held_out is None or not held_out.harmed(_taught(some, affects))), ())
        outcome: Outcome = "accepted" if kept else "refused" if wanted else "not_said"
        verdict = Verdict(
            event_id=None, affect=None, speaker_id=None, outcome=outcome, detail=_BEGUN[outcome], timestamp=seconds
        )
        return replace(self, kept=kept), verdict

    def _without(self, event_id: str) -> "Corrections":
        own = tuple(one for one in self.own if one.event_id != event_id)
        return self if len(own) == len(self.own) else replace(self, own=own)

    def freeze(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {
            "kept": [list(one) for one in self.kept],
            "own": [list(one) for one in self.own],
            "joined": dict(self.joined),
        }

    @classmethod
    def thaw(cls, frozen: dict[str, Any] | None) -> "Corrections":
        """Read what `freeze` wrote; None in checkpoints from before corrections existed."""
        if frozen is None:
            return cls()
        kept, own = (
            [Counted(one[0], one[1], one[2], tuple(one[3]), one[4]) for one in frozen[name]] for name in ("kept", "own")
        )
        return cls(tuple(kept), tuple(own), frozen["joined"])


def _counted(example: Example, event_id: str, voice: str, affects: Sequence[Affect]) -> Counted:
    scores = tuple(round(example.scores.get(affect, 0.0), _DECIMALS) for affect in affects)
    return Counted(event_id, voice, example.affect, scores)


def _taught(corrections: Sequence[Counted], affects: Sequence[Affect]) -> list[Lesson]:
    names = list[str](affects)
    fitting = [one for one in corrections if one.affect in names and len(one.scores) == len(names)]
    return [lesson(one.scores, names.index(one.affect), one.weight) for one in fitting[-MOST:]]


def _verdict(request: Correct, voice: str, outcome: Outcome, seconds: float) -> Verdict:
    return Verdict(
        event_id=request.event_id,
        affect=request.affect,
        speaker_id=voice,
        outcome=outcome,
        detail=WORDS[outcome].format(affect=request.affect),
        timestamp=seconds,
    )
