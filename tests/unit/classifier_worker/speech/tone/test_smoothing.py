import itertools
import json
import random
from collections.abc import Sequence

import pytest

from classifier_worker.speech.tone.smoothing import MARGIN, Smoother, smooth

Row = tuple[float, ...]


def run(rows: Sequence[Row], gaps: Sequence[float] | None = None) -> list[tuple[Row, int]]:
    state, results = Smoother(), []
    for row, gap in zip(rows, gaps or [0.0] * len(rows), strict=True):
        state, scores, affect = smooth(state, row, gap)
        results.append((scores, affect))
    return results


def test_the_first_window_passes_unchanged() -> None:
    assert run([(0.1, 0.7, 0.2)]) == [((0.1, 0.7, 0.2), 1)]


def test_a_single_odd_window_that_barely_leads_does_not_change_the_affect() -> None:
    rows = [(0.6, 0.4), (0.6, 0.4), (0.42, 0.58), (0.6, 0.4)]
    assert [affect for _, affect in run(rows)] == [0, 0, 0, 0]


def test_a_newcomer_that_leads_twice_in_a_row_takes_over() -> None:
    rows = [(0.6, 0.4), (0.43, 0.57), (0.47, 0.53)]
    assert [affect for _, affect in run(rows)] == [0, 0, 1]


def test_a_newcomer_that_leads_clearly_takes_over_at_once() -> None:
    scores, affect = run([(0.6, 0.4), (0.05, 0.95)])[-1]
    assert affect == 1
    assert scores[1] - scores[0] >= MARGIN


def test_alternating_windows_do_not_flicker() -> None:
    rows = [(0.55, 0.45), (0.45, 0.55)] * 6
    affects = [affect for _, affect in run(rows)]
    assert sum(a != b for a, b in itertools.pairwise(affects)) <= 1


def test_no_confidence_is_created() -> None:
    random.seed(3)
    rows = []
    for _ in range(200):
        weights = [random.random() for _ in range(5)]
        rows.append(tuple(w / sum(weights) for w in weights))
    for index, (scores, _) in enumerate(run(rows)):
        highest = [max(row[k] for row in rows[: index + 1]) for k in range(5)]
        assert all(score <= top + 1e-6 for score, top in zip(scores, highest, strict=True))
        assert sum(scores) == pytest.approx(1.0, abs=1e-4)


def test_a_long_pause_forgets() -> None:
    new = (0.3, 0.7)
    (within, _), (after, _) = run([(1.0, 0.0), new])[-1], run([(1.0, 0.0), new], [0.0, 30.0])[-1]
    assert within[0] > after[0] == pytest.approx(0.3)


def test_after_a_long_pause_the_leader_needs_no_margin() -> None:
    assert run([(0.6, 0.4), (0.49, 0.51)], [0.0, 30.0])[-1][1] == 1


def test_a_state_survives_writing_and_reading_bit_by_bit() -> None:
    rows = [(1 / 3, 2 / 3), (0.7, 0.3), (0.123456789, 0.876543211), (0.5, 0.5)]
    direct, stored = Smoother(), Smoother()
    for row in rows:
        direct, first, _ = smooth(direct, row)
        stored, second, _ = smooth(Smoother.thaw(json.loads(json.dumps(stored.freeze()))), row)
        assert first == second
    assert direct == stored


def test_another_number_of_affects_is_refused() -> None:
    state, _, _ = smooth(Smoother(), (0.5, 0.5))
    with pytest.raises(ValueError, match="argument 2 is longer"):
        smooth(state, (0.2, 0.3, 0.5))
