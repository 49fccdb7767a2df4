"""Prints which tone model runs, and under which licence, as the gateway knows it from the workers."""

import http.client
import json
import os
import sys
from http import HTTPStatus

from ops.ready import get
from shared.contract.model_notice import notice


def running_model(gateway: str) -> str:
    """One line. A gateway that cannot say it is no reason for a start to fail."""
    try:
        status, body = get(f"{gateway}/model")
        card = json.loads(body)
    except (OSError, http.client.HTTPException, ValueError):
        return "Tone model: not known, the gateway does not say it."
    if status != HTTPStatus.OK or not isinstance(card, dict):
        return "Tone model: not known yet, no worker has said it."
    return notice(card)


def main() -> int:
    print(running_model(os.environ["LINNET_GATEWAY_URL"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
