"""What corrections are worth to people never trained on: `./manage.sh python -m training.corrections --model open`.

A simulated listener corrects up to 20 wrong readings in the first two thirds of a session. The other clips, of which
none is corrected, are judged with and without what was learnt.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from classifier_worker.speech.correction import Lesson, shifted
from classifier_worker.speech.corrections import Corrections
from classifier_worker.speech.held_out import HeldOut
from classifier_worker.speech.smoothing import Smoother, smooth
from classifier_worker.speech.tone_head import ToneHead
from classifier_worker.tone_model import held_out_path
from shared.correction import Correct
from shared.settings import Settings
from training.corpus import SPEECH, read_clips
from training.features import Extractor
from training.metrics import Answers, joined
from training.recipe import RECIPES
from training.saying import PAUSE, Heard, hear, probabilities
from training.screen import screen
from training.sessions import Kind
from training.train import MODELS

FLOOR: Final[float] = Settings.model_fields["reliability_floor"].default
MOST: Final = 20
"""Corrections of one session."""
LEARNING: Final = 2 / 3
"""Share of the session in which the listener corrects."""
KINDS: Final[tuple[Kind, ...]] = ("mixed", "mostly one")
ORDERS: Final = 3
VOICE: Final = "speaker_a"

Windows = Sequence[NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Gain:
    """What came of some sessions."""

    before: Answers
    """Forced answers to the clips that were not corrected, without corrections."""
    after: Answers
    said_before: Answers
    """What is said of them at the floor, a window each."""
    said_after: Answers
    sessions: int
    made: int
    """Corrections in all sessions."""
    refused: int


def listen_and_correct(
    head: ToneHead, heard: Sequence[Heard], windows: Windows, held_out: HeldOut | None, floor: float
) -> tuple[list[Lesson], int, int]:
    """What is learnt from the wrong readings that reach the floor, how many were corrected and how many refused."""
    corrections, state, made, refused = Corrections(), Smoother(), 0, 0
    rows = ((clip, window, row) for clip, rows in zip(heard, windows, strict=True) for window, row in enumerate(rows))
    for number, (clip, window, row) in enumerate(rows):
        if made == MOST:
            break
        moved = shifted(row[None], corrections.lessons(VOICE, head.affects))[0]
        state, scores, place = smooth(state, moved.tolist(), 0.0 if window else PAUSE)
        if scores[place] < floor or head.affects[place] == clip.truth:
            continue
        as_said = {affect: round(score, 4) for affect, score in zip(head.affects, scores, strict=True)}
        request = Correct.model_validate(
            {"event_id": f"{number}-1", "affect": clip.truth, "speaker_id": VOICE, "scores": as_said}
        )
        corrections, verdict = corrections.answered(request, head.affects, held_out, 0.0)
        made += 1
        refused += verdict is not None and verdict.outcome == "refused"
    return corrections.lessons(VOICE, head.affects), made, refused


def judged(
    head: ToneHead, heard: Sequence[Heard], windows: Windows, lessons: Sequence[Lesson]
) -> tuple[Answers, Answers]:
    """Forced answers to the clips, and what is said of their windows."""
    rows: list[tuple[str, str, float, float]] = []
    said: list[tuple[str, str, float, float]] = []
    state = Smoother()
    for clip, of_clip in zip(heard, windows, strict=True):
        moved = shifted(of_clip, lessons)
        mean = moved.mean(axis=0)
        rows.append((clip.truth, head.affects[int(mean.argmax())], float(mean.max()), clip.seconds))
        for window, row in enumerate(moved.tolist()):
            state, scores, place = smooth(state, row, 0.0 if window else PAUSE)
            if scores[place] >= FLOOR:
                said.append((clip.truth, head.affects[place], scores[place], clip.seconds))
    return _answers(rows), _answers(said)


def gain(
    head: ToneHead, sessions: Sequence[Sequence[Heard]], held_out: HeldOut | None, floor: float, what: str
) -> Gain:
    """Over all sessions. floor: the least sure reading that the listener sees, and so corrects."""
    before: list[Answers] = []
    after: list[Answers] = []
    said_before: list[Answers] = []
    said_after: list[Answers] = []
    total = refusals = 0
    for heard in track(sessions, what):
        windows, cut = probabilities(head, heard), round(len(heard) * LEARNING)
        lessons, made, refused = listen_and_correct(head, heard[:cut], windows[:cut], held_out, floor)
        total, refusals = total + made, refusals + refused
        for answers, said, taught in ((before, said_before, ()), (after, said_after, lessons)):
            of_clips, of_windows = judged(head, heard[cut:], windows[cut:], taught)
            answers.append(of_clips)
            said.append(of_windows)
    return Gain(joined(before), joined(after), joined(said_before), joined(said_after), len(sessions), total, refusals)


def _answers(rows: Sequence[tuple[str, str, float, float]]) -> Answers:
    truth, answer, confidence, seconds = zip(*rows, strict=True) if rows else ((),) * 4
    return Answers(
        np.array(truth, np.str_),
        np.array(answer, np.str_),
        np.array(confidence, np.float64),
        np.array(seconds, np.float64),
    )


def _right(answers: Answers) -> float:
    """Percent."""
    return 100.0 * float(np.mean(answers.truth == answers.answer)) if len(answers.truth) else float("nan")


def _row(found: Gain) -> list[str]:
    before, after = _right(found.before), _right(found.after)
    return [
        f"{found.made / found.sessions:.1f}",
        f"{100 * found.refused / max(1, found.made):.0f} %",
        f"{before:.1f} → {after:.1f} ({after - before:+.1f})",
        f"{_right(found.said_before):.1f} → {_right(found.said_after):.1f}",
        f"{len(found.said_before.truth)} → {len(found.said_after.truth)}",
        f"{100 * found.said_before.calibration_error():.1f} → {100 * found.said_after.calibration_error():.1f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.corrections", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    recipe, console = RECIPES[options.model], screen()
    if not recipe.unseen:
        raise SystemExit(f"{recipe.name} is trained on every labelled corpus: nobody is left to simulate. Take open.")
    head, table = ToneHead.load(MODELS / f"{recipe.name}.npz"), HeldOut.load(held_out_path(recipe.name))
    if table is None:
        console.print(
            "There is no table of held-out clips, so nothing is refused: ./manage.sh python -m training.held_out."
        )
    guard = None if table is None else table.among(head.affects)
    shown = Table(
        "corpus",
        "session",
        "corrects",
        "corrections",
        "refused",
        "clips right",
        "said, right",
        "said",
        "calibration error",
    )
    extractor = Extractor(options.threads)
    for corpus in recipe.unseen:
        spoken = extractor.features(read_clips(options.speech, corpus), "whole", "clean", exact_air=True)
        for kind in KINDS:
            sessions = hear(head, spoken, recipe.affects, ORDERS if kind == "mixed" else 1, kind)
            for floor, who in ((0.0, "any wrong reading"), (FLOOR, "what is said wrongly")):
                found = gain(head, sessions, guard, floor, f"{corpus}, {kind}, {who}")
                shown.add_row(corpus, kind, who, *_row(found))
    console.print(shown)
    console.print(
        "Corrections: a session, of at most 20. Clips right: forced answers to clips that were not corrected, %. "
        "Said: windows at the floor."
    )


if __name__ == "__main__":
    main()
