"""Corrections: a bounded shift, learnt in one step each, that applies once, to one voice, and can be undone."""

from pathlib import Path

import numpy as np
import pytest

from classifier_worker.speech.tone.correction import BOUND, MOST, Lesson, lesson, shift, shifted
from classifier_worker.speech.tone.corrections import Corrections
from classifier_worker.speech.tone.held_out import HeldOut
from shared.contract.correction import BeginWith, Correct, Example, Outcome, Request, TakeBack
from shared.contract.tone_event import Affect

AFFECTS: tuple[Affect, ...] = ("neutral", "warm", "sad", "frustrated")
SAD = [0.2, 0.05, 0.7, 0.05]
"""What was said, of somebody who was neutral."""
WARM = [0.05, 0.9, 0.03, 0.02]


def wrong(event_id: str = "1-1", affect: Affect = "neutral", voice: str = "speaker_a") -> Correct:
    return Correct(event_id=event_id, affect=affect, speaker_id=voice, scores=dict(zip(AFFECTS, SAD, strict=True)))


def answer(
    corrections: Corrections, request: Request, held_out: HeldOut | None = None
) -> tuple[Corrections, Outcome | None]:
    found, verdict = corrections.answered(request, AFFECTS, held_out, 1.0)
    return found, None if verdict is None else verdict.outcome


def reading(corrections: Corrections, voice: str, scores: list[float]) -> list[float]:
    found: list[float] = shifted(np.array([scores]), corrections.lessons(voice, AFFECTS))[0].tolist()
    return found


def table(scores: list[list[float]], truth: list[int], everyday: list[bool]) -> HeldOut:
    return HeldOut(AFFECTS, np.array(scores), np.array(truth), np.array(everyday))


def test_without_corrections_the_probabilities_are_the_very_same() -> None:
    given = np.array([SAD])
    assert shifted(given, []) is given


def test_what_sounds_as_it_did_leans_to_what_was_right_and_what_sounds_otherwise_stays() -> None:
    lessons = [lesson(SAD, 0)]
    alike, other = shifted(np.array([SAD, WARM]), lessons)
    assert alike[0] > SAD[0] + 0.15
    assert abs(other[1] - WARM[1]) < 0.02
    assert abs(alike.sum() - 1.0) < 1e-5


def test_however_many_corrections_the_shift_is_bounded() -> None:
    lessons = [lesson(SAD, 0)] * 200
    draw = np.random.default_rng(1).dirichlet(np.ones(4), 500)
    assert float(np.abs(shift(draw, lessons)).max()) <= BOUND
    assert reading_of_plain(lessons) > 0.9


def reading_of_plain(lessons: list[Lesson]) -> float:
    """A window of which there is no doubt keeps its tone."""
    return float(shifted(np.array([[0.002, 0.002, 0.994, 0.002]]), lessons)[0][2])


def test_a_correction_counts_for_its_voice_alone() -> None:
    corrections, outcome = answer(Corrections(), wrong())
    assert outcome == "accepted"
    assert reading(corrections, "speaker_a", SAD) != SAD
    assert reading(corrections, "speaker_b", SAD) == SAD


def test_the_same_correction_counts_once_and_another_one_of_the_event_replaces_it() -> None:
    once, _ = answer(Corrections(), wrong())
    twice, outcome = answer(once, wrong())
    assert (twice, outcome) == (once, None)
    changed, outcome = answer(once, wrong(affect="frustrated"))
    only, _ = answer(Corrections(), wrong(affect="frustrated"))
    assert (changed, outcome) == (only, "accepted")


def test_what_is_taken_back_leaves_nothing_behind() -> None:
    first, _ = answer(Corrections(), wrong("1-1"))
    both, _ = answer(first, wrong("2-1", "warm"))
    back, outcome = answer(both, TakeBack(event_id="2-1"))
    assert (back, outcome) == (first, "taken_back")
    assert answer(back, TakeBack(event_id="2-1")) == (first, "not_counted")


def test_of_very_many_corrections_the_newest_count() -> None:
    corrections = Corrections()
    for number in range(MOST + 5):
        corrections, _ = answer(corrections, wrong(f"{number}-1"))
    assert [one.event_id for one in corrections.own] == [f"{number}-1" for number in range(5, MOST + 5)]


