"""Determine the events that the worker would send for replayed sessions, and measure them.

Every figure in docs/lab/training.md and in the cards is defined here.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier_worker.speech.tone.reader import STRANGER_SECONDS
from classifier_worker.speech.tone.smoothing import Smoother, smooth
from classifier_worker.speech.tone.tone_head import ToneHead
from shared.contract.tone_event import EVEN
from training.features.replay import Replayed

Floats = NDArray[np.float64]

FLOOR: Final = 0.6
"""Least confidence for an event."""
SURE: Final = 0.8
"""Confidence from which a claim counts as certain."""
LONG: Final = 2.0
"""Seconds of speech from which a clip counts for coverage."""
MARKED_SHARE: Final = 0.15
"""Share of marked speech in the stream that represents everyday life."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """For each window, the leading affect after smoothing, its probability, and whether it is reported; [W] each."""

    affect: NDArray[np.str_]
    confidence: Floats
    said: NDArray[np.bool_]

    @property
    def even(self) -> NDArray[np.bool_]:
        even: NDArray[np.bool_] = np.isin(self.affect, list(EVEN))
        return even

    @property
    def claimed(self) -> NDArray[np.bool_]:
        """Whether it is reported, and is neither neutral nor calm."""
        return self.said & ~self.even


def said(head: ToneHead, replayed: Replayed, probabilities: Floats | None = None) -> Said:
    """Return the outcome of every window under the worker's own smoothing and rules."""
    chances = replayed.probabilities(head.mixture) if probabilities is None else probabilities
    states: dict[int, Smoother] = {}
    places, confidence = np.zeros(len(chances), np.intp), np.zeros(len(chances))
    for row, of_window in enumerate(chances):
        voice = int(replayed.voice[row])
        states[voice], scores, places[row] = smooth(
            states.get(voice) or Smoother(), of_window.tolist(), float(replayed.pause[row])
        )
        confidence[row] = round(scores[places[row]], 4)
    floors = np.maximum(FLOOR, np.array(head.floors))[places]
    affect = np.array(head.affects, np.str_)[places]
    stranger = ~np.isin(affect, list(EVEN)) & (replayed.heard < STRANGER_SECONDS)
    return Said(affect, confidence, (confidence >= floors) & ~stranger)


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """For each clip, [N] each: the intended affect, and its most certain event ("" if none)."""

    truth: NDArray[np.str_]
    answer: NDArray[np.str_]
    confidence: Floats
    seconds: Floats
    forced: NDArray[np.str_]
    """The affect with the highest mean probability: the answer if one is forced."""

    @property
    def marked(self) -> NDArray[np.bool_]:
        marked: NDArray[np.bool_] = self.truth != "neutral"
        return marked


_COLUMNS: Final = ("truth", "answer", "confidence", "seconds", "forced")


def clips(head: ToneHead, replayed: Replayed, probabilities: Floats | None = None) -> Clips:
    """Return the outcome clip by clip. "calm" counts as neutral. probabilities: replace the head's, float64[W, C]."""
    chances = replayed.probabilities(head.mixture) if probabilities is None else probabilities
    of_windows = said(head, replayed, chances)
    rows = []
    for number in np.unique(replayed.clip):
        windows = np.flatnonzero(replayed.clip == number)
        spoken = windows[of_windows.said[windows]]
        best = spoken[of_windows.confidence[spoken].argmax()] if len(spoken) else None
        mean = chances[windows].mean(axis=0)
        rows.append(
            (
                _even(str(replayed.truth[windows[0]])),
                "" if best is None else _even(str(of_windows.affect[best])),
                np.nan if best is None else float(of_windows.confidence[best]),
                float(replayed.seconds[windows].sum()),
                _even(str(head.affects[int(mean.argmax())])),
            )
        )
    truth, answer, confidence, seconds, forced = zip(*rows, strict=True) if rows else ((),) * 5
    return Clips(
        np.array(truth, np.str_),
        np.array(answer, np.str_),
        np.array(confidence, np.float64),
        np.array(seconds, np.float64),
        np.array(forced, np.str_),
    )


def joined(parts: Sequence[Clips]) -> Clips:
    """Concatenate the clips."""
    return Clips(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))


def from_clip(of_clips: Clips, first: int) -> Clips:
    """Return the clips from this index on."""
    return Clips(*(getattr(of_clips, name)[first:] for name in _COLUMNS))


def everyday_figures(of_windows: Said, minutes: float) -> dict[str, float | dict[str, int]]:
    """Return the figures for ordinary speech, which is taken to be neutral."""
    claims = of_windows.claimed
    return {
        "minutes": round(minutes, 1),
        "claims_per_minute": _rounded(claims.sum() / minutes),
        "sure_claims_per_minute": _rounded((claims & (of_windows.confidence >= SURE)).sum() / minutes),
        "even_share": _rounded((of_windows.said & of_windows.even).mean()),
        "claimed": dict(Counter(of_windows.affect[claims].tolist()).most_common()),
    }


