"""One line that tells operators which model runs and under which licence, before they rely on it."""

import re
from collections.abc import Mapping
from typing import Any, Final

MOCK: Final = "No tone model: the mock is running. Its events are invented and say nothing about any voice."
FACTS: Final = "No tone model: only measured facts are reported, and nothing is inferred."

_CREATIVE_COMMONS: Final = re.compile(r"CC-(BY(?:-[A-Z]+)*)-(\d\.\d)")
_NON_COMMERCIAL: Final = re.compile(r"\bNC\b|non-?commercial", re.IGNORECASE)


def notice(card: Mapping[str, Any]) -> str:
    """Return a line about a model card, as GET /model serves it → "Tone model: research (CC BY-NC-SA 4.0: not for
    commercial use)"."""
    if card.get("mock") is True:
        return MOCK
    if card.get("facts") is True:
        return FACTS
    return f"Tone model: {card.get('name') or 'without a name'} ({_terms(str(card.get('licence') or ''))})"


def _terms(licence: str) -> str:
    if not licence:
        return "no licence stated"
    # As Creative Commons writes it; SPDX puts hyphens between all parts.
    written = _CREATIVE_COMMONS.sub(r"CC \1 \2", licence)
    return f"{written}: not for commercial use" if _NON_COMMERCIAL.search(licence) else written
