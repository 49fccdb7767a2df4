"""How good a model is on people it never heard: `python -m training.evaluate --model open`.

Clips of a speaker come in 10 seeded random orders, from a cold start; each is answered before it updates the
speaker's baseline. A clip's probabilities are the mean over its windows.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from classifier_worker.speech.tone_head import ToneHead
from shared.tone_event import Affect
from training.corpus import SPEECH, read_clips
from training.features import Extractor, Spoken
from training.listening import by_speaker, in_random_order, listen
from training.metrics import Answers, joined
from training.recipe import FOUR, RECIPES, SEED, Recipe

MODELS: Final = Path(__file__).resolve().parents[1] / "classifier_worker" / "models"
ORDERS: Final = 10
FLOOR: Final = 0.6
LONG: Final = 2.0
"""Seconds of speech from which a clip counts for coverage."""


def answers(
    head: ToneHead, spoken: Sequence[Spoken], affects: dict[str, Affect], among: Iterable[Affect], orders: int = ORDERS
) -> Answers:
    """What `head` answers when it may only say one of `among`; clips of other affects are not played."""
    allowed = [column for column, affect in enumerate(head.affects) if affect in set(among)]
    names = np.array(head.affects)[allowed]
    played = [clip for clip in spoken if affects.get(clip.emotion) in names]
    truth, answer, confidence, seconds = [], [], [], []
    for order in range(orders):
        rng = np.random.default_rng((SEED, order))
        for clips in by_speaker(played).values():
            for clip in listen(in_random_order(clips, rng), head.cold_baseline()):
                scores = head.probabilities(clip.windows).mean(axis=0)[allowed]
                scores /= scores.sum()
                truth.append(affects[clip.emotion])
                answer.append(str(names[scores.argmax()]))
                confidence.append(float(scores.max()))
                seconds.append(clip.seconds)
    return Answers(np.array(truth), np.array(answer), np.array(confidence), np.array(seconds))


def unseen(head: ToneHead, extractor: Extractor, speech: Path, recipe: Recipe) -> dict[str, dict[str, Answers]]:
    """Corpus → "four" (one of the four that all corpora share) and "all" (any affect of the model) → answers."""
    spoken = (extractor.features(read_clips(speech, name), "whole", "clean", exact_air=True) for name in recipe.unseen)
    return {name: four_and_all(head, clips, recipe.affects) for name, clips in zip(recipe.unseen, spoken, strict=True)}


def four_and_all(head: ToneHead, spoken: Sequence[Spoken], affects: dict[str, Affect]) -> dict[str, Answers]:
    four = [affects[emotion] for emotion in FOUR]
    return {"four": answers(head, spoken, affects, four), "all": answers(head, spoken, affects, head.affects)}


def mean_uar(measured: dict[str, dict[str, Answers]]) -> float:
    """The headline: unweighted average recall 0…1 of the four shared affects, mean over unseen corpora."""
    return float(np.mean([of_corpus["four"].uar() for of_corpus in measured.values()]))


def table(title: str, rows: dict[str, Answers]) -> Table:
    """One line a set of answers."""
    result = Table(title=title)
    columns = (
        "",
        "UAR %",
        f"over {FLOOR}, of clips with ≥ {LONG:.0f} s of speech %",
        "right of those over it %",
        "calibration error %",
        "the same of those over it %",
        "recall per affect",
    )
    for column in columns:
        result.add_column(column)
    for name, given in rows.items():
        recalls = "\n".join(f"{affect} {given.recall(str(affect)):.0%}" for affect in np.unique(given.truth))
        figures = (
            given.uar(),
            given.lasting(LONG).coverage(FLOOR),
            given.accuracy_over(FLOOR),
            given.calibration_error(),
            given.over(FLOOR).calibration_error(),
        )
        result.add_row(name, *(f"{100 * figure:.1f}" for figure in figures), recalls)
    return result


def report(measured: dict[str, dict[str, Answers]], console: Console) -> None:
    """Prints what `unseen` measured."""
    four = {corpus: of_corpus["four"] for corpus, of_corpus in measured.items()}
    free = {corpus: of_corpus["all"] for corpus, of_corpus in measured.items()}
    console.print(table("Never trained on: one of four affects", four))
    console.print(table("Never trained on: any affect of the model", {**free, "together": joined(list(free.values()))}))
    console.print(f"Mean UAR over {' + '.join(measured)}, four affects: [bold]{100 * mean_uar(measured):.1f} %[/bold]")


def main() -> None:
    # What refits models stays out of the import of those that only measure.
    from training.leave_out import LeftOut, heard, left_out

    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    recipe, extractor, console = RECIPES[options.model], Extractor(options.threads), Console()
    if recipe.unseen:
        report(unseen(ToneHead.load(MODELS / f"{recipe.name}.npz"), extractor, options.speech, recipe), console)
        return
    measured: LeftOut = left_out(recipe, heard(recipe, extractor, options.speech))
    report(measured.corpora, console)
    for title, rows in measured.speakers.items():
        console.print(table(f"Speakers left out: {title}", rows))


if __name__ == "__main__":
    main()
