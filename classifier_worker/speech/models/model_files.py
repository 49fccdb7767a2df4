"""Find tone model files and read their cards. Every start checks here that they exist."""

import hashlib
import sys
from pathlib import Path
from typing import Any, Final

import orjson

from shared.settings import TONE_MODELS, read_settings

_FINGERPRINT_DIGITS: Final = 16
MODELS: Final = Path(__file__).resolve().parents[2] / "models"
"""Folder of the models that come with Linnet."""


def model_path(model: str) -> Path:
    """Return the path of the weights. `model` is one of TONE_MODELS, or the path of your own model.

    Raises FileNotFoundError, with a message to show, if the file does not exist or cannot be read.
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
    """Identify the weights whatever the file's name: return the beginning of its SHA-256, in hex."""
    return hashlib.sha256(model_path(model).read_bytes()).hexdigest()[:_FINGERPRINT_DIGITS]


def held_out_path(model: str) -> Path:
    """Return the path of the table that guards corrections (speech/tone/held_out.py). Your own model may have none."""
    return model_path(model).with_suffix(".held-out.npz")


def model_card(model: str) -> dict[str, Any]:
    """Read the name, licence, data, figures and limits from the card beside the weights.

    Raises FileNotFoundError, with a message to show, if the card is missing, and ValueError if it is damaged.
    """
    path = model_path(model).with_suffix(".json")
    try:
        card = orjson.loads(path.read_bytes())
    except OSError as error:
        raise FileNotFoundError(
            f"The tone model's card {path} cannot be read ({error.strerror}): put the card that training wrote "
            "next to the model."
        ) from error
    except orjson.JSONDecodeError as error:
        raise ValueError(_damaged(path, str(error))) from error
    if not isinstance(card, dict):
        raise ValueError(_damaged(path, "it is not a JSON object"))
    for field in ("name", "licence"):
        if not isinstance(card.get(field), str) or not card[field]:
            raise ValueError(_damaged(path, f'the field "{field}" is missing'))
    return card


def _damaged(path: Path, why: str) -> str:
    return f"{path} is not a tone model's card: {why}. Train the model again: ./manage.sh python -m training.train."


def main() -> int:
    """Print one sentence if the chosen model or its card is missing. The model's content is checked on loading."""
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
