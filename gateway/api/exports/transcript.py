"""A session's lines and readings together, from which exports with words are made."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, Self

from gateway.api.corrections.stored import Corrections, affect_in, text_in
from shared.contract.facts_event import FactsEvent
from shared.contract.stored_event import StoredEvent
from shared.contract.tone_event import Sureness, ToneEvent
from shared.contract.transcript_event import TranscriptEvent, marked_text
from shared.words import rules

_RESERVE: Final[dict[Sureness, str]] = {"sure": "", "likely": ", probably", "open": ", possibly"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One tone or facts event, as far as exports show it."""

    timestamp: float
    speaker: str
    said: str
    """The label and its correction, or what was measured; empty if there is nothing to say."""
    reserve: str = ""
    """Follows `said` where that is uncertain: ", probably"."""
    confidence: float = 1.0

    @property
    def tag(self) -> str:
        """Return the reading in lower case: "softly sad, probably"."""
        return f"{self.said[:1].lower()}{self.said[1:]}{self.reserve}"


@dataclass(slots=True)
class Line:
    """The words of one utterance."""

    event_id: str
    start: float
    end: float
    speaker: str
    """Empty if it is not known whose voice it was."""
    text: str
    """The newest text, with doubtful words marked."""
    original: str | None
    """What was recognised, if the text was corrected."""
    mismatch: str | None
    tone: Reading | None = None
    """The most confident reading of the utterance."""


@dataclass(slots=True)
class Transcript:
    """Everything in a session that people read as text, gathered event by event."""

    lines: list[Line] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    _surest: dict[str, Reading] = field(default_factory=dict)
    _utterances: dict[str, Line] = field(default_factory=dict)

    def add(self, stored: StoredEvent, corrections: Corrections) -> None:
        """Add the session's next event; any that is neither line nor reading changes nothing."""
        match stored.kind:
            case "tone-event":
                tone = ToneEvent.from_json(stored.data)
                self._read(_inferred(tone, stored, corrections), tone.utterance_id)
            case "facts-event":
                self._read(_measured(FactsEvent.from_json(stored.data)), None)
            case "transcript-event":
                self._write(TranscriptEvent.from_json(stored.data), stored, corrections)
            case _:
                pass

    def has_line(self, utterance_id: str | None) -> bool:
        return utterance_id in self._utterances

    @property
    def speakers(self) -> list[str]:
        """Return the speakers' names, in alphabetical order."""
        heard = {line.speaker for line in self.lines} | {reading.speaker for reading in self.readings}
        return sorted(heard - {""}, key=lambda name: (len(name), name))

    async def gather(self, pages: AsyncIterator[list[StoredEvent]], corrections: Corrections) -> Self:
        """Add every event; return this transcript."""
        async for page in pages:
            for stored in page:
                self.add(stored, corrections)
        return self

    def _read(self, reading: Reading, utterance_id: str | None) -> None:
        self.readings.append(reading)
        if utterance_id is None:
            return
        surest = self._surest.get(utterance_id)
        if surest is None or reading.confidence > surest.confidence:
            self._surest[utterance_id] = reading
            if utterance_id in self._utterances:
                self._utterances[utterance_id].tone = reading

    def _write(self, said: TranscriptEvent, stored: StoredEvent, corrections: Corrections) -> None:
        correction = text_in(corrections, str(stored.id))
        recognised = _one_line(said.text)
        line = Line(
            event_id=str(stored.id),
            start=said.start,
            end=said.end,
            speaker=speaker_name(said.speaker_id),
            text=_one_line(marked_text(said.text, said.words)) if correction is None else correction.text,
            original=None if correction is None else recognised,
            mismatch=said.mismatch.sentence if said.mismatch is not None and correction is None else None,
            tone=self._surest.get(said.utterance_id),
        )
        self.lines.append(line)
        self._utterances[said.utterance_id] = line


def _inferred(tone: ToneEvent, stored: StoredEvent, corrections: Corrections) -> Reading:
    label, speaker = _one_line(tone.label), speaker_name(tone.speaker_id)
    correction = affect_in(corrections, str(stored.id))
    if correction is not None:
        return Reading(tone.timestamp, speaker, f"{label}, corrected: {correction.affect}", "", tone.confidence)
    return Reading(tone.timestamp, speaker, label, _RESERVE[_sureness(tone)], tone.confidence)


def _measured(facts: FactsEvent) -> Reading:
    return Reading(facts.timestamp, speaker_name(facts.speaker_id), _one_line(facts.text or ""))


def _sureness(tone: ToneEvent) -> Sureness:
    if tone.wording is not None:
        return tone.wording.sureness
    steps, percent = rules().sureness, round(tone.confidence * 100)
    return "sure" if percent >= steps.sure else "likely" if percent >= steps.likely else "open"


def speaker_name(speaker_id: str | None) -> str:
    """Return the name of a speaker: speaker_a → "Speaker A"."""
    if speaker_id is None:
        return ""
    prefix, _, letters = speaker_id.partition("_")
    return f"Speaker {letters.upper()}" if prefix == "speaker" and letters.isalpha() else speaker_id


def _one_line(text: str) -> str:
    return " ".join(text.split())
