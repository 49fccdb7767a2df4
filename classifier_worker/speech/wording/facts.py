"""Prosody flags in plain words, without any inference from them."""

from collections.abc import Mapping, Sequence
from typing import Final

AS_USUAL: Final = "As usual for this voice"

_COMPARED: Final = ("louder", "quieter", "faster", "slower")
"""Joined into "Louder and faster than usual"."""
_IN_WORDS: Final[Mapping[str, str]] = {
    "raised_voice": "voice raised",
    "lowered_voice": "voice lowered",
    "rising_pitch": "rising at the end",
    "falling_pitch": "falling at the end",
    "flat_pitch": "with hardly any melody",
    "wide_pitch": "with a wide melody",
    "long_pause": "after a long pause",
    "shaky": "unsteady",
    "breathy": "with audible breath",
}
"""Other flags are shown by name: "whispered"."""
_IMPLIES: Final[Mapping[str, str]] = {"raised_voice": "louder", "lowered_voice": "quieter"}
"""Flag → the flag that it makes redundant."""


def in_words(flags: Sequence[str], *, usual_known: bool) -> str | None:
    """Return all flags in one phrase: "Louder and faster than usual, rising at the end".

    Returns AS_USUAL if there are no flags, or None while it is not known yet what is usual for the voice.
    """
    if not flags:
        return AS_USUAL if usual_known else None
    implied = {_IMPLIES[flag] for flag in flags if flag in _IMPLIES}
    compared = " and ".join(flag for flag in flags if flag in _COMPARED and flag not in implied)
    named = [_IN_WORDS.get(flag, flag.replace("_", " ")) for flag in flags if flag not in _COMPARED]
    text = ", ".join([f"{compared} than usual"] * bool(compared) + named)
    return text[0].upper() + text[1:]
