import json
from collections.abc import Sequence
from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from classifier_worker.speech.circumplex import project
from classifier_worker.speech.tone.shift import HOLD, STEP, RecentTone, Shift, compare
from classifier_worker.speech.tone.smoothing import Smoother, smooth
from shared.contract.tone_event import Affect

Scores = dict[Affect, float]

NEUTRAL: Scores = {"neutral": 0.9, "sad": 0.04, "frustrated": 0.03, "warm": 0.03}
FRUSTRATED: Scores = {"neutral": 0.1, "sad": 0.04, "frustrated": 0.83, "warm": 0.03}
CHEERFUL: Scores = {"neutral": 0.1, "sad": 0.04, "frustrated": 0.03, "warm": 0.83}


def run(sequence: list[Scores]) -> list[Shift]:
    state, shifts = RecentTone(), []
    for scores in sequence:
        state, shift = compare(state, scores, project(scores))
        shifts.append(shift)
    return shifts


def test_the_first_window_of_a_speaker_is_no_shift() -> None:
    assert run([FRUSTRATED]) == [Shift(0.0, "stable")]


def test_the_same_tone_again_is_no_shift() -> None:
    assert run([NEUTRAL] * 5) == [Shift(0.0, "stable")] * 5


def test_the_magnitude_is_the_share_of_probability_that_moved() -> None:
    assert run([NEUTRAL, FRUSTRATED])[-1].magnitude == 0.8
    assert run([{"neutral": 1.0, "sad": 0.0}, {"neutral": 0.0, "sad": 1.0}])[-1].magnitude == 1.0


def test_towards_frustration_escalates_and_back_de_escalates() -> None:
    directions = [shift.direction for shift in run([NEUTRAL] * 4 + [FRUSTRATED] * 8 + [NEUTRAL] * 3)]
    assert directions[4] == "escalating"
    assert directions[12] == "de-escalating"


def test_a_tone_that_stays_becomes_the_usual_one() -> None:
    shifts = run([NEUTRAL] * 4 + [FRUSTRATED] * 20)
    assert shifts[-1].direction == "stable"
    assert shifts[-1].magnitude < 0.05


def test_cheerfulness_is_a_shift_but_no_escalation() -> None:
    shift = run([NEUTRAL, CHEERFUL])[-1]
    assert shift.magnitude > 0.5
    assert shift.direction == "stable"


def test_the_direction_does_not_flicker_around_its_threshold() -> None:
    def tense(share: float) -> Scores:
        return {"neutral": 1.0 - share, "frustrated": share}

    directions = [shift.direction for shift in run([tense(0.0)] * 3 + [tense(0.35), tense(0.3), tense(0.36)])]
    assert directions[3:] == ["escalating"] * 3


def test_a_state_survives_writing_and_reading_bit_by_bit() -> None:
    direct = stored = RecentTone()
    thirds: Scores = {"neutral": 1 / 3, "sad": 1 / 3, "frustrated": 1 / 6, "warm": 1 / 6}
    for scores in [NEUTRAL, FRUSTRATED, CHEERFUL, thirds]:
        direct, first = compare(direct, scores, project(scores))
        stored, second = compare(RecentTone.thaw(json.loads(json.dumps(stored.freeze()))), scores, project(scores))
        assert first == second
    assert direct == stored


AFFECTS: list[Affect] = list(NEUTRAL)

any_scores = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4).map(
    lambda parts: {affect: round(part / sum(parts), 4) for affect, part in zip(AFFECTS, parts, strict=True)}
)
noise = st.lists(st.floats(-0.02, 0.02), min_size=4, max_size=4)


def noisy(scores: Scores, moved: Sequence[float]) -> Scores:
    """The scores with at most 4 % of the probability elsewhere."""
    parts = [max(0.0, scores[affect] + change) for affect, change in zip(AFFECTS, moved, strict=True)]
    return {affect: part / sum(parts) for affect, part in zip(AFFECTS, parts, strict=True)}


