"""One command from labelled speech to the model file and its card: `python -m training.train --model open`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from threadpoolctl import threadpool_limits

from classifier_worker.speech.tone_head import ToneHead
from training.card import card, write_card
from training.conditions import CONDITIONS
from training.corpus import SPEECH, Clip, read_clips
from training.evaluate import MODELS, answers, report, table, unseen
from training.features import Extractor, Spoken
from training.fit import calibrated, fit, folds, temperature, window_logits
from training.metrics import Answers, joined
from training.recipe import RECIPES, SEED, Recipe


def heard_everywhere(extractor: Extractor, clips: Sequence[Clip]) -> list[Spoken]:
    """Every clip whole, and its first 2 s in every room and on every line."""
    spoken = extractor.features(clips, "whole", "clean", exact_air=False)
    for condition in CONDITIONS:
        spoken += extractor.features(clips, "opening", condition, exact_air=False)
    return spoken


def left_out(spoken: Sequence[Spoken], recipe: Recipe) -> tuple[float, Answers]:
    """The temperature that would calibrate people left out of training, and what is answered on their clean clips."""
    logits, right, heads = [], [], []
    for others, person in track(list(folds(spoken)), "leaving one speaker out"):
        head = fit(others, recipe.affects, SEED)
        scores, truth = window_logits(head, person, recipe.affects, SEED)
        logits.append(scores)
        right.append(truth)
        heads.append((head, person))
    held_out = temperature(np.concatenate(logits), np.concatenate(right))
    given = [
        answers(
            calibrated(head, held_out, recipe.odds),
            [clip for clip in person if clip.speaker.endswith(" opening clean")],
            recipe.affects,
            head.affects,
        )
        for head, person in heads
    ]
    return held_out, joined(given)


def train(recipe: Recipe, speech: Path, threads: int, console: Console) -> None:
    """Writes the model and its card into classifier_worker/models."""
    extractor = Extractor(threads)
    spoken: list[Spoken] = []
    for corpus in recipe.corpora:
        clips = [clip for clip in read_clips(speech, corpus) if clip.emotion in recipe.affects]
        spoken += heard_everywhere(extractor, clips)
    # One BLAS thread: sums in one order give one model.
    with threadpool_limits(1):
        held_out, within = left_out(spoken, recipe)
        head = calibrated(fit(spoken, recipe.affects, SEED), held_out, recipe.odds)
    MODELS.mkdir(exist_ok=True)
    path = MODELS / f"{recipe.name}.npz"
    head.save(path)
    saved = ToneHead.load(path)
    measured = unseen(saved, extractor, speech, recipe.affects)
    console.print(table("Within EmoDB, speakers left out, first 2 s of each clip", {"emodb": within}))
    report(measured, console)
    write_card(MODELS, card(recipe, saved, held_out, within, measured))
    console.print(f"Temperature {saved.temperature}; held-out speakers would allow {held_out}.")
    console.print(f"Wrote {path.name} ({path.stat().st_size / 1000:.0f} kB) and its card.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    train(RECIPES[options.model], options.speech, options.threads, Console())


if __name__ == "__main__":
    main()
