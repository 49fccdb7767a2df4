"""Which tone model files there are, and what their cards say. A start looks here whether they are there."""

import hashlib
import sys
from pathlib import Path
from typing import Any, Final

import orjson

from shared.settings import TONE_MODELS, read_settings

_FINGERPRINT_DIGITS: Final = 16
MODELS: Final = Path(__file__).resolve().parents[2] / "models"
"""The folder of the models that come with Linnet."""


def model_path(model: str) -> Path:
    """The weights. `model` is one of TONE_MODELS, or the path of your own model.

    Raises FileNotFoundError, in words, when there is no such file or it may not be read.
    """
    path = MODELS / f"{model}.npz" if model in TONE_MODELS else Path(model)
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise FileNotFoundError(
            f"The tone model {path} cannot be read ({error.strerror}): correct LINNET_TONE_MODEL, or set it to open."
        ) from error


def fingerprint(model: str) -> str:
    """Tells the weights from all others, whatever the file's name: the beginning of its SHA-256, in hex."""
    return hashlib.sha256(model_path(model).read_bytes()).hexdigest()[:_FINGERPRINT_DIGITS]


def held_out_path(model: str) -> Path:
    """Where the table lies by which corrections are checked (speech/tone/held_out.py). Your own model may have none."""
    return model_path(model).with_suffix(".held-out.npz")


def model_card(model: str) -> dict[str, Any]:
    """Name, licence, data, figures and limits, as written beside the weights.

    Raises FileNotFoundError, in words, when the card is missing, and ValueError when it is damaged.
    """
    path = model_path(model).with_suffix(".json")
    try:
        card = orjson.loads(path.read_bytes())
    except OSError as error:
        raise FileNotFoundError(
            f"The tone model's card {path} cannot be read ({error.strerror}): training wrote it together with the "
            "model, and it belongs beside it."
        ) from error
    except orjson.JSONDecodeError as error:
        raise ValueError(_damaged(path, str(error))) from error
    if not isinstance(card, dict):
        raise ValueError(_damaged(path, "it is no JSON object"))
    for field in ("name", "licence"):
        if not isinstance(card.get(field), str) or not card[field]:
            raise ValueError(_damaged(path, f"it states no {field}"))
    return card


def _damaged(path: Path, why: str) -> str:
    return f"{path} is not a tone model's card: {why}. Train the model again: ./manage.sh python -m training.train."


def main() -> int:
    """One sentence when the chosen model or its card is missing. What is in the model shows when it is loaded."""
    settings = read_settings()
    try:
        if settings.backend == "speech":
            model_card(settings.tone_model)
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
