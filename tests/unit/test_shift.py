import json

from classifier_worker.speech.projection import project
from classifier_worker.speech.shift import RecentTone, Shift, compare
from shared.tone_event import Affect

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
        stored, second = compare(
            RecentTone.from_dict(json.loads(json.dumps(stored.to_dict()))), scores, project(scores)
        )
        assert first == second
    assert direct == stored
