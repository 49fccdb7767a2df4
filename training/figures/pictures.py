"""The model card's pictures: what is answered to what was meant, and how often it is right when it is so sure."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

BINS: Final = 10
DPI: Final = 120
COLOURS: Final = 64
HISTOGRAM_STEP: Final = 0.05

# Two of Okabe and Ito's colours, which people tell apart however they see colour (https://jfly.uni-koeln.de/color/).
_BLUE: Final = "#0072B2"
_VERMILLION: Final = "#D55E00"
_GREY: Final = "#595959"
_PALE: Final = "#ECECEC"
_FAINT: Final = "#D6D6D6"
_DARK: Final = 0.7
"""Share from which white is easier to read on the colour map than black."""


class Bins(NamedTuple):
    """Answers in order of confidence, cut into parts of (almost) equally many; one entry a part."""

    confidence: NDArray[np.float64]
    """Mean, 0…1."""
    right: NDArray[np.float64]
    """Share, 0…1."""
    answers: NDArray[np.int64]

    def calibration_error(self) -> float:
        """As in training/figures/metrics.py; NaN without answers."""
        if not self.answers.sum():
            return float("nan")
        return float((np.abs(self.right - self.confidence) * self.answers).sum() / self.answers.sum())


def shares(
    truth: NDArray[np.str_], answer: NDArray[np.str_], names: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Of what was meant, the share that was answered so: float64[C, C], a row's sum 1 (NaN where it was never meant),
    and how often each was meant, int64[C]. Raises ValueError when something is not among `names`."""
    strangers = {str(name) for name in (*np.unique(truth), *np.unique(answer))} - set(names)
    if strangers:
        raise ValueError(f"{', '.join(sorted(strangers))} not among {', '.join(names)}")
    counts = np.array([[np.sum((truth == meant) & (answer == said)) for said in names] for meant in names], np.int64)
    often = counts.sum(axis=1)
    return counts / np.where(often, often, np.nan)[:, None], often


def confusion(truth: NDArray[np.str_], answer: NDArray[np.str_], names: Sequence[str], title: str) -> Figure:
    """What was meant (rows) and what was answered (columns), % of each row.

    str[N] each, every one of them among `names`, whose order is that of rows and columns. What was never meant has no
    row. Raises ValueError when something is not among `names`.
    """
    every, often = shares(truth, answer, names)
    meant = [row for row in range(len(names)) if often[row]]
    drawn = every[meant]
    figure = _figure(2.1 + 0.85 * len(names), 2.0 + 0.6 * len(meant))
    axes = figure.add_subplot()
    axes.imshow(drawn, cmap=matplotlib.colormaps["Blues"], vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(drawn.shape):
        share = float(drawn[row, column])
        axes.text(
            column,
            row,
            f"{100 * share:.0f}",
            ha="center",
            va="center",
            fontsize=12,
            fontweight="bold" if meant[row] == column else "normal",
            color="white" if share > _DARK else "black" if share >= 0.005 else _GREY,
        )
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor", fontsize=11)
    axes.set_yticks(range(len(meant)), [f"{names[row]} ({often[row]})" for row in meant], fontsize=11)
    # White lines between the cells.
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(meant) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("answered, % of the row (bold: right)", fontsize=11)
    axes.set_ylabel("meant (clips)", fontsize=11)
    figure.suptitle(title, fontsize=12, fontweight="bold")
    return figure


def equal_bins(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> Bins:
    """float64[N] 0…1 and bool[N] → parts as in `training.figures.metrics.Answers.calibration_error`; none is empty."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return Bins(
        np.array([confidence[part].mean() for part in parts], np.float64),
        np.array([right[part].mean() for part in parts], np.float64),
        np.array([len(part) for part in parts], np.int64),
    )


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_], title: str, floor: float) -> Figure:
    """How often what is answered is right, against how sure it was; below, how many answers are how sure.

    confidence: float64[N], 0…1. right: bool[N]. floor: from which confidence on something is said, 0…1.
    A point is a tenth of the answers (`equal_bins`); on the diagonal, confidence is what it claims to be.
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
    """Inches. Not pyplot's, so that nothing is registered anywhere."""
    return Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout="constrained")


def save(figure: Figure, path: Path) -> None:
    """As PNG in few colours; the same picture gives the same bytes: no date, no version of what drew it."""
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI, metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, format="PNG", optimize=True)
