"""Print what annotate found: tables, lines of text, or JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from classifier_worker.speech.recording import shown
from classifier_worker.speech.words.line import Line
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import ToneEvent


class Output(Protocol):
    """Destination of the events."""

    def event(self, path: Path, event: ToneEvent | FactsEvent) -> None:
        """Write one event of a file. Events of a file arrive in order."""

    def line(self, path: Path, line: Line) -> None:
        """Write the words of one utterance, after the events that it contains."""

    def done(self, path: Path) -> None:
        """Note that the file has no more events."""


class JsonLines:
    """Writes one JSON object per line, as soon as it is known. Lines of several files may alternate."""

    def event(self, path: Path, event: ToneEvent | FactsEvent) -> None:
        print(json.dumps({"file": shown(path), **event.model_dump(mode="json")}, ensure_ascii=False), flush=True)

    def line(self, path: Path, line: Line) -> None:
        print(json.dumps({"file": shown(path), **line.as_json()}, ensure_ascii=False), flush=True)

    def done(self, path: Path) -> None:
        pass


class _OnScreen:
    """Prints each file once it is done."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lines: dict[Path, list[Line]] = {}

    def line(self, path: Path, line: Line) -> None:
        self._lines.setdefault(path, []).append(line)

    def done(self, path: Path) -> None:
        # The bar goes to stderr and the rest to stdout: on one screen they would overwrite each other.
        self._progress.stop()
        self._show(path)
        self._progress.start()

    def _show(self, path: Path) -> None:
        for line in self._lines.pop(path, []):
            print(_sentence(line))


class Tables(_OnScreen):
    """Prints a table for each file, and below it the words."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(progress)
        self._events: dict[Path, list[ToneEvent | FactsEvent]] = {}

    def event(self, path: Path, event: ToneEvent | FactsEvent) -> None:
        self._events.setdefault(path, []).append(event)

    def _show(self, path: Path) -> None:
        Console().print(_table(path, self._events.pop(path, [])))
        super()._show(path)


class Texts(_OnScreen):
    """Prints the words of each file, one line for each utterance."""

    def event(self, path: Path, event: ToneEvent | FactsEvent) -> None:
        pass

    def _show(self, path: Path) -> None:
        print(shown(path))
        super()._show(path)
        print(flush=True)


def output_as(form: str, progress: Progress) -> Output:
    """Return the output of a format: table, text or jsonl."""
    match form:
        case "table":
            return Tables(progress)
        case "text":
            return Texts(progress)
        case _:
            return JsonLines()


def _table(path: Path, events: Sequence[ToneEvent | FactsEvent]) -> Table | Text:
    tones = [event for event in events if isinstance(event, ToneEvent)]
    facts = [event for event in events if isinstance(event, FactsEvent)]
    if not events:
        return Text(f"{shown(path)}\nNo speech, or no tone that is certain enough.\n")
    return _table_of_facts(path, facts) if facts else _table_of_tones(path, tones)


def _table_of_facts(path: Path, events: Sequence[FactsEvent]) -> Table:
    table = Table(title=Text(shown(path)), title_justify="left", title_style="bold")
    for heading in ("Time", "Speaker", "Measured", "Pitch", "Loudness"):
        table.add_column(heading, justify="right" if heading in ("Time", "Pitch", "Loudness") else "left")
    for event in events:
        table.add_row(
            _clock(event.timestamp),
            event.speaker_id.removeprefix("speaker_").upper(),
            event.text or "",
            "" if event.pitch_hz is None else f"{event.pitch_hz:.0f} Hz",
            "" if event.loudness_db is None else f"{event.loudness_db:.0f} dB",
        )
    return table


def _table_of_tones(path: Path, events: Sequence[ToneEvent]) -> Table:
    table = Table(title=Text(shown(path)), title_justify="left", title_style="bold")
    for heading in ("Time", "Tone", "Sure", "Speaker", "Shift", "Measured", "In words"):
        table.add_column(heading, justify="right" if heading in ("Time", "Sure") else "left")
    for event in events:
        table.add_row(
            _clock(event.timestamp),
            event.label,
            f"{event.confidence:.0%}",
            event.speaker_id.removeprefix("speaker_").upper(),
            event.shift_direction,
            ", ".join(flag.replace("_", " ") for flag in event.prosody_flags),
            Text(event.subtext or ""),  # the brackets of the Elcor style are not markup
        )
    return table


def _sentence(line: Line) -> str:
    """Return the line as text: [1:15.5] A, Even and neutral: Kids are talking by the door."""
    speaker = "?" if line.speaker_id is None else line.speaker_id.removeprefix("speaker_").upper()
    who = speaker if line.label is None else f"{speaker}, {line.label}"
    return f"[{_clock(line.start)}] {who}: {line.marked_text}"


def _clock(seconds: float) -> str:
    """75.5 → "1:15.5"."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 // 10:02d}.{tenths % 10}"
