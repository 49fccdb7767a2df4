"""Every label and sentence that the worker can write, for the page's tests: it has to write the same.

./manage.sh python -m tests.wordings
    writes frontend/src/testing/wordings.json
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

from classifier_worker.speech.prosody.flags import FLAGS
from classifier_worker.speech.wording.facts import in_words
from classifier_worker.speech.wording.sentences import label, subtext
from shared.contract.tone_event import AFFECTS, Affect, Manner, Sureness, Wording
from shared.words import words_of

FILE: Final = Path(__file__).resolve().parents[1] / "frontend" / "src" / "testing" / "wordings.json"
WORDS: Final = words_of("en")

SAID: Final = [flag for flag in FLAGS if flag in WORDS.compared or flag in WORDS.sentence.measured]
PAIRS: Final = [["louder", "faster"], ["laughing", "slower"], ["rising_pitch", "shaky"]]
MEASURED: Final = [[], *([flag] for flag in SAID), *PAIRS]


def keys() -> Iterator[tuple[Affect, Affect | None, Manner, bool, bool]]:
    """Affect, second, manner, mixed, uneven: what decides about a label."""
    for affect in AFFECTS:
        for manner, uneven in itertools.product(WORDS.affects[affect].labels, (False, True)):
            yield affect, None, manner, False, uneven
            if affect != "neutral":
                yield affect, "neutral", manner, False, uneven
        for second, uneven in itertools.product(AFFECTS, (False, True)):
            if second != affect and (second != "neutral" or second in WORDS.mixed.get(affect, {})):
                yield affect, second, "plain", True, uneven


def wordings() -> Iterator[tuple[Affect, Wording]]:
    """All that decides about a label, and in turn all that decides about the rest of the sentence."""
    sureness: tuple[Sureness, ...] = get_args(Sureness)
    rest = itertools.cycle(itertools.product(MEASURED, sureness, (True, False)))
    for affect, second, manner, mixed, uneven in keys():
        measured, sure, elcor = next(rest)
        delivery = manner if elcor else None
        yield affect, Wording(
            manner=manner, second=second, mixed=mixed, uneven=uneven, sureness=sure, measured=measured,
            delivery=delivery,
        )  # fmt: skip


def labels() -> list[str]:
    """Every label that the worker can write."""
    return sorted({label(affect, wording) for affect, wording in wordings()})


def tones() -> list[list[object]]:
    """Affect, wording, label, subtext."""
    return [
        [affect, wording.model_dump(), label(affect, wording), subtext(affect, wording)]
        for affect, wording in wordings()
    ]


def facts() -> list[list[object]]:
    """Flags, text."""
    found = itertools.chain.from_iterable(itertools.combinations(FLAGS, count) for count in (0, 1, 2))
    sets = [*found, ("louder", "faster", "laughing"), ("a_flag_of_the_future",)]
    return [[flags, in_words(flags, usual_known=True)] for flags in sets]


def content() -> str:
    """The file's text, a line for each case so that a change shows which."""
    rows = {"tones": tones(), "facts": facts()}
    lists = [
        f'"{name}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in of) + "\n]"
        for name, of in rows.items()
    ]
    return "{" + ",\n".join(lists) + "}\n"


if __name__ == "__main__":
    FILE.write_text(content())
