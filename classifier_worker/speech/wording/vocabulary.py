"""Export the tone words for the page, which builds labels in other languages from them.

python -m classifier_worker.speech.wording.vocabulary
    writes vocabulary.json and sureness.json in frontend/src/strings, and testing/labels.json for the page's tests
"""

import dataclasses
import itertools
import json
from pathlib import Path
from typing import Final

from classifier_worker.speech.prosody.flags import FLAGS
from classifier_worker.speech.wording.english import BY_VALENCE, LIKELY, MIXED, SURE, WORDS, label
from shared.contract.tone_event import AFFECTS, Affect

_PAGE: Final = Path(__file__).resolve().parents[3] / "frontend" / "src"
_STEPS: Final = (-1.0, -0.4, 0.0, 0.4, 1.0)


def vocabulary() -> dict[str, object]:
    """Return every English word used in a label or a delivery, as the worker writes it."""
    words = {affect: dataclasses.asdict(its) for affect, its in WORDS.items()}
    mixed = [{"stronger": stronger, "weaker": weaker, "label": text} for (stronger, weaker), text in MIXED.items()]
    leanings = {affect: [dataclasses.asdict(its) for its in both] for affect, both in BY_VALENCE.items()}
    return {"words": words, "mixed": mixed, "byValence": leanings}


def sureness() -> dict[str, int]:
    """Return the percentages from which the page calls a reading sure and fairly sure. Every page loads this file."""
    return {"sure": SURE, "likely": LIKELY}


def labels() -> list[str]:
    """Return every label that the worker can write."""
    seconds: tuple[Affect | None, ...] = (None, *AFFECTS)
    flags: list[tuple[str, ...]] = [(), *((flag,) for flag in FLAGS)]
    given = itertools.product(AFFECTS, seconds, _STEPS, flags, _STEPS)
    return sorted({label(*arguments) for arguments in given})


FILES: Final = {
    _PAGE / "strings" / "vocabulary.json": vocabulary,
    _PAGE / "strings" / "sureness.json": sureness,
    _PAGE / "testing" / "labels.json": labels,
}


def as_json(found: object) -> str:
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path, content in FILES.items():
        path.write_text(as_json(content()))
