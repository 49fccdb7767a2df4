"""Lines, tone and facts events as captions: WebVTT and SubRip cues for a player of the recording.

In a session with words an utterance is one cue, with its tone before its words; readings without words stand alone.

WebVTT: https://www.w3.org/TR/webvtt1/
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from html import escape

from gateway.api.corrections.stored import Correction, Corrections, affect_in
from gateway.api.exports.transcript import Line, Transcript, speaker_name
from shared.contract.facts_event import FactsEvent
from shared.contract.stored_event import StoredEvent
from shared.contract.tone_event import ToneEvent

_SHORTEST = 0.001

Pages = AsyncIterator[list[StoredEvent]]


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption."""

    event_id: str
    start: float
    end: float
    speaker: str
    text: str
    """Markup-free, one line."""
    utterance_id: str | None = None
    """Set for a tone event with words."""
    tag: str = ""
    """The tone of a line; empty for other cues."""


async def cues(pages: AsyncIterator[list[StoredEvent]], corrections: Corrections, window: float) -> AsyncIterator[Cue]:
    """Yield a cue for each event with words: from the previous event, or its window's start if later, to its end."""
    previous_end = 0.0
    async for page in pages:
        for stored in page:
            said = _said(stored)
            if said is None:
                continue
            start = min(max(previous_end, said.timestamp - window, 0.0), max(0.0, said.timestamp - _SHORTEST))
            text = _words(said, affect_in(corrections, str(stored.id)))
            if text:
                utterance_id = said.utterance_id if isinstance(said, ToneEvent) else None
                yield Cue(str(stored.id), start, said.timestamp, said.speaker_id, text, utterance_id)
            previous_end = said.timestamp


def _said(stored: StoredEvent) -> ToneEvent | FactsEvent | None:
    match stored.kind:
        case "tone-event":
            return ToneEvent.from_json(stored.data)
        case "facts-event":
            return FactsEvent.from_json(stored.data)
        case _:
            return None


def _words(said: ToneEvent | FactsEvent, correction: Correction | None) -> str:
    if isinstance(said, FactsEvent):
        return " ".join((said.text or "").split())
    return _words_of_tone(said, correction)


def _words_of_tone(tone: ToneEvent, correction: Correction | None) -> str:
    words = tone.label if tone.subtext is None else f"{tone.label}: {tone.subtext}"
    if correction is not None:
        words += f" (corrected: {correction.affect})"
    return " ".join(words.split())


async def cues_with_words(pages: Pages, corrections: Corrections, window: float) -> AsyncIterator[Cue]:
    """Yield a cue for each line, and for each event of an utterance without one, in the order in which they begin."""
    transcript = Transcript()

    async def noted() -> Pages:
        async for page in pages:
            for stored in page:
                transcript.add(stored, corrections)
            yield page

    readings = [cue async for cue in cues(noted(), corrections, window)]
    apart = [
        replace(cue, speaker=speaker_name(cue.speaker)) for cue in readings if not transcript.has_line(cue.utterance_id)
    ]
    for cue in sorted([*map(_of_line, transcript.lines), *apart], key=lambda cue: (cue.start, cue.end)):
        yield cue


def _of_line(line: Line) -> Cue:
    end = max(line.end, line.start + _SHORTEST)
    return Cue(line.event_id, line.start, end, line.speaker, line.text, tag=line.tone.tag if line.tone else "")


async def web_vtt(found: AsyncIterator[Cue]) -> AsyncIterator[bytes]:
    yield b"WEBVTT\n"
    async for cue in found:
        times = f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}"
        voice = f"<v {escape(cue.speaker, quote=False)}>" if cue.speaker else ""
        tone = f"[{cue.tag}] " if cue.tag else ""
        yield f"\n{cue.event_id}\n{times}\n{voice}{escape(tone + cue.text, quote=False)}\n".encode()


async def sub_rip(found: AsyncIterator[Cue]) -> AsyncIterator[bytes]:
    number = 0
    async for cue in found:
        number += 1
        times = f"{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}"
        manner = ", ".join(filter(None, (cue.speaker, cue.tag)))
        text = escape(f"[{manner}] {cue.text}" if manner else cue.text, quote=False)
        yield f"{number}\n{times}\n{text}\n\n".encode()


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
