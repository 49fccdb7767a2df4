"""Measure how much corrections help people whom the model was not trained on.

    ./manage.sh python -m training.studies.corrections --model open

A simulated listener corrects up to 20 wrong readings in the first two thirds of a session of clips in random order. The
remaining clips, none of which is corrected, are judged with and without the corrections.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.models.model_files import MODELS, held_out_path
from classifier_worker.speech.tone.correction import Lesson, shifted
from classifier_worker.speech.tone.corrections import Corrections
from classifier_worker.speech.tone.held_out import HeldOut
from classifier_worker.speech.tone.reader import STRANGER_SECONDS
from classifier_worker.speech.tone.smoothing import Smoother, smooth
from classifier_worker.speech.tone.tone_head import ToneHead
from shared.contract.correction import Correct
from shared.contract.tone_event import EVEN
from training.data.corpus import SPEECH, read_clips
from training.data.recipe import RECIPES, SEED
from training.features.extract import Extractor
from training.features.replay import Replayed, replay
from training.features.session_mixtures import sessions
from training.figures.outcome import FLOOR, Clips, Floats, clips, from_clip, joined
from training.figures.screen import screen
from training.fit.leave_out import said_of

CORPORA: Final = ("ravdess", "nemo")
MOST: Final = 20
"""Most corrections in one session."""
LEARNING: Final = 2 / 3
"""Share of a session's clips in which the listener corrects."""
ORDERS: Final = 3
"""Number of orders in which each actor's clips are played."""
VOICE: Final = "speaker_a"


@dataclass(frozen=True, slots=True)
class Gain:
    """The results of sessions: the clips after the corrections, judged without and with them."""

    before: Clips
    after: Clips
    sessions: int
    made: int
    """Corrections in all sessions."""
    refused: int


def listen_and_correct(
    head: ToneHead, replayed: Replayed, windows: int, held_out: HeldOut | None, *, unsaid: bool
) -> tuple[list[Lesson], int, int]:
    """Return the lessons from wrong readings among the first windows, and how many were corrected and refused.

    unsaid: also correct readings that the worker would not report. A clip is corrected once.
    """
    corrections, state, made, refused, done = Corrections(), Smoother(), 0, 0, set[int]()
    for row, of_window in enumerate(replayed.probabilities(head.mixture)[:windows]):
        moved = shifted(of_window[None], corrections.lessons(VOICE, head.affects))[0]
        state, scores, place = smooth(state, moved.tolist(), float(replayed.pause[row]))
        clip, truth, affect = int(replayed.clip[row]), str(replayed.truth[row]), head.affects[place]
        stranger = affect not in EVEN and replayed.heard[row] < STRANGER_SECONDS
        said = scores[place] >= max(FLOOR, head.floors[place]) and not stranger
        if made == MOST or clip in done or affect == truth or not (said or unsaid):
            continue
        as_said = {name: round(score, 4) for name, score in zip(head.affects, scores, strict=True)}
        request = Correct.model_validate(
            {"event_id": f"{row}-1", "affect": truth, "speaker_id": VOICE, "scores": as_said}
        )
        corrections, verdict = corrections.answered(request, head.affects, held_out, 0.0)
        done.add(clip)
        made += 1
        refused += verdict is not None and verdict.outcome == "refused"
    return corrections.lessons(VOICE, head.affects), made, refused


def gain(head: ToneHead, heard: Sequence[Replayed], held_out: HeldOut | None, what: str, *, unsaid: bool) -> Gain:
    """Measure all sessions, each replayed separately."""
    before, after = [], []
    total = refusals = 0
    for replayed in track(heard, what):
        numbers = np.unique(replayed.clip)
        first = round(len(numbers) * LEARNING)
        windows = int(np.searchsorted(replayed.clip, numbers[first]))
        lessons, made, refused = listen_and_correct(head, replayed, windows, held_out, unsaid=unsaid)
        total, refusals = total + made, refusals + refused
        before.append(from_clip(clips(head, replayed), first))
        after.append(from_clip(clips(head, replayed, _taught(head, replayed, windows, lessons)), first))
    return Gain(joined(before), joined(after), len(heard), total, refusals)


def _taught(head: ToneHead, replayed: Replayed, windows: int, lessons: Sequence[Lesson]) -> Floats:
    """Return the probabilities, with the corrections applied after the first windows."""
    own = replayed.probabilities(head.mixture)
    return np.concatenate([own[:windows], shifted(own[windows:], lessons)])


def _right(of_clips: Clips) -> float:
    """Return the percentage right when an answer is forced."""
    return 100.0 * float(np.mean(of_clips.forced == of_clips.truth))


def _row(found: Gain) -> list[str]:
    pairs = [(_right(part), _said(part), _said_right(part)) for part in (found.before, found.after)]
    (right, said, said_right), (right_after, said_after, said_right_after) = pairs
    return [
        f"{found.made / found.sessions:.1f}",
        f"{100 * found.refused / max(1, found.made):.0f} %",
        f"{len(found.before.truth)}",
        f"{right:.1f} → {right_after:.1f} ({right_after - right:+.1f})",
        f"{said:.1f} → {said_after:.1f}",
        f"{said_right:.1f} → {said_right_after:.1f}",
    ]


def _said(of_clips: Clips) -> float:
    return 100.0 * float(np.mean(of_clips.answer != ""))


def _said_right(of_clips: Clips) -> float:
    said = of_clips.answer != ""
    return 100.0 * float(np.mean((of_clips.answer == of_clips.truth)[said])) if said.any() else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.studies.corrections", description=__doc__)
    parser.add_argument("--model", choices=[name for name, recipe in RECIPES.items() if recipe.unseen], default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    recipe, console = RECIPES[options.model], screen()
    head, table = ToneHead.load(MODELS / f"{recipe.name}.npz"), HeldOut.load(held_out_path(recipe.name))
    if table is None:
        console.print(
            "The table of held-out clips is missing, so no correction is refused: make it with "
            "./manage.sh python -m training.fit.held_out."
        )
    guard = None if table is None else table.among(head.affects)
    shown = Table("corpus", "corrects", "corrections", "refused", "clips", "clips right", "clips said", "said, right")
    extractor = Extractor(options.threads)
    for corpus in CORPORA:
        spoken = extractor.features(read_clips(options.speech, corpus), "whole", "clean", exact_air=True)
        heard = [
            replay(head, [session])
            for order in range(ORDERS)
            for session in sessions("mixed", spoken, said_of(recipe), SEED + order)
        ]
        for unsaid, who in ((True, "any wrong reading"), (False, "wrong events only")):
            shown.add_row(corpus, who, *_row(gain(head, heard, guard, f"{corpus}, {who}", unsaid=unsaid)))
    console.print(shown)
    console.print(
        "Corrections: per session, of at most 20. Clips right: % of the clips not corrected, when an answer is forced. "
        "Clips said: % of them with an event."
    )


if __name__ == "__main__":
    main()
