"""Train the text tone model, and write its card: `./manage.sh python -m training.train_text_tone`.

    ./manage.sh python -m training.train_text_tone --goemotions FOLDER
    ./manage.sh python -m training.train_text_tone --measure    # only print the figures of the model that is there

Weights are fitted to GoEmotions' training split; temperature and floors are chosen on its dev split; the test split is
measured at the end. Nothing is random. Minutes on one core.
"""

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from classifier_worker.speech.words.text_tone import PATH, POLARITIES, TextTone
from training.data.comments import GOEMOTIONS, LABELS, read_comments
from training.figures.screen import screen
from training.figures.text_card import CALIBRATION_BAR, MACRO_F1_BAR, card, figures, write_card
from training.fit.text_fit import calibrated, learned, with_floors

_FILES: Final = (LABELS, "train.tsv", "dev.tsv", "test.tsv")


def trained(folder: Path) -> TextTone:
    """Fit and tune the model. Raises FileNotFoundError or ValueError, with a message to show."""
    train, dev = read_comments(folder, "train"), read_comments(folder, "dev")
    return with_floors(calibrated(learned(train), dev), dev)


def digest(folder: Path) -> str:
    """Return the SHA-256 of the data's files."""
    together = hashlib.sha256()
    for name in _FILES:
        together.update((folder / name).read_bytes())
    return together.hexdigest()


def table(split: str, measured: dict[str, Any]) -> Table:
    """Show the figures of one split beside the bars."""
    shown = Table("text", "macro-F1", *POLARITIES, "right", "calibration error", title=f"Polarity, {split} split")
    shown.add_row("bar", f"≥ {MACRO_F1_BAR}", *[""] * (len(POLARITIES) + 1), f"≤ {CALIBRATION_BAR}")
    for name in ("as_spoken", "as_written", "ambiguous_left_out"):
        row = measured[name]
        each = (f"{row['f1'][polarity]:.3f}" for polarity in POLARITIES)
        shown.add_row(
            name.replace("_", " "),
            f"{row['macro_f1']:.3f}",
            *each,
            f"{row['right']:.1%}",
            f"{row['calibration_error']:.3f}",
        )
    return shown


def shares(split: str, measured: dict[str, Any]) -> Table:
    """Show how often the model is sure, and how often it names an affect."""
    rows = {**{f"sure: {name}": row for name, row in measured["sure"].items()}, **measured["affects"]}
    shown = Table("", "said", "right", title=f"Sure polarities and affects, {split} split")
    for name, row in rows.items():
        shown.add_row(name, str(row["said"]), "–" if row["right"] is None else f"{row['right']:.1%}")
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(prog="./manage.sh python -m training.train_text_tone", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--goemotions", type=Path, default=GOEMOTIONS, help="folder of the data (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=PATH, help="file of the model (default: %(default)s)")
    parser.add_argument("--measure", action="store_true", help="train nothing: measure the file")
    options = parser.parse_args()
    try:
        model = TextTone.load(options.out) if options.measure else trained(options.goemotions)
        measured = {split: figures(model, read_comments(options.goemotions, split)) for split in ("dev", "test")}
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if not options.measure:
        model.save(options.out)
        write_card(options.out.with_suffix(".json"), card(model, digest(options.goemotions), measured["test"]))
    for split, of_split in measured.items():
        screen().print(table(split, of_split), shares(split, of_split))
    return 0


if __name__ == "__main__":
    sys.exit(main())