def test_an_affect_that_the_model_never_says_changes_nothing() -> None:
    corrections, outcome = answer(Corrections(), wrong(affect="urgent"))
    assert (corrections, outcome) == (Corrections(), "not_said")


def test_voices_found_to_be_one_share_their_corrections_early_and_late() -> None:
    corrections, _ = answer(Corrections(), wrong("1-1", voice="speaker_b"))
    corrections = corrections.with_joined([(1, 0)])
    assert reading(corrections, "speaker_a", SAD) != SAD
    late, _ = answer(Corrections().with_joined([(2, 1)]).with_joined([(1, 0)]), wrong("2-1", voice="speaker_c"))
    assert reading(late, "speaker_a", SAD) != SAD


def test_an_update_that_makes_held_out_clips_worse_is_refused_and_changes_nothing() -> None:
    sure = [0.01, 0.01, 0.97, 0.01]
    doubtful = [0.55, 0.01, 0.43, 0.01]
    others_are_sad = table([*[doubtful] * 2, *[sure] * 98], [2] * 100, [False] * 100)
    harmless, outcome = answer(Corrections(), wrong("1-1", "sad", "speaker_b"), others_are_sad)
    assert outcome == "accepted"
    assert answer(harmless, wrong("2-1"), others_are_sad) == (harmless, "refused")


def test_a_step_that_would_do_harm_counts_in_part_where_that_does_none() -> None:
    others_are_sad = table([[0.45, 0.05, 0.45, 0.05]], [2], [False])
    part, outcome = answer(Corrections(), wrong(), others_are_sad)
    assert outcome == "accepted"
    assert 0 < part.own[0].weight < 1
    full, _ = answer(Corrections(), wrong())
    assert SAD[0] < reading(part, "speaker_a", SAD)[0] < reading(full, "speaker_a", SAD)[0]
    assert answer(part, wrong(), others_are_sad) == (part, None)
    assert Corrections.thaw(part.freeze()) == part


def test_the_guard_watches_acted_and_ordinary_speech_apart() -> None:
    doubtful = [0.5, 0.05, 0.4, 0.05]
    held = table([[0.05, 0.05, 0.85, 0.05], doubtful], [2, 0], [False, True])
    towards_sad = [lesson([0.6, 0.05, 0.3, 0.05], 2)] * 3
    assert held.said_wrongly(()) == (0.0, 0.0)
    assert held.said_wrongly(towards_sad) == (0.0, 100.0)
    assert held.harmed(towards_sad)


def test_what_was_kept_counts_for_every_voice_and_is_guarded_too() -> None:
    kept = BeginWith(examples=(Example(affect="neutral", scores=dict(zip(AFFECTS, SAD, strict=True))),) * 5)
    corrections, outcome = answer(Corrections(), kept)
    assert outcome == "accepted"
    assert reading(corrections, "speaker_d", SAD) != SAD
    others_are_sad = table([SAD], [2], [False])
    assert answer(Corrections(), kept, others_are_sad) == (Corrections(), "refused")


def test_a_checkpoint_holds_all_of_it_and_older_ones_hold_none() -> None:
    corrections, _ = answer(Corrections(), wrong())
    corrections = corrections.with_joined([(3, 0)])
    assert Corrections.thaw(corrections.freeze()) == corrections
    assert Corrections.thaw(None) == Corrections()


def test_a_table_serves_a_model_with_other_affects(tmp_path: Path) -> None:
    table([SAD, WARM], [2, 1], [False, False]).save(tmp_path / "m.held-out.npz")
    loaded = HeldOut.load(tmp_path / "m.held-out.npz")
    assert loaded is not None
    view = loaded.among(("warm", "calm", "neutral"))
    assert view.truth.tolist() == [0]
    assert view.probabilities[0].tolist() == pytest.approx([0.9 / 0.95, 0.0, 0.05 / 0.95], abs=1e-6)
    assert HeldOut.load(tmp_path / "none.npz") is None
    (tmp_path / "bad.npz").write_bytes(b"PK no")
    with pytest.raises(ValueError, match=r"training\.fit\.held_out"):
        HeldOut.load(tmp_path / "bad.npz")
