"""A session as a transcript that people read, in Markdown (CommonMark): who said what, when and in what tone."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Final

from gateway.api.corrections.stored import Corrections
from gateway.api.exports.transcript import Line, Transcript
from gateway.api.sessions import SharedView
from shared.contract.stored_event import StoredEvent
from shared.contract.transcript_event import DOUBT

_UNKNOWN_SPEAKER: Final = "Unknown speaker"
_NO_WORDS: Final = "No words were written down."
_NO_TONE: Final = "No tone was reported."
_NOTHING_MEASURED: Final = "Nothing was measured."
_CAUTION: Final = f"A computer recognised this and makes mistakes. {DOUBT} follows a doubtful word."
_WHAT_TONE_IS: Final = " Tone is how a voice sounds, not what somebody feels or means."

_MARKUP: Final = re.compile(r"[\\`*_\[\]<>~$&]")


async def markdown(
    session: SharedView, pages: AsyncIterator[list[StoredEvent]], corrections: Corrections
) -> AsyncIterator[bytes]:
    """Yield the head, each line and the course of the tone."""
    transcript = await Transcript().gather(pages, corrections)
    yield _head(session, transcript).encode()
    yield b"\n## What was said\n"
    for line in sorted(transcript.lines, key=lambda line: (line.start, line.end)):
        yield f"\n{_said(line)}\n".encode()
    if not transcript.lines:
        yield f"\n{_NO_WORDS}\n".encode()
    yield ("\n## What was measured\n\n" if session.facts else "\n## Course of tone\n\n").encode()
    course = "".join(_course(transcript))
    yield (course or f"{_NOTHING_MEASURED if session.facts else _NO_TONE}\n").encode()


def _head(session: SharedView, transcript: Transcript) -> str:
    started = datetime.fromtimestamp(session.started_at, UTC)
    caution = _CAUTION if session.facts else _CAUTION + _WHAT_TONE_IS
    return (
        "# Transcript\n\n"
        f"- Started: {started:%Y-%m-%d %H:%M} UTC\n"
        f"- Length: {clock(session.audio_seconds)}\n"
        f"- Speakers: {', '.join(map(plain, transcript.speakers)) or 'none'}\n\n"
        f"{caution}\n"
    )


def _said(line: Line) -> str:
    """ "**Speaker A** (0:12, sad-sounding, probably): I read the book." """
    manner = clock(line.start) if line.tone is None else f"{clock(line.start)}, {plain(line.tone.tag)}"
    text = f"**{plain(line.speaker) or _UNKNOWN_SPEAKER}** ({manner}): {plain(line.text)}"
    if line.original is not None:
        text += f" *(corrected from: {plain(line.original)})*"
    if line.mismatch is not None:
        text += f" *({plain(line.mismatch)})*"
    return text


def _course(transcript: Transcript) -> Iterator[str]:
    """Yield a line for each change in what is reported about a speaker."""
    said: dict[str, str] = {}
    for reading in transcript.readings:
        if reading.said and said.get(reading.speaker) != reading.said:
            said[reading.speaker] = reading.said
            yield f"- {clock(reading.timestamp)} {plain(reading.speaker)}: {plain(reading.tag)}\n"


def clock(seconds: float) -> str:
    """0:12, or 1:02:03 from an hour on."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def plain(text: str) -> str:
    """Escape what Markdown would take for markup."""
    return _MARKUP.sub(r"\\\g<0>", text)
