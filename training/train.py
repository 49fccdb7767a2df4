"""One command from labelled speech to the model file and its card: `./manage.sh python -m training.train --model open`.

`./manage.sh python -m training.train --own FOLDER` makes one from your own labelled speech: training/README.md.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.console import Console
from threadpoolctl import threadpool_limits

from classifier_worker.speech.tone_head import ToneHead
from training.answering import unseen
from training.calibration_bounds import held_back
from training.card import card, write_card
from training.corpus import SPEECH, fingerprint, own_corpora, read_clips
from training.enough import check
from training.features import DATA, Extractor
from training.figures import report
from training.fit import calibrated, fit
from training.leave_out import heard, left_out
from training.recipe import RECIPES, SEED, Recipe, own
from training.screen import screen

MODELS: Final = Path(__file__).resolve().parents[1] / "classifier_worker" / "models"


def train(recipe: Recipe, speech: Path, folder: Path, threads: int, console: Console) -> Path:
    """Writes the model and its card into `folder`; the path of the model."""
    clips = [clip for corpus in recipe.corpora for clip in read_clips(speech, corpus)]
    check(recipe, clips)
    extractor = Extractor(threads)
    spoken = heard(recipe, extractor, speech)
    measured = left_out(recipe, spoken)
    # One BLAS thread: sums in one order give one model.
    with threadpool_limits(1):
        uncalibrated = fit(spoken, recipe.affects, SEED, recipe.inverse_regularisation, recipe.tolerated)
    path = folder / f"{recipe.name}.npz"
    folder.mkdir(parents=True, exist_ok=True)
    calibrated(uncalibrated, measured.calibration, recipe.odds).save(path)
    head = ToneHead.load(path)
    corpora = unseen(head, extractor, speech, recipe) if recipe.unseen else measured.corpora
    report(corpora, measured.speakers, console)
    held = held_back(measured.likeliest, measured.calibration) if recipe.calibration is None else ""
    described = replace(recipe, trust=f"{recipe.trust} {held}".rstrip())
    content = card(described, head, fingerprint(clips), measured.speakers, corpora)
    write_card(folder, content, corpora, measured.speakers)
    likeliest = measured.likeliest
    console.print(
        f"Temperature {head.temperature}, for strangers {head.caution} more, variety {head.variety}; likeliest for "
        f"what was left out: {likeliest.temperature}, {likeliest.caution} and {likeliest.variety}."
    )
    if held:
        console.print(f"[bold]Its confidence was held back.[/bold] {held}")
    console.print(f"Wrote {path} ({path.stat().st_size / 1000:.0f} kB) and its card.")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.train", description=__doc__)
    parser.add_argument("--model", choices=sorted(RECIPES), default="open")
    parser.add_argument("--speech", type=Path, default=SPEECH, help="folder with labels.csv (default: %(default)s)")
    parser.add_argument("--own", type=Path, metavar="FOLDER", help="your own labelled speech, instead of --model")
    parser.add_argument("--name", default="own", help="of your own model (default: %(default)s)")
    parser.add_argument("--licence", default="private", help="of your own model (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the encoder (default: %(default)s)")
    options = parser.parse_args()
    console = screen()
    if options.own is None:
        train(RECIPES[options.model], options.speech, MODELS, options.threads, console)
        return
    try:
        recipe = own(options.name, options.licence, own_corpora(options.own))
        path = train(recipe, options.own, DATA / "models", options.threads, console)
    except (FileNotFoundError, ValueError) as error:
        raise SystemExit(str(error)) from error
    console.print(f"To use it, start with LINNET_TONE_MODEL={path}")


if __name__ == "__main__":
    main()
