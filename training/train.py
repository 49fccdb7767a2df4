"""One command from labelled speech to the model file and its card: `python -m training.train --model open`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from threadpoolctl import threadpool_limits

from classifier_worker.speech.tone_head import ToneHead
from training.answering import answers, unseen
from training.card import card, write_card
from training.corpus import SPEECH
from training.evaluate import MODELS, report, table
from training.features import Extractor, Spoken
from training.fit import calibrated, fit, folds, temperature, window_logits
from training.leave_out import heard, left_out
from training.metrics import Answers, joined
from training.recipe import RECIPES, SEED, Recipe


def people_left_out(spoken: Sequence[Spoken], recipe: Recipe) -> tuple[float, Answers]:
    """The temperature that would calibrate people left out of training, and what is answered on their clean clips."""
    logits, right, heads = [], [], []
    for others, person in track(list(folds(spoken)), "leaving one speaker out"):
        head = fit(others, recipe.affects, SEED, recipe.inverse_regularisation)
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
    spoken = heard(recipe, extractor, speech)
    # One BLAS thread: sums in one order give one model.
    with threadpool_limits(1):
        uncalibrated = fit(spoken, recipe.affects, SEED, recipe.inverse_regularisation)
        if recipe.unseen:
            held_out, within = people_left_out(spoken, recipe)
            speakers = {"all": {"emodb": within}}
        else:
            measured = left_out(recipe, spoken)
            held_out, speakers = measured.temperature, measured.speakers
        calibrated(uncalibrated, held_out, recipe.odds).save(MODELS / f"{recipe.name}.npz")
        saved = ToneHead.load(MODELS / f"{recipe.name}.npz")
        corpora = unseen(saved, extractor, speech, recipe) if recipe.unseen else measured.corpora
    report(corpora, console)
    for title, rows in speakers.items():
        console.print(table(f"Speakers left out: {title}", rows))
    write_card(MODELS, card(recipe, saved, held_out, speakers, corpora))
    console.print(f"Temperature {saved.temperature}; what was held out would allow {held_out}.")
    size = (MODELS / f"{recipe.name}.npz").stat().st_size
    console.print(f"Wrote {recipe.name}.npz ({size / 1000:.0f} kB) and its card.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    train(RECIPES[options.model], options.speech, options.threads, Console())


if __name__ == "__main__":
    main()
