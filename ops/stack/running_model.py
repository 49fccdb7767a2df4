"""Print the running tone model with its licence, and the model that writes down words, as the gateway knows them."""

import http.client
import json
import os
import sys
from http import HTTPStatus

from ops.stack.ready import get
from shared.contract.model_notice import notice


def running_model(gateway: str) -> str:
    """Return a line for each model. A start must not fail because the gateway does not know the model."""
    try:
        status, body = get(f"{gateway}/model")
        card = json.loads(body)
    except (OSError, http.client.HTTPException, ValueError):
        return "Tone model: not known, because the gateway gave no usable answer."
    if status != HTTPStatus.OK or not isinstance(card, dict):
        return "Tone model: not known yet, because no worker has reported it."
    words = card.get("words")
    recogniser = f"Whisper {words} (MIT)" if words else "off (LINNET_WORDS turns them on)"
    return f"{notice(card)}\nWords: {recogniser}"


def main() -> int:
    print(running_model(os.environ["LINNET_GATEWAY_URL"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
