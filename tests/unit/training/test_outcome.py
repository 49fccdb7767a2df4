"""Events for sessions under the worker's own rules, and the figures computed from them."""

from collections.abc import Sequence

import numpy as np
import pytest

from classifier_worker.speech.tone.baseline import Everybody
from classifier_worker.speech.tone.mixture import Mixture
from classifier_worker.speech.tone.reader import STRANGER_SECONDS
from classifier_worker.speech.tone.tone_head import LinearReader, ToneHead
from shared.contract.tone_event import Affect
from training.features.replay import Session, replay
from training.figures.outcome import (
    Clips,
    Said,
    acted_figures,
    affect_figures,
    calibration_error,
    clips,
    everyday_figures,
    said,
    stream_figures,
)

AFFECTS: tuple[Affect, ...] = ("neutral", "warm", "sad", "frustrated")
EVENLY: list[tuple[Affect, float]] = [("neutral", 0.99)] * 3
ABSOLUTE_ONLY = Mixture(-30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


def head(floors: tuple[float, ...] = (0.9, 0.0, 0.0, 0.0)) -> ToneHead:
    """Its features are the logits of AFFECTS."""
    linear = LinearReader(np.eye(4), np.zeros(4))
    everybody = Everybody(np.zeros(4, np.float32), np.ones(4, np.float32))
    return ToneHead(AFFECTS, linear, linear, ABSOLUTE_ONLY, floors, everybody)


def session(*tones: tuple[Affect, float], truth: str = "neutral", minutes: float = 1.0) -> Session:
    """A clip for each tone: an affect, and how probable it is. 3 s and a pause of a minute each."""
    rows = []
    for affect, probability in tones:
        others = (1.0 - probability) / 3
        rows.append(np.log([probability if name == affect else others for name in AFFECTS]))
    count = len(rows)
    return Session(
        np.array(rows, np.float32),
        np.full(count, 3.0),
        np.full(count, 60.0),
        np.full(count, truth),
        np.arange(count),
        np.zeros(count, np.intp),
        np.ones(count, np.bool_),
        minutes,
    )


def answers(truth: Sequence[str], answer: Sequence[str], confidence: Sequence[float]) -> Clips:
    return Clips(np.array(truth), np.array(answer), np.array(confidence), np.full(len(truth), 3.0), np.array(truth))


def test_a_claim_needs_the_floor_and_neutral_its_own() -> None:
    replayed = replay(head(), [session(*EVENLY, ("sad", 0.7), ("sad", 0.55), ("neutral", 0.8))])
    of_windows = said(head(), replayed)
    assert of_windows.affect.tolist() == ["neutral"] * 3 + ["sad", "sad", "neutral"]
    assert of_windows.said.tolist() == [True] * 3 + [True, False, False]
    assert of_windows.claimed.tolist() == [False] * 3 + [True, False, False]
    np.testing.assert_allclose(of_windows.confidence[:4], [0.99, 0.99, 0.99, 0.7], atol=2e-3)


def test_of_a_stranger_nothing_is_claimed() -> None:
    tones: list[tuple[Affect, float]] = [("frustrated", 0.9)] * 4
    of_windows = said(head(), replay(head(), [session(*tones)]))
    heard = np.arange(4) * 3.0
    assert of_windows.said.tolist() == (heard >= STRANGER_SECONDS).tolist()


def test_voices_and_clips_of_sessions_keep_apart() -> None:
    replayed = replay(head(), [session(("sad", 0.9), ("warm", 0.9)), session(("sad", 0.9))])
    assert replayed.clip.tolist() == [0, 1, 2]
    assert replayed.voice.tolist() == [0, 0, 1]
    assert replayed.heard.tolist() == [0.0, 3.0, 0.0]
    assert replayed.minutes == 2.0


def test_nothing_replayed_is_nothing_said() -> None:
    replayed = replay(head(), [])
    assert len(said(head(), replayed).said) == 0
    assert len(clips(head(), replayed).truth) == 0


def test_a_clip_is_told_by_its_surest_event() -> None:
    one = session(*EVENLY, ("frustrated", 0.95), truth="frustrated")
    of_clips = clips(head(), replay(head(), [one]))
    assert of_clips.answer.tolist() == ["neutral"] * 3 + ["frustrated"]
    assert of_clips.forced.tolist() == ["neutral"] * 3 + ["frustrated"]
    figures = acted_figures(of_clips)
    assert figures["said"] == 1.0
    assert figures["right"] == figures["marked_recognised"] == 0.25
    assert figures["marked_called_even"] == 0.75


def test_claims_are_counted_a_minute() -> None:
    of_windows = Said(
        np.array(["neutral", "sad", "sad", "warm"]),
        np.array([0.95, 0.85, 0.7, 0.5]),
        np.array([True, True, True, False]),
    )
    figures = everyday_figures(of_windows, 2.0)
    assert figures["claims_per_minute"] == 1.0
    assert figures["sure_claims_per_minute"] == 0.5
    assert figures["even_share"] == 0.25
    assert figures["claimed"] == {"sad": 2}


def test_the_stream_is_mostly_ordinary() -> None:
    """All ordinary windows are called even, and one marked clip in two is recognised, the other is called even."""
    ordinary = Said(np.full(100, "neutral"), np.full(100, 0.95), np.full(100, True))
    marked = answers(["sad", "sad", "neutral"], ["sad", "neutral", "sad"], [0.8, 0.9, 0.9])
    figures = stream_figures([ordinary], [marked])
    assert figures["right"] == pytest.approx(0.85 + 0.075)
    assert figures["claims_right"] == 1.0
    assert figures["claims_calibration_error"] == pytest.approx(0.2)


def test_silence_is_no_calibration() -> None:
    figures = acted_figures(answers(["sad", "neutral"], ["", ""], [np.nan, np.nan]))
    assert figures["said"] == 0.0
    assert np.isnan(float(str(figures["right"])))
    assert np.isnan(calibration_error(np.array([]), np.array([], np.bool_)))


def test_calibration_error_is_zero_when_confidence_is_honest_and_large_when_it_boasts() -> None:
    right = np.array([True, False] * 50)
    assert calibration_error(np.full(100, 0.5), right) == pytest.approx(0.0)
    assert calibration_error(np.full(100, 0.95), right) == pytest.approx(0.45)


def test_weights_decide_how_much_an_answer_counts() -> None:
    right, confidence = np.array([True, False]), np.array([1.0, 1.0])
    assert calibration_error(confidence, right, np.array([3.0, 1.0]), bins=1) == pytest.approx(0.25)


def test_an_affect_is_right_as_often_as_it_is_meant() -> None:
    figures = affect_figures([answers(["sad", "warm", "sad"], ["sad", "sad", ""], [0.7, 0.7, np.nan])])
    assert figures == {"sad": {"said": 2, "right": 0.5}}
