"""The table by which a person's corrections are checked: `./manage.sh python -m training.held_out --model open`.

Clips of the model's own corpora, each scored by a model that was fitted without its speaker, and ordinary speech that
no model is trained on, scored by the finished model as of strangers. Only scores are written, beside the model.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from threadpoolctl import threadpool_limits

from classifier_worker.speech.held_out import HeldOut
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.tone_model import held_out_path
from training.corpus import SPEECH, Clip, read_clips
from training.features import Extractor, Spoken
from training.fit import calibrated, fit
from training.leave_out import GROUPS
from training.recipe import RECIPES, SEED, Calibration, Recipe
from training.saying import Heard, hear, probabilities
from training.screen import screen
from training.train import MODELS

EVERYDAY: Final = ("librispeech_251", "picovoice_sti", "ohf_voices")
"""Ordinary speech under CC BY 4.0, Apache-2.0 and CC0-1.0."""
MOST_CLIPS: Final = 120
"""Of each of these, evenly spread over its list."""
_PLAIN: Final[dict[str, str]] = {"neutral": "neutral"}


def held_out(recipe: Recipe, head: ToneHead, extractor: Extractor, speech: Path) -> HeldOut:
    """The table of this model."""
    rows: list[tuple[NDArray[np.float64], str, bool]] = []
    with threadpool_limits(1):
        for scorer, clips in _without_their_speakers(recipe, head, extractor, speech):
            rows += [(scores, truth, False) for scores, truth in _scored(scorer, clips, recipe)]
    ordinary = ordinary_speech(extractor, speech)
    rows += [(scores, truth, True) for scores, truth in _scored(head, ordinary, recipe)]
    return HeldOut(
        head.affects,
        np.round(np.stack([scores for scores, _, _ in rows]).astype(np.float64), 4).astype(np.float64),
        np.array([head.affects.index(_affect(head, truth)) for _, truth, _ in rows], np.intp),
        np.array([everyday for _, _, everyday in rows], np.bool_),
    )


def ordinary_speech(extractor: Extractor, speech: Path) -> list[Spoken]:
    """Clips that nobody acted, each as of a stranger. Corpora that are not there are left out."""
    found: list[Spoken] = []
    for corpus in EVERYDAY:
        folder = speech / "everyday" / corpus
        if not (folder / "labels.csv").is_file():
            continue
        clips = _everyday_clips(folder, corpus)
        spread = [clips[at] for at in np.unique(np.linspace(0, len(clips) - 1, MOST_CLIPS).astype(int)).tolist()]
        spoken = extractor.features(spread, "whole", "clean", exact_air=True)
        found += [replace(clip, person=f"{corpus}/{number}") for number, clip in enumerate(spoken)]
    return found


def _everyday_clips(folder: Path, corpus: str) -> list[Clip]:
    clips = read_clips(folder, "own")
    return [replace(clip, corpus=corpus) for clip in clips if clip.emotion in _PLAIN]


def _without_their_speakers(
    recipe: Recipe, head: ToneHead, extractor: Extractor, speech: Path
) -> Iterator[tuple[ToneHead, list[Spoken]]]:
    """(A head fitted on the other speakers' clips as recorded, these speakers' clips), for each group of speakers."""
    spoken = [
        clip
        for corpus in recipe.corpora
        for clip in extractor.features(read_clips(speech, corpus), "whole", "clean", exact_air=True)
        if clip.emotion in recipe.affects
    ]
    people = sorted({clip.person for clip in spoken})
    group = {name: number % GROUPS for number, name in enumerate(people)}
    calibration = Calibration(head.temperature, head.caution, head.variety)
    for number in track(range(min(GROUPS, len(people))), f"{recipe.name}: leaving a fifth of the speakers out"):
        others = [clip for clip in spoken if group[clip.person] != number]
        fitted = fit(others, recipe.affects, SEED, recipe.inverse_regularisation, recipe.tolerated)
        yield calibrated(fitted, calibration, recipe.odds), [clip for clip in spoken if group[clip.person] == number]


def _scored(head: ToneHead, clips: Sequence[Spoken], recipe: Recipe) -> Iterator[tuple[NDArray[np.float64], str]]:
    """Mean probabilities of each clip's windows, and what was meant."""
    for session in hear(head, clips, recipe.affects, 1):
        heard: Sequence[Heard] = session
        for clip, of_clip in zip(heard, probabilities(head, heard), strict=True):
            yield of_clip.mean(axis=0), clip.truth


def _affect(head: ToneHead, truth: str) -> str:
    return next(affect for affect in head.affects if affect == truth)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.held_out", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
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
        f"Wrote {path} ({path.stat().st_size / 1000:.0f} kB): {len(table.truth)} clips, {int(table.everyday.sum())} of "
        f"them ordinary. Without corrections something wrong is said of {acted:.1f} % of the acted ones and of "
        f"{ordinary:.1f} % of the ordinary ones."
    )


if __name__ == "__main__":
    main()
