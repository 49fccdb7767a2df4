"""The bars that a model must reach, and the figures it reached."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from training.features.session_mixtures import Kind
from training.figures.outcome import Clips, Said, acted_figures, everyday_figures, mean_of, stream_figures

SAID: Final = 0.6
"""Share of the clips in mixed sessions that must get an event."""

BARS: Final[dict[str, tuple[tuple[str, str, float, float], ...]]] = {
    "everyday": (
        ("claims a minute, worst set", "at most", 0.5, 0.5),
        ("claims at 0.8 and more a minute, worst set", "at most", 0.1, 0.1),
        ("windows called even, mean", "at least", 0.4, 0.4),
        ("windows called even, worst set", "at least", 0.25, 0.25),
    ),
    "stream": (
        ("right", "at least", 0.9, 0.9),
        ("claims right", "at least", 0.7, 0.7),
        ("calibration error", "at most", 0.06, 0.06),
        ("calibration error of claims", "at most", 0.08, 0.08),
    ),
    "mixed": (
        ("said", "at least", SAID, SAID),
        ("right of said", "at least", 0.8, 0.85),
        ("marked recognised", "at least", 0.4, 0.55),
        ("marked called even", "at most", 0.1, 0.08),
        ("forced UAR", "at least", 0.68, 0.77),
    ),
    "one": (
        ("said", "at least", 0.4, 0.4),
        ("right of said", "at least", 0.72, 0.78),
        ("marked recognised", "at least", 0.2, 0.35),
    ),
    "change": (
        ("direction agrees with the actor's change", "at least", 0.8, 0.8),
        ("directions a minute of ordinary speech, worst set", "at most", 0.5, 0.5),
    ),
}
"""The bars: name, direction, value for `open`, value for `research`."""


def bar_values(figures: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return the values reached, in the order of BARS, without "change" if it was not measured."""
    sets, stream, acted = (figures[name] for name in ("everyday", "stream", "acted"))
    columns = {name: [row[name] for row in sets.values()] for name in next(iter(sets.values()))}
    reached = {
        "everyday": [
            max(columns["claims_per_minute"]),
            max(columns["sure_claims_per_minute"]),
            float(np.mean(columns["even_share"])),
            min(columns["even_share"]),
        ],
        "stream": list(stream.values()),
        "mixed": [
            mean_of(acted["mixed"], name)
            for name in ("said", "right", "marked_recognised", "marked_called_even", "forced_uar")
        ],
        "one": [mean_of(acted["one"], name) for name in ("said", "right", "marked_recognised")],
    }
    if "change" in figures:
        moved = figures["change"]
        reached["change"] = [moved["agrees"], max(moved["ordinary_per_minute"].values())]
    return reached


def figures_of(
    ordinary: Mapping[str, Said], minutes: Mapping[str, float], acted: Mapping[Kind, Mapping[str, Clips]]
) -> dict[str, Any]:
    """Return the figures behind the bars, except those of change. minutes: of audio in each everyday set."""
    return {
        "everyday": {name: everyday_figures(said, minutes[name]) for name, said in ordinary.items()},
        "stream": stream_figures(list(ordinary.values()), list(acted["mixed"].values())),
        "acted": {kind: {corpus: acted_figures(of) for corpus, of in rows.items()} for kind, rows in acted.items()},
    }
