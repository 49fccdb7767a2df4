"""Make the table that guards corrections: `./manage.sh python -m training.fit.held_out --model open`.

It holds clips of the model's own corpora, each scored by a head fitted without its speaker, and ordinary speech that
the model was not trained on, scored by the model itself. Only scores are written, beside the model.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.models.model_files import MODELS, held_out_path
from classifier_worker.speech.tone.held_out import HeldOut
from classifier_worker.speech.tone.tone_head import ToneHead
from shared.contract.tone_event import EVEN
from training.data.corpus import SPEECH, read_clips
from training.data.recipe import RECIPES, Recipe
from training.features import everyday
from training.features.extract import Extractor
from training.features.replay import Replayed, replay
from training.features.rooms import heard
from training.features.session_mixtures import sessions
from training.figures.screen import screen
from training.fit.leave_out import heads_without_speakers, material, ordinary_speech, said_of

MOST: Final = 120
"""Number of windows of each set of ordinary speech, evenly spread over it."""

Floats = NDArray[np.float64]


def held_out(recipe: Recipe, head: ToneHead, extractor: Extractor, speech: Path) -> HeldOut:
    """Return the table of this model."""
    acted = list(_acted(recipe, head, extractor, speech))
    ordinary = [_spread(replay(head, everyday.sessions(speech, name)), head) for name in everyday.DECIDED_ON]
    scores = np.concatenate([*(scores for scores, _ in acted), *ordinary])
    truth = np.concatenate([truth for _, truth in acted])
    count = len(scores) - len(truth)
    return HeldOut(
        head.affects,
        np.round(scores, 4),
        np.concatenate([truth, np.full(count, head.affects.index("neutral"))]).astype(np.intp),
        np.arange(len(scores)) >= len(truth),
    )


def of_clips(replayed: Replayed, probabilities: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return the mean probabilities of each clip's windows, float64[N, C], and the true affect's column, int[N]."""
    names = list[str](replayed.affects)
    numbers, first = np.unique(replayed.clip, return_index=True)
    means = [probabilities[replayed.clip == number].mean(axis=0) for number in numbers]
    truth = [
        names.index(name if name in names or name not in EVEN else "neutral") for name in replayed.truth[first].tolist()
    ]
    return np.array(means).reshape(-1, len(names)), np.array(truth, np.intp)


def _acted(
    recipe: Recipe, head: ToneHead, extractor: Extractor, speech: Path
) -> Iterator[tuple[Floats, NDArray[np.intp]]]:
    acted = {corpus: heard(extractor, read_clips(speech, corpus)) for corpus in recipe.acted}
    rows = material(acted, ordinary_speech(speech, extractor), recipe)
    for scorer, clips in heads_without_speakers(acted, rows, head, recipe):
        replayed = replay(scorer, sessions("mixed", clips, said_of(recipe)))
        yield of_clips(replayed, replayed.probabilities(scorer.mixture))


def _spread(replayed: Replayed, head: ToneHead) -> Floats:
    probabilities = replayed.probabilities(head.mixture)
    places: Sequence[int] = np.unique(np.linspace(0, len(probabilities) - 1, MOST).astype(int)).tolist()
    return probabilities[places]


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.fit.held_out", description=__doc__)
    parser.add_argument("--model", choices=[name for name, recipe in RECIPES.items() if recipe.unseen], default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    recipe, console = RECIPES[options.model], screen()
    head = ToneHead.load(MODELS / f"{recipe.name}.npz")
    table = held_out(recipe, head, Extractor(options.threads), options.speech)
    path = held_out_path(recipe.name)
    table.save(path)
    acted, ordinary = table.said_wrongly(())
    console.print(
        f"Wrote {path} ({path.stat().st_size / 1000:.0f} kB): {len(table.truth)} clips and windows, "
        f"{int(table.everyday.sum())} of them ordinary. Without corrections, {acted:.1f} % of the acted ones and "
        f"{ordinary:.1f} % of the ordinary ones get a wrong label."
    )


if __name__ == "__main__":
    main()
