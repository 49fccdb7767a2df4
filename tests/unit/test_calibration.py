"""Temperatures: found again where they are known, higher for strangers where strangers are misread more often."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier_worker.speech.baseline import Everybody
from classifier_worker.speech.tone_head import ToneHead, softmax
from classifier_worker.speech.variety import Variety
from shared.tone_event import Affect
from training.calibration import fitted, surprise
from training.saying import Heard, said

AFFECTS: tuple[Affect, ...] = ("neutral", "warm", "sad", "frustrated")


def head(temperature: float = 1.0, caution: float = 0.0) -> ToneHead:
    everybody = Everybody(np.zeros(3, np.float32), np.ones(3, np.float32))
    return ToneHead(AFFECTS, np.zeros((4, 3)), np.zeros(4), temperature, caution, everybody, 1.0)


def said_of(truth: str, logits: NDArray[np.float64], strangeness: float = 0.0, number: int = 0) -> Heard:
    """Of a speaker whose tones vary so much that nobody doubts the baseline."""
    return Heard(truth, logits, logits, 2.0, strangeness, Variety((0.0,) * 4, 1e9, 100.0), number)


def people(known: float, stranger: float, count: int, seed: int = 1) -> list[list[Heard]]:
    """Half of them strangers, one window each, so that there is nothing to smooth: what each meant is drawn from
    what the head says at `known`, at `stranger` for strangers."""
    rng = np.random.default_rng(seed)
    heard = []
    for number in range(count):
        strangeness = float(number % 2)
        logits = rng.normal(0, 3.0, 4)
        chances = softmax(logits[None] / (stranger if strangeness else known))[0]
        truth = AFFECTS[rng.choice(4, p=chances / chances.sum())]
        heard.append([said_of(truth, logits[None], strangeness)])
    return heard


@pytest.mark.parametrize(("known", "stranger"), [(2.0, 3.5), (0.6, 1.6)])
def test_known_temperatures_are_found_again(known: float, stranger: float) -> None:
    calibration = fitted([(head(), people(known, stranger, 900))])
    assert calibration.temperature == pytest.approx(known, rel=0.15)
    assert calibration.temperature + calibration.caution == pytest.approx(stranger, rel=0.15)


def test_strangers_who_are_read_as_well_as_others_need_hardly_any_caution() -> None:
    calibration = fitted([(head(), people(1.5, 1.5, 900))])
    assert calibration.temperature == pytest.approx(1.5, rel=0.15)
    assert 0 <= calibration.caution < 0.3


def utterances(first_right: float, later_right: float, count: int) -> list[list[Heard]]:
    """People with ten clips each; the head is as sure of the first two as of the others."""
    rng = np.random.default_rng(5)
    sure = 2.5 * np.eye(4)
    heard = []
    for _ in range(count):
        clips = []
        for number in range(10):
            truth = int(rng.integers(4))
            right = rng.random() < (first_right if number < 2 else later_right)
            answer = truth if right else int((truth + rng.integers(1, 4)) % 4)
            clips.append(said_of(AFFECTS[truth], sure[answer][None], 3.0 / (3.0 + 2.0 * number), number))
        heard.append(clips)
    return heard


def test_caution_is_found_where_first_utterances_are_wrong_more_often() -> None:
    """And with it, what is said of them is as often right as its confidence says."""
    heard = utterances(0.35, 0.85, 40)
    calibration = fitted([(head(), heard)])
    assert calibration.caution > 1.0
    assert calibration.caution > 3 * fitted([(head(), utterances(0.85, 0.85, 40))]).caution
    boastful, careful = head(), head(calibration.temperature, calibration.caution)
    assert said(careful, heard).calibration_error() < said(boastful, heard).calibration_error()
    opening = [clips[:1] for clips in heard]
    assert said(careful, opening).confidence.mean() < said(boastful, opening).confidence.mean() - 0.2


def steady(against_speaker: int, against_everybody: int, variance: float, count: int) -> list[list[Heard]]:
    """People of that variety, of whom nine in ten mean what is heard in one of the two ways and not in the other."""
    rng, sure = np.random.default_rng(8), 2.5 * np.eye(4)
    heard = []
    for _ in range(count):
        truths = [against_speaker, against_everybody]
        truth = truths[int(rng.random() < (0.1 if variance > 5 else 0.9))]
        variety = Variety((0.0,) * 4, variance, 200.0)
        logits = sure[against_speaker][None], sure[against_everybody][None]
        heard.append([Heard(AFFECTS[truth], *logits, 2.0, 0.0, variety, 5)])
    return heard


def test_the_variety_is_found_at_which_the_baseline_is_worth_believing() -> None:
    """Everybody whose tones lie 8 apart means what is heard against themselves; who keeps one tone, the other."""
    heard = [*steady(1, 2, 8.0, 200), *steady(1, 2, 3.0, 200), *steady(3, 0, 8.0, 200), *steady(3, 0, 3.0, 200)]
    assert 3.0 < fitted([(head(), heard)]).variety < 8.0


def test_no_other_temperatures_are_likelier() -> None:
    tests = [(head(), people(1.4, 2.2, 300))]
    found = fitted(tests)

    def loss(temperature: float, caution: float) -> float:
        return surprise(replace(tests[0][0], temperature=temperature, caution=caution), tests[0][1])

    best = loss(found.temperature, found.caution)
    for factor in (0.8, 1.25):
        assert best < loss(found.temperature * factor, found.caution)
        assert best < loss(found.temperature, found.caution * factor)


def test_calibration_is_common_to_all_tests() -> None:
    """Two heads that need 1 and 3 get something between."""
    low, high = people(1.0, 1.0, 200), people(3.0, 3.0, 200, seed=2)
    between = fitted([(head(), low), (head(), high)]).temperature
    assert fitted([(head(), low)]).temperature < between < fitted([(head(), high)]).temperature


def test_a_rare_affect_weighs_like_a_common_one() -> None:
    sad, warm = (said_of(truth, np.array([[0.0, 0.0, 2.0, 0.0]])) for truth in ("sad", "warm"))
    assert surprise(head(), [[sad]] * 9 + [[warm]]) == pytest.approx(surprise(head(), [[sad], [warm]]))
    assert surprise(head(), [[sad]]) == pytest.approx(-math.log(math.exp(2) / (math.exp(2) + 3)), abs=1e-5)


def test_one_wrong_certainty_does_not_outweigh_everything() -> None:
    certain = said_of("warm", np.array([[0.0, -900.0, 900.0, 0.0]]))
    assert surprise(head(), [[certain]]) == pytest.approx(-math.log(1e-4))


def test_a_test_of_nobody_does_not_spoil_the_others() -> None:
    """People left out who never show an affect that all corpora share."""
    heard = people(2.0, 3.5, 100)
    assert fitted([(head(), heard), (head(), [[]])]) == fitted([(head(), heard)])
