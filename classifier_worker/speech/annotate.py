"""Annotate recordings with the tone of voice, without a server.

    python -m classifier_worker annotate interview.flac
    python -m classifier_worker annotate *.wav --format jsonl > tones.jsonl
    python -m classifier_worker annotate interview.flac --words base --language de

On a terminal, prints a table for each file; otherwise one JSON line for each event: `file`, then the fields of the
ToneEvent, or of the FactsEvent with --facts. With --words, there is one more line for each utterance: its words, beside
its speaker and tone.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from classifier_worker.speech.annotation_output import Output, output_as
from classifier_worker.speech.backend import Backend, Feed
from classifier_worker.speech.load import LOAD_ERRORS, load_backend
from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.voice_activity import VoiceActivity
from classifier_worker.speech.models.whisper_files import WHISPER_SIZES
from classifier_worker.speech.recording import KINDS, Recording, RecordingError, Samples, shown
from classifier_worker.speech.words.line import Line, line_of
from classifier_worker.speech.words.recogniser import Recogniser
from classifier_worker.speech.words.transcriber import Transcriber
from classifier_worker.speech.words.utterances import UtteranceCutter
from shared.contract.facts_event import FactsEvent
from shared.contract.tone_event import ToneEvent
from shared.settings import SettingsError, read_settings

Said = TypeVar("Said", ToneEvent, FactsEvent)

_NOTHING: Samples = np.zeros(0, np.int16)


class WordModels:
    """What writes down the words of recordings."""

    def __init__(self, recogniser: Recogniser, language: str | None) -> None:
        """Raises RuntimeError, with a message to show, if a model is missing."""
        self.activity = VoiceActivity()
        self.transcriber = Transcriber(recogniser, SoundKinds())
        self.language = language


class _Words:
    """The words of one file."""

    def __init__(self, models: WordModels) -> None:
        self._models = models
        self._cutter = UtteranceCutter(models.activity)
        self._events: list[ToneEvent | FactsEvent] = []

    def written(self, feed: Feed, events: Iterable[ToneEvent | FactsEvent]) -> Iterator[Line]:
        """Yield the lines that end in this part of the file. events: those in this part."""
        self._events += events
        for utterance in (*self._cutter.feed(feed.samples), *(self._cutter.finish() if feed.final else ())):
            transcript = self._models.transcriber.transcribe(utterance, self._models.language)
            if transcript is not None:
                yield line_of(utterance, transcript, self._events)


class _Listening:
    """One file being read through the backend."""

    def __init__(self, path: Path, backend: Backend, words: WordModels | None, *, elcor: bool) -> None:
        self.path = path
        self.words = None if words is None else _Words(words)
        self.recording = Recording.open(path)
        self.share = 1.0 / max(1.0, self.recording.seconds or 1.0)
        """The share of the file that one second makes up, if its length is known."""
        self.finished = False
        self.failed = False
        self._state = backend.open(Path(shown(path)).stem, elcor=elcor)
        self._blocks = self.recording.blocks(1.0)
        self._position = 0
        self._events = 0

    def next_feed(self) -> Feed:
        """Return the next second of the file; after its end, an empty final feed.

        Raises RecordingError where the file cannot be decoded.
        """
        block = next(self._blocks, None)
        self.finished = block is None
        samples = _NOTHING if block is None else block
        feed = Feed(self._state, self._position, samples, final=self.finished)
        self._position += len(samples)
        return feed

    def numbered(self, events: Iterable[tuple[int, Said]]) -> Iterator[Said]:
        for _, event in events:
            self._events += 1
            yield event.model_copy(update={"seq": self._events})


class Annotator:
    """Runs files through a backend, several at a time, and carries on when one cannot be read."""

    def __init__(
        self,
        backend: Backend,
        output: Output,
        progress: Progress,
        *,
        batch: int,
        elcor: bool,
        words: WordModels | None = None,
    ) -> None:
        """words: to write down the words, too."""
        self._backend = backend
        self._words = words
        self._output = output
        self._progress = progress
        self._batch = batch
        self._elcor = elcor
        self.refused = 0
        """Number of files that could not be read, or not completely."""

    def run(self, paths: Sequence[Path]) -> None:
        bar = self._progress.add_task("Listening", total=len(paths))
        waiting = iter(paths)
        active: list[_Listening] = []
        while True:
            self._fill(active, waiting)
            if not active:
                return
            self._step(active, bar)
            active = [file for file in active if not file.finished]

    def _fill(self, active: list[_Listening], waiting: Iterator[Path]) -> None:
        while len(active) < self._batch:
            path = next(waiting, None)
            if path is None:
                return
            try:
                active.append(_Listening(path, self._backend, self._words, elcor=self._elcor))
            except RecordingError as error:
                self._refuse(error)
            except Exception as error:  # one bad file must not end the batch
                self._refuse(_unforeseen(path, error))

    def _step(self, active: list[_Listening], bar: TaskID) -> None:
        feeding: list[tuple[_Listening, Feed]] = []
        for file in active:
            try:
                feeding.append((file, file.next_feed()))
            except RecordingError as error:
                self._refuse(error)
                file.finished = file.failed = True
            except Exception as error:  # one bad file must not end the batch
                self._refuse(_unforeseen(file.path, error))
                file.finished = file.failed = True
        heard = self._backend.classify([feed for _, feed in feeding])
        for (file, feed), result in zip(feeding, heard, strict=True):
            self._put_out(file, feed, [*file.numbered(result.events), *file.numbered(result.facts)])
            self._progress.advance(bar, 0.0 if file.finished else file.share)
        for file in active:
            if file.finished:
                self._output.done(file.path)
                if not file.failed:
                    self._say(f"{shown(file.path)}: {file.recording.account}.")
                file.recording.close()

    def _put_out(self, file: _Listening, feed: Feed, events: Sequence[ToneEvent | FactsEvent]) -> None:
        for event in events:
            self._output.event(file.path, event)
        for line in () if file.words is None else file.words.written(feed, events):
            self._output.line(file.path, line)

    def _refuse(self, error: RecordingError) -> None:
        self.refused += 1
        self._say(str(error))

    def _say(self, sentence: str) -> None:
        self._progress.console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _unforeseen(path: Path, error: Exception) -> RecordingError:
    return RecordingError(f"{shown(path)} could not be read to the end ({type(error).__name__}: {error}).")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. Returns its exit code: 0, or 1 if a file could not be read or the model is missing."""
    _print_any_text()
    options = _options(argv)
    try:
        settings = read_settings()
        if options.floor is not None:
            settings = settings.model_copy(update={"reliability_floor": options.floor})
        if options.facts:
            settings = settings.model_copy(update={"classifier": "facts"})
        words = _word_models(options)
        backend = load_backend(settings)
    except (SettingsError, *LOAD_ERRORS) as error:
        print(error, file=sys.stderr)
        return 1
    if settings.backend == "mock":
        print("These tones come from the mock backend and mean nothing.", file=sys.stderr)
    try:
        return _annotate(backend, words, settings.max_batch, options)
    except BrokenPipeError:
        # The reader closed the pipe early; Python's own flush at exit must not complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _print_any_text() -> None:
    """Print JSON as UTF-8 in any locale; a character that the terminal cannot show must not end a batch."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _word_models(options: argparse.Namespace) -> WordModels | None:
    if options.words == "off":
        return None
    if options.words.endswith(".en") and options.language not in (None, "en"):
        raise ValueError(
            f"--words {options.words} transcribes English only: use --words base for {options.language!r}."
        )
    recogniser = Recogniser.load(options.words)
    if options.language is not None and options.language not in recogniser.languages:
        known = ", ".join(sorted(recogniser.languages))
        raise ValueError(f"--words {options.words} does not know the language {options.language!r}. It knows {known}.")
    return WordModels(recogniser, options.language)


def _annotate(backend: Backend, words: WordModels | None, batch: int, options: argparse.Namespace) -> int:
    on_terminal = sys.stdout.isatty()
    on_screen = "table" if words is None else "text"
    form = options.format or (on_screen if on_terminal else "jsonl")
    with _progress(quiet=on_terminal and form == "jsonl") as progress:
        output = output_as(form, progress)
        annotator = Annotator(backend, output, progress, batch=batch, elcor=options.elcor, words=words)
        annotator.run(list(dict.fromkeys(options.files)))
    return 1 if annotator.refused else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(argv)
    if options.words == "off":
        if options.format == "text":
            parser.error("--format text prints words: add --words tiny.en or --words base")
        if options.language is not None:
            parser.error("--language is the language of the words: add --words base")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m classifier_worker annotate",
        description="Annotate recordings with the tone of voice: how voices sound, not what people feel.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=f"{KINDS} and others; - reads from stdin")
    parser.add_argument(
        "--format",
        choices=("table", "text", "jsonl"),
        help="default: on a terminal a table, or with --words text; otherwise JSON lines",
    )
    parser.add_argument(
        "--words",
        choices=("off", *WHISPER_SIZES),
        default="off",
        help="also write down what is said: tiny.en (English) or base (any language) (default: off)",
    )
    parser.add_argument("--language", metavar="XX", help="language of the words, such as de (default: detected)")
    parser.add_argument("--elcor", action="store_true", help="begin each sentence with a bracketed delivery")
    parser.add_argument("--facts", action="store_true", help="report only what is measured; infer no tone")
    parser.add_argument(
        "--floor", type=_probability, metavar="X", help="leave out readings that are less certain, 0 to 1 (default 0.6)"
    )
    return parser


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 1")
    return value


def _progress(*, quiet: bool) -> Progress:
    """Return a progress bar on stderr, hidden if that is not a terminal or if `quiet`. Never touches stdout."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=quiet or not console.is_terminal,
    )
