"""The model card's pictures show the figures of the answers they were made from."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from shared.contract.tone_event import AFFECTS
from training.figures.metrics import Answers
from training.figures.pictures import confusion, equal_bins, reliability, save, shares

NAMES = ("neutral", "warm", "sad", "surprised")
TITLE = "“open” on corpora never trained on"


def answers(count: int = 997) -> Answers:
    """Of a model that is too sure, and that never says "surprised" though it may."""
    random = np.random.default_rng(8)
    truth = random.choice(NAMES[:3], count)
    confidence = random.beta(4, 2, count)
    answer = np.where(random.random(count) < 0.8 * confidence, truth, random.choice(NAMES[:3], count))
    return Answers(truth, answer, confidence, np.full(count, 3.0))


def cells(figure: Figure) -> dict[tuple[int, int], str]:
    """(row, column) → what stands there."""
    return {
        (round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in figure.axes[0].texts
    }


def points(figure: Figure) -> NDArray[np.float64]:
    """float64[10, 2]: confidence and share right, as drawn."""
    drawn = [np.asarray(line.get_xydata()) for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(drawn) == 1
    return drawn[0]


def reliability_of(given: Answers) -> Figure:
    return reliability(given.confidence, given.answer == given.truth, TITLE, 0.6)


def test_a_cell_is_the_share_of_what_was_meant() -> None:
    given = answers()
    drawn = cells(confusion(given.truth, given.answer, NAMES, TITLE))
    assert set(drawn) == {(row, column) for row in range(3) for column in range(4)}
    for (row, column), text in drawn.items():
        of_it = given.truth == NAMES[row]
        assert text == f"{100 * np.mean(given.answer[of_it] == NAMES[column]):.0f}"


def test_the_diagonal_is_the_recall_on_the_card() -> None:
    given = answers()
    every, often = shares(given.truth, given.answer, NAMES)
    np.testing.assert_allclose(np.diag(every)[:3], [given.recall(name) for name in NAMES[:3]])
    np.testing.assert_allclose(every[:3].sum(axis=1), 1.0)
    assert np.isnan(every[3]).all()
    assert often.tolist() == [int(np.sum(given.truth == name)) for name in NAMES]


def test_what_was_never_meant_has_a_column_but_no_row() -> None:
    given = answers()
    axes = confusion(given.truth, given.answer, NAMES, TITLE).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == list(NAMES)
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == [f"{name} ({np.sum(given.truth == name)})" for name in NAMES[:3]]


def test_rows_follow_the_order_of_names_wherever_one_is_missing() -> None:
    truth, answer = np.array(["sad", "sad", "neutral"]), np.array(["sad", "warm", "neutral"])
    figure = confusion(truth, answer, NAMES, TITLE)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["neutral (1)", "sad (2)"]
    assert [cells(figure)[1, column] for column in range(4)] == ["0", "50", "50", "0"]


def test_a_name_that_is_not_listed_is_no_silent_loss() -> None:
    given = answers()
    with pytest.raises(ValueError, match="sad not among neutral, warm"):
        confusion(given.truth, given.answer, NAMES[:2], TITLE)


def test_points_are_tenths_of_the_answers() -> None:
    given = answers()
    right = given.answer == given.truth
    order = np.argsort(given.confidence, kind="stable")
    expected = [(given.confidence[part].mean(), right[part].mean()) for part in np.array_split(order, 10)]
    np.testing.assert_allclose(points(reliability_of(given)), expected)


def test_the_calibration_error_is_that_of_the_card() -> None:
    given = answers()
    bins = equal_bins(given.confidence, given.answer == given.truth)
    assert bins.calibration_error() == pytest.approx(given.calibration_error())
    texts = [text.get_text() for text in reliability_of(given).axes[0].texts]
    assert any(f"calibration error {100 * given.calibration_error():.1f} %" in text for text in texts)
    assert any("997 answers, each point 99 or 100" in text for text in texts)


def test_the_floor_is_marked_with_the_share_over_it() -> None:
    given = answers()
    figure = reliability_of(given)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert f"said from 60 % on ({100 * given.coverage(0.6):.0f} %)" in texts
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
        save(confusion(given.truth, given.answer, NAMES, TITLE), tmp_path / f"{name}-confusion.png")
        save(reliability_of(given), tmp_path / f"{name}-reliability.png")
        written.append([(tmp_path / f"{name}-{what}.png").read_bytes() for what in ("confusion", "reliability")])
    assert written[0] == written[1]
    for picture in written[0]:
        assert picture.startswith(b"\x89PNG")
        assert len(picture) <= 60_000
        for chunk in (b"tEXt", b"iTXt", b"zTXt", b"tIME"):
            assert chunk not in picture


def test_a_picture_of_every_affect_stays_small(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    truth, answer = random.choice(AFFECTS, 2000), random.choice(AFFECTS, 2000)
    save(confusion(truth, answer, AFFECTS, TITLE), tmp_path / "all.png")
    assert (tmp_path / "all.png").stat().st_size <= 60_000
