"""The gateway's OpenAPI document, from which the page's types are made.

./manage.sh python -m tests.openapi_document && npm --prefix frontend run openapi
    writes frontend/src/contract/openapi.json and openapi.ts
"""

import json
from pathlib import Path
from typing import Final

from gateway.app import create_app
from shared.settings import Settings

FILE: Final = Path(__file__).resolve().parents[1] / "frontend" / "src" / "contract" / "openapi.json"


def document() -> str:
    """Return the document as the file holds it: one value a line, so that a change shows as what it is."""
    return json.dumps(create_app(Settings(_env_file=None)).openapi(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(document())
