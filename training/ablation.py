"""What the speaker's baseline and the window's length are worth: `./manage.sh python -m training.ablation`.

Unweighted average recall among the four affects that all corpora share, on corpora never trained on (for a model that
was trained on all of them: each left out in turn).
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.tone_head import ToneHead
from shared.audio import PIPELINE_RATE
from shared.tone_event import Affect
from training.answering import among, answers
from training.corpus import SPEECH, Clip, read_clips
from training.features import Extractor, Spoken
from training.leave_out import corpora_left_out, heard, tested_on
from training.metrics import Answers
from training.recipe import FOUR, RECIPES, SEED, Recipe
from training.saying import Heard, hear
from training.screen import screen
from training.train import MODELS

HEARD: Final = (0, 1, 3, 10, 30)
"""Utterances that the baseline has taken in; the next ten are judged."""
JUDGED: Final = 10
ORDERS: Final = 10
SECONDS: Final = (1, 2, 3, 5)
CLIPS: Final = 240
"""Of each corpus, for the lengths of a window."""


def by_heard(
    head: ToneHead, spoken: Sequence[Spoken], meaning: dict[str, Affect]
) -> dict[int, tuple[Answers, Answers]]:
    """Utterances heard → answers with the speaker's baseline, and with everybody's average instead."""
    restricted = among(head, FOUR)
    with_baseline = hear(restricted, spoken, meaning, ORDERS)
    strangers = [replace(clip, person=f"{clip.person} {place}") for place, clip in enumerate(spoken)]
    without = hear(restricted, strangers, meaning, 1)
    result = {}
    for count in HEARD:
        chosen = [[clip for clip in speaker if count <= clip.number < count + JUDGED] for speaker in with_baseline]
        if any(chosen):
            result[count] = (answers(restricted, chosen), answers(restricted, without))
    return result


def by_length(
    head: ToneHead, extractor: Extractor, clips: Sequence[Clip], meaning: dict[str, Affect]
) -> dict[int, Answers]:
    """Seconds of a window → answers, one a window, on some of the clips."""
    restricted = among(head, FOUR)
    chosen = np.random.default_rng(SEED).permutation(len(clips))[:CLIPS]
    result = {}
    for seconds in SECONDS:
        window = seconds * PIPELINE_RATE
        spoken = [extractor.in_windows(clips[place], window) for place in track(chosen, f"windows of {seconds} s")]
        apart = [[one for clip in speaker for one in _apart(clip)] for speaker in hear(restricted, spoken, meaning, 2)]
        result[seconds] = answers(restricted, apart)
    return result


def _apart(clip: Heard) -> Iterator[Heard]:
    for row in range(len(clip.logits)):
        yield replace(clip, logits=clip.logits[row : row + 1], everybody=clip.everybody[row : row + 1])


def heads(recipe: Recipe, extractor: Extractor, speech: Path) -> Iterator[tuple[str, ToneHead, list[Spoken]]]:
    """(Corpus, a head that never heard it, its clips)."""
    if recipe.unseen:
        head = ToneHead.load(MODELS / f"{recipe.name}.npz")
        for corpus in recipe.unseen:
            yield corpus, head, extractor.features(read_clips(speech, corpus), "whole", "clean", exact_air=True)
        return
    for head, test in tested_on(recipe, corpora_left_out(heard(recipe, extractor, speech)), "leaving one corpus out"):
        yield test[0].corpus, head, test


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./manage.sh python -m training.ablation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    options = parser.parse_args()
    recipe, extractor, console = RECIPES[options.model], Extractor(), screen()
    baselines = Table("UAR %", *(f"after {count}" for count in HEARD), "without a baseline")
    lengths = Table("UAR %, single windows", *(f"{seconds} s" for seconds in SECONDS))
    for corpus, head, spoken in heads(recipe, extractor, options.speech):
        rows = by_heard(head, spoken, recipe.affects)
        cells = (f"{100 * rows[count][0].uar():.1f}" if count in rows else "–" for count in HEARD)
        baselines.add_row(corpus, *cells, f"{100 * rows[0][1].uar():.1f}")
        four = [clip for clip in read_clips(options.speech, corpus) if recipe.affects.get(clip.emotion) in FOUR]
        some = by_length(head, extractor, four, recipe.affects)
        lengths.add_row(corpus, *(f"{100 * some[seconds].uar():.1f}" for seconds in SECONDS))
    console.print(baselines)
    console.print(lengths)


if __name__ == "__main__":
    main()
