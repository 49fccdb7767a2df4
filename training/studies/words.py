"""Measure the recognised words: errors on read speech, words invented where nobody speaks, loops, and cost.

    ./manage.sh python -m training.studies.words --size tiny.en --limit 100

Clips and sounds take the way of `linnet annotate --words`: voice activity, speech gate, recogniser.
"""

import argparse
import csv
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.models.sound_kind import SoundKinds
from classifier_worker.speech.models.voice_activity import VoiceActivity
from classifier_worker.speech.models.whisper_files import WHISPER_SIZES, WhisperSize
from classifier_worker.speech.words.recogniser import Recogniser
from classifier_worker.speech.words.transcriber import Transcriber
from classifier_worker.speech.words.transcript import Transcript
from classifier_worker.speech.words.utterances import UtteranceCutter
from shared.audio import PIPELINE_RATE
from training.data import sound_file
from training.data.corpus import SPEECH
from training.data.recipe import SEED
from training.data.sounds import SOUNDS, sound
from training.figures.screen import screen

READ: Final = {"ravdess": "labels.csv", "speechocean762": "everyday/speechocean762/labels.csv"}
"""Corpora whose sentences are known, and the table that lists them. Paths in a table are relative to its folder."""
AMI: Final = "ami"
MEETINGS_AIR: Final = 0.5
"""Seconds around annotated speech in which a word of a meeting counts as spoken."""

BARS: Final = {
    ("ravdess", "tiny.en"): 0.10,
    ("ravdess", "base"): 0.05,
    ("speechocean762", "base"): 0.45,
}
INVENTED_BAR: Final = 0.1
"""Words a minute."""
_LEVEL_DB: Final = -20.0
_PHRASE, _TIMES = 4, 3


@dataclass(slots=True)
class Tally:
    """Figures of one corpus or kind of sound."""

    name: str
    seconds: float = 0.0
    utterances: int = 0
    words: int = 0
    """Reference words of a corpus; words written down of a sound."""
    errors: int = 0
    loops: int = 0
    cpu: float = 0.0
    examples: list[str] = field(default_factory=list)

    def heard(self, transcripts: Sequence[Transcript]) -> list[str]:
        """Count utterances and loops; return the words."""
        each = [plain(transcript.text) for transcript in transcripts]
        self.utterances += len(each)
        self.loops += sum(repeats(words) for words in each)
        return [word for words in each for word in words]

    @property
    def error_rate(self) -> float:
        return self.errors / max(1, self.words)

    @property
    def a_minute(self) -> float:
        return self.words / max(1e-9, self.seconds / 60)


class Listener:
    """Runs a recording through everything that leads to words."""

    def __init__(self, size: WhisperSize, language: str | None) -> None:
        self._activity = VoiceActivity()
        self._transcriber = Transcriber(Recogniser.load(size), SoundKinds())
        self._language = language

    def transcripts(self, audio: NDArray[np.int16]) -> Iterator[tuple[float, Transcript]]:
        """Yield (second at which the utterance begins, its words)."""
        cutter = UtteranceCutter(self._activity)
        for utterance in (*cutter.feed(audio), *cutter.finish()):
            transcript = self._transcriber.transcribe(utterance, self._language)
            if transcript is not None:
                yield utterance.start / PIPELINE_RATE, transcript


def plain(text: str) -> list[str]:
    """Return the words in lower case without punctuation."""
    return re.sub(r"[^\w' ]+", " ", text.lower().replace("’", "'")).split()


def edits(reference: Sequence[str], words: Sequence[str]) -> int:
    """Count the substitutions, insertions and deletions that turn one into the other."""
    row = list(range(len(words) + 1))
    for place, wanted in enumerate(reference, 1):
        corner, row[0] = row[0], place
        for at, word in enumerate(words, 1):
            corner, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, corner + (wanted != word))
    return row[-1]


def repeats(words: Sequence[str]) -> bool:
    """Return whether four words come three times running."""
    span = _PHRASE * _TIMES
    return any(
        list(words[at : at + _PHRASE]) * _TIMES == list(words[at : at + span]) for at in range(len(words) - span + 1)
    )


@dataclass(frozen=True, slots=True)
class Clip:
    """A recorded sentence."""

    sentence: str
    """Empty if it is unknown."""
    audio: NDArray[np.int16]


def clips_of(corpus: str, speech: Path, limit: int | None) -> Iterator[Clip]:
    """Yield clips of a corpus in random order, always the same. Raises FileNotFoundError without the corpus."""
    table = speech / READ[corpus]
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("corpus", corpus) == corpus]
    for number in track(np.random.default_rng(SEED).permutation(len(rows))[:limit], corpus):
        yield Clip(rows[number]["sentence"], as_int16(sound_file.read(table.parent / rows[number]["file"])))


