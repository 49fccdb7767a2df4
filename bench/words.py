"""Measure words through the running service: how many are wrong, and how soon they arrive.

    ./manage.sh python -m bench.words --size base [--clips 100] [--seconds 60] [--sessions 10] [--speech FOLDER]

Three parts, each on a gateway and a worker of its own:
1. Clips of a corpus whose sentence is known, and meetings, each as a session, faster than real time: word errors,
   loops, and how often words and voice are reported to disagree.
2. One session in real time: from the end of a word to the first partial transcript with it, and from the end of an
   utterance to its stored line.
3. Sessions in real time with 60 % speech, without words and with them: what words cost the tone's latency.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from bench.end_to_end import Session, percentiles, run_sessions, running
from bench.speech_audio import speech
from shared.audio import PIPELINE_RATE
from training.data import sound_file
from training.data.corpus import SPEECH
from training.studies.words import AMI, READ, Clip, as_int16, clips_of, edits, plain, repeats

AT_ONCE: Final = 4
"""Clips played at the same time."""
_FRAME: Final = PIPELINE_RATE // 10
_PAUSE: Final = PIPELINE_RATE
"""Samples of silence after each clip that is played live."""


# 1. Errors


def meetings(folder: Path, count: int) -> list[Clip]:
    """Return recorded meetings, which are not acted. Their sentences are not known."""
    return [Clip("", as_int16(sound_file.read(path))) for path in sorted((folder / AMI).glob("*.flac"))[:count]]


async def written(url: str, clips: Sequence[Clip]) -> list[list[dict[str, Any]]]:
    """Play each clip as a session; return the lines of its utterances."""
    places = asyncio.Semaphore(AT_ONCE)

    async def play(clip: Clip) -> list[dict[str, Any]]:
        async with places, httpx.AsyncClient(base_url=url, timeout=120) as client:
            wish = {"words": True, "language": "en"}
            session_id = (await client.post("/session/start", json=wish)).json()["session_id"]
            address = f"{url.replace('http', 'ws')}/session/{session_id}/audio"
            async with connect(address, compression=None) as link:
                for begin in range(0, len(clip.audio), PIPELINE_RATE):
                    await link.send(clip.audio[begin : begin + PIPELINE_RATE].tobytes())
                    answer = json.loads(await link.recv())
                    if not answer["ok"]:
                        raise RuntimeError(answer)
            await client.delete(f"/session/{session_id}/end")
            stream = await client.get(f"/session/{session_id}/stream", params={"last_event_id": "0-0"})
            await client.delete(f"/session/{session_id}")
            return [event for event in events(stream.text) if event.get("event_type") == "transcript"]

    return await asyncio.gather(*(play(clip) for clip in clips))


def events(text: str) -> list[dict[str, Any]]:
    """Return the events in the blocks of an event stream."""
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line[6:]) for line in lines]


def report_errors(size: str, corpora: dict[str, tuple[Sequence[Clip], Sequence[Sequence[dict[str, Any]]]]]) -> None:
    columns = ("speech", "sessions", "minutes", "lines", "word errors", "loops", "words and voice part")
    table = Table(*columns, title=f"{size}: through the service")
    for name, (clips, lines) in corpora.items():
        wrong = words = 0
        for clip, own in zip(clips, lines, strict=True):
            reference = plain(clip.sentence)
            words += len(reference)
            wrong += edits(reference, [word for line in own for word in plain(line["text"])])
        every = [line for own in lines for line in own]
        minutes = sum(len(clip.audio) for clip in clips) / PIPELINE_RATE / 60
        table.add_row(
            name,
            str(len(clips)),
            f"{minutes:.1f}",
            str(len(every)),
            f"{wrong / words:.1%}" if words else "",
            str(sum(repeats(plain(line["text"])) for line in every)),
            str(sum(line["mismatch"] is not None for line in every)),
        )
    Console().print(table)


# 2. One live session


@dataclass
class Listener:
    """What one live session was sent, and when."""

    partial: list[tuple[float, str, int]] = field(default_factory=list)
    """(monotonic time, utterance, number of words)."""
    lines: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    async def listen(self, client: httpx.AsyncClient, session_id: str) -> None:
        async with client.stream("GET", f"/session/{session_id}/stream", timeout=60) as answer:
            async for line in answer.aiter_lines():
                if not line.startswith("data: "):
                    continue
                event = json.loads(line[6:])
                if event.get("event_type") == "partial-transcript":
                    count = len(event["text"].split())
                    self.partial.append((time.monotonic(), event["utterance_id"], count))
                elif event.get("event_type") == "transcript":
                    self.lines.append((time.monotonic(), event))

    def seen(self, began: float) -> list[float]:
        """Return, for each word of a stored line, the seconds from its end until it was shown, in a partial transcript
        or in the line."""
        delays: list[float] = []
        for stored, line in self.lines:
            partial = [(at, count) for at, utterance, count in self.partial if utterance == line["utterance_id"]]
            for number, word in enumerate(line["words"], 1):
                shown = next((at for at, count in partial if count >= number), stored)
                delays.append(shown - began - word["end"])
        return delays

    def after_end(self, began: float) -> list[float]:
        """Return the seconds from the point at which each utterance was known to be over until its line arrived."""
        return [at - began - line["timestamp"] for at, line in self.lines]

    def after_word(self, began: float) -> list[float]:
        """Return the seconds from the end of each utterance's last word until its line arrived."""
        return [at - began - line["end"] for at, line in self.lines]


