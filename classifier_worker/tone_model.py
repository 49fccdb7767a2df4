"""Which tone model files there are, and what their cards say."""

from pathlib import Path
from typing import Any, Final, Literal

import orjson

_FOLDER: Final = Path(__file__).resolve().parent / "models"

ToneModel = Literal["open", "research"]


def model_path(model: ToneModel) -> Path:
    """The weights. Raises FileNotFoundError, in words, when this version has none of that name."""
    return _existing(_FOLDER / f"{model}.npz", model)


def model_card(model: ToneModel) -> dict[str, Any]:
    """Name, licence, data, figures and limits. Raises FileNotFoundError like `model_path`."""
    card: dict[str, Any] = orjson.loads(_existing(_FOLDER / f"{model}.json", model).read_bytes())
    return card


def _existing(path: Path, model: ToneModel) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"The tone model {model!r} is not here ({path.name} is missing). Set LINNET_TONE_MODEL=open."
        )
    return path
