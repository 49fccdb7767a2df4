"""Measure what the text tone model says of plain sentences: the most that words and voice could be said to part.

    ./manage.sh python -m training.studies.text_tone

A mismatch needs words that are surely friendly or surely harsh. The sentences are those read aloud in speechocean762
(250 people), each counted as often as it was read.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import soundfile
from rich.table import Table

from classifier_worker.speech.words.mismatch import mismatch
from classifier_worker.speech.words.text_tone import TextTone
from shared.contract.tone_event import AFFECTS
from shared.contract.transcript_event import WordsTone
from training.data.corpus import SPEECH
from training.figures.screen import screen

TABLE: Final = Path("everyday") / "speechocean762" / "labels.csv"


class Said(NamedTuple):
    """What is said of the words of a corpus."""

    utterances: int
    minutes: float
    given: int
    polar: int
    """Positive or negative, however sure."""
    sure: int
    may_part: int
    """Would be a mismatch if the voice were right for it."""


def may_part(words: WordsTone | None) -> bool:
    """Return whether there is a voice from which these words would part."""
    return any(mismatch(words, voice, 1.0) is not None for voice in AFFECTS)


def said_of(tone: TextTone, sentences: Sequence[str], seconds: float) -> Said:
    """Count what the model says of the sentences, which take so long to read."""
    words = [tone.of(sentence) for sentence in sentences]
    given = [each for each in words if each is not None]
    polar = [each for each in given if each.polarity != "neutral"]
    return Said(
        utterances=len(words),
        minutes=seconds / 60,
        given=len(given),
        polar=len(polar),
        sure=sum(each.confidence >= tone.sure for each in polar),
        may_part=sum(map(may_part, words)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.studies.text_tone", description=__doc__)
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with the corpora (default: %(default)s)")
    options = parser.parse_args()
    path = options.speech / TABLE
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["sentence"]]
    seconds = sum(soundfile.info(path.parent / row["file"]).duration for row in rows)
    said = said_of(TextTone.load(), [row["sentence"] for row in rows], seconds)
    shown = Table("what", "utterances", "a minute", title=f"speechocean762, {said.minutes:.1f} minutes")
    for name, count in said._asdict().items():
        if name != "minutes":
            shown.add_row(name.replace("_", " "), str(count), f"{count / said.minutes:.2f}")
    screen().print(shown)


if __name__ == "__main__":
    main()
