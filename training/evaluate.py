"""How good a model is on people it never heard: `./manage.sh python -m training.evaluate --model open`."""

import argparse
from pathlib import Path

from classifier_worker.speech.tone_head import ToneHead
from training.answering import unseen
from training.corpus import SPEECH
from training.features import Extractor
from training.figures import report
from training.leave_out import heard, left_out
from training.recipe import RECIPES
from training.screen import screen
from training.train import MODELS


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.evaluate", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    recipe, extractor, console = RECIPES[options.model], Extractor(options.threads), screen()
    if recipe.unseen:
        head = ToneHead.load(MODELS / f"{recipe.name}.npz")
        report(unseen(head, extractor, options.speech, recipe), {}, console)
        return
    measured = left_out(recipe, heard(recipe, extractor, options.speech))
    report(measured.corpora, measured.speakers, console)


if __name__ == "__main__":
    main()