def tense(share: float) -> Scores:
    return {"neutral": 1.0 - share, "sad": 0.0, "frustrated": share, "warm": 0.0}


def slices(shifts: Sequence[Shift]) -> list[str]:
    """The directions one after the other, each said once."""
    return [direction for direction, _ in groupby(shift.direction for shift in shifts)]


def smoothed(sequence: Sequence[Scores]) -> list[Scores]:
    """As the pipeline hands them over."""
    state, given_out = Smoother(), []
    for scores in sequence:
        state, values, _ = smooth(state, list(scores.values()))
        given_out.append(dict(zip(scores, values, strict=True)))
    return given_out


@given(st.lists(any_scores, min_size=1, max_size=30))
def test_whatever_is_heard_the_magnitude_is_a_share(sequence: list[Scores]) -> None:
    assert all(0.0 <= shift.magnitude <= 1.0 for shift in run(sequence))


@given(any_scores, st.lists(noise, min_size=2, max_size=40))
def test_a_steady_tone_with_noise_never_flickers(scores: Scores, moved: list[list[float]]) -> None:
    shifts = run([noisy(scores, change) for change in moved])
    assert {shift.direction for shift in shifts} == {"stable"}
    assert {shift.magnitude for shift in shifts} == {0.0}


@given(st.lists(any_scores, min_size=2, max_size=30))
def test_a_magnitude_stays_or_changes_visibly(sequence: list[Scores]) -> None:
    for before, after in pairwise(shift.magnitude for shift in run(sequence)):
        assert after in (before, 0.0) or abs(after - before) >= STEP - 1e-9


@given(st.lists(noise, min_size=30, max_size=30))
def test_a_step_is_one_shift_however_noisy(moved: list[list[float]]) -> None:
    steps = [NEUTRAL] * 10 + [FRUSTRATED] * 20
    shifts = run([noisy(scores, change) for scores, change in zip(steps, moved, strict=True)])
    assert slices(shifts) == ["stable", "escalating", "stable"]
    assert shifts[10].direction == "escalating"


@given(st.lists(noise, min_size=50, max_size=50))
def test_there_and_back_are_two_shifts(moved: list[list[float]]) -> None:
    steps = [NEUTRAL] * 10 + [FRUSTRATED] * 20 + [NEUTRAL] * 20
    shifts = run([noisy(scores, change) for scores, change in zip(steps, moved, strict=True)])
    assert slices(shifts) == ["stable", "escalating", "stable", "de-escalating", "stable"]


def test_a_slow_change_is_no_shift_and_a_fast_one_is_one() -> None:
    slow = run([tense(0.02 * place) for place in range(51)])
    assert slices(slow) == ["stable"]
    fast = run([tense(min(1.0, 0.1 * place)) for place in range(40)])
    assert slices(fast) == ["stable", "escalating", "stable"]


def test_tones_that_alternate_window_by_window_are_no_string_of_shifts() -> None:
    """Only some tension sets in."""
    shifts = run(smoothed([tense(0.9 * (place % 2)) for place in range(60)]))
    assert slices(shifts) == ["stable", "escalating", "stable"]
    assert {shift.direction for shift in shifts[10:]} == {"stable"}


@given(st.lists(st.floats(0.0, 1.0), min_size=10, max_size=60))
def test_whatever_is_heard_a_direction_that_is_said_stands_for_a_while(tensions: list[float]) -> None:
    runs = [len(list(same)) for _, same in groupby(shift.direction for shift in run([tense(t) for t in tensions]))]
    assert all(length >= HOLD for length in runs[1:-1])


def test_minutes_that_alternate_are_shifts_each() -> None:
    shifts = run(smoothed([tense(0.9 * (place // 60 % 2)) for place in range(240)]))
    assert slices(shifts) == ["stable", "escalating", "stable", "de-escalating", "stable", "escalating", "stable"]
