"""Tone and facts events as captions: WebVTT and SubRip cues for a player of the recording.

WebVTT: https://www.w3.org/TR/webvtt1/
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import escape

from gateway.api.stored_corrections import Correction, Corrections, affect_in
from shared.contract.facts_event import FactsEvent
from shared.contract.stored_event import StoredEvent
from shared.contract.tone_event import ToneEvent

_SHORTEST = 0.001


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption."""

    event_id: str
    start: float
    end: float
    speaker_id: str
    text: str
    """Markup-free, one line."""


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
                yield Cue(str(stored.id), start, said.timestamp, said.speaker_id, text)
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


async def web_vtt(
    pages: AsyncIterator[list[StoredEvent]], corrections: Corrections, window: float
) -> AsyncIterator[bytes]:
    yield b"WEBVTT\n"
    async for cue in cues(pages, corrections, window):
        times = f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}"
        voice = escape(cue.speaker_id, quote=False)
        yield f"\n{cue.event_id}\n{times}\n<v {voice}>{escape(cue.text, quote=False)}\n".encode()


async def sub_rip(
    pages: AsyncIterator[list[StoredEvent]], corrections: Corrections, window: float
) -> AsyncIterator[bytes]:
    number = 0
    async for cue in cues(pages, corrections, window):
        number += 1
        times = f"{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}"
        text = escape(f"[{cue.speaker_id}] {cue.text}", quote=False)
        yield f"{number}\n{times}\n{text}\n\n".encode()


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
