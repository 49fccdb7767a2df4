"""Synthetic speech: text read by espeak-ng, a formant synthesiser (Debian package espeak-ng)."""

import io
import shutil
import subprocess
from collections.abc import Mapping
from typing import Final

import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

TEXTS: Final[Mapping[str, str]] = {
    "en": "The library opens at nine on weekdays. Books can be kept for four weeks, and longer if nobody waits for "
    "them. The reading room is on the second floor, beside the stairs. Please leave bags in the lockers near "
    "the door.",
    "de": "Die Bibliothek öffnet an Wochentagen um neun Uhr. Bücher kann man vier Wochen behalten, und länger, wenn"
    " niemand auf sie wartet. Der Lesesaal ist im zweiten Stock neben der Treppe. Taschen kommen in die "
    "Schränke bei der Tür.",
    "pl": "Biblioteka jest otwarta w dni powszednie od dziewiątej. Książki można trzymać cztery tygodnie, a dłużej,"
    " jeśli nikt na nie nie czeka. Czytelnia jest na drugim piętrze obok schodów. Torby zostawia się w "
    "szafkach przy drzwiach.",
    "fr": "La bibliothèque ouvre à neuf heures en semaine. On peut garder les livres quatre semaines, et plus "
    "longtemps si personne ne les attend. La salle de lecture est au deuxième étage. Les sacs restent dans "
    "les casiers de l'entrée.",
    "es": "La biblioteca abre a las nueve entre semana. Los libros se pueden guardar cuatro semanas, y más si nadie"
    " los espera. La sala de lectura está en el segundo piso, junto a la escalera. Las bolsas se dejan junto "
    "a la puerta.",
}
"""Language → a plain notice, about 15 s."""

VOICES: Final = tuple(
    (voice, speed)
    for voice, speed in (
        ("en-us", 175), ("en-us+f3", 175), ("en-gb", 120), ("en-gb+m3", 260), ("de", 175), ("de+f2", 140), ("pl", 175),
        ("pl+f4", 220), ("fr", 175), ("es", 175), ("es+croak", 175), ("en-us+whisper", 175),
    )
)  # fmt: skip
"""Voice and speed in words per minute."""


def available() -> bool:
    return shutil.which("espeak-ng") is not None


def version() -> str:
    """Such as "eSpeak NG text-to-speech: 1.51". Raises FileNotFoundError without espeak-ng."""
    printed = subprocess.run(["espeak-ng", "--version"], check=True, capture_output=True, text=True).stdout
    return printed.partition("  ")[0].strip()


def espeak(voice: str, speed: int, text: str, pitch: int = 50) -> NDArray[np.float64]:
    """Read a text once: float64[N], 16 kHz. speed: words per minute; pitch: 0…99.

    Raises FileNotFoundError without espeak-ng, subprocess.CalledProcessError for an unknown voice.
    """
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", text]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    audio, rate = soundfile.read(io.BytesIO(wave), dtype="float64")
    return np.asarray(scipy.signal.resample_poly(audio, 16_000, rate))


def spoken(voice: str, speed: int) -> NDArray[np.float64]:
    """Read the text in the voice's language once."""
    return espeak(voice, speed, TEXTS[voice[:2]])