async def live(url: str, audio: NDArray[np.int16]) -> tuple[float, Listener]:
    """Send the audio at the pace at which it was spoken; return when it began and what was received."""
    heard = Listener()
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        wish = {"words": True, "language": "en"}
        session_id = (await client.post("/session/start", json=wish)).json()["session_id"]
        listening = asyncio.create_task(heard.listen(client, session_id))
        address = f"{url.replace('http', 'ws')}/session/{session_id}/audio"
        async with connect(address, compression=None) as link:
            began = time.monotonic()
            for number in range(len(audio) // _FRAME):
                await asyncio.sleep(max(0.0, began + (number + 1) * 0.1 - time.monotonic()))
                await link.send(audio[number * _FRAME : (number + 1) * _FRAME].tobytes())
                await link.recv()
        await client.delete(f"/session/{session_id}/end")
        await asyncio.wait_for(listening, 60)
    return began, heard


def report_delays(size: str, began: float, heard: Listener) -> None:
    table = Table("one session, in real time", "number", "p50", "p95", title=f"{size}: how soon words come")
    for name, values in (
        ("word spoken → shown", heard.seen(began)),
        ("utterance over → stored line", heard.after_end(began)),
        ("last word spoken → stored line", heard.after_word(began)),
    ):
        if len(values) > 1:
            cut = statistics.quantiles(values, n=100, method="inclusive")
            table.add_row(name, str(len(values)), f"{cut[49]:.2f} s", f"{cut[94]:.2f} s")
    Console().print(table)


def conversation(clips: Iterable[Clip], seconds: float) -> NDArray[np.int16]:
    """Join clips, with a pause after each, up to `seconds` in all."""
    parts: list[NDArray[np.int16]] = []
    for clip in clips:
        parts += [clip.audio, np.zeros(_PAUSE, np.int16)]
    return np.concatenate(parts)[: round(seconds * PIPELINE_RATE)]


# 3. Together with tone


def report_tone(rows: dict[str, list[Session]]) -> None:
    table = Table("tone: window end → event", "events", "p50", "p99", "max")
    for name, sessions in rows.items():
        latencies = [latency for session in sessions for _, latency in session.latencies]
        table.add_row(name, str(len(latencies)), *percentiles(latencies))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("tiny.en", "base"), default="base")
    parser.add_argument("--clips", type=int, default=100, help="of each corpus; 0 leaves part 1 out")
    parser.add_argument("--meetings", type=int, default=2, help="recordings played in part 1")
    parser.add_argument("--seconds", type=float, default=60.0, help="of parts 2 and 3; 0 leaves them out")
    parser.add_argument("--sessions", type=int, default=10, help="of part 3; 0 leaves it out")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    options = parser.parse_args()
    with running(mock=False, LINNET_WORDS=options.size) as url:
        if options.clips:
            corpora = {name: list(clips_of(name, options.speech, options.clips)) for name in READ}
            corpora[AMI] = meetings(options.speech, options.meetings)
            lines = {name: asyncio.run(written(url, clips)) for name, clips in corpora.items()}
            report_errors(options.size, {name: (clips, lines[name]) for name, clips in corpora.items()})
        if options.seconds:
            audio = conversation(clips_of("ravdess", options.speech, 40), options.seconds)
            report_delays(options.size, *asyncio.run(live(url, audio)))
    if options.seconds and options.sessions:
        rows: dict[str, list[Session]] = {}
        for words in ("off", options.size):
            with running(mock=False, LINNET_WORDS=words) as url:
                sessions = asyncio.run(run_sessions(url, options.sessions, options.seconds, speech(0.6)))
                rows[f"words {words}"] = sessions
        report_tone(rows)


if __name__ == "__main__":
    main()
