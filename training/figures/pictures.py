"""The model card's reliability diagrams: how often an answer is right, by confidence."""

from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

BINS: Final = 10
DPI: Final = 120
COLOURS: Final = 64
HISTOGRAM_STEP: Final = 0.05

# Two of Okabe and Ito's colours, distinguishable with any colour vision (https://jfly.uni-koeln.de/color/).
_BLUE: Final = "#0072B2"
_VERMILLION: Final = "#D55E00"
_GREY: Final = "#595959"
_PALE: Final = "#ECECEC"
_FAINT: Final = "#D6D6D6"


class Bins(NamedTuple):
    """Answers in order of confidence, in bins of (almost) equal size; one entry per bin."""

    confidence: NDArray[np.float64]
    """Mean, 0…1."""
    right: NDArray[np.float64]
    """Share, 0…1."""
    answers: NDArray[np.int64]

    def calibration_error(self) -> float:
        """Return the error as in `outcome.calibration_error`; NaN without answers."""
        if not self.answers.sum():
            return float("nan")
        return float((np.abs(self.right - self.confidence) * self.answers).sum() / self.answers.sum())


def equal_bins(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> Bins:
    """Divide float64[N], 0…1, and bool[N] into bins of equal size; none is empty."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return Bins(
        np.array([confidence[part].mean() for part in parts], np.float64),
        np.array([right[part].mean() for part in parts], np.float64),
        np.array([len(part) for part in parts], np.int64),
    )


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_], title: str, floor: float) -> Figure:
    """Draw how often answers are right by confidence, and below it the number of answers by confidence.

    confidence: float64[N], 0…1. right: bool[N]. floor: least confidence for an event, 0…1.
    A point is a tenth of the answers (`equal_bins`); on the diagonal, the confidence is exactly right.
    """
    bins = equal_bins(confidence, right)
    figure = _figure(6.4, 6.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    _points(above, bins)
    steps = np.linspace(0.0, 1.0, round(1 / HISTOGRAM_STEP) + 1)
    below.hist(confidence, bins=steps.tolist(), color=_BLUE, edgecolor="white", zorder=2)
    below.set_ylabel("answers", fontsize=11)
    below.set_xlabel("confidence", fontsize=11)
    below.set_xlim(0, 1)
    below.set_xticks(np.linspace(0, 1, 6), [f"{share} %" for share in range(0, 101, 20)], fontsize=10)
    for axes in (above, below):
        axes.axvspan(0, floor, color=_PALE, zorder=0)
        axes.axvline(floor, color=_VERMILLION, linewidth=1.5, linestyle=(0, (4, 2)), zorder=4)
        axes.spines[["top", "right"]].set_visible(False)
    said = confidence >= floor
    share_said = f" ({100 * said.mean():.0f} %)" if len(confidence) else ""
    above.text(
        floor, 1.02, f"said from {100 * floor:.0f} % on{share_said}", color=_VERMILLION, fontsize=10, ha="center"
    )
    figure.suptitle(title, fontsize=12, fontweight="bold")
    return figure


def _points(axes: Axes, bins: Bins) -> None:
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1, zorder=1)
    axes.vlines(bins.confidence, bins.confidence, bins.right, color=_BLUE, linewidth=1.5, alpha=0.5, zorder=2)
    axes.plot(
        bins.confidence, bins.right, color=_BLUE, marker="o", markersize=7, linewidth=1.5, zorder=3, clip_on=False
    )
    axes.set_ylim(0, 1)
    axes.set_yticks(np.linspace(0, 1, 6), [f"{share} %" for share in range(0, 101, 20)], fontsize=10)
    axes.set_ylabel("right", fontsize=11)
    axes.grid(color=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.text(0.03, 0.95, _summary(bins), transform=axes.transAxes, va="top", fontsize=10, linespacing=1.5)


def _summary(bins: Bins) -> str:
    if not len(bins.answers):
        return "no answers"
    fewest, most = int(bins.answers.min()), int(bins.answers.max())
    each = f"{fewest}" if fewest == most else f"{fewest} or {most}"
    return (
        f"{bins.answers.sum()} answers, each point {each}\n"
        f"calibration error {100 * bins.calibration_error():.1f} %\n"
        "on the line: as often right as it is sure\n"
        "below it: too sure"
    )


def _figure(width: float, height: float) -> Figure:
    """Make a figure, with sizes in inches, without pyplot, which would register it globally."""
    return Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout="constrained")


def save(figure: Figure, path: Path) -> None:
    """Save as PNG in few colours, without date or version, so that the same picture gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI, metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, format="PNG", optimize=True)