def acted_figures(of_clips: Clips) -> dict[str, float | dict[str, float]]:
    """Return the figures for clips in which actors were asked for a given tone."""
    answered, right, marked = of_clips.answer != "", of_clips.answer == of_clips.truth, of_clips.marked
    names = np.unique(of_clips.truth)
    return {
        "clips": len(of_clips.truth),
        "said": _share(answered[of_clips.seconds >= LONG]),
        "right": _share(right[answered]),
        "marked_recognised": _share(right[marked]),
        "marked_called_even": _share(of_clips.answer[marked] == "neutral"),
        "even_recognised": _share(right[~marked]),
        "forced_uar": _rounded(float(np.mean([np.mean(of_clips.forced[of_clips.truth == n] == n) for n in names]))),
        "calibration_error": _rounded(calibration_error(of_clips.confidence[answered], right[answered])),
        "recognised": {str(name): _share(right[of_clips.truth == name]) for name in names},
    }


def affect_figures(of_clips: Sequence[Clips]) -> dict[str, dict[str, float]]:
    """Count, for each affect, how often it was reported and how often correctly, over all clips of mixed sessions."""
    truth = np.concatenate([each.truth for each in of_clips])
    answer = np.concatenate([each.answer for each in of_clips])
    return {
        str(name): {"said": int(np.sum(answer == name)), "right": _share(truth[answer == name] == name)}
        for name in np.unique(answer)
        if name
    }


def stream_figures(ordinary: Sequence[Said], marked: Sequence[Clips]) -> dict[str, float]:
    """Return how often events are right in a stream of 85 % ordinary windows and 15 % marked clips."""
    affect, confidence, spoken = (
        np.concatenate([getattr(each, name) for each in ordinary]) for name in ("affect", "confidence", "said")
    )
    clips_of = [(each.truth[each.marked], each.answer[each.marked], each.confidence[each.marked]) for each in marked]
    truth, answer, sureness = (np.concatenate(part) for part in zip(*clips_of, strict=True))
    even, answered = np.isin(affect, list(EVEN)), answer != ""
    right = np.concatenate([even[spoken], (answer == truth)[answered]])
    sure = np.concatenate([confidence[spoken], sureness[answered]])
    claim = np.concatenate([~even[spoken], answer[answered] != "neutral"])
    weight = np.concatenate(
        [
            np.full(int(spoken.sum()), (1.0 - MARKED_SHARE) / len(spoken)),
            np.full(int(answered.sum()), MARKED_SHARE / len(truth)),
        ]
    )
    return {
        "right": _rounded(_weighted(right, weight)),
        "claims_right": _rounded(_weighted(right[claim], weight[claim])),
        "calibration_error": _rounded(calibration_error(sure, right, weight)),
        "claims_calibration_error": _rounded(calibration_error(sure[claim], right[claim], weight[claim])),
    }


def calibration_error(
    confidence: Floats, right: NDArray[np.bool_], weight: Floats | None = None, bins: int = 10
) -> float:
    """Expected calibration error 0…1 (Guo et al., https://arxiv.org/abs/1706.04599, §2) in bins of equal weight
    (Nguyen and O'Connor, https://arxiv.org/abs/1508.05154, §3); NaN of nothing."""
    if not len(confidence):
        return float("nan")
    weights = np.full(len(confidence), 1.0) if weight is None else weight
    order = np.argsort(confidence, kind="stable")
    share = weights[order] / weights.sum()
    places = np.minimum((np.cumsum(share) * bins - 1e-9).astype(np.intp), bins - 1)
    gaps = (right.astype(np.float64) - confidence)[order] * share
    return float(sum(abs(gaps[places == place].sum()) for place in range(bins)))


def mean_of(rows: Mapping[str, Mapping[str, object]], name: str) -> float:
    """Return the mean of one figure over the rows that have it."""
    values = [float(value) for row in rows.values() if isinstance(value := row.get(name), int | float)]
    known = [value for value in values if not math.isnan(value)]
    return _rounded(float(np.mean(known))) if known else float("nan")


def _even(affect: str) -> str:
    return "neutral" if affect in EVEN else affect


def _weighted(right: NDArray[np.bool_], weight: Floats) -> float:
    return float((right * weight).sum() / weight.sum()) if len(weight) else float("nan")


def _share(chosen: NDArray[np.bool_]) -> float:
    return _rounded(float(np.mean(chosen))) if len(chosen) else float("nan")


def _rounded(value: float) -> float:
    return round(float(value), 4)
