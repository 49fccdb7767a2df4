"""Labelled comments: GoEmotions (Demszky et al. 2020), and what each of its emotions means for the text tone model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from classifier_worker.speech.words.text_tone import OUTCOMES
from shared.contract.transcript_event import Polarity

GOEMOTIONS: Final = Path(__file__).resolve().parents[3] / "shared" / "text" / "goemotions"
"""Default folder of the data: beside the project, never in it."""

LABELS: Final = "labels.txt"
MASKS: Final = ("[NAME]", "[RELIGION]")
"""Stand for names in the comments. Nobody says them, so they are left out."""

Split = Literal["train", "dev", "test"]

EMOTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "warm": ("admiration", "amusement", "caring", "excitement", "gratitude", "joy", "love"),
    "other positive": ("approval", "desire", "optimism", "pride", "relief"),
    "frustrated": ("anger", "annoyance"),
    "dismissive": ("disgust",),
    "sad": ("disappointment", "grief", "sadness"),
    "anxious": ("fear", "nervousness"),
    "apologetic": ("remorse",),
    "other negative": ("disapproval", "embarrassment"),
    "neutral": ("neutral",),
    "surprised": ("surprise",),
    "confused": ("confusion",),
    "other neutral": ("curiosity", "realization"),
}
"""Outcome → emotions. Positive and negative are Demszky et al.'s; their "ambiguous" emotions, which are neither, count
as neutral."""
OUTCOME_OF: Final = {emotion: outcome for outcome, emotions in EMOTIONS.items() for emotion in emotions}
_POLARITY_OF: Final = {outcome.name: outcome.polarity for outcome in OUTCOMES}


class Comment(NamedTuple):
    """One comment, and every emotion that its readers agreed on."""

    text: str
    emotions: frozenset[str]

    @property
    def outcomes(self) -> list[str]:
        """The outcomes of its emotions in order; without the neutral ones beside one that is not."""
        outcomes = sorted({OUTCOME_OF[emotion] for emotion in self.emotions})
        telling = [outcome for outcome in outcomes if _POLARITY_OF[outcome] != "neutral"]
        return telling or outcomes

    @property
    def polarity(self) -> Polarity | None:
        """None if it is both positive and negative."""
        polarities = {_POLARITY_OF[outcome] for outcome in self.outcomes}
        return polarities.pop() if len(polarities) == 1 else None

    @property
    def ambiguous(self) -> bool:
        """Whether it counts as neutral only because its emotions are neither positive nor negative."""
        return self.polarity == "neutral" and "neutral" not in self.emotions


def read_comments(folder: Path, split: Split) -> list[Comment]:
    """Read one split. Raises FileNotFoundError or ValueError, with a message to show."""
    path = folder / f"{split}.tsv"
    try:
        labels = (folder / LABELS).read_text(encoding="utf-8").split()
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FileNotFoundError(
            f"{error.filename} cannot be read ({error.strerror}): name the folder that holds GoEmotions' labels.txt, "
            "train.tsv, dev.tsv and test.tsv with --goemotions."
        ) from error
    unknown = sorted(set(labels) - set(OUTCOME_OF))
    if unknown:
        raise ValueError(f"{folder / LABELS} names emotions that are not GoEmotions': {', '.join(unknown)}.")
    return [_comment(line, labels, f"{path}, line {number}") for number, line in enumerate(lines, 1)]


def _comment(line: str, labels: list[str], where: str) -> Comment:
    text, tab, numbers = line.rpartition("\t")
    try:
        emotions = frozenset(labels[int(number)] for number in numbers.split(","))
    except (ValueError, IndexError):
        emotions = frozenset()
    if not tab or not emotions:
        raise ValueError(f"{where}: expected the comment, a tab, and the numbers of its labels separated by commas.")
    for mask in MASKS:
        text = text.replace(mask, " ")
    return Comment(text, emotions)
