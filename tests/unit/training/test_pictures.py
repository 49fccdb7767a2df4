"""The model card's pictures show the figures of the answers they were made from."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from training.figures.outcome import calibration_error
from training.figures.pictures import equal_bins, reliability, save

TITLE = "“open” on corpora never trained on"


class Answers(NamedTuple):
    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]


def answers(count: int = 997) -> Answers:
    """Of a model that is too sure."""
    random = np.random.default_rng(8)
    confidence = random.beta(4, 2, count)
    return Answers(confidence, random.random(count) < 0.8 * confidence)


def points(figure: Figure) -> NDArray[np.float64]:
    """float64[10, 2]: confidence and share right, as drawn."""
    drawn = [np.asarray(line.get_xydata()) for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(drawn) == 1
    return drawn[0]


def reliability_of(given: Answers) -> Figure:
    return reliability(given.confidence, given.right, TITLE, 0.6)


def test_points_are_tenths_of_the_answers() -> None:
    given = answers()
    right = given.right
    order = np.argsort(given.confidence, kind="stable")
    expected = [(given.confidence[part].mean(), right[part].mean()) for part in np.array_split(order, 10)]
    np.testing.assert_allclose(points(reliability_of(given)), expected)


def test_the_calibration_error_is_that_of_the_card() -> None:
    given = answers()
    bins = equal_bins(given.confidence, given.right)
    assert bins.calibration_error() == pytest.approx(calibration_error(given.confidence, given.right))
    texts = [text.get_text() for text in reliability_of(given).axes[0].texts]
    assert any(
        f"calibration error {100 * calibration_error(given.confidence, given.right):.1f} %" in text for text in texts
    )
    assert any("997 answers, each point 99 or 100" in text for text in texts)


def test_the_floor_is_marked_with_the_share_over_it() -> None:
    given = answers()
    figure = reliability_of(given)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert f"said from 60 % on ({100 * np.mean(given.confidence >= 0.6):.0f} %)" in texts
    for axes in figure.axes:
        assert any(np.allclose(np.asarray(line.get_xdata(), float), 0.6) for line in axes.lines)


def test_the_histogram_counts_every_answer() -> None:
    given = answers()
    bars = [bar for bar in reliability_of(given).axes[1].patches if bar.get_zorder() == 2]
    heights = [bar.get_height() for bar in bars if isinstance(bar, Rectangle)]
    assert heights == np.histogram(given.confidence, 20, (0, 1))[0].tolist()
    assert sum(heights) == 997


@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_handful_of_answers_can_be_drawn(count: int, tmp_path: Path) -> None:
    given = answers(count)
    figure = reliability_of(given)
    assert len(points(figure)) == count
    save(figure, tmp_path / "few.png")
    assert Image.open(tmp_path / "few.png").width > 0


def test_the_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    given = answers()
    written = []
    for name in ("first", "second"):
        save(reliability_of(given), tmp_path / name / "reliability.png")
        written.append((tmp_path / name / "reliability.png").read_bytes())
    assert written[0] == written[1]
    assert written[0].startswith(b"\x89PNG")
    assert len(written[0]) <= 60_000
    for chunk in (b"tEXt", b"iTXt", b"zTXt", b"tIME"):
        assert chunk not in written[0]