def read_speech(listener: Listener, speech: Path, corpus: str, limit: int | None) -> Tally:
    """Compare what is written down with the sentences that were read. Raises FileNotFoundError without the corpus."""
    tally = Tally(corpus)
    for clip in clips_of(corpus, speech, limit):
        began = time.process_time()
        transcripts = [transcript for _, transcript in listener.transcripts(clip.audio)]
        tally.cpu += time.process_time() - began
        tally.seconds += len(clip.audio) / PIPELINE_RATE
        words, reference = tally.heard(transcripts), plain(clip.sentence)
        wrong = edits(reference, words)
        tally.words += len(reference)
        tally.errors += wrong
        if wrong > 1:
            tally.examples.append(f"{' '.join(reference)} → {' '.join(words)}")
    return tally


def other_sounds(listener: Listener, seconds: float) -> Iterator[Tally]:
    """Count the words written down of sounds that hold no speech, one tally for each kind."""
    for kind, names in SOUNDS.items():
        tally = Tally(kind)
        for name in track(names, kind):
            audio = sound(kind, name, seconds, _LEVEL_DB, SEED)
            found = tally.heard([transcript for _, transcript in listener.transcripts(audio)])
            tally.words += len(found)
            tally.seconds += seconds
            if found:
                tally.examples.append(f"{name}: {' '.join(found)}")
        yield tally


def meetings(listener: Listener, folder: Path, limit: int | None) -> Tally:
    """Count the words written down where nobody speaks in a meeting, by its annotation."""
    tally = Tally("AMI, nobody speaking")
    turns = [
        line.split()
        for table in sorted(folder.glob("*.rttm"))
        for line in table.read_text(encoding="utf-8").splitlines()
    ]
    for path in track(sorted(folder.glob("*.flac"))[:limit], "meetings"):
        audio = sound_file.read(path)
        spoken = np.zeros(len(audio) // 160 + 1, np.bool_)
        for start, length in ((float(turn[3]), float(turn[4])) for turn in turns if turn[1] == path.stem):
            first = max(0.0, start - MEETINGS_AIR)
            spoken[round(first * 100) : round((start + length + MEETINGS_AIR) * 100)] = True
        tally.seconds += np.count_nonzero(~spoken) / 100
        found = list(listener.transcripts(as_int16(audio)))
        tally.heard([transcript for _, transcript in found])
        for begin, transcript in found:
            for word in transcript.words:
                middle = begin + (word.start + word.end) / 2
                if not spoken[min(len(spoken) - 1, round(middle * 100))]:
                    tally.words += 1
                    tally.examples.append(f"{path.name} {middle:.1f} s: {word.text} ({word.probability:.2f})")
    return tally


def as_int16(audio: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return float32 audio in −1…1 as 16-bit samples."""
    return np.asarray(np.clip(np.round(audio * 32768.0), -32768, 32767), np.int16)


def read_table(tallies: Sequence[Tally], size: WhisperSize) -> Table:
    shown = Table("corpus", "utterances", "word errors", "bar", "loops", "CPU ms per second", title=f"{size}: speech")
    for one in tallies:
        bar = BARS.get((one.name, size))
        shown.add_row(
            one.name,
            str(one.utterances),
            f"{one.error_rate:.1%}",
            "" if bar is None else f"{bar:.0%}",
            str(one.loops),
            f"{1000 * one.cpu / one.seconds:.0f}",
        )
    return shown


def invented_table(tallies: Sequence[Tally], size: WhisperSize) -> Table:
    title = f"{size}: words where nobody speaks (bar: {INVENTED_BAR} a minute)"
    shown = Table("sound", "minutes", "words", "words a minute", "loops", title=title)
    for one in tallies:
        minutes = one.seconds / 60
        shown.add_row(one.name, f"{minutes:.1f}", str(one.words), f"{one.a_minute:.2f}", str(one.loops))
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.studies.words", description=__doc__)
    parser.add_argument("--size", choices=WHISPER_SIZES, action="append", help="default: both")
    parser.add_argument("--language", default="en", help="of the speech; auto to detect it (default: %(default)s)")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    parser.add_argument("--limit", type=int, help="clips of each corpus (default: all)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each other sound (default: %(default)s)")
    parser.add_argument("--examples", type=int, default=0, help="errors to print for each corpus")
    options = parser.parse_args()
    for size in options.size or WHISPER_SIZES:
        try:
            listener = Listener(size, None if options.language == "auto" else options.language)
            spoken = [read_speech(listener, options.speech, corpus, options.limit) for corpus in READ]
        except (FileNotFoundError, RuntimeError) as error:
            raise SystemExit(str(error)) from error
        screen().print(read_table(spoken, size))
        _print_examples(spoken, options.examples)
        elsewhere = [*other_sounds(listener, options.seconds)]
        elsewhere.append(meetings(listener, options.speech / AMI, options.limit))
        screen().print(invented_table(elsewhere, size))
        _print_examples(elsewhere, options.examples)


def _print_examples(tallies: Sequence[Tally], count: int) -> None:
    for tally in tallies:
        for example in tally.examples[:count]:
            screen().print(f"{tally.name}: {example}", markup=False)


if __name__ == "__main__":
    main()
