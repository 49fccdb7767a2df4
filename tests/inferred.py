"""Fields inferred from a voice. A facts-only session must not send any of them."""

from collections.abc import Iterator
from typing import Any, Final

INFERRED: Final = frozenset(
    {
        "label",
        "confidence",
        "affect",
        "subtext",
        "shift_magnitude",
        "shift_direction",
        "scores",
        "arousal",
        "valence",
        "wording",
    }
)


def names_in(value: Any) -> Iterator[str]:
    """The names of all fields, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)
