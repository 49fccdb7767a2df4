"""What a model of one corpus needs to be calibrated on another: `./manage.sh python -m training.transfer`.

Models of RAVDESS alone and of nEMO alone hear EmoDB, in sessions of every kind. `open`, which knows one corpus too,
goes by what they need (training/recipe.py); nothing that RAVDESS or nEMO say of `open` itself is used.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

from training.answering import among
from training.calibration import fitted
from training.corpus import SPEECH, read_clips
from training.features import Extractor
from training.fit import calibrated, fit
from training.leave_out import AS_TRAINED, heard
from training.recipe import OPEN, RESEARCH, SEED, Calibration
from training.saying import hear
from training.screen import screen
from training.sessions import KINDS

ORDERS: Final = 2


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./manage.sh python -m training.transfer", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    options = parser.parse_args()
    extractor, console = Extractor(), screen()
    test = extractor.features(read_clips(options.speech, "emodb"), "whole", "clean", exact_air=True)
    tests = []
    for corpus in ("ravdess", "nemo"):
        recipe = replace(RESEARCH, corpora=(corpus,), in_every_room=frozenset())
        head = fit(heard(recipe, extractor, options.speech), recipe.affects, SEED, OPEN.inverse_regularisation)
        head = among(calibrated(head, AS_TRAINED, OPEN.odds), OPEN.affects.values())
        of_corpus = [(head, hear(head, test, OPEN.affects, ORDERS, kind)) for kind in KINDS]
        console.print(f"{corpus} → emodb: {_told(fitted(of_corpus))}")
        tests += of_corpus
    console.print(f"both → emodb: {_told(fitted(tests))}")


def _told(needed: Calibration) -> str:
    return f"temperature {needed.temperature}, for strangers {needed.caution} more; variety {needed.variety}"


if __name__ == "__main__":
    main()
