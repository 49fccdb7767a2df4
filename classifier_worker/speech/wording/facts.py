"""Prosody flags in plain words, with nothing inferred from them."""

from collections.abc import Sequence
from typing import Final

from classifier_worker.speech.wording.sentences import ENGLISH, capitalised, compared
from shared.words import rules

AS_USUAL: Final = ENGLISH.facts.as_usual


def in_words(flags: Sequence[str], *, usual_known: bool) -> str | None:
    """Return all flags in one phrase: "Louder and faster than usual, rising at the end".

    AS_USUAL if there are no flags, or None until it is known what is usual for this voice.
    """
    if not flags:
        return AS_USUAL if usual_known else None
    implied = {rules().implied.get(flag) for flag in flags}
    needed = [flag for flag in flags if flag not in implied]
    named = [
        ENGLISH.facts.measured.get(flag, flag.replace("_", " ")) for flag in needed if flag not in ENGLISH.compared
    ]
    return capitalised(", ".join(compared(needed, ENGLISH) + named))
